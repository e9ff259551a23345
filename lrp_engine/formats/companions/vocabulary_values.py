"""What a vocabulary looks like as a value: the lists, tables and objects that programs keep.

JSON, a pickle and a caller's own value are read alike. Of each form `words_of` gives the words in
order, or ids by word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lrp_engine.errors import FormatError
from lrp_engine.formats.companions.files import plain_list
from lrp_engine.formats.companions.subwords import is_tokenizer_json
from lrp_engine.formats.containers.limits import LIMITS
from lrp_engine.formats.containers.pickle_objects import KERAS_SETTINGS, KERAS_TOKENIZER, TORCHTEXT
from lrp_engine.formats.containers.pickle_tree import PickledObject
from lrp_engine.formats.json_texts import parse_json

_NUMBER = re.compile(r"[0-9]{1,9}")
# What programs call the two halves of a vocabulary.
_IDS_BY_WORD = (
    "word2idx", "word2id", "word2index", "word2ix", "word_to_idx", "word_to_id", "word_to_index",
    "word_to_ix", "token2idx", "token2id", "token2index", "token_to_idx", "token_to_id",
    "token_to_index", "char2idx", "char_to_idx", "stoi", "w2i", "word_index", "vocab", "vocabulary",
)  # fmt: skip
_WORDS_BY_ID = (
    "idx2word", "id2word", "index2word", "ix2word", "idx_to_word", "id_to_word", "index_to_word",
    "ix_to_word", "idx2token", "id2token", "index2token", "idx_to_token", "id_to_token",
    "index_to_token", "idx2char", "idx_to_char", "itos", "i2w", "index_word",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a vocabulary file says.

    Attributes:
        words: in order, or ids by word.
        keras: settings of a Keras Tokenizer, by its own names; empty where there was none.
        tokenizer_json: a tokenizer of Hugging Face, which is read apart.
    """

    words: Sequence[Any] | Mapping[Any, Any]
    keras: Mapping[str, Any] = field(default_factory=dict)
    tokenizer_json: Any = None


def words_of(value: Any) -> Words | None:
    """The words in a plain value; None where it is of a kind that cannot hold any.

    Raises:
        FormatError: its parts contradict each other, or it is an object of another kind.
    """
    if isinstance(value, PickledObject):
        return _object(value)
    if isinstance(value, Mapping):
        return _mapping(value)
    value = plain_list(value)
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        _check_count(len(value))
        return Words(words=_pairs(value) or value)
    return None


def _check_count(count: int) -> None:
    if count > LIMITS.words:
        raise FormatError(
            f"The vocabulary has {count:,} entries; at most {LIMITS.words:,} words are read."
        )


def _object(value: PickledObject) -> Words:
    if value.title == KERAS_TOKENIZER:
        return keras_tokenizer(value.state)
    if value.title == TORCHTEXT:
        return Words(words=_list(value.state["itos"], TORCHTEXT))
    raise FormatError(f"The vocabulary is {value.title}, which names classes; give it as `labels`.")


def _mapping(value: Mapping[Any, Any]) -> Words:
    _check_count(len(value))
    if {"class_name", "config"} <= set(value):
        return keras_tokenizer(value["config"])
    if isinstance(value.get("word_index"), (str, Mapping)):  # what get_config() says
        return keras_tokenizer(value)
    if is_tokenizer_json(value):
        return Words(words=(), tokenizer_json=value)
    if has_halves(value):
        return _halves(value)
    return Words(words=_by_number(value) or value)


def has_halves(value: Any) -> bool:
    """Whether a value is a table such as {word2idx, idx2word}, {itos, stoi} or {token_to_id}.

    As words, such names would have numbers.
    """
    return isinstance(value, Mapping) and any(
        isinstance(value.get(name), (Mapping, list, tuple))
        for name in (*_IDS_BY_WORD, *_WORDS_BY_ID)
    )


def words_inside(value: Mapping[Any, Any]) -> tuple[str, Words | None] | None:
    """The vocabulary that programs keep among other things, and what it is called there.

    Returns:
        None where there is none of these names; without words where they cannot be read.
    """
    named = {name: value[name] for name in (*_IDS_BY_WORD, *_WORDS_BY_ID) if name in value}
    if not named:
        return None
    name, inner = next(iter(named.items()))
    nested = isinstance(inner, PickledObject) or has_halves(inner)
    if not nested and not has_halves(named):
        return None  # a number of words, say
    try:
        return name, words_of(inner if nested else named)
    except FormatError:
        return name, None


def _halves(value: Mapping[Any, Any]) -> Words:
    named = [value[name] for name in _IDS_BY_WORD if name in value]
    ids = [table for table in named if isinstance(table, Mapping)]
    words = [value[name] for name in _WORDS_BY_ID if name in value]
    # {"vocab": ["the", "of"]} is a list under a name.
    words += [table for table in named if not isinstance(table, Mapping)]
    if not words:
        return Words(words=_by_number(ids[0]) or ids[0])
    if not ids and not isinstance(words[0], Mapping):
        return Words(words=_list(words[0], "The vocabulary"))
    listed = isinstance(words[0], Mapping)
    by_id = words[0] if listed else dict(enumerate(_list(words[0], "The vocabulary")))
    numbered = _by_number(by_id)
    if numbered is None:
        raise FormatError(
            "The vocabulary holds words by id, but not all of them are texts with numbers as ids."
        )
    for word, number in ids[0].items() if ids else ():
        if numbered.get(word) != number:
            raise FormatError(
                f"The two halves of the vocabulary contradict each other: {word!r:.60} has id "
                f"{number!r:.20} in one and {numbered.get(word)!r:.20} in the other."
            )
    return Words(words=numbered)


def keras_tokenizer(config: Any) -> Words:
    """The words and settings of a Keras Tokenizer, of what it says about itself.

    Raises:
        FormatError: there is no `word_index`.
    """
    words = config.get("word_index") if isinstance(config, Mapping) else None
    words = parse_json(words, "The Tokenizer's word_index") if isinstance(words, str) else words
    if not isinstance(words, Mapping):
        raise FormatError(
            "The vocabulary is a configuration without 'word_index'; give a list of words."
        )
    _check_count(len(words))
    return Words(
        words=words,
        keras={key: value for key, value in config.items() if key in KERAS_SETTINGS},
    )


def _by_number(value: Mapping[Any, Any]) -> Mapping[str, int] | None:
    """Ids by word of words by id; None of anything else."""
    if not value or not all(isinstance(word, str) for word in value.values()):
        return None
    if not all(isinstance(key, int) or _NUMBER.fullmatch(str(key)) for key in value):
        return None
    return unique([(word, int(number)) for number, word in value.items()])


def _pairs(value: Sequence[Any]) -> Mapping[str, int] | None:
    """Ids by word of a list of pairs; None of anything else."""
    kinds = (list, tuple)
    if value and all(isinstance(i, kinds) and len(i) == 2 and isinstance(i[0], str) for i in value):
        return unique([(word, number) for word, number in value])
    return None


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise FormatError(f"{what} holds {type(value).__name__}, expected a list of words.")
    return list(value)


def unique(pairs: Sequence[tuple[str, int]]) -> Mapping[str, int]:
    """Ids by word.

    Raises:
        FormatError: a word has two ids.
    """
    ids: dict[str, int] = {}
    for word, number in pairs:
        if word in ids:
            raise FormatError(
                f"The vocabulary lists the word {word!r:.60} more than once; every word needs one "
                "id."
            )
        ids[word] = number
    return ids
