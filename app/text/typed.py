"""The text as it was typed, with the words in grey that the network did not read. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from app import templates
from lrp_engine import Explanations
from lrp_engine.model.text.alignment import LeftOut


def left_out(explanations: Explanations) -> str:
    """The first text as HTML, and how many of its words were left out why; empty for none."""
    text, words = explanations.texts[0], explanations.left_out[0]
    if text is None or not words:
        return ""
    reasons = Counter(word.reason for word in words)
    listed = ", ".join(f"{count:,} {reason}" for reason, count in reasons.most_common())
    return templates.fragment("typed.html", "typed")(segments(text, words), len(words), listed)


def segments(text: str, words: Sequence[LeftOut]) -> list[tuple[str, str]]:
    """A text in parts, each with the reason why it was not read, empty where it was."""
    parts, end = [], 0
    for word in words:
        if word.span is None:
            continue
        start, stop = word.span
        parts += [(text[end:start], ""), (text[start:stop], word.reason)]
        end = stop
    return [(part, reason) for part, reason in (*parts, (text[end:], "")) if part]
