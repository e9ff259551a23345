"""Word vectors: the text of GloVe and word2vec, and word2vec's binary file.

word 0.1 0.2 ...            one line a word; word2vec writes "words units" as a first line
word<blank><units x 4 bytes>, after such a first line, in the binary file
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import BinaryIO

from .limits import megabytes
from .messages import BLOCK, Output
from .refusal import RefusalError, quoted

_HEADER = re.compile(rb"[ \t]*(\d{1,10})[ \t]+(\d{1,6})[ \t]*\r?\n")
_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_MOST_UNITS = 10_000
MODULES = ("numpy",)
_LONGEST_LINE = 40 * _MOST_UNITS
_WORDS, _VECTORS = "words", "vectors"


def recognizes(head: bytes) -> bool:
    """Whether the first bytes of a file (512 or more, or all) look like word vectors."""
    if b"\0" in head.split(b"\n", 1)[0]:
        return False
    if _HEADER.match(head):
        return True
    line, *more = head.split(b"\n", 1)
    fields = line.rstrip(b"\r ").split(b" ")[1:]
    if not more and len(head) >= 512:
        fields = fields[:-1]  # cut off
    # Whole numbers alone could be ids or counts.
    numbers = [field for field in reversed(fields) if _NUMBER.fullmatch(field)]
    return len(numbers) >= 2 and fields[-1] == numbers[0] and any(b"." in n for n in numbers)


def unpack(stream: BinaryIO, size: int, output: Output) -> None:
    """Emit the array "vectors" (V, E) and the text "words", one a line."""
    head = stream.read(4096)
    header = _HEADER.match(head)
    stream.seek(header.end() if header else 0)
    if header is None:
        _text(stream, size, output, None, _units(head))
        return
    count, units = int(header[1]), int(header[2])
    if count > output.limits.words or not 0 < units <= _MOST_UNITS or not count:
        raise RefusalError(
            f"The file declares {count:,} words with {units:,} units each; at most "
            f"{output.limits.words:,} words with {_MOST_UNITS:,} units are read."
        )
    rest = head[header.end() :].lstrip(b"\n").split(b"\n", 1)[0].rstrip(b"\r ")
    fields = rest.split(b" ")[1:]
    complete = len(head) < 4096 or b"\n" in head[header.end() :].lstrip(b"\n")
    fields = fields if complete else fields[:-1]
    # Most of them: a word may hold blanks.
    if 2 * sum(_NUMBER.fullmatch(field) is not None for field in fields) > len(fields):
        _text(stream, size, output, count, units)
    else:
        _binary(stream, size - header.end(), output, count, units)


def _units(head: bytes) -> int | None:
    """Numbers on a line, None where not even one line is complete."""
    votes: dict[int, int] = {}
    for line in head.split(b"\n")[:-1]:
        fields = line.rstrip(b"\r ").replace(b"\t", b" ").split(b" ")[1:]
        while fields and not _NUMBER.fullmatch(fields[0]):  # of a word that holds blanks
            del fields[0]
        votes[len(fields)] = votes.get(len(fields), 0) + 1
    return max(votes, key=lambda units: votes[units]) or None if votes else None


def _text(
    stream: BinaryIO, size: int, output: Output, count: int | None, units: int | None
) -> None:
    start = stream.tell()
    if units is None:
        units = len(stream.readline(_LONGEST_LINE).rstrip(b"\r\n ").split(b" ")) - 1
        stream.seek(start)
    if not 0 < units <= _MOST_UNITS:
        raise RefusalError(f"Line 1 of the word vectors holds {units} numbers.")
    lines = _count_lines(stream)
    stream.seek(start)
    if count is not None and count != lines:
        raise RefusalError(
            f"The first line declares {count:,} words, but {lines:,} lines follow; the file is "
            "damaged or incomplete."
        )
    if lines > output.limits.words:
        raise RefusalError(
            f"The file holds {lines:,} words; at most {output.limits.words:,} are read."
        )
    output.begin(_VECTORS, "<f4", [lines, units])
    words: list[bytes] = []
    number = 1 if count is not None else 0
    for block in _blocks(stream):
        texts = []
        for line in block:
            number += 1
            line = line.rstrip(b"\r ").replace(b"\t", b" ")
            # From the right: some words of GloVe hold blanks.
            fields = line.split(b" ", 1) if line.count(b" ") == units else line.rsplit(b" ", units)
            if line.count(b" ") < units or len(fields) < 2:
                raise RefusalError(
                    f"Line {number} of the word vectors holds {line.count(b' ')} numbers, expected "
                    f"{units}: {_shown(line)}."
                )
            words.append(fields[0])
            texts.append(fields[1] if len(fields) == 2 else b" ".join(fields[1:]))
        output.data(_numbers(texts, units, number - len(texts)))
    _emit_words(words, output)


def _numbers(texts: list[bytes], units: int, before: int) -> bytes:
    """The numbers of some lines, as float32; names the first that is none."""
    import numpy as np

    with np.errstate(over="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")  # older versions only warn of what is no number
        try:
            array = np.fromstring(b" ".join(texts), sep=" ").astype("<f4")
        except (ValueError, DeprecationWarning):
            array = np.zeros(0, "<f4")
    if array.size == len(texts) * units and np.isfinite(array).all():
        return array.tobytes()
    for number, text in enumerate(texts, start=before + 1):
        for field in text.split(b" "):
            if not _NUMBER.fullmatch(field) or not np.isfinite(np.float32(float(field))):
                raise RefusalError(
                    f"Line {number} of the word vectors holds {_shown(field)}, expected a number."
                )
    raise RefusalError(f"A line after line {before} of the word vectors is broken.")


def _shown(raw: bytes) -> str:
    return quoted(raw[:60].decode("utf-8", "replace"), 40)


def _count_lines(stream: BinaryIO) -> int:
    lines, last = 0, b"\n"
    while block := stream.read(BLOCK):
        lines += block.count(b"\n")
        last = block[-1:]
    return lines + (last != b"\n")


def _blocks(stream: BinaryIO, rows: int = 2000) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    while line := stream.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise RefusalError(
                f"A line of the word vectors is longer than {megabytes(_LONGEST_LINE)}; the file "
                "is no table of vectors."
            )
        block.append(line.rstrip(b"\n"))
        if len(block) == rows:
            yield block
            block = []
    if block:
        yield block


def _binary(stream: BinaryIO, size: int, output: Output, count: int, units: int) -> None:
    import numpy as np

    width = 4 * units
    if count * (width + 2) > size + 1:
        raise RefusalError(
            f"The file declares {count:,} words with {units} units, which needs more than its "
            f"{megabytes(size)}; it is damaged or incomplete."
        )
    output.begin(_VECTORS, "<f4", [count, units])
    words: list[bytes] = []
    vectors: list[bytes] = []
    rest, at = b"", 0
    for number in range(1, count + 1):
        while (blank := rest.find(b" ", at)) < 0 or len(rest) < blank + 1 + width:
            more = stream.read(BLOCK)
            longest = 4 * output.limits.word_characters + width
            if not more or (blank < 0 and len(rest) - at > longest):
                raise RefusalError(
                    f"Word {number:,} of the word vectors is incomplete; the file is damaged."
                )
            rest, at = rest[at:] + more, 0
        words.append(rest[at:blank].lstrip(b"\n"))
        vectors.append(rest[blank + 1 : blank + 1 + width])
        at = blank + 1 + width
        if len(vectors) * width > BLOCK or number == count:
            block = b"".join(vectors)
            if not np.isfinite(np.frombuffer(block, "<f4")).all():
                raise RefusalError(
                    "The word vectors hold numbers that are not finite; the file is damaged."
                )
            output.data(block)
            vectors = []
    if rest[at:].strip() or stream.read(1).strip():
        raise RefusalError(
            f"The file goes on after the {count:,} words it declares; it is damaged."
        )
    _emit_words(words, output)


def _emit_words(words: list[bytes], output: Output) -> None:
    for number, word in enumerate(words, start=1):
        if not 0 < len(word) <= 4 * output.limits.word_characters:
            raise RefusalError(
                f"Word {number:,} of the word vectors has {len(word):,} bytes, expected 1 to "
                f"{4 * output.limits.word_characters:,}."
            )
        if b"\n" in word or b"\0" in word:
            raise RefusalError(f"Word {number:,} of the word vectors holds a line break or NUL.")
    # A few words of the well-known files are not in UTF-8.
    text = "\n".join(word.decode("utf-8", "replace") for word in words).encode()
    if len(text) > output.limits.text_bytes:
        raise RefusalError(
            f"The words have {megabytes(len(text))}; at most "
            f"{megabytes(output.limits.text_bytes)} are read."
        )
    output.begin(_WORDS, "text", [len(text)])
    for start in range(0, len(text), BLOCK):
        output.data(text[start : start + BLOCK])
