"""Words and rows: does a vocabulary have the ids of the embedding it is used with?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lrp_engine.model.assumption import Assumption
from lrp_engine.model.text import PADDING_TOKENS, UNKNOWN_TOKENS, Vocabulary

# How keras.datasets numbers words: 0 padding, 1 the start, 2 unknown words, the word n as n + 3.
IMDB = {"offset": 3, "start": 1, "unknown": 2, "pad_id": 0}
# How its index of the IMDB reviews begins.
_IMDB_WORDS = ("the", "and", "a", "of", "to", "is", "br", "in", "it", "i")
_ASKED = 3  # so many rows without a word can be a shift of the ids
_OFFSET = "tokenizer.offset"  # the key that settles it
_SAY = 'say so in the tokenizer\'s settings: {"offset": %d}'


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A vocabulary cut to the rows of an embedding, and what that took.

    Attributes:
        options: of the tokenizer, which are assumed.
        assumptions, warnings: sentences.
    """

    vocabulary: Vocabulary
    options: Mapping[str, Any] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def fit_rows(
    vocabulary: Vocabulary,
    rows: int,
    *,
    word_index: bool,
    masked: bool,
    told: bool = False,
    offset: int | None = None,
) -> Fitted:
    """A vocabulary for an embedding with so many rows.

    Args:
        word_index: whether its ids were given from 1 on, as Keras' Tokenizer and data sets number
            words: id 0 is padding, and the list may be longer than the rows.
        masked: whether the network skips id 0.
        told: whether its file says how texts are cut, as a Keras Tokenizer's does; then its ids are
            not those of a data set, and are not shifted.
        offset: of the ids, where the caller says it.
    """
    words = len(vocabulary)
    if offset is not None:
        return _cut(Fitted(vocabulary=vocabulary), rows - offset, rows, listed=not word_index)
    if word_index:
        known = vocabulary.tokens[1 : len(_IMDB_WORDS) + 1] == _IMDB_WORDS and words != rows
        if not told and (known or rows - words == IMDB["offset"]):
            return _as_imdb(vocabulary, rows, known)
        fitted = _cut(Fitted(vocabulary=vocabulary), rows, rows)
    else:
        fitted = _cut(Fitted(vocabulary=vocabulary), rows, rows, listed=True)
    spare, first = rows - words, vocabulary.tokens[0]
    if masked and first not in PADDING_TOKENS:
        return replace(
            fitted,
            warnings=(
                *fitted.warnings,
                Assumption(
                    "The network skips id 0 as padding, but the vocabulary has the word "
                    f"{first!r:.60} there: its words may be off by one. If they are, {_SAY % 1}; "
                    "if not, 0.",
                    _OFFSET,
                ),
            ),
        )
    # Keras' own Tokenizer never shifts what it counts; a larger table has rows for num_words.
    if 0 < spare <= _ASKED and not (told and word_index):
        return replace(fitted, warnings=(_question(vocabulary, spare, rows),))
    if spare > 0:
        said = f"The vocabulary has {words:,} words for the {rows:,} rows of the embedding."
        return replace(fitted, assumptions=(*fitted.assumptions, said))
    return fitted


def _question(vocabulary: Vocabulary, spare: int, rows: int) -> Assumption:
    special = [word for word in vocabulary.tokens[:4] if word in PADDING_TOKENS + UNKNOWN_TOKENS]
    lacks = "" if special else " It has no word for padding or unknown words in front."
    return Assumption(
        f"The embedding has {rows:,} rows, {spare} more than the vocabulary has words.{lacks} If "
        f"the ids are shifted by {spare}, {_SAY % spare}; if not, 0.",
        _OFFSET,
    )


def _as_imdb(vocabulary: Vocabulary, rows: int, known: bool) -> Fitted:
    why = (
        "the list begins as that of keras.datasets.imdb"
        if known
        else f"the embedding has {IMDB['offset']} rows more than the vocabulary"
    )
    said = (
        "Words are assumed to be numbered as keras.datasets does (shifted by 3; 0 padding, 1 the "
        f"start, 2 unknown words), because {why}."
    )
    fitted = Fitted(
        vocabulary=vocabulary,
        options=IMDB,
        assumptions=(Assumption(said, _OFFSET),),
        warnings=(Assumption(f"{said} If they are not, {_SAY % 0}.", _OFFSET),),
    )
    return _cut(fitted, rows - IMDB["offset"], rows)


def _cut(fitted: Fitted, most: int, rows: int, *, listed: bool = False) -> Fitted:
    """Without the words that have no row, as `num_words` leaves them out of use and in the list.

    Args:
        listed: whether ids are places in a list, which may be another model's: this is a warning.
            A few words too many are more likely a list that is off, which is left to be refused.
    """
    words = fitted.vocabulary.tokens
    if most < 1 or len(words) <= most + (_ASKED if listed else 0):
        return fitted
    said = (
        f"The vocabulary has {len(words):,} ids, but the embedding has {rows:,} rows: the words "
        f"from {words[most]!r:.60} on are left out, as words beyond num_words."
    )
    unknown = fitted.vocabulary.unknown_token
    kept = Vocabulary(words[:most], unknown if unknown in words[:most] else None)
    doubt = f"{said} The list may belong to another model, or its words may be shifted."
    return replace(
        fitted,
        vocabulary=kept,
        assumptions=(*fitted.assumptions, said),
        warnings=(*fitted.warnings, *((doubt,) if listed else ())),
    )
