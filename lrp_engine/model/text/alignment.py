"""Where the tokens that a network reads stand in what was typed, and what was left out and why.

Worked out when somebody asks: it costs more than reading the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lrp_engine.model.text.cutters import CutText, Span
from lrp_engine.model.text.ids import BEYOND, NOT_LISTED
from lrp_engine.model.text.tokenizer import DROP, Tokenizer


@dataclass(frozen=True)
class LeftOut:
    """A word that was typed and not read.

    Attributes:
        token: as it was cut. span: where it stands in the text; None where words were given.
        reason: why it was left out, as "stop word".
    """

    token: str
    span: Span | None
    reason: str


@dataclass(frozen=True, eq=False)
class Alignment:
    """Texts or token lists, and the places in them of what a network reads; B samples.

    Attributes:
        tokenizer: that cut them.
        texts: per sample, the words given, or those cut from a text.
        why: per sample, what the vocabulary says of each word that is looked up, (n,).
        places: per sample, which of these words is read at each time step, negative for padding
            and marks, (T,).
    """

    tokenizer: Tokenizer
    texts: tuple[Sequence[str], ...]
    why: tuple[np.ndarray, ...]
    places: tuple[np.ndarray, ...]

    def select(self, rows: slice) -> Alignment:
        return Alignment(self.tokenizer, self.texts[rows], self.why[rows], self.places[rows])

    def pick(self, rows: Sequence[int]) -> Alignment:
        """Some of the samples, each as often as it is named."""
        return Alignment(
            self.tokenizer,
            tuple(self.texts[row] for row in rows),
            tuple(self.why[row] for row in rows),
            tuple(self.places[row] for row in rows),
        )

    def at(self, steps: np.ndarray) -> Alignment:
        """The same of some time steps (n,) of a single sample; words left out stay so."""
        return replace(self, places=(self.places[0][steps],))

    def text(self, index: int) -> str | None:
        """What was typed; None where words were given."""
        typed = self.texts[index]
        return typed.text if isinstance(typed, CutText) else None

    def spans(self, index: int) -> tuple[Span | None, ...] | None:
        """Where each token read stands in the text, None for padding and marks.

        None alone where words were given instead of a text.
        """
        if self.text(index) is None:
            return None
        words = [span for _, span, reason in self._words(index) if not reason]
        return tuple(words[place] if place >= 0 else None for place in self.places[index].tolist())

    def left_out(self, index: int) -> tuple[LeftOut, ...]:
        """What was typed and not read, in the order of the text."""
        read = set(self.places[index].tolist())
        front = self.tokenizer.truncate == "pre"
        reasons = {
            NOT_LISTED: "not in the vocabulary",
            BEYOND: f"beyond the first {self.tokenizer.num_words} words",
        }
        drops, why = self.tokenizer.unknown == DROP, self.why[index].tolist()
        left, place = [], 0
        for token, span, reason in self._words(index):
            if reason:
                left.append(LeftOut(token, span, reason))
                continue
            if place not in read:
                reason = reasons.get(why[place], "") if drops else ""
                reason = reason or f"cut at the {'front' if front else 'back'}"
                left.append(LeftOut(token, span, reason))
            place += 1
        return tuple(left)

    def typed(self, index: int) -> tuple[list[str], list[int | None]]:
        """Every word typed or given, and which of them is read at each time step, None for none."""
        words = list(self._words(index))
        looked_up = [n for n, (_, _, reason) in enumerate(words) if not reason]
        places = [looked_up[p] if p >= 0 else None for p in self.places[index].tolist()]
        return [token for token, _, _ in words], places

    def _words(self, index: int) -> Iterator[tuple[str, Span | None, str]]:
        """Every word with its place, and why it is not looked up, empty where it is."""
        typed, tokenizer = self.texts[index], self.tokenizer
        tokens: Sequence[str] = typed
        spans: Sequence[Span | None] = [None] * len(typed)
        if isinstance(typed, CutText):
            tokens = tokenizer.cut_all(typed.text)
            spans = tokenizer.spans(typed.text, tokens)
        for token, span in zip(tokens, spans, strict=True):
            yield token, span, tokenizer.leaves_out(token) if tokenizer.leaves_out_some else ""
