"""Which single word would change the class, as HTML; every word and label escaped. Pure."""

from __future__ import annotations

from html import escape

from lrp_engine import Explanation
from lrp_engine.attribution.ablation import ZERO
from lrp_engine.attribution.flips import Flip
from lrp_engine.render.numbers import percentage
from lrp_engine.render.wording import visible


def line(one: Flip, explanation: Explanation) -> str:
    """What would flip the class, or that no single word does and what comes nearest."""
    before, after = (_bold(explanation.labels[c]) for c in one.classes)
    kind = explanation.token_kind
    start, end = (escape(percentage(share)) for share in one.shares)
    if one.flips:
        return (
            f"<b>What would flip it.</b> {_changed(one, explanation)}, the answer becomes {after}; "
            f"the probability of {before} goes from {start} to <b>{end}</b>.{_first(one, kind)}"
        )
    nearest = _changed(one, explanation)
    return (
        f"<b>No single {kind} was found that flips it.</b> Nearest: "
        f"{nearest[0].lower()}{nearest[1:]}, the probability of {before} goes from {start} to "
        f"<b>{end}</b>. {_tried(one, kind)}"
    )


def _bold(label: str) -> str:
    return f"<b><bdi>{escape(visible(label))}</bdi></b>"


def _changed(one: Flip, explanation: Explanation) -> str:
    word = f"“<bdi>{escape(visible(explanation.tokens[0][one.position]))}</bdi>”"
    if one.replacement is not None:
        return f"With “<bdi>{escape(visible(one.replacement))}</bdi>” in place of {word}"
    return f"With zeros in place of {word}" if one.how == ZERO else f"Without {word}"


def _first(one: Flip, kind: str) -> str:
    """Why a word is replaced where leaving one out would be simpler."""
    if one.replacement is None:
        return ""
    some = "none" if one.every else f"none of the {one.tried[0]:,} strongest {kind}s"
    return f" Left out alone, {some} flips it."


def _tried(one: Flip, kind: str) -> str:
    out, other = one.tried
    which = f"each of the {out:,} {kind}s" if one.every else f"the {out:,} strongest {kind}s"
    more = f", and {other:,} replacements" if other else ""
    return f"Tried: {which} left out{more}."
