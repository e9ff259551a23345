"""Step 2: one weighted sum, and how it hands its relevance back."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import settings
from app.components import drawn
from app.components.layout import Page
from app.components.learn import common
from app.learn import charts, formulas, sums
from app.state import session, widgets
from app.state.choice import shortest
from lrp_engine.render.numbers import number

DIGITS = 0.05  # three decimals, like the formulas


def show(page: Page) -> None:
    st.markdown(
        "A network is mostly sums. This one has three inputs $x_k$, each with its **weight** "
        "$W_k$, and a **bias** $b$ that is added whatever the inputs are. Move the inputs."
    )
    for column, n in zip(st.columns(3), (1, 2, 3), strict=True):
        column.slider(
            f"Input x{n} (weight {sums.WEIGHTS[n - 1]:g})", -2.0, 2.0, step=0.1,
            **widgets.bind(f"x{n}"),
        )  # fmt: skip
    eps, bias_factor = session.get("sum_eps"), session.get("sum_bias_factor")
    account = sums.account(
        [session.get(f"x{n}") for n in (1, 2, 3)], eps=eps, bias_factor=bias_factor
    )
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader("Forwards: the sum", anchor=False)
        st.latex(formulas.weighted_sum(account))
    with right:
        st.subheader("Backwards: the relevance", anchor=False)
        st.latex(formulas.handed_back(account, eps, bias_factor))
    st.markdown(
        r"Each input receives what it added to the sum. $\varepsilon$, the **stabilizer**, "
        r"keeps the division harmless when $z$ is close to zero. $\delta$, the **bias factor**, "
        "sets how much of the share of bias and stabilizer is returned to the $N = 3$ inputs, in "
        "equal parts."
    )
    steps = sorted({*(e for e in settings.EPS_STEPS if e <= 1), eps})
    one, two = st.columns(2)
    one.select_slider(
        "Stabilizer ε of this sum", steps, format_func=shortest,
        **widgets.bind("sum_eps", map(shortest, steps)),
    )  # fmt: skip
    two.slider("Bias factor δ of this sum", 0.0, 1.0, step=0.05, **widgets.bind("sum_bias_factor"))
    drawn.chart(
        charts.parts(account.parts(), "Where the sum goes", palette=session.get("palette")),
        alt="Bars: the relevance of each input, and what bias and stabilizer keep.",
        projected=True,
    )
    st.table(
        pd.DataFrame(
            {
                "input": ["x1", "x2", "x3"],
                "value x": [number(x, signed=False, vmax=DIGITS) for x in account.x],
                "weight W": [number(w, signed=False, vmax=DIGITS) for w in sums.WEIGHTS],
                "x · W": [number(p, signed=False, vmax=DIGITS) for p in account.products],
                "relevance R": [number(R, signed=False, vmax=DIGITS) for R in account.R],
            }
        ).set_index("input")
    )
    common.result(
        f"Inputs {common.value(sum(account.R), DIGITS)}, "
        f"bias {common.value(account.bias, DIGITS)}, "
        f"stabilizer {common.value(account.stabilizer, DIGITS)}: "
        f"together {common.value(account.total, DIGITS)}, the sum "
        f"{common.value(account.z, DIGITS)} again. Nothing is lost."
    )
