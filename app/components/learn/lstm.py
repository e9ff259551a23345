"""Step 4: one LSTM step of the model."""

from __future__ import annotations

import streamlit as st

from app.components import drawn
from app.components.layout import Page
from app.components.learn import common
from app.learn import charts, formulas, words
from app.learn.lstm import Inside
from app.state import session, widgets
from lrp_engine import Explanation
from lrp_engine.render.wording import visible


def show(page: Page) -> None:
    st.markdown(
        "An LSTM reads one word at a time. It keeps a **cell** $c$, its long memory, and an output "
        "$h$, in many **units** side by side. Three gates decide how much memory "
        "stays ($f$), how much of the new signal $g$ enters ($i$) and how much of the cell is "
        "output ($o$)."
    )
    answer = common.sentence(page)
    if answer is None:
        return
    inside, one = common.inside(answer)
    common.explained(one)
    tokens = one.tokens[0]
    at, way, unit = _place(inside, one)
    one_way, back = st.columns(2, gap="medium")
    with one_way:
        st.subheader("Forwards, in this unit", anchor=False)
        st.latex(formulas.forward_step(inside, way, at, unit))
    with back:
        st.subheader("Backwards, in this unit", anchor=False)
        st.latex(formulas.backward_step(inside, way, at, unit, eps=session.get("eps")))
    st.markdown(
        "Going back, the output hands its relevance to the cell (the signal takes all, step 3). "
        "The cell is a sum of old memory and new signal, so it divides its relevance like step 2. "
        "The new signal is a sum too: of the word, of the output before it, and of a bias."
    )
    with st.expander("The strongest units of this step in numbers"):
        units = words.strongest_units(inside, way, at)
        drawn.table(
            words.unit_table(inside, way, at, units), hide_index=True, height="content",
            column_config={
                name: st.column_config.NumberColumn(format="%.3f")
                for name in ("i", "f", "o", "g", "c before", "c", "h", "R in", "R to c before",
                             "R to g")
            },
        )  # fmt: skip
    account = words.step_account(inside, way, at)
    st.subheader("All units of this step together", anchor=False)
    for rows, title in ((account["arrives"], "Relevance that arrives"),
                        (account["goes"], "Where it goes")):  # fmt: skip
        chart = charts.parts(rows, title, palette=session.get("palette"))
        drawn.chart(chart, alt=f"{title}: {', '.join(part for part, _ in rows)}.", projected=True)
    arrives, goes = (sum(v for _, v in account[part]) for part in ("arrives", "goes"))
    common.result(
        f"{common.value(arrives)} arrives and {common.value(goes)} goes on. "
        f"{common.word(tokens[at])} receives {common.value(account['goes'][0][1])} when the "
        f"sentence is read {way}."
    )
    common.checked(inside)


def _place(inside: Inside, one: Explanation) -> tuple[int, str, int]:
    """Which word, which reading, which unit: the strongest ones unless somebody chose."""
    ways = list(inside.readings)
    hidden = inside.readings[ways[0]].layer.units
    for name, count in (("pick", len(inside.tokens)), ("unit", hidden)):
        if session.get(name) is not None and session.get(name) >= count:
            session.put(name, None)
    left, middle, right = st.columns(3)
    at = words.strongest(one, inner=True) if session.get("pick") is None else session.get("pick")
    named = [f"{n}. {visible(token)}" for n, token in enumerate(inside.tokens, start=1)]
    left.selectbox(
        "Word", range(len(named)), format_func=named.__getitem__,
        **widgets.watch("lesson_word." + " ".join(named), at, lambda n: session.put("pick", n)),
    )  # fmt: skip
    way = session.get("direction") if session.get("direction") in ways else ways[0]
    if len(ways) > 1:
        middle.selectbox("Reading", ways, **widgets.bind("direction"))
    units = words.strongest_units(inside, way, at)
    unit = units[0] if session.get("unit") is None else session.get("unit")
    listed = sorted({*units, unit})
    right.selectbox(
        "Unit (of the strongest)", listed,
        **widgets.watch(f"lesson_unit.{listed}", unit, lambda n: session.put("unit", n)),
    )  # fmt: skip
    return at, way, unit
