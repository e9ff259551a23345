"""A vocabulary beside an embedding: cut, asked about, or taken as it is."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

import lrp_engine
from lrp_engine import FormatError
from lrp_engine.formats.companions.rows import IMDB, fit_rows
from lrp_engine.formats.questions import open_questions
from lrp_engine.model.text import Vocabulary

pytestmark = pytest.mark.usefixtures("untraced")

E, H = 3, 2
_FIRST = ("the", "and", "a", "of", "to", "is", "br", "in", "it", "i", "this", "that")
IMDB_INDEX = {word: number for number, word in enumerate(_FIRST, 1)}


def network(vocabulary, rows, *, tokenizer=None, **spec):
    rng = np.random.default_rng(0)
    shapes = [(E, 4 * H), (H, 4 * H), (4 * H,)] * 2 + [(2 * H, 2), (2,)]
    return lrp_engine.load(
        pickle.dumps([rng.normal(size=shape) for shape in shapes]),
        vocabulary=vocabulary,
        embeddings=rng.normal(size=(rows, E)),
        spec={"tokenizer": spec} if spec else None,
        tokenizer=tokenizer,
    )


def index(count):
    return {f"w{n}": n for n in range(1, count + 1)}


def test_a_word_index_is_cut_to_the_rows_with_a_note():
    net = network(index(15), 8)
    assert net.vocabulary.tokens == ("<pad>", *[f"w{n}" for n in range(1, 8)])
    assert any("has 16 ids, but the embedding has 8 rows: the words from 'w8' on" in s
               for s in net.assumptions)  # fmt: skip
    assert net.warnings == ()


@pytest.mark.parametrize("words", [9, 11])
def test_a_list_that_may_be_off_by_a_few_words_is_refused(words):
    with pytest.raises(FormatError, match=f"{words} words, but the embedding has only 8 rows"):
        network([f"w{n}" for n in range(words)], 8)


def test_a_list_that_is_much_too_long_is_cut_with_a_warning():
    net = network([f"w{n}" for n in range(15)], 8)
    assert len(net.vocabulary) == 8
    (warning,) = net.explain(["w1"]).warnings
    assert "has 15 ids, but the embedding has 8 rows: the words from 'w8' on" in warning
    assert "may belong to another model" in warning


def test_what_fits_is_taken_as_it_is():
    for vocabulary in (index(7), [f"w{n}" for n in range(8)]):
        net = network(vocabulary, 8)
        assert len(net.vocabulary) == 8
        assert net.warnings == ()


@pytest.mark.parametrize("spare", [1, 2, 3])
def test_a_keras_tokenizer_leaves_no_doubt_whether_ids_are_shifted(spare):
    settings = {"num_words": 8 + spare, "lower": True, "word_index": json.dumps(index(7))}
    told = json.dumps({"class_name": "Tokenizer", "config": settings}).encode()
    net = network(told, 8 + spare)
    assert (net.tokenizer.offset, net.warnings) == (0, ())
    assert f"has 8 words for the {8 + spare} rows" in " ".join(net.assumptions)
    assert all(one.key != "tokenizer.offset" for one in open_questions(net))


@pytest.mark.parametrize("spare", [1, 2])
@pytest.mark.parametrize("listed", [True, False])
def test_words_that_may_be_off_by_one_are_a_warning(spare, listed):
    words = [f"w{n}" for n in range(8)] if listed else index(7)
    net = network(words, 8 + spare)
    (warning,) = net.explain(["w1"]).warnings
    assert f"{8 + spare} rows, {spare} more than the vocabulary has words" in warning
    assert f'{{"offset": {spare}}}' in warning
    assert ("no word for padding" in warning) == listed
    assert network(words, 8 + spare, offset=spare).warnings == ()
    assert network(words, 8 + spare, offset=0).warnings == ()


def test_many_rows_without_a_word_are_a_note():
    net = network(index(7), 30)
    assert net.warnings == ()
    assert "The vocabulary has 8 words for the 30 rows of the embedding." in net.assumptions


@pytest.mark.parametrize(
    ("words", "rows", "known"),
    [(IMDB_INDEX, 16, True), (IMDB_INDEX, 12, True), (IMDB_INDEX, 40, True), (index(9), 13, False)],
)
def test_the_numbers_of_keras_datasets_are_assumed_and_said(words, rows, known):
    net = network(words, rows)
    assert {name: getattr(net.tokenizer, name) for name in IMDB} == IMDB
    assert len(net.vocabulary) == min(len(words) + 1, rows - 3)
    (warning,) = net.warnings
    assert "assumed to be numbered as keras.datasets does" in warning
    assert ("begins as that of keras.datasets.imdb" in warning) == known
    told = network(words, rows, offset=0)
    assert told.tokenizer.offset == 0
    assert told.warnings == ()


def test_a_length_alone_does_not_say_which_ids_words_have():
    for options in ({"length": 6}, {"tokenizer": {"length": 6}}):
        net = network(IMDB_INDEX, 16, **options)
        assert (net.tokenizer.offset, net.tokenizer.length) == (3, 6)
    told = network(IMDB_INDEX, 16, tokenizer={"offset": 0})
    assert (told.tokenizer.offset, told.warnings) == (0, ())


def test_a_word_where_the_network_skips_padding_is_a_warning():
    def fitted(*words):
        return fit_rows(Vocabulary(words), len(words), word_index=False, masked=True).warnings

    assert "skips id 0 as padding, but the vocabulary has the word 'the' there" in fitted("the")[0]
    assert fitted("<pad>", "the") == fitted("", "[UNK]") == ()
