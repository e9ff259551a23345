"""Text layers inside Keras models: TextVectorization and StringLookup, as tokenizer and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lrp_engine.errors import FormatError
from lrp_engine.formats.keras.graph import Entry, Graph, Start
from lrp_engine.formats.plain import lines
from lrp_engine.model.text import STANDARDIZERS, Tokenizer, Vocabulary

KINDS = ("TextVectorization", "StringLookup")
_SPLITS = {"whitespace": "ascii_whitespace", "character": "characters", None: "whole"}
_PADDING, _UNKNOWN = "", "[UNK]"


@dataclass(frozen=True)
class Text:
    """What a text layer says: how texts are cut, which words have which ids."""

    tokenizer: Tokenizer
    vocabulary: Vocabulary
    assumptions: tuple[str, ...] = ()


def first_text_layer(graph: Graph) -> Entry | None:
    """The layer that reads the model's input, where it turns text into ids.

    Raises:
        FormatError: the model has several inputs, and a text layer reads one of them.
    """
    first = next((e for e in graph.entries if e.kind in KINDS and not e.foreign), None)
    if first is None or not graph.inputs.keys() >= {*first.inputs}:
        return None
    if len(graph.inputs) > 1:
        raise FormatError(
            f"Layer {first.name!r} ({first.kind}) reads a text of a model with several inputs, "
            "which is read from the ids on: save keras.Model(ids, output), and give the words of "
            f'each input in the spec: "inputs": {{"name": {{"vocabulary": [...]}}}}.'
        )
    return first if first is graph.entries[0] else None


def without(graph: Graph, entry: Entry) -> Graph:
    """The graph from the ids on."""
    rest = tuple(other for other in graph.entries if other is not entry)
    return replace(graph, entries=rest, inputs={entry.name: Start(axes=2)})


def read_text(entry: Entry, asset: str | None, given: Vocabulary | None, *, masked: bool) -> Text:
    """The tokenizer and vocabulary of a text layer.

    Args:
        entry: the layer.
        asset: the vocabulary.txt that the file keeps for it, None without one.
        given: the vocabulary that the caller gave.
        masked: whether the network skips padding.

    Raises:
        FormatError: an option is not supported, or the vocabulary is missing or of another size.
    """
    config = entry.config

    def refuse(why: str) -> FormatError:
        return FormatError(f"Layer {entry.name!r} ({entry.kind}) {why}")

    _check_ids(config, refuse)
    if entry.kind == "StringLookup":
        padding, unknown = config.get("mask_token"), config.get("oov_token", _UNKNOWN)
        tokenizer = Tokenizer(lowercase=False)
        assumptions = [
            "The model takes words, not texts: a text is split at white space, its case is kept."
        ]
    else:
        padding, unknown = _PADDING, _UNKNOWN
        tokenizer, assumptions = _tokenizer(config, refuse, masked=masked)
    if not isinstance(unknown, str) or not isinstance(padding, str | None):
        raise refuse("has no text for unknown words or padding, which is not supported.")
    special = [unknown] if padding is None else [padding, unknown]
    tokens = _tokens(config, asset, given, special, refuse)
    size = config.get("vocabulary_size")
    if type(size) is int and size != len(tokens):
        raise refuse(f"declares {size} words, but the vocabulary has {len(tokens)}.")
    return Text(tokenizer, Vocabulary(tuple(tokens), unknown), tuple(assumptions))


def _check_ids(config: Mapping[str, Any], refuse: Any) -> None:
    if config.get("output_mode", "int") not in ("int", None):
        raise refuse(
            f"has output_mode {config['output_mode']!r:.40}, a bag of words without order; "
            "supported: 'int'."
        )
    if config.get("num_oov_indices", 1) != 1:
        raise refuse("has another number of ids for unknown words than one; supported: 1.")
    for option in ("invert", "ragged", "sparse"):
        if config.get(option):
            raise refuse(f"has {option}=True, which is not supported.")
    if str(config.get("encoding") or "utf-8").lower() != "utf-8":
        raise refuse(f"has the encoding {config['encoding']!r:.40}; supported: 'utf-8'.")


def _tokenizer(
    config: Mapping[str, Any], refuse: Any, *, masked: bool
) -> tuple[Tokenizer, list[str]]:
    standardize = config.get("standardize", "lower_and_strip_punctuation")
    split, ngrams = config.get("split", "whitespace"), config.get("ngrams")
    name = "none" if standardize is None else standardize
    if not isinstance(name, str) or name not in STANDARDIZERS:
        raise refuse(
            "standardizes texts by a function of the author's own, whose code is not in the file; "
            f"supported: {', '.join(map(repr, STANDARDIZERS))}."
        )
    if not isinstance(split, str | None) or split not in _SPLITS:
        raise refuse(
            "splits texts by a function of the author's own, whose code is not in the file; "
            "supported: 'whitespace', 'character' and None."
        )
    if ngrams is not None:
        raise refuse(f"makes n-grams ({ngrams!r:.40}), which is not supported; train without.")
    length = config.get("output_sequence_length")
    if length is not None and type(length) is not int:
        raise refuse(f"has output_sequence_length {length!r:.40}, expected a number.")
    tokenizer = Tokenizer(
        method=_SPLITS[split],
        lowercase=False,
        standardize=name,
        length=length,
        pad=length is not None and not masked,
    )
    if length is None:
        unpadded = "The model does not mask padding; here a text is read alone, without padding."
        return tokenizer, [] if masked else [unpadded]
    said = f"The model reads the first {length} tokens of a text and leaves out the rest"
    if masked:
        return tokenizer, [f"{said}."]
    return tokenizer, [
        f"{said}; shorter texts are filled up with padding, which it reads like words since it "
        "does not mask it."
    ]


def _tokens(
    config: Mapping[str, Any],
    asset: str | None,
    given: Vocabulary | None,
    special: list[str],
    refuse: Any,
) -> list[str]:
    """Words by id, padding and unknown first, from the file or from the caller."""
    listed = config.get("vocabulary")
    own: list[str] | None = None
    if isinstance(listed, list):
        if not all(isinstance(token, str) for token in listed):
            raise refuse("lists a vocabulary that holds more than texts.")
        own = _with_special(listed, special)
    elif asset is not None:
        own = _with_special(lines(asset), special)
    if given is None:
        if own is None:
            raise refuse(
                "learned its words by adapt(), and this file does not keep them: give them as "
                "`vocabulary`, layer.get_vocabulary() as JSON, or save the model as .keras."
            )
        return own
    tokens = _with_special(list(given.tokens), special)
    if own is not None and own != tokens:
        raise refuse(
            f"has a vocabulary of its own ({len(own)} words), other than the one given; leave "
            "`vocabulary` out."
        )
    return tokens


def _with_special(tokens: list[str], special: list[str]) -> list[str]:
    return tokens if tokens[: len(special)] == special else [*special, *tokens]
