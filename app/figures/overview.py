"""A long text at a glance: sums of relevance over runs of equal length, and over sentences. Pure.

Each word is in exactly one run and in exactly one sentence, so that either kind of sums adds up to
the sum of all words.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Any

import numpy as np

from lrp_engine import Explanation
from lrp_engine.render.cells import Swatch, kind_of
from lrp_engine.render.numbers import number, vmax_of
from lrp_engine.render.palettes import palette_named
from lrp_engine.render.wording import visible

RUNS = 60  # at most
SENTENCES = 100  # listed, the strongest ones
LONGEST = 12  # characters of an abbreviation, and of what stands before it
CHARACTERS = 110  # of a sentence that are shown
# A full stop and what closes after it, before a space; the end of a line; stops of East Asia.
_STOP = re.compile(r"""[.!?…]+[\"'”’»)\]]*(?=\s|$)|[\r\n]+|[。！？]""")
_WORD = re.compile(r"\w")
# What a full stop follows without ending a sentence, single letters ("J. R. R.") besides.
_ABBREVIATIONS = frozenset(
    ("mr", "mrs", "ms", "dr", "prof", "st", "rev", "hon", "gen", "col", "capt", "lt", "sgt", "sen",
     "rep", "gov", "vs", "cf", "e.g", "i.e", "fig", "approx", "mme", "mlle", "bzw", "z.b", "nr")
)  # fmt: skip
_LAST = re.compile(r"(?:^|[\s(\[\"'“‘«])((?:[^\W\d_]+\.)*[^\W\d_]+)\s?$")


@dataclass(frozen=True, kw_only=True)
class Part:
    """Neighbouring words.

    Attributes:
        start, stop: positions, the last one excluded. total: the sum of their values.
        strongest: the position of the largest |value|.
    """

    start: int
    stop: int
    total: float
    strongest: int


def runs(explanation: Explanation) -> list[Part]:
    """Runs of the same number of words, the last one perhaps shorter."""
    words = len(explanation.tokens[0])
    size = max(1, ceil(words / RUNS))
    return _parts(explanation, [*range(0, words, size), words])


def sentences(explanation: Explanation) -> list[Part]:
    """Sentences in the order of the text."""
    ends = (at + 1 for at in _ends(explanation))
    return _parts(explanation, [0, *ends, len(explanation.tokens[0])])


def _parts(explanation: Explanation, edges: list[int]) -> list[Part]:
    values = explanation.token_relevance[0].astype(np.float64)
    return [
        Part(
            start=start,
            stop=stop,
            total=float(values[start:stop].sum()),
            strongest=start + int(np.abs(values[start:stop]).argmax()),
        )
        for start, stop in pairwise(edges)
    ]


def _ends(explanation: Explanation) -> Iterator[int]:
    """Positions of the last words of sentences, but for the last one.

    A sentence goes on until the next word: "." and what closes after it are parts of it.
    """
    over = False
    for at, (token, stops) in enumerate(
        zip(explanation.tokens[0], _stops(explanation), strict=True)
    ):
        if over and _WORD.search(token):
            yield at - 1
            over = False
        over = over or stops


def _stops(explanation: Explanation) -> list[bool]:
    """Of each word, whether a sentence stops with it or between it and the next.

    Where the text is known, a stop counts that no word holds: many models read none.
    """
    tokens, text, spans = explanation.tokens[0], explanation.texts[0], explanation.spans[0]
    if text is None or spans is None:
        found = [_STOP.search(token) for token in tokens]
        return [
            stop is not None
            and not _abbreviates(" ".join(tokens[max(0, at - 1) : at + 1]), stop[0])
            for at, stop in enumerate(found)
        ]
    stops = [False] * len(tokens)
    placed = [(span[0], at) for at, span in enumerate(spans) if span is not None]
    starts = [start for start, _ in placed]
    for stop in _STOP.finditer(text):
        if _abbreviates(text[max(0, stop.start() - LONGEST) : stop.end()], stop[0]):
            continue
        before = bisect_left(starts, stop.end()) - 1
        if before >= 0:
            stops[placed[before][1]] = True
    return stops


def _abbreviates(text: str, stop: str) -> bool:
    """Whether a full stop at the end of a text only shortens the word before it."""
    last = _LAST.search(text.removesuffix(stop)) if stop == "." else None
    if last is None:
        return False
    word = last[1].casefold()
    return word in _ABBREVIATIONS or (len(last[1]) == 1 and last[1].isupper() and last[1] != "I")


def data(explanation: Explanation, *, palette: str) -> dict[str, Any]:
    """What `frontend/overview.js` draws: a box per run, a line per sentence, the strongest first.

    Every text is unescaped.
    """
    kind, parts = explanation.token_kind, sentences(explanation)
    ranked = sorted(parts, key=lambda part: -abs(part.total)) if len(parts) > 1 else []
    cut = f"the strongest {SENTENCES} of {len(parts):,}" if len(parts) > SENTENCES else (
        "strongest first")  # fmt: skip
    boxes = runs(explanation)
    several = f"{boxes[0].stop} {kind}s" if boxes[0].stop > 1 else f"each {kind}"
    short = explanation.method_info.short
    return {
        "about": f"Overview of {short}: each box is the sum of {several}; a click goes there.",
        "runs": _drawn(explanation, boxes, palette),
        "heading": f"{short} summed by sentence, {cut}",
        "sentences": _drawn(explanation, ranked[:SENTENCES], palette),
    }


def _drawn(explanation: Explanation, parts: Sequence[Part], palette: str) -> list[dict[str, Any]]:
    """Parts in one scale of colour of their own."""
    signed, tokens = explanation.method_info.signed, explanation.tokens[0]
    colours = palette_named(palette)
    vmax = vmax_of(np.array([part.total for part in parts]))
    drawn = []
    for part in parts:
        percent = colours.percent(part.total, vmax)
        swatch = Swatch(
            text=number(part.total, signed=signed, vmax=vmax),
            kind=kind_of(part.total, signed=signed),
            percent=percent,
            line=1 + 3 * percent / colours.strongest if signed else 0.0,
        )
        first, last = part.start + 1, part.stop
        place = f"{explanation.token_kind}s {first:,} to {last:,}" if last > first else (
            f"{explanation.token_kind} {first:,}")  # fmt: skip
        strongest = visible(tokens[part.strongest])
        drawn.append({
            "sum": swatch.text, "kind": swatch.css_class, "style": swatch.style,
            "at": part.strongest, "place": place,
            "label": f"{place}, sum {swatch.text}, strongest {strongest}",
            "text": _shortened(" ".join(map(visible, tokens[part.start:part.stop]))),
        })  # fmt: skip
    return drawn


def _shortened(text: str) -> str:
    return text if len(text) <= CHARACTERS else f"{text[:CHARACTERS].rstrip()} …"
