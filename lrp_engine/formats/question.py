"""A question about what a file leaves open: its choices, and what the spec says for each. Data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Sets = Mapping[str, Any]
TOKENIZER = "tokenizer"  # the key of the spec under which options of the text pipeline stand
COUNT = "count"  # in `Choice.sets`: the number that goes with the answer


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One answer.

    Attributes:
        title: for people.
        sets: of the spec. A value `COUNT` is a number that the person adds.
    """

    title: str
    sets: Sets

    @property
    def counted(self) -> bool:
        """Whether a number belongs to the answer."""
        return COUNT in self.sets.get(TOKENIZER, {}).values()

    def spec(self, count: int | None = None) -> dict[str, Any]:
        """What the spec says for this answer."""
        options = self.sets.get(TOKENIZER)
        if options is None:
            return dict(self.sets)
        filled = {name: count if value == COUNT else value for name, value in options.items()}
        return {**self.sets, TOKENIZER: filled}


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a file leaves open.

    Attributes:
        key: of the spec, as "tokenizer.pad"; of `QUESTIONS`.
        asks: the question.
        why: why the first choice is the best guess.
        choices: the best guess first; empty where names are asked for, one for each class.
    """

    key: str
    asks: str
    why: str
    choices: tuple[Choice, ...] = ()
