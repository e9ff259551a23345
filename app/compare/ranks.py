"""How far two explanations put the words in the same order of importance. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lrp_engine.attribution.explanation import Explanation
from lrp_engine.errors import InputError
from lrp_engine.evaluation.ranks import size_agreement
from lrp_engine.render.numbers import number, spelled
from lrp_engine.render.wording import with_noun

AGREEMENT_SCALE = "Rank agreement: 1 is the same order of words, 0 no relation, −1 the opposite."

# Of fewer words, an order by chance agrees too often to be judged: the standard deviation of random
# orders of n words is 1 / sqrt(n - 1), more than a third.
LEAST_WORDS = 8
# From this rank agreement on, in words.
_AGREEMENT = (
    (0.9, "put the words in nearly the same order of importance"),
    (0.6, "mostly agree on which words matter"),
    (0.3, "agree a little on which words matter"),
    (-0.3, "do not agree on which words matter"),
    (-1.0, "put the words in rather opposite orders of importance"),
)


def rank_agreement(a: Explanation, b: Explanation) -> float | None:
    """Spearman correlation of |values| over the words, ties shared; in [-1, 1].

    None where it is not defined: fewer than three words, or all values of a method equal.

    Raises:
        InputError: the explanations are of different words.
    """
    if a.tokens[0] != b.tokens[0]:
        raise InputError("The explanations are of different texts; compare methods on one text.")
    return size_agreement(*(_values(e) for e in (a, b)))


def _values(explanation: Explanation) -> np.ndarray:
    """The value of each word (n,)."""
    return explanation.token_relevance[0, : len(explanation.tokens[0])]


def agreement_sentence(a: Explanation, b: Explanation) -> str:
    """`rank_agreement` in words to read aloud."""
    value = rank_agreement(a, b)
    pair = f"{a.method_info.short} and {b.method_info.short}"
    if why := no_verdict(value, count_of(a), a.token_kind):
        return f"Whether {pair} agree cannot be said: {why}."
    assert value is not None
    sentence = f"{pair} {agreement_words(value)}: rank agreement "
    return with_noun(sentence, a.token_kind) + f"{number(value, signed=False, vmax=1)}."


def agreement_sentences(explanations: Sequence[Explanation]) -> list[str]:
    """`agreement_sentence` of the first with each other, and what the numbers mean."""
    first, *others = explanations
    said = [agreement_sentence(first, other) for other in others]
    judged = count_of(first) >= LEAST_WORDS
    return [*said, with_noun(AGREEMENT_SCALE, first.token_kind)] if judged and said else said


def count_of(explanation: Explanation) -> int:
    """How many words there are, without padding."""
    count = len(explanation.tokens[0])
    return count - int(explanation.padding[0, :count].sum())


def no_verdict(value: float | None, words: int, token_kind: str) -> str:
    """Why nothing is said of a rank agreement over so many words; "" where something is."""
    if words < LEAST_WORDS:
        count = f"{spelled(words)} {token_kind}{'s are' if words != 1 else ' is'} too few"
        return f"{count}; at least {spelled(LEAST_WORDS)} are needed"
    return "there are too few different values" if value is None else ""


def agreement_words(value: float) -> str:
    """A rank agreement as what two methods do: "mostly agree on which words matter"."""
    return next(words for floor, words in _AGREEMENT if value >= floor)
