"""tokenizer.json files made to do harm; none is ever committed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

WORDPIECE: dict[str, Any] = {
    "version": "1.0",
    "truncation": {"direction": "Left", "max_length": 9, "strategy": "LongestFirst", "stride": 0},
    "padding": {"strategy": {"Fixed": 9}, "direction": "Left", "pad_to_multiple_of": None,
                "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
    "added_tokens": [],
    "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
    "decoder": None,
    "model": {
        "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
        "vocab": {w: n for n, w in enumerate(
            ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "film", "good", "##ly", "bad"])},
    },
}  # fmt: skip
BPE = {
    "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]]},
}  # fmt: skip
_REGEX = {"Regex": "(a+)+$"}


def changed(**parts: Any) -> dict[str, Any]:
    return {**WORDPIECE, **parts}


def model(**parts: Any) -> dict[str, Any]:
    return changed(model={**WORDPIECE["model"], **parts})


def normalizer(kind: str, **parts: Any) -> dict[str, Any]:
    return changed(normalizer={"type": kind, **parts})


def _in_each_other(depth: int) -> dict[str, Any]:
    part: dict[str, Any] = {"type": "Lowercase"}
    for _ in range(depth):
        part = {"type": "Sequence", "normalizers": [part]}
    return changed(normalizer=part)


HOSTILE: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "regex": (
        lambda: changed(pre_tokenizer={"type": "Split", "pattern": _REGEX, "behavior": "Isolated",
                                       "invert": False}),
        "a pattern of its own",
    ),
    "regex_within": (
        lambda: changed(normalizer={"type": "Sequence", "normalizers": [
            {"type": "Replace", "pattern": _REGEX, "content": ""}]}),
        "a pattern of its own",
    ),
    "regex_as_text": (
        lambda: normalizer("Replace", pattern="(a+)+$", content=""), "a pattern of its own"
    ),
    "regex_beside": (
        lambda: normalizer("Replace", pattern={"String": "a", **_REGEX}, content=""),
        "a pattern of its own",
    ),
    "grows": (
        lambda: normalizer("Replace", pattern={"String": "a"}, content="a" * 10**6), "by more"
    ),
    "prepends": (lambda: normalizer("Prepend", prepend="a" * 10**6), "puts a long text"),
    "precompiled": (
        lambda: normalizer("Precompiled", precompiled_charsmap="AAAA"), "that is not read"
    ),
    "custom": (lambda: changed(pre_tokenizer={"type": "os.system"}), "that is not read"),
    "no_object": (lambda: changed(pre_tokenizer="BertPreTokenizer"), "that is not read"),
    "nested": (lambda: _in_each_other(20), "more than 8 parts"),
    "many": (
        lambda: normalizer("Sequence", normalizers=[{"type": "NFKD"}] * 100_000), "more than 8"
    ),
    "parts_no_list": (lambda: normalizer("Sequence", normalizers="NFC"), "that is not read"),
    "parts_number": (lambda: normalizer("Sequence", normalizers=1), "damaged"),
    "model": (lambda: model(type="Script"), "read are WordPiece, BPE"),
    "long_words": (lambda: model(max_input_chars_per_word=10**9), "at most 1000 are read"),
    "long_words_text": (lambda: model(max_input_chars_per_word="9"), "at most 1000 are read"),
    "gaps": (lambda: model(vocab={"[UNK]": 0, "a": 2}), "do not run from 0"),
    "ids_negative": (lambda: model(vocab={"[UNK]": 0, "a": -1}), "do not run from 0"),
    "ids_true": (lambda: model(vocab={"[UNK]": 0, "a": True}), "do not run from 0"),
    "ids_lists": (lambda: model(vocab={"[UNK]": 0, "a": [1]}), "damaged"),
    "vocab_empty": (lambda: model(vocab={}), "lists no pieces"),
    "unknown_missing": (lambda: model(unk_token="nope"), "cannot read this tokenizer"),
    "unigram_ids": (
        lambda: changed(model={"type": "Unigram", "unk_id": 99, "vocab": [["a", -1.0]]}),
        "cannot read this tokenizer",
    ),
    "unigram_numbers": (
        lambda: changed(model={"type": "Unigram", "unk_id": 0, "vocab": [[1, -1.0]]}), "no text"
    ),
    "unigram_short": (
        lambda: changed(model={"type": "Unigram", "unk_id": 0, "vocab": [["a"]]}), "no pieces"
    ),
    "merges_unknown": (
        lambda: changed(model={**BPE["model"], "merges": [["a", "zzz"]]}), "cannot read this"
    ),
    "merges_text": (lambda: changed(model={**BPE["model"], "merges": "a b"}), "or merges"),
    "merges_50_mb": (
        lambda: changed(model={**BPE["model"], "merges": ["a b"] * 7_000_000}), "at most 33.6 MB"
    ),
    "merges_many": (
        lambda: changed(model={**BPE["model"], "merges": ["a b"] * 1_000_001}), "1,000,000 pieces"
    ),
    "added_text": (lambda: changed(added_tokens=["a"]), "in a form that is not known"),
    "added_gap": (
        lambda: changed(added_tokens=[{"id": 99, "content": "a"}]), "do not run from 0"
    ),
    "added_number": (lambda: changed(added_tokens=[{"id": 9, "content": 1}]), "no text"),
}  # fmt: skip
