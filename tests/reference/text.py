"""The slow text pipeline: one text, one word, one id at a time, as Keras' own documents say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def words(text: str, *, filters: str, lower: bool, split: str, char_level: bool) -> list[str]:
    """Keras' `text_to_word_sequence`, letter by letter; or every letter."""
    if lower:
        text = text.lower()
    if char_level:
        return list(text)
    spaced = ""
    for letter in text:
        spaced += split if letter in filters else letter
    found, word, at = [], "", 0
    while at < len(spaced):
        if spaced[at : at + len(split)] == split:
            found.append(word)
            word, at = "", at + len(split)
        else:
            word += spaced[at]
            at += 1
    return [word for word in [*found, word] if word != ""]


def ids(
    found: Sequence[str], index: Mapping[str, int], *, num_words: int | None, oov: str | None
) -> list[int]:
    """Keras' `texts_to_sequences`: words listed below `num_words`; `oov` for others, or nothing."""
    read = []
    for word in found:
        listed = word in index and (num_words is None or index[word] < num_words)
        if listed:
            read.append(index[word])
        elif oov is not None:
            read.append(index[oov])
    return read


def imdb(found: Sequence[str], index: Mapping[str, int], *, index_from: int) -> list[int]:
    """As `imdb.load_data` numbers words: 1 in front, ids shifted, 2 for a word not listed."""
    read = [1]
    for word in found:
        read.append(index[word] + index_from if word in index else 2)
    return read


def padded(read: Sequence[int], length: int, *, padding: str, truncating: str) -> list[int]:
    """Keras' `pad_sequences`, one id after the other."""
    made = list(read)
    while len(made) > length:
        made.pop(0 if truncating == "pre" else -1)
    while len(made) < length:
        made.insert(0 if padding == "pre" else len(made), 0)
    return made
