"""Vocabularies of pieces of words: Hugging Face's tokenizer.json, and the vocab.txt of BERT."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lrp_engine.formats.containers import sandbox
from lrp_engine.formats.containers.subword_files import COPY, MARKS, PIECES
from lrp_engine.formats.input_file import open_file
from lrp_engine.formats.json_texts import parse_json
from lrp_engine.model.text import Tokenizer

_BERT_UNKNOWN, _BERT_MARKS = "[UNK]", {"start": "[CLS]", "end": "[SEP]"}
# How pieces of words begin: of BERT, of GPT-2, of SentencePiece.
_SIGNS = ("##", "Ġ", "▁")
PACKAGE = "pip install 'tokenizers>=0.21,<1'"


@dataclass(frozen=True, kw_only=True)
class Subwords:
    """Pieces and how texts are cut into them.

    Attributes:
        pieces: by id.
        options: of the text pipeline; without "pieces" where the package is not installed.
        assumptions, warnings: sentences.
    """

    pieces: Sequence[str]
    options: Mapping[str, Any] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def is_tokenizer_json(value: Any) -> bool:
    """Whether a value is what Hugging Face's tokenizers keep of themselves."""
    model = value.get("model") if isinstance(value, Mapping) else None
    return isinstance(model, Mapping) and isinstance(model.get("vocab"), (Mapping, list))


def read_tokenizer_json(value: Any) -> Subwords:
    """The pieces in a tokenizer.json.

    Raises:
        FormatError: it is damaged, hostile, or does what cannot be read.
    """
    with open_file(json.dumps(value).encode(), "The tokenizer") as (file, size):
        texts = sandbox.unpack(file, size, expected="subwords").texts
    marks, pieces = json.loads(texts[MARKS]), json.loads(texts[PIECES])
    if COPY not in texts:
        return Subwords(pieces=pieces, warnings=(_not_made("The tokenizer"),))
    around = ", ".join(f"{name} {mark!r}" for name, mark in marks.items())
    said = f"The tokenizer is taken to add what its file says: {around}."
    return Subwords(
        pieces=pieces,
        options={"lowercase": False, "pieces": texts[COPY], **marks},
        assumptions=(said,) if marks else (),
    )


def read_pieces(words: Sequence[str]) -> Subwords | None:
    """What a list of words is where they are pieces; None where they are whole words."""
    signs = [
        sign for sign in _SIGNS if any(isinstance(w, str) and w.startswith(sign) and w != sign
                                       for w in words)
    ]  # fmt: skip
    if not signs or len(set(words)) != len(words):
        return None
    if signs != ["##"] or _BERT_UNKNOWN not in words:
        if sum(word.startswith(_SIGNS) for word in words) < len(words) / 10:
            return None  # a few such words stand in many lists
        return Subwords(
            pieces=words,
            warnings=(
                f"The vocabulary holds pieces of words ({signs[0]}...), and texts are not cut into "
                "them: most words are unknown. Give the tokenizer.json as the vocabulary.",
            ),
        )
    return _bert(words)


def _bert(words: Sequence[str]) -> Subwords:
    """As BertTokenizer reads its vocab.txt."""
    special = {word for word in words if word[:1] == "[" and word[-1:] == "]"}
    lower = all(word == word.lower() for word in words if word not in special)
    made = {
        "model": {
            "type": "WordPiece", "unk_token": _BERT_UNKNOWN, "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": {w: n for n, w in enumerate(words)},
        },
        "normalizer": {
            "type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
            "strip_accents": None, "lowercase": lower,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
    }  # fmt: skip
    read = read_tokenizer_json(made)
    if read.warnings:
        return read
    marks = _BERT_MARKS if set(_BERT_MARKS.values()) <= set(words) else {}
    said = (
        "The vocabulary holds pieces of words (##...): texts are taken to be cut as BERT does, "
        f"{'in lower case' if lower else 'as they are written'}"
        f"{', between [CLS] and [SEP]' if marks else ''}."
    )
    return Subwords(pieces=read.pieces, options={**read.options, **marks}, assumptions=(said,))


def _not_made(what: str) -> str:
    return (
        f"{what} cuts words into pieces, which needs the package tokenizers, and it is not "
        f"installed ({PACKAGE}): the pieces are not made, and most words are unknown."
    )


def sound(tokenizer: Tokenizer) -> tuple[Tokenizer, tuple[str, ...]]:
    """A tokenizer whose pieces, wherever they come from, the limited child has read; and warnings.

    Without the package the texts are cut at white space instead.

    Raises:
        FormatError: the pieces are damaged, hostile, or do what cannot be read.
    """
    if tokenizer.pieces is None:
        return tokenizer, ()
    read = read_tokenizer_json(parse_json(tokenizer.pieces, "The tokenizer's pieces"))
    if read.warnings:
        return tokenizer.with_options({"method": "whitespace"}), read.warnings
    return tokenizer.with_options({"pieces": read.options["pieces"]}), ()
