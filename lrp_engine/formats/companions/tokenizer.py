"""What a caller gives as `tokenizer`: options, a file, an object of a library, or a function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from lrp_engine.errors import FormatError, InputError
from lrp_engine.formats.companions.files import read_json, unpickled
from lrp_engine.formats.companions.given_words import GivenWords, read_words
from lrp_engine.formats.input_file import is_path_or_bytes
from lrp_engine.model.text import Tokenizer
from lrp_engine.model.text.options import OPTIONS, checked

_WHAT = "The tokenizer"
_OF_LIBRARIES = {"class_name", "word_index", "model"}  # names in what their tokenizers say


def with_tokenizer(words: GivenWords, tokenizer: Any) -> tuple[GivenWords, dict[str, Any]]:
    """A vocabulary with what a tokenizer's file says, and the options that a caller says himself.

    A file's options count before those of the vocabulary's file, and its words where no vocabulary
    is given. What a caller says by name counts before both.

    Raises:
        FormatError: a file or an option is malformed.
        InputError: the value is of a type that cannot be meant.
    """
    if tokenizer is None:
        return words, {}
    read = _read(tokenizer)
    if not isinstance(read, GivenWords):
        return words, read
    if words.vocabulary is None:
        return read, {}
    if not read.options:
        raise FormatError(
            f"{_WHAT} holds words and no settings, and there is a vocabulary already; leave one of "
            "them out."
        )
    merged = replace(
        words,
        options={**words.options, **read.options},
        assumptions=(*words.assumptions, *read.assumptions),
        warnings=(*words.warnings, *read.warnings),
    )
    return merged, {}


def _read(value: Any) -> GivenWords | dict[str, Any]:
    """What a file or an object of a library says, or options."""
    if isinstance(value, Tokenizer):
        return _own(value)
    if is_path_or_bytes(value):
        return _file(value)
    if isinstance(value, Mapping):
        return _mapping(value)
    if hasattr(value, "get_vocabulary"):
        raise InputError(
            f"tokenizer is a layer of Keras ({type(value).__name__}); save the model with it, or "
            'give vocabulary=layer.get_vocabulary() and the options by name: {"method": '
            '"ascii_whitespace", "standardize": "lower_and_strip_punctuation", "length": ...}.'
        )
    value = getattr(value, "backend_tokenizer", value)  # what the package transformers wraps
    # Objects of Keras and of the package tokenizers say all of themselves in JSON.
    for says in ("to_json", "to_str"):
        if callable(getattr(value, says, None)):
            return read_words(getattr(value, says)().encode())
    if callable(value):
        return {"function": value, "lowercase": False}
    raise InputError(
        f"tokenizer is {type(value).__name__}; give options by name, the path or bytes of a "
        "tokenizer's file, a Tokenizer of Keras or Hugging Face, or a function from a text to its "
        "tokens."
    )


def _file(source: Any) -> GivenWords | dict[str, Any]:
    value = unpickled(source, _WHAT)
    if not is_path_or_bytes(value):
        return _mapping(value) if isinstance(value, Mapping) else read_words(value)
    try:
        options = read_json(value, _WHAT)
    except FormatError:  # no JSON: a list of words, which says how they are cut
        return read_words(value)
    return _mapping(options) if isinstance(options, Mapping) else read_words(value)


def _mapping(value: Mapping[str, Any]) -> GivenWords | dict[str, Any]:
    """Options by our names, or else ids by word or what a tokenizer of a library says of itself."""
    if all(name in OPTIONS for name in value):
        return checked(value, _WHAT)
    ids = all(isinstance(number, int) for number in value.values())
    if ids or not set(value) & set(OPTIONS) or set(value) & _OF_LIBRARIES:
        return read_words(value)
    return checked(value, _WHAT)  # refuses the names that are none


def _own(tokenizer: Tokenizer) -> dict[str, Any]:
    """All options of a text pipeline; how it cuts comes from one of three places."""
    options = {item.name: getattr(tokenizer, item.name) for item in fields(tokenizer)}
    if tokenizer.function is not None or tokenizer.pieces is not None:
        del options["method"]
    return options
