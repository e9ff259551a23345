"""How far an answer is one: unknown words, or two classes that are nearly as likely. Pure, HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from html import escape

from lrp_engine import Explanations
from lrp_engine.model.text import doubts
from lrp_engine.render.numbers import percentage, spelled
from lrp_engine.render.said import ranked
from lrp_engine.render.wording import visible

NEAR = 0.05  # difference of two probabilities up to which classes are nearly as likely
UNKNOWN_LISTED = 8  # different words


def unknown_words(
    tokens: Sequence[str],
    unknown: Iterable[bool],
    substitute: str | None,
    warnings: Collection[str] = (),
) -> str:
    """Which words of a text the model does not know, and what it reads instead; else nothing.

    Args:
        unknown: of each word, whether the model does not know it.
        substitute: the word that it reads in their place; None for a vector of zeros.
        warnings: that are shown beside this; where one of them counts the unknown words, also
            those that were cut off, these are not counted again.
    """
    found = Counter(token for token, lacks in zip(tokens, unknown, strict=True) if lacks)
    if not found:
        return ""
    listed = ", ".join(
        f"“<bdi>{escape(visible(word))}</bdi>”{f' ({times} times)' if times > 1 else ''}"
        for word, times in found.most_common(UNKNOWN_LISTED)
    )
    others = len(found) - UNKNOWN_LISTED
    more = f" and {others} more" if others > 0 else ""
    reads = f"as {visible(substitute)}" if substitute else "as a vector of zeros"
    if any(map(doubts.counts_unknown, warnings)):
        return f"The unknown words are read {escape(reads)}: {listed}{more}."
    verb, them = ("is", "it") if found.total() == 1 else ("are", "them")
    return (
        f"{found.total():,} of {len(tokens):,} words {verb} unknown to the model, which reads "
        f"{them} {escape(reads)}: {listed}{more}."
    )


def no_evidence(one: Explanations) -> str:
    """Of a text of which the model knows no word; else nothing."""
    count = len(one.tokens[0])
    real = ~one.padding[0, :count]
    known = ~one.unknown[0, :count] & real
    if known.any() or not one.unknown.any():
        return ""
    words = int(real.sum())
    is_cut = any(word.reason.startswith("cut at") for word in one.left_out[0])
    read, more = (" that it reads", " or more") if is_cut else ("", "")
    return (
        f"<b>No evidence.</b> The model knows no word{read} of this text, so it says this of every "
        f"text of {spelled(words)}{more} unknown word{'s' * (is_cut or words != 1)}; the colours "
        "show no more than where unknown words stand."
    )


def near_tie(one: Explanations) -> str:
    """Of two classes that are nearly as likely; else nothing."""
    if not one.output_kind.has_classes or len(one.labels) < 2:
        return ""
    shares = one.shares[0]
    first, second = ranked(one)[:2]
    if shares[first] - shares[second] > NEAR:
        return ""
    named = " and ".join(
        f"<bdi>{escape(visible(one.labels[c]))}</bdi> {escape(percentage(float(shares[c])))}"
        for c in (first, second)
    )
    other = f"<bdi>{escape(visible(one.labels[second]))}</bdi>"
    return (
        f"<b>Nearly a tie:</b> {named}. The model hardly prefers the first: a small change of the "
        f"text could make it say {other}."
    )
