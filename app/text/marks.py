"""How a sentence marks what stands out and what is of foreign origin: as HTML, or as plain text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from lrp_engine import Explanation
from lrp_engine.render.wording import visible


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What makes plain text a part of a sentence.

    Attributes:
        strong: of what a reader looks for. foreign: of words and labels.
    """

    strong: Callable[[str], str]
    foreign: Callable[[str], str]

    def word(self, explanation: Explanation, at: int) -> str:
        """A word of the first text in quotes, with its number where it stands there twice."""
        tokens, kind = explanation.tokens[0], explanation.token_kind
        which = f" ({kind} {at + 1})" if tokens.count(tokens[at]) > 1 else ""
        return f"“{self.foreign(tokens[at])}”{which}"


HTML = Marks(
    strong=lambda text: f"<b>{escape(text)}</b>",
    foreign=lambda text: f"<bdi>{escape(visible(text))}</bdi>",
)
PLAIN = Marks(strong=str, foreign=visible)
