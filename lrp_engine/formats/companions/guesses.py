"""How texts are split where no file says it: what the words of a vocabulary let one guess."""

from __future__ import annotations

from typing import Any

from lrp_engine.model.assumption import Assumption
from lrp_engine.model.text import Vocabulary
from lrp_engine.model.text.doubts import SHARE
from lrp_engine.model.text.vocabulary import is_mark

MARKS = ".,!?"


def capitals(vocabulary: Vocabulary) -> tuple[str, ...]:
    """Its words with capital letters, without those of programs such as [PAD] and <UNK>."""
    return tuple(word for word in vocabulary.tokens if word != word.lower() and not is_mark(word))


def marks(vocabulary: Vocabulary) -> int:
    """How many of four punctuation marks are words of their own."""
    return sum(mark in vocabulary.index for mark in MARKS)


def guessed_cuts(vocabulary: Vocabulary) -> dict[str, Any]:
    """Options of the text pipeline under which most of its words can be found."""
    return {
        "method": "words" if marks(vocabulary) > 1 else "whitespace",
        "lowercase": len(capitals(vocabulary)) <= SHARE * len(vocabulary),
    }


def about_cuts(vocabulary: Vocabulary) -> Assumption:
    """What `guessed_cuts` makes of a vocabulary, and why."""
    guessed, cased = guessed_cuts(vocabulary), len(capitals(vocabulary))
    split = "at white space"
    if guessed["method"] == "words":
        split = f"into words and punctuation marks, of which it lists {marks(vocabulary)}"
    case = "in lower case" if guessed["lowercase"] else (
        f"as it is typed, since {cased:,} of its words have capital letters"
    )  # fmt: skip
    return Assumption(
        f"The vocabulary does not say how a text is split: {split}, {case}.",
        "tokenizer.method",
        "tokenizer.lowercase",
        kept=False,
    )
