"""The parts of the page Conservation: one at a time, picked above it, named in the address."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app.account import FIRST, PARTS
from app.components import account, flows
from app.components.layout import Page
from app.components.question import Answer
from app.state import session, widgets
from lrp_engine import Explanation


def _score(_: Answer, explanation: Explanation) -> None:
    account.waterfall(explanation)
    if _picture_first():
        account.verdict(explanation)
    account.terms(explanation)
    account.ledger(explanation)
    account.steps(explanation)


SHOWN: dict[str, Callable[[Answer, Explanation], None]] = {
    "score": _score,
    "time": lambda answer, _: flows.time(answer),
    "layers": lambda answer, _: flows.layers(answer),
    "settings": lambda answer, _: flows.other_settings(answer),
    "precision": flows.precision,
}


def _picture_first() -> bool:
    """Whether the waterfall stands above what is said of it: for a room, on the first screen."""
    return bool(session.get("present")) and session.get("account") == FIRST


def show(answer: Answer, explanation: Explanation, page: Page) -> None:
    """Whether all adds up, which part, and the part; all but the first are drawn last, because they
    are slow."""
    offered = [name for name in PARTS if name != "time" or answer.model.network.input_shape.time]
    if session.get("account") not in offered:
        session.put("account", FIRST)
    if not _picture_first():
        account.verdict(explanation)
    st.pills(
        "Part of the account", offered, format_func=PARTS.__getitem__, required=True,
        label_visibility="collapsed", **widgets.bind("account", offered),
    )  # fmt: skip
    part, place = session.get("account"), st.container()
    if part == FIRST:
        with place:
            SHOWN[part](answer, explanation)
    else:
        page.waiting.append((place, lambda: SHOWN[part](answer, explanation)))
