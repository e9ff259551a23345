"""The tokenizer.json of Hugging Face: its pieces as a list, and a sound copy of it.

The package `tokenizers` parses it here, in the limited child, and only after every part is one of a
list that takes time and room in proportion to a text: a pattern in a file can be written to run for
ever, and replacements to grow without end. The copy is what the package writes of what it has read.
"""

from __future__ import annotations

import io
import json
from typing import Any, BinaryIO

from .limits import megabytes
from .messages import Output
from .refusal import RefusalError, quoted

MODULES = ("tokenizers",)
COPY, PIECES, MARKS = "tokenizer", "pieces", "marks"  # the names of the texts
_MODELS = ("WordPiece", "BPE", "WordLevel", "Unigram")
# Parts by what they do with a text, all of them without a pattern of the file.
_PARTS = {
    "normalizer": ("BertNormalizer", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "Nmt", "Strip",
                   "StripAccents", "Replace", "Prepend", "ByteLevel", "Sequence"),
    "pre_tokenizer": ("BertPreTokenizer", "Whitespace", "WhitespaceSplit", "ByteLevel",
                      "Metaspace", "Punctuation", "Digits", "CharDelimiterSplit", "Split",
                      "UnicodeScripts", "Sequence"),
}  # fmt: skip
_NESTED = ("normalizers", "pretokenizers")
_DEEPEST, _MOST_PARTS = 4, 8
_LONGEST_PREPENDED, _LONGEST_WORD = 8, 1000  # characters
_PROBE = "The film, it was Good! naïve 你好 3.5\n\t\U0001f600 " + "x" * 300


