"""Vocabulary files: which words have which ids, in the notations that tools write.

One word a line, a word and its id on each line, every word a JSON text in quotes, or JSON as a
whole. A notation is recognized only where every
line follows it; what could be meant in two ways is refused with the number of the line.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from lrp_engine.errors import FormatError
from lrp_engine.formats.companions.vocabulary_values import Words, unique, words_of
from lrp_engine.formats.containers.limits import LIMITS
from lrp_engine.formats.json_texts import NotJsonError, parse_json
from lrp_engine.formats.plain import lines
from lrp_engine.model.text import UNKNOWN_TOKENS

# What may stand between a word and its id, by what people call it.
_SEPARATORS = {"\t": "a tab", ",": "a comma", ";": "a semicolon", " ": "a blank"}
_NUMBER = re.compile(r"[0-9]{1,9}")
_JSON_IN_JSON = 4


def parse_words(text: str) -> tuple[Words, list[str]]:
    """Words in order or ids by word, and what had to be assumed.

    Raises:
        FormatError: the text follows no notation throughout; names the first line that does not.
    """
    text = text.removeprefix("\ufeff")
    text = _unwrapped(text)
    if text.lstrip()[:1] in ("[", "{"):
        value = _json(text)
        if value is not None:
            return _from_json(value), []
    ids = _line_breaks(text)
    if ids is not None:
        return Words(words=ids), [
            "Blank lines of the vocabulary are taken as words made of line breaks."
        ]
    words, assumptions = _lines(text)
    pairs = _pairs(words)
    if pairs is not None:
        return Words(words=pairs), []
    return Words(words=_list(words)), assumptions


# JSON ------------------------------------------------------------------------------------------


def _unwrapped(text: str) -> str:
    """The JSON in a JSON text, as json.dump(tokenizer.to_json()) writes it; other texts as they
    are.
    """
    inner = text.strip()
    if inner[:1] != '"':
        return text
    for _ in range(_JSON_IN_JSON):
        if inner[:1] != '"' or "\n" in inner:
            return inner if inner[:1] in ("[", "{") else text
        try:
            inner = parse_json(inner, "The vocabulary")  # a text, since it begins with a quote
        except NotJsonError:
            return text
    raise FormatError(
        f"The vocabulary is a JSON text in a JSON text, more than {_JSON_IN_JSON - 1} times; save "
        "the JSON itself."
    )


def _json(text: str) -> Any:
    """The value of a JSON text; None where the text is a list of words such as [PAD]."""

    repeated: list[str] = []

    def noting_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        named = dict(pairs)
        if len(named) != len(pairs) and not repeated:
            repeated.append(next(k for k, n in Counter(k for k, _ in pairs).items() if n > 1))
        return named

    try:
        value = parse_json(text, "The vocabulary", pairs=noting_repeats)
    except NotJsonError:
        if re.match(r'\s*(\[\s*["\]\[]|\{\s*["}])', text):
            raise FormatError("The vocabulary is not valid JSON.") from None
        return None
    if repeated:
        raise FormatError(
            f"The vocabulary names {repeated[0]!r:.60} more than once; every word needs one id."
        )
    return value


def _from_json(value: Any) -> Words:
    words = words_of(value)
    if words is None:
        raise FormatError(
            f"The vocabulary is a JSON {type(value).__name__}, expected a list of words or an "
            "object from word to id."
        )
    return words


# Lines -----------------------------------------------------------------------------------------


def _lines(text: str) -> tuple[list[str], list[str]]:
    """The lines that hold something, with what was assumed about them."""
    if "\n" not in text and "\r" in text:  # as old Macs ended lines
        text = text.replace("\r", "\n")
    count = text.count("\n") + 1
    if count > LIMITS.words:
        raise FormatError(
            f"The vocabulary has {count:,} lines; at most {LIMITS.words:,} words are read."
        )
    words, assumptions = lines(text), []
    quoted = _json_strings(words)
    if quoted is not None:
        return quoted, []
    while words and not words[-1]:
        words.pop()
    spaces = 0
    for number, word in enumerate(words, start=1):
        if not word and not (number == 1 and len(words) > 1 and words[1] in UNKNOWN_TOKENS):
            raise FormatError(
                f"Line {number} of the vocabulary is blank; every line needs one word, or the "
                "words after it get wrong ids. A blank or a line break that is a word is written "
                r'as JSON: the whole list, or every line in quotes, "\n".'
            )
        if len(word) > LIMITS.word_characters:
            raise FormatError(
                f"Line {number} of the vocabulary has {len(word):,} characters; at most "
                f"{LIMITS.word_characters:,} are read. Give one word a line."
            )
        if "\0" in word or "\r" in word:
            what = "a NUL byte" if "\0" in word else "a carriage return"
            raise FormatError(
                f"Line {number} of the vocabulary holds {what} within a word; save it as plain "
                "text in UTF-8."
            )
        spaces += word != word.strip(" ") and not word.isspace()
    if words and not words[0]:
        assumptions.append("Line 1 of the vocabulary is blank: id 0 is taken as padding.")
    if spaces:
        words = [word if word.isspace() else word.strip(" ") for word in words]
        assumptions.append(f"{spaces:,} words of the vocabulary had blanks around them, taken off.")
    return words, assumptions


def _json_strings(words: list[str]) -> list[str] | None:
    """The words where every one is a JSON text in quotes, None where one is not."""
    if not words or not all(len(w) > 1 and w[0] == w[-1] == '"' for w in words):
        return None
    try:
        values = [json.loads(word) for word in words]
    except ValueError:
        return None
    return values if all(isinstance(value, str) for value in values) else None


def _line_breaks(text: str) -> Mapping[str, int] | None:
    """Ids by word of lines "id, tab, word" with words that are line breaks; None of other texts.

    Such a word goes on over blank lines. Ids run from 0 in the order of the lines.
    """
    if not text.startswith("0\t") or "\n\n" not in text.rstrip("\n"):
        return None
    words: list[str] = []
    for line in lines(text):
        number, tab, word = line.partition("\t")
        if tab and number == str(len(words)):
            words.append(word)
        elif line or words[-1].strip():
            return None
        else:
            words[-1] += "\n"
    return unique([(word, number) for number, word in enumerate(words)])


def _pairs(words: list[str]) -> Mapping[str, int] | None:
    """Ids by word where every line holds a word, a separator and an id; None where none does."""
    for separator, called in _SEPARATORS.items():
        split = [word.rsplit(separator, 1) for word in words]
        fits = [len(pair) == 2 and _NUMBER.fullmatch(pair[1].strip()) is not None for pair in split]
        if words and all(fits):
            return _ids([(word.rstrip(" "), int(number)) for word, number in split], called)
        swapped = [word.split(separator, 1) for word in words]
        first = [
            len(pair) == 2 and _NUMBER.fullmatch(pair[0].strip()) is not None for pair in swapped
        ]
        if words and all(first):
            return _ids([(word.lstrip(" "), int(number)) for number, word in swapped], called)
        for numeric in (fits, first):
            if sum(numeric) > len(words) / 2 and sum(numeric) > 1:
                number = numeric.index(False)
                raise FormatError(
                    f"Most lines of the vocabulary hold a word, {called} and an id, but line "
                    f"{number + 1} does not: {words[number]!r:.60}."
                    + " Remove that line if it names the columns."
                    * (number == 0)
                )
    return None


def _ids(pairs: list[tuple[str, int]], called: str) -> Mapping[str, int]:
    quoted = _json_strings([word for word, _ in pairs])
    if quoted is not None:
        pairs = [(word, number) for word, (_, number) in zip(quoted, pairs, strict=True)]
    elif called in ("a comma", "a semicolon"):  # a table, in which words may be quoted
        pairs = [(_unquoted(word), number) for word, number in pairs]
    numbers = sorted(number for _, number in pairs)
    start = 1 if numbers[0] == 1 else 0
    if len(pairs) > 1 and numbers != list(range(start, start + len(pairs))):
        repeated = len(set(numbers)) != len(numbers)
        raise FormatError(
            f"Every line of the vocabulary holds a word, {called} and a number, but the numbers "
            f"are no ids from 0 or 1 without gaps{' or repeats' if repeated else ''}: "
            f"{numbers[0]} to {numbers[-1]} for {len(pairs)} words. If they are counts, leave "
            "them out."
        )
    return unique(pairs)


def _unquoted(word: str) -> str:
    if len(word) > 1 and word[0] == word[-1] == '"':
        return next(csv.reader([word]))[0]
    return word


def _list(words: list[str]) -> list[str]:
    for number, word in enumerate(words, start=1):
        if "\t" in word:
            raise FormatError(
                f"Line {number} of the vocabulary holds a tab, {word!r:.60}, but the lines are not "
                "all a word, a tab and an id."
            )
    if len(words) == 1 and len(re.split(r"[\s,;]+", words[0])) > 1:
        raise FormatError(
            f"The vocabulary is a single line, {words[0]!r:.60}; give one word a line."
        )
    return words
