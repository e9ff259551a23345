"""How far two rows agree: the order of their words, their signs, where they differ most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from app.compare.ranks import LEAST_WORDS, agreement_words, no_verdict
from app.text.edits import aligned
from lrp_engine import Explanation
from lrp_engine.evaluation.ranks import size_agreement
from lrp_engine.render.numbers import number, vmax_of
from lrp_engine.render.wording import visible, with_noun

Column = tuple[int | None, ...]  # a position per row; None where a row has no such word


def columns(texts: Sequence[Sequence[str]]) -> list[Column]:
    """Words under each other, whatever splits the text: a position in each reading of it."""
    keys = [token.casefold() for token in texts[0]]
    aligned_columns: list[Column] = [(n,) for n in range(len(keys))]
    for tokens in texts[1:]:
        other = [token.casefold() for token in tokens]
        nothing = (None,) * len(aligned_columns[0]) if aligned_columns else (None,)
        merged: list[tuple[Column, str]] = []
        for n, m in aligned(keys, other):
            column = nothing if n is None else aligned_columns[n]
            merged.append(((*column, m), other[m or 0] if n is None else keys[n]))
        aligned_columns, keys = [column for column, _ in merged], [key for _, key in merged]
    return aligned_columns


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two rows over the words that both read.

    Attributes:
        one, other: names of the rows.
        words: how many both read.
        ranks: Spearman correlation of the sizes; None where it is not defined, or of fewer than
            `LEAST_WORDS` words.
        same_signs, signs: on how many words the signs agree, and how many have one in both
            rows; 0 of 0 where a method has no signs.
        flips: words of opposite signs, in reading order.
        apart: the word they differ most at; None where they do not differ. values: what the rows
            say about it.
        measured: whether that was found after each row was divided by its strongest word, because
            their numbers have different units.
        signed: whether both methods have signs; units: whether both have the same unit.
    """

    one: str
    other: str
    words: int
    ranks: float | None
    same_signs: int
    signs: int
    flips: tuple[str, ...]
    apart: str | None
    values: tuple[float, float]
    signed: tuple[bool, bool]
    measured: bool = False
    token_kind: str = "word"


def pair(names: tuple[str, str], a: Explanation, b: Explanation) -> Pair:
    """How far two explanations of the same text agree."""
    tokens, others = a.tokens[0], b.tokens[0]
    shared = [
        (n, m)
        for n, m in columns([tokens, others])
        if n is not None and m is not None and tokens[n].casefold() == others[m].casefold()
    ]
    one = a.token_relevance[0][[n for n, _ in shared]]
    two = b.token_relevance[0][[m for _, m in shared]]
    words = [visible(tokens[n]) for n, _ in shared]
    signed = a.method_info.signed, b.method_info.signed
    product = np.sign(one) * np.sign(two) if all(signed) else np.zeros(len(shared))
    sizes = vmax_of(one), vmax_of(two)
    measured = a.unit != b.unit
    if not measured:
        sizes = (max(sizes), max(sizes))  # the numbers as they are shown
    share, other = one / sizes[0], two / sizes[1]
    gap = np.abs(share - other) if all(signed) else np.abs(np.abs(share) - np.abs(other))
    widest = int(gap.argmax()) if len(gap) and gap.max() > 1e-6 else None
    return Pair(
        one=names[0],
        other=names[1],
        words=len(shared),
        ranks=size_agreement(one, two) if len(shared) >= LEAST_WORDS else None,
        same_signs=int((product > 0).sum()),
        signs=int((product != 0).sum()),
        flips=tuple(word for word, sign in zip(words, product, strict=True) if sign < 0),
        apart=None if widest is None else words[widest],
        values=(0.0, 0.0) if widest is None else (float(one[widest]), float(two[widest])),
        signed=signed,
        measured=measured,
        token_kind=a.token_kind,
    )


def sentence(pair: Pair) -> str:
    """A pair in words to read aloud."""
    both = f"{pair.one} and {pair.other}"
    if not pair.words:
        return f"{both} have no {pair.token_kind} in common."
    parts = []
    if not all(pair.signed):
        signless = [name for name, sign in zip((pair.one, pair.other), pair.signed, strict=True)
                    if not sign]  # fmt: skip
        verb = "have" if len(signless) > 1 else "has"
        parts.append(f"{' and '.join(signless)} {verb} no signs to compare")
    elif pair.signs:
        every = pair.same_signs == pair.signs
        count = f"all {pair.signs:,}" if every else f"{pair.same_signs:,} of {pair.signs:,}"
        parts.append(f"{both} agree on {count} signs")
    if pair.apart is None:
        parts.append(
            f"the {pair.token_kind}s of {both} weigh the same" if parts else f"{both} are the same"
        )
    else:
        subject = "they" if parts and all(pair.signed) else both
        values = " and ".join(number(v, signed=s)
                              for v, s in zip(pair.values, pair.signed, strict=True))  # fmt: skip
        how = f", each measured against its strongest {pair.token_kind}" if pair.measured else ""
        parts.append(f"{subject} differ most at “{pair.apart}” ({values}){how}")
    why = no_verdict(pair.ranks, pair.words, pair.token_kind)
    if why or pair.ranks is None:
        ranks = f"their order is not compared: {why}"
    else:
        ranks = (
            f"they {with_noun(agreement_words(pair.ranks), pair.token_kind)} (rank agreement "
            f"{number(pair.ranks, signed=False, vmax=1)})"
        )
    text = f"{'; '.join([*parts, ranks])}."
    return text[0].upper() + text[1:]


def pairs(names: Sequence[str], explanations: Sequence[Explanation]) -> list[Pair]:
    """Every two rows, the first one's pairs first."""
    count = len(explanations)
    return [
        pair((names[n], names[m]), explanations[n], explanations[m])
        for n in range(count)
        for m in range(n + 1, count)
    ]


def table(every_pair: Sequence[Pair]) -> pd.DataFrame:
    """One row per pair: the rows, rank agreement, signs, sign flips, where they differ most."""
    return pd.DataFrame(
        [
            {
                "row": one.one,
                "other row": one.other,
                "rank agreement": one.ranks,
                "same signs": f"{one.same_signs} of {one.signs}" if one.signs else "no signs",
                "sign flips": ", ".join(one.flips),
                "differ most at": one.apart or "",
            }
            for one in every_pair
        ]
    )
