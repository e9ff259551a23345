"""What leaving words out does, as HTML or plain text. Pure."""

from __future__ import annotations

import numpy as np

from app.text.marks import HTML, PLAIN, Marks
from lrp_engine import Explanation
from lrp_engine.attribution.ablation import TOGETHER, ZERO, Ablation, Change
from lrp_engine.render.numbers import MINUS, NO_BREAK, number, percentage, points, spelled
from lrp_engine.render.said import with_unit
from lrp_engine.render.wording import with_output

# A share of a score this much smaller than the word's part says nothing.
MOST_TIMES = 10
# A smaller difference of two probabilities, or share of a score, is none to speak of.
NOTABLE = 0.01
TWO_QUESTIONS = (
    "The share describes this text; without the word the text is a different one, so the two "
    "numbers can differ."
)


def line(one: Ablation, explanation: Explanation, marks: Marks = HTML) -> str:
    """What happens when the strongest words go, against random ones."""
    kind, count = explanation.token_kind, len(one.positions)
    named = ", ".join(marks.word(explanation, at) for at in one.positions)
    several = count == TOGETHER
    signed = explanation.method_info.signed and explanation.output_kind.has_classes
    most = "most supporting" if signed else "strongest"
    strongest = f"the {spelled(count)} {most} {kind}s" if several else f"the {most} {kind}"
    random = f"{spelled(count)} random {kind}s" if several else f"another {kind}"
    mean = f"mean of {'all ' * one.all_sets}{one.draws}" if one.draws > 1 else "the only other one"
    before, after, otherwise = (
        marks.strong(_figure(explanation, value)) for value in (one.before, one.after, one.random)
    )
    label = marks.foreign(explanation.target_label())
    out = "Without" if one.how != ZERO else "With zeros in place of"
    again = "without" if one.how != ZERO else "of"
    return (
        f"{marks.strong(f'{explanation.method_info.short} put to the test.')} {out} {strongest} "
        f"({named}), “{label}” goes from {before} to {after}; {again} {random}, to {otherwise} "
        f"({mean}). {_conclusion(one, explanation)}"
    )


def sentence(one: Ablation, explanation: Explanation) -> str:
    """`line` as plain text, for files."""
    return line(one, explanation, PLAIN)


def _conclusion(one: Ablation, explanation: Explanation) -> str:
    """Whether the words found do more than random ones, where the figures differ at all."""
    short, kind = explanation.method_info.short, explanation.token_kind
    whose = f"{short}’s {kind}s count" if len(one.positions) > 1 else f"{short}’s {kind} counts"
    single = np.ndim(explanation.target[0]) == 0 and explanation.output_kind.has_classes
    least = NOTABLE if single else NOTABLE * abs(one.before)
    if one.random - one.after > least:
        return f"{whose} for more than chance here."
    return f"{whose} for no more than chance here."


def opposite_ways(change: Change, kind: str) -> str:
    """Why a score and its probability move in opposite directions; nothing where they do not."""
    if change.share is None:
        return ""
    score, share = (after - before for before, after in (change.score, change.share))
    # As shown: what reads as no change moves nowhere.
    if score * share >= 0 or points(share) == "0.0":
        return ""
    moved, other = ("falls", "rises") if score < 0 else ("rises", "falls")
    past = "fallen" if score < 0 else "risen"
    return (
        f"Without the {kind} the score {moved} and the probability {other}: the score is this "
        "class’s own, the probability is weighed against the other classes, whose scores have "
        f"{past} even more."
    )


def of_word(
    part: float, change: Change | None, explanation: Explanation
) -> list[tuple[str, str, str]]:
    """Terms, values and small print of a picked word: its share of the score, and the true change.

    Args:
        part: the word's relevance by the method of `explanation`.
    """
    score = float(explanation.explained_score[0])
    what = with_output("score", explanation.output_kind)
    whole = _score(explanation, score)
    share = "of "
    if score and abs(part) <= MOST_TIMES * abs(score):
        share = f"{round(100 * part / score)}{NO_BREAK}% of ".replace("-", MINUS)
    short = explanation.method_info.short
    terms = [(f"Its share of the {what}", number(part), f"{share}{whole}, {short}")]
    if change is not None:
        before, after = change.score
        moved = f"{_score(explanation, before)} → {_score(explanation, after)}"
        shares = change.share and " → ".join(map(percentage, change.share))
        term = "If left out" if change.how != ZERO else "With zeros in its place"
        terms.append((f"{term}, the {what} changes by", number(after - before),
                      f"{moved}{f', probability {shares}' if shares else ''}"))  # fmt: skip
    return terms


def _figure(explanation: Explanation, value: float) -> str:
    """A probability, a value with its unit, or a difference of scores."""
    single = np.ndim(explanation.target[0]) == 0
    if single and explanation.output_kind.has_classes:
        return percentage(value)
    return _score(explanation, value)


def _score(explanation: Explanation, value: float) -> str:
    if explanation.output_kind.has_classes:
        return number(value)
    if np.ndim(explanation.target[0]) == 0:
        return with_unit(value, int(explanation.target[0]), explanation.value_units)
    return f"{number(value)} {explanation.value_unit}".rstrip()
