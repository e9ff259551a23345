"""Assumption: a sentence about what no file said, and which key of the spec says otherwise."""

from __future__ import annotations

from collections.abc import Collection


class Assumption(str):
    """What a reader assumed; a sentence like any other, which knows what it is about.

    Attributes:
        about: keys of the spec that say it instead, as "output" or "tokenizer.pad".
    """

    __slots__ = ("about",)

    about: tuple[str, ...]

    def __new__(cls, sentence: str, *about: str) -> Assumption:
        made = super().__new__(cls, sentence)
        made.about = about
        return made

    def __getnewargs__(self) -> tuple[str, ...]:  # type: ignore[override]  # for copies
        return str(self), *self.about


def about(sentence: str) -> tuple[str, ...]:
    """Keys of the spec that say what a sentence assumes; none of a plain text."""
    return sentence.about if isinstance(sentence, Assumption) else ()


def still_open(sentences: Collection[str], said: Collection[str]) -> tuple[str, ...]:
    """The sentences without those of which everything is said by now.

    Args:
        said: keys of the spec.
    """
    kept = []
    for sentence in sentences:
        left = [key for key in about(sentence) if key not in said]
        if left or not about(sentence):
            kept.append(Assumption(sentence, *left) if left else sentence)
    return tuple(kept)
