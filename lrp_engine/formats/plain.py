"""Plain texts from a file or a caller: JSON and word lists, with every surprise a sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from lrp_engine.errors import FormatError

_WORD_AND_ID = re.compile(r"([^\t]*)\t(\d{1,9})")
_JSON_WORDS = re.compile(r'\s*(\[\s*["\]]|\{\s*["}])')


def parse_json(text: str, what: str) -> Any:
    """The value of a JSON text; `what` names it in the error."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise FormatError(f"{what} is not valid JSON.") from None


def lines(text: str) -> list[str]:
    """Words, one a line; the last line break ends the last word. Empty lines are kept."""
    words = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    return words[:-1] if words[-1] == "" else words


def parse_words(text: str) -> list[str] | Mapping[str, int]:
    """A vocabulary file: one word a line, `word<TAB>id` lines, a JSON list or a JSON object."""
    text = text.removeprefix("\ufeff")
    if _JSON_WORDS.match(text):  # a first word like [PAD] is no JSON
        return parse_json(text, "The vocabulary")
    words = lines(text)
    while words and not words[-1]:
        words.pop()
    pairs = [_WORD_AND_ID.fullmatch(word) for word in words]
    if words and all(pairs):
        ids = {pair[1]: int(pair[2]) for pair in pairs if pair}
        if len(ids) != len(words):
            raise FormatError(
                "The vocabulary lists a word more than once; every word needs one id."
            )
        return ids
    return words


def words_by_id(ids: Mapping[Any, Any]) -> tuple[list[str], list[str]]:
    """Words in the order of their ids, and what had to be assumed.

    Ids run from 0, or from 1 as Keras tokenizers number them: then id 0 is padding.
    """
    for word, number in ids.items():
        if not isinstance(word, str) or isinstance(number, bool) or not isinstance(number, int):
            raise FormatError(
                f"The vocabulary maps {word!r:.60} to {number!r:.60}, expected a word and its id; "
                "vectors by word are given as `embeddings`."
            )
    ordered = sorted(ids, key=lambda word: ids[word])
    first = ids[ordered[0]] if ordered else 0
    for expected, word in enumerate(ordered, start=1 if first == 1 else 0):
        if ids[word] != expected:
            raise FormatError(
                f"The vocabulary ids must run from 0 or 1 without gaps or repeats; expected id "
                f"{expected}, found {ids[word]} for {word!r:.60}."
            )
    if first == 1:
        return ["<pad>" if "<pad>" not in ids else "", *ordered], [
            "The vocabulary starts at id 1: id 0 is taken as padding."
        ]
    return ordered, []
