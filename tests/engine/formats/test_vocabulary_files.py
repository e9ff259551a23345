"""Vocabulary and word vector files: read as they are meant, or refused with the line's number."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable

import numpy as np
import pytest

import lrp_engine
from lrp_engine import FormatError
from lrp_engine.formats.companions.companions import read_companions
from lrp_engine.formats.containers.limits import LIMITS
from tests import hostile
from tests.clock import computed

ROUNDS = int(os.environ.get("LRP_LENS_FUZZ", "20"))


def words(data: bytes) -> tuple[str, ...]:
    return read(vocabulary=data).vocabulary.tokens


def read(vocabulary=None, embeddings=None):
    return read_companions(
        vocabulary=vocabulary, embeddings=embeddings, labels=None, spec=None, dtype="float32"
    )


@pytest.mark.parametrize(
    "data",
    [
        b"the\nof\n,\nto",
        b"\xef\xbb\xbfthe\r\nof\r\n,\r\nto\r\n\r\n",
        b"the\rof\r,\rto\r",
        b"the\t0\nof\t1\n,\t2\nto\t3\n",
        b"of\t1\nthe\t0\nto\t3\n,\t2\n",
        b"0\tthe\n1\tof\n2\t,\n3\tto\n",
        b"the 0\nof 1\n, 2\nto 3\n",
        b"the,0\nof,1\n,,2\nto,3\n",
        b'"the",0\n"of",1\n",",2\n"to",3\n',
        b"the;0\nof;1\n,;2\nto;3\n",
        b"0 the\n1 of\n2 ,\n3 to",
        b"the \n of\n,\nto\n",
        b'["the", "of", ",", "to"]',
        b'{"the": 0, "of": 1, ",": 2, "to": 3}',
        b'{"0": "the", "1": "of", "3": "to", "2": ","}',
        b'[["the", 0], ["of", 1], [",", 2], ["to", 3]]',
    ],
    ids=range(16),
)
def test_every_notation_gives_the_same_words(data):
    assert words(data) == ("the", "of", ",", "to")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\n[UNK]\nthe\n", ("", "[UNK]", "the")),
        (b"[PAD]\n[UNK]\n[\n{\n", ("[PAD]", "[UNK]", "[", "{")),
        (b"the\t1\nof\t2\n", ("<pad>", "the", "of")),
        (b"new york\nthe\n", ("new york", "the")),
        (b" \na\nb\n", (" ", "a", "b")),
        (b"1\n2\n3\n", ("1", "2", "3")),
        ("café\u2028x\nna\u00a0ïve\n".encode(), ("café\u2028x", "na\u00a0ïve")),
        (
            json.dumps(
                {"class_name": "Tokenizer",
                 "config": {"num_words": 3, "word_index": '{"<OOV>": 1, "the": 2, "rare": 3}'}}
            ).encode(),
            ("<pad>", "<OOV>", "the", "rare"),
        ),
    ],
    ids=range(8),
)  # fmt: skip
def test_words_that_look_like_something_else(data, expected):
    assert words(data) == expected


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"a": 0, "b": 1, "a": 2}', "'a' more than once"),
        (b"the\n\nof\n", "Line 2 of the vocabulary is blank"),
        (b"\nthe\nof\n", "Line 1 of the vocabulary is blank"),
        (b"the 1061396\nof 593677\nto 5\n", "no ids from 0 or 1"),
        (b"the,0\nof,2\n", "no ids from 0 or 1"),
        (b"the,0\nof,0\nto,1\n", "or repeats"),
        (b"word,id\nthe,0\nof,1\n", "line 1 does not: 'word,id'. Remove that line"),
        (b"the\t0\nof\t1\nto\n", "line 3 does not: 'to'"),
        (b"the\tx\nof\ty\n", "holds a tab"),
        (b"the\n\0of\n", "Line 2 of the vocabulary holds a NUL byte"),
        (b"the\nof\rto\n", "carriage return"),
        (b"the of and to\n", "single line"),
        (b"the,of,and\n", "single line"),
        (b"the\nof\nthe\n", "more than once"),
        (b"the 0\nthe 1\nof 2\n", "more than once"),
        (b'{"a": [1]}', "expected a word and its id"),
        (b'[{"a": 1}]', "expected text"),
        (b'["a", 1', "not valid JSON"),
        (b'{"class_name": "x", "config": {}}', "without 'word_index'"),
        (b'{"a": 0, "b": ' + b"9" * 5000 + b"}", "not valid JSON"),
        ("the\nof".encode("utf-16"), "UTF-8"),
        (b"the\nof\xff\n", "UTF-8"),
        (b"x" * 3000 + b"\ny\n", "Line 1 of the vocabulary has 3,000 characters"),
        (b"[" * 100_000, "not valid JSON"),
    ],
    ids=range(24),
)
def test_what_could_be_misread_is_refused(data, said):
    with pytest.raises(FormatError) as caught:
        words(data)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: b"w\n" * 10_000_000, "10,000,001 lines"),
        (lambda: b"x" * 60_000_000, "has 60,000,000 characters"),
        (lambda: b"\n" * 4_000_000 + b"x", "Line 1 of the vocabulary is blank"),
        (lambda: b"x" * (LIMITS.text_bytes + 1), "at most"),
    ],
    ids=["many_lines", "one_line", "blank_lines", "too_large"],
)
def test_huge_vocabularies_are_refused_soon(make: Callable[[], bytes], said):
    data, start = make(), computed()
    with pytest.raises(FormatError, match=said):
        words(data)
    assert computed() - start < 10


# Word vectors ----------------------------------------------------------------------------------

WORDS = ["the", "new york", ".", "ünï", "Zoë"]
TABLE = (np.arange(15, dtype="float32").reshape(5, 3) - 7) / 8


def text(header: bool = False, end: str = "\n", table: np.ndarray = TABLE) -> bytes:
    lines = [f"{word} {' '.join(map(str, row))}" for word, row in zip(WORDS, table, strict=True)]
    first = [f"{len(lines)} {table.shape[1]}"] if header else []
    return (end.join([*first, *lines]) + end).encode()


def binary(end: bytes = b"\n", table: np.ndarray = TABLE) -> bytes:
    rows = [
        word.encode() + b" " + struct.pack(f"<{table.shape[1]}f", *row) + end
        for word, row in zip(WORDS, table, strict=True)
    ]
    return b"%d %d\n" % table.shape + b"".join(rows)


def binary_words() -> bytes:
    """Words of a binary file cannot hold blanks."""
    return binary().replace(b"new york", b"new_york")


@pytest.mark.parametrize(
    "data",
    [text(), text(True), text(True, "\r\n"), text(end="\r\n").rstrip(),
     text().replace(b"york ", b"york\t"), binary_words(),
     binary(b"").replace(b"new york", b"new_york")],
    ids=["glove", "word2vec", "windows", "no_last_end", "tab", "binary", "binary_no_ends"],
)  # fmt: skip
def test_word_vectors_are_vocabulary_and_embeddings(data, tmp_path):
    (tmp_path / "vectors").write_bytes(data)
    for given in (read(embeddings=data), read(vocabulary=data), read(tmp_path / "vectors")):
        found = tuple(word.replace("_", " ") for word in given.vocabulary.tokens)
        assert found == tuple(WORDS)
        np.testing.assert_array_equal(given.embeddings, TABLE)


def test_a_network_reads_words_through_word_vectors():
    rng, E, H = np.random.default_rng(0), 3, 2
    shapes = [(E, 4 * H), (H, 4 * H), (4 * H,)] * 2 + [(2 * H, 2), (2,)]
    net = lrp_engine.from_weights([rng.normal(size=s) for s in shapes], embeddings=text())
    np.testing.assert_allclose(net.predict(["the ünï"]), net.predict(np.array([[0, 3]])))


def test_of_repeated_words_the_first_counts():
    given = read(embeddings=text() + b"the 9.5 9 9\n")
    assert given.vocabulary.tokens == tuple(WORDS)
    np.testing.assert_array_equal(given.embeddings, TABLE)
    assert any("1 lines of the word vectors repeat" in s for s in given.assumptions)


def test_wide_vectors_are_recognized_by_their_first_bytes():
    table = np.random.default_rng(0).normal(size=(5, 300)).astype("float32")
    for data in (text(table=table), binary(table=table).replace(b"new york", b"new_york")):
        np.testing.assert_array_equal(read(embeddings=data).embeddings, table)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (text() + b"more 1.0 2.0\n", "Line 6 of the word vectors holds 2 numbers, expected 3"),
        (text() + b"more 1.0 x 3.0\n", "Line 6 of the word vectors holds 'x', expected a number"),
        (text() + b"more 1.0 nan 3.0\n", "holds 'nan'"),
        (text() + b"more 1.0 1e99 3.0\n", "holds '1e99'"),
        (text() + b"more 1.0  3.0\n", "expected a number"),
        (text() + b" 1.0 2.0 3.0\n", "Word 6 of the word vectors has 0 bytes"),
        (text(True) + b"more 1.0 2.0 3.0\n", "declares 5 words, but 6 lines follow"),
        (text(True)[:-30], "declares 5 words, but"),
        (b"9999999999 300\n" + text(), "declares 9,999,999,999 words"),
        (b"4999999 9000\n" + binary()[4:], "needs more than"),
        (b"5 99999\n" + text(), "99,999 units"),
        (b"0 3\n", "declares 0 words"),
        (binary_words()[:-9], "Word 5 of the word vectors is incomplete"),
        (binary_words() + b"more", "goes on after"),
        (binary(table=TABLE * np.nan).replace(b"new york", b"new_york"), "not finite"),
        (b"1 2\n" + b"x" * 40_000, "incomplete"),
        (b"a 0.5 " + b"1.0 " * 200_000, "numbers"),
        (b"the 0.1 0.2\n" + b"x" * 500_000, "longer than"),
    ],
    ids=range(18),
)
def test_word_vectors_that_are_broken_are_refused(data, said):
    with pytest.raises(FormatError) as caught:
        read(embeddings=data)
    assert said in str(caught.value)


@pytest.mark.parametrize("data", [text(), text(True), binary_words()], ids=range(3))
def test_vectors_beside_a_vocabulary_are_looked_up_by_word(data):
    for vocabulary in (["Zoë", "unheard", "the"], b"Zo\xc3\xab\nunheard\nthe\n"):
        given = read(vocabulary=vocabulary, embeddings=data)
        assert given.vocabulary.tokens == ("Zoë", "unheard", "the")
        np.testing.assert_array_equal(given.embeddings, [TABLE[4], [0, 0, 0], TABLE[0]])
        assert "1 of the vocabulary's 3 words have no vector" in " ".join(given.assumptions)
    same = read(vocabulary=["the"], embeddings=text() + b"the 9.5 9 9\n")
    np.testing.assert_array_equal(same.embeddings, TABLE[:1])
    assert [words for words in same.assumptions if "its first vector is taken" in words]
    with pytest.raises(FormatError, match="do not belong together"):
        read(vocabulary=["unheard"], embeddings=data)


def test_word_vectors_are_no_network_and_are_given_once():
    with pytest.raises(FormatError, match="give it as `embeddings`"):
        lrp_engine.load(text())
    with pytest.raises(FormatError, match="leave `embeddings` out"):
        read(vocabulary=text(), embeddings=np.ones((2, 3)))


@pytest.mark.parametrize("kind", ["lines", "pairs", "json", "glove", "binary"])
def test_damage_at_random_is_read_or_refused(kind):
    base = {
        "lines": b"\n".join(b"word%d" % n for n in range(40)),
        "pairs": b"\n".join(b"word%d\t%d" % (n, n) for n in range(40)),
        "json": json.dumps({f"word{n}": n for n in range(40)}).encode(),
        "glove": text(),
        "binary": binary_words(),
    }[kind]
    rng = np.random.default_rng(sum(map(ord, kind)))
    for _ in range(ROUNDS):
        data = hostile.flipped(base, rng)
        try:
            read(**{"embeddings" if kind in ("glove", "binary") else "vocabulary": data})
        except FormatError:
            continue
