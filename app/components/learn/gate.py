"""Step 3: a gate times a signal."""

from __future__ import annotations

import streamlit as st

from app.components import drawn
from app.components.layout import Page
from app.components.learn import common
from app.learn import charts, formulas, gates
from app.state import session, widgets


def show(page: Page) -> None:
    st.markdown(
        "An LSTM remembers and forgets by multiplying. A **gate** is a number from 0 (closed) to 1 "
        "(open), a **signal** carries what should be remembered. The gate decides how much of the "
        "signal passes."
    )
    left, right = st.columns(2)
    left.slider("Gate", 0.0, 1.0, step=0.05, **widgets.bind("gate"))
    right.slider("Signal", -2.0, 2.0, step=0.1, **widgets.bind("signal"))
    gate, signal = session.get("gate"), session.get("signal")
    shares = gates.shares(gate, signal)
    st.latex(
        formulas.lines(
            [
                (
                    r"\text{gate} \cdot \text{signal}",
                    rf"{formulas.factor(gate)} \cdot {formulas.factor(signal)} = "
                    rf"{formulas.plain(shares.product)}",
                ),
                (r"R_{\text{signal}}", rf"R = {formulas.plain(shares.signal)}"),
                (r"R_{\text{gate}}", formulas.plain(shares.gate)),
            ]
        )
    )
    st.markdown(
        "**The signal takes all.** A gate is never negative: it cannot support or oppose "
        "anything, it only opens the way. So LRP hands the whole relevance to the signal."
    )
    for column, (method, rows) in zip(st.columns(2), shares.parts().items(), strict=True):
        chart = charts.parts(rows, f"Back through the product: {method}",
                             palette=session.get("palette"), span=2)  # fmt: skip
        with column:
            drawn.chart(chart, alt=f"{method}: what gate and signal receive.", projected=True)
    common.result(
        f"LRP hands out {common.value(shares.gate + shares.signal)}: the product, once. "
        "Gradient × Input (GI) multiplies each slope by its value and hands out "
        f"{common.value(shares.gate_gi + shares.signal_gi)}: the product, twice."
    )
    st.markdown(
        "This is one reason why the numbers of GI do not add up to the score in a network with "
        "gates."
    )