def unpack(stream: BinaryIO, size: int, output: Output) -> None:
    """Emit three texts: the pieces by id, what stands around a text, and the sound copy.

    Without the package the copy is left out.
    """
    if size > output.limits.tokenizer_bytes:
        raise RefusalError(
            f"The tokenizer has {megabytes(size)}; at most "
            f"{megabytes(output.limits.tokenizer_bytes)} are read."
        )
    try:
        value = json.loads(stream.read().decode("utf-8").removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        raise RefusalError("The tokenizer is not valid JSON.") from None
    if not isinstance(value, dict) or not isinstance(value.get("model"), dict):
        raise RefusalError("The tokenizer has no 'model'; expected a tokenizer.json.")
    pieces = _pieces(value, output.limits.words)
    for kind in _PARTS:
        _check(value.get(kind), kind)
    _emit(output, PIECES, pieces)
    _emit(output, MARKS, _marks(value))
    copy = _sound_copy(value, pieces)
    if copy is not None:
        output.text(COPY, io.BytesIO(copy), len(copy))


def _emit(output: Output, name: str, value: Any) -> None:
    text = json.dumps(value, separators=(",", ":")).encode()
    output.text(name, io.BytesIO(text), len(text))


def _pieces(value: dict[str, Any], most: int) -> list[str]:
    """Pieces by id, those added to the model's own included."""
    model = value["model"]
    if model.get("type", "WordPiece") not in _MODELS:
        raise RefusalError(
            f"The tokenizer's model is {quoted(model.get('type'))}; read are {', '.join(_MODELS)}."
        )
    longest = model.get("max_input_chars_per_word", 0)
    if type(longest) is not int or longest > _LONGEST_WORD:
        raise RefusalError(
            f"The tokenizer cuts words of {quoted(longest)} characters; at most {_LONGEST_WORD} "
            "are read."
        )
    listed = model.get("vocab")
    if isinstance(listed, list):  # of Unigram: [piece, score]
        pairs = [(entry[0], n) for n, entry in enumerate(listed)
                 if isinstance(entry, list) and len(entry) == 2]  # fmt: skip
    else:
        pairs = list(listed.items()) if isinstance(listed, dict) else []
    if not pairs or (isinstance(listed, list) and len(pairs) != len(listed)):
        raise RefusalError("The tokenizer's model lists no pieces; expected 'vocab'.")
    merges = model.get("merges", [])
    if not isinstance(merges, list) or len(merges) > most // 5 or len(pairs) > most // 5:
        raise RefusalError(
            f"The tokenizer has more than {most // 5:,} pieces or merges; it is read up to there."
        )
    added = value.get("added_tokens") or []
    if not isinstance(added, list) or not all(isinstance(token, dict) for token in added):
        raise RefusalError("The tokenizer lists its added tokens in a form that is not known.")
    by_id = {number: piece for piece, number in pairs}
    by_id.update({token.get("id"): token.get("content") for token in added})
    if set(map(type, by_id)) != {int} or set(by_id) != set(range(len(by_id))):
        raise RefusalError("The tokenizer's ids do not run from 0 without gaps.")
    if not all(isinstance(piece, str) for piece in by_id.values()):
        raise RefusalError("The tokenizer lists a piece that is no text.")
    return [by_id[number] for number in range(len(by_id))]


def _check(part: Any, kind: str) -> None:
    """Refuse parts that are not listed, that hold a pattern, or that let texts grow."""
    waiting, seen = [(part, 0)] if part is not None else [], 0
    while waiting:
        one, depth = waiting.pop()
        seen += 1
        if not isinstance(one, dict) or one.get("type") not in _PARTS[kind]:
            what = one.get("type") if isinstance(one, dict) else one
            raise RefusalError(
                f"The tokenizer has a {kind} {quoted(what)} that is not read; read are "
                f"{', '.join(_PARTS[kind])}."
            )
        if seen > _MOST_PARTS or depth > _DEEPEST:
            raise RefusalError(f"The tokenizer's {kind} has more than {_MOST_PARTS} parts.")
        _check_pattern(one, kind)
        inner = [entry for name in _NESTED for entry in one.get(name) or []]
        waiting += [(entry, depth + 1) for entry in inner]


def _check_pattern(part: dict[str, Any], kind: str) -> None:
    pattern = part.get("pattern")
    if pattern is not None and not (isinstance(pattern, dict) and set(pattern) == {"String"}):
        raise RefusalError(
            f"The tokenizer's {kind} holds a pattern of its own, {quoted(pattern)}, which can be "
            "written to run for ever; tokenizers without one are read, such as BERT's and GPT-2's."
        )
    longest = len(pattern["String"]) if pattern is not None else 0
    if part["type"] == "Replace" and len(part.get("content", "")) > longest:
        raise RefusalError("The tokenizer replaces characters by more of them, which is not read.")
    if part["type"] == "Prepend" and len(part.get("prepend", "")) > _LONGEST_PREPENDED:
        raise RefusalError("The tokenizer puts a long text before every text, which is not read.")


def _marks(value: dict[str, Any]) -> dict[str, Any]:
    """What stands around a text: marks, length and padding; names as the text pipeline has them."""
    marks: dict[str, Any] = {}
    around = value.get("post_processor")
    if isinstance(around, dict):
        start, end = around.get("cls"), around.get("sep")  # of BERT and RoBERTa: [name, id]
        single = around.get("single")
        if isinstance(single, list) and len(single) > 1:  # a template: mark, text, mark
            start, end = _special(single[0]), _special(single[-1])
        for name, mark in (("start", start), ("end", end)):
            if isinstance(mark, list) and mark and isinstance(mark[0], str):
                marks[name] = mark[0]
    sides = {"Left": "pre", "Right": "post"}
    cut, padding = value.get("truncation"), value.get("padding")
    if isinstance(cut, dict) and type(cut.get("max_length")) is int:
        marks["length"] = cut["max_length"]
        marks["truncate"] = sides.get(cut.get("direction", "Right"), "post")
    fixed = padding.get("strategy") if isinstance(padding, dict) else None
    if isinstance(fixed, dict) and type(fixed.get("Fixed")) is int:
        marks["length"] = fixed["Fixed"]
        marks["pad"] = sides.get(padding.get("direction", "Right"), "post")  # type: ignore[union-attr]
        if type(padding.get("pad_id")) is int:  # type: ignore[union-attr]
            marks["pad_id"] = padding["pad_id"]  # type: ignore[index]
    return marks


def _special(part: Any) -> list[Any] | None:
    token = part.get("SpecialToken") if isinstance(part, dict) else None
    return [token.get("id")] if isinstance(token, dict) else None


def _sound_copy(value: dict[str, Any], pieces: list[str]) -> bytes | None:
    """What the package writes of it, without what stands around a text; None without it."""
    try:
        from tokenizers import Tokenizer
    except ImportError:
        return None
    plain = {name: value.get(name) for name in _PARTS}
    plain["added_tokens"] = value.get("added_tokens") or []
    model = {**value["model"], "dropout": None} if "dropout" in value["model"] else value["model"]
    try:
        made = Tokenizer.from_str(json.dumps({"version": "1.0", **plain, "model": model}))
        read = made.encode(_PROBE, add_special_tokens=False)
    except BaseException:  # noqa: BLE001 - a panic of Rust is no Exception
        raise RefusalError(
            "The package tokenizers cannot read this tokenizer; it is damaged, or of a newer "
            "version."
        ) from None
    if not all(0 <= number < len(pieces) for number in read.ids):
        raise RefusalError("The tokenizer makes ids that it does not list; it is damaged.")
    copy: str = made.to_str()
    return copy.encode()
