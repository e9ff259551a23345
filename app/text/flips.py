"""Which single word would change the class, as HTML; every word and label escaped. Pure."""

from __future__ import annotations

from html import escape

from app.text.marks import HTML
from lrp_engine import Explanation
from lrp_engine.attribution.ablation import ZERO
from lrp_engine.attribution.flips import Flip
from lrp_engine.render.numbers import percentage


def line(one: Flip, explanation: Explanation, *, in_order: bool = False) -> str:
    """What would flip the class, or that no single word does and what comes nearest.

    Args:
        in_order: whether the classes stand in an order, as "bad", "good", "very good" do.
    """
    before, after = (_bold(explanation.labels[c]) for c in one.classes)
    kind = explanation.token_kind
    start, end = (escape(percentage(share)) for share in one.shares)
    if one.flips:
        return (
            f"<b>What would flip it.</b> {_changed(one, explanation)}, the answer changes from "
            f"{before} to {after}; the probability of {before} goes from {start} to <b>{end}</b>."
            f"{_step(one, in_order)}{_first(one, kind)}"
        )
    nearest = _changed(one, explanation)
    return (
        f"<b>No single {kind} was found that flips it{_away(one, explanation)}.</b> Nearest: "
        f"{nearest[0].lower()}{nearest[1:]}, the probability of {before} goes from {start} to "
        f"<b>{end}</b>. {_tried(one, kind)}"
    )


def same_side(one: Flip, explanation: Explanation) -> str:
    """A flip to a class on the same side of an order, told behind one that leaves this side."""
    changed = _changed(one, explanation)
    before, after = (_bold(explanation.labels[c]) for c in one.classes)
    start, end = (escape(percentage(share)) for share in one.shares)
    return (
        f"A step on the same side: {changed[0].lower()}{changed[1:]}, the answer becomes {after} "
        f"(probability of {before} from {start} to {end})."
    )


def _bold(label: str) -> str:
    return f"<b>{HTML.foreign(label)}</b>"


def _changed(one: Flip, explanation: Explanation) -> str:
    word = HTML.word(explanation, one.position)
    if one.replacement is not None:
        return f"With “{HTML.foreign(one.replacement)}” in place of {word}"
    return f"With zeros in place of {word}" if one.how == ZERO else f"Without {word}"


def _away(one: Flip, explanation: Explanation) -> str:
    """From which classes, where that is more than the predicted one."""
    if not one.alike:
        return ""
    names = (_bold(explanation.labels[c]) for c in sorted((one.classes[0], *one.alike)))
    return f" away from {' and '.join(names)}"


def _step(one: Flip, in_order: bool) -> str:
    """That the class only moves to its neighbour, which is less than a reader may expect."""
    if not in_order or abs(one.classes[0] - one.classes[1]) != 1:
        return ""
    return " The two are neighbours in the order of the classes: a small step, no reversal."


def _first(one: Flip, kind: str) -> str:
    """Why a word is replaced where leaving one out would be simpler."""
    if one.replacement is None:
        return ""
    some = "none" if one.every else f"none of the {one.tried[0]:,} strongest {kind}s"
    return f" Left out alone, {some} {'does so' if one.alike else 'flips it'}."


def _tried(one: Flip, kind: str) -> str:
    out, other = one.tried
    which = f"each of the {out:,} {kind}s" if one.every else f"the {out:,} strongest {kind}s"
    more = f", and {other:,} replacements" if other else ""
    return f"Tried: {which} left out{more}."
