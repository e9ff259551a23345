"""Assumption: a sentence about what no file said, and which key of the spec says otherwise."""

from __future__ import annotations

from collections.abc import Collection, Iterable


class Assumption(str):
    """What a reader assumed; a sentence like any other, which knows what it is about.

    Attributes:
        about: keys of the spec that say it instead, as "output" or "tokenizer.pad".
        kept: whether saved networks and hashes hold it; not what was assumed before it was said, so
            that the hash of a network stays what it was.
    """

    __slots__ = ("about", "kept")

    about: tuple[str, ...]
    kept: bool

    def __new__(cls, sentence: str, *about: str, kept: bool = True) -> Assumption:
        made = super().__new__(cls, sentence)
        made.about, made.kept = about, kept
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str, ...], dict[str, bool]]:  # for copies
        return (str(self), *self.about), {"kept": self.kept}


def about(sentence: str) -> tuple[str, ...]:
    """Keys of the spec that say what a sentence assumes; none of a plain text."""
    return sentence.about if isinstance(sentence, Assumption) else ()


def kept(sentences: Iterable[str]) -> tuple[str, ...]:
    """The sentences that saved networks and hashes hold."""
    return tuple(one for one in sentences if not isinstance(one, Assumption) or one.kept)


def still_open(sentences: Collection[str], said: Collection[str]) -> tuple[str, ...]:
    """The sentences without those of which everything is said by now.

    Args:
        said: keys of the spec.
    """
    rest = []
    for sentence in sentences:
        left = [key for key in about(sentence) if key not in said]
        if left or not about(sentence):
            same = isinstance(sentence, Assumption) and sentence.kept
            rest.append(Assumption(sentence, *left, kept=same) if left else sentence)
    return tuple(rest)
