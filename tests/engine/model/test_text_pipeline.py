"""Text to ids as Keras makes them: against the slow reference, and against Keras itself."""

from __future__ import annotations

import random

import numpy as np
import pytest

from lrp_engine.layers import Dense, Embedding, GlobalAveragePooling1D
from lrp_engine.model import inputs
from lrp_engine.model.text import Tokenizer, Vocabulary
from tests import zoo
from tests.reference import text as reference

LISTED = ["good", "it's", "Film", "film", "bad", "plot", "a", "b", "İst"]
PIECES = [
    *LISTED,
    *"abF",
    "zzz",
    "GOOD",
    "tür",
    " ",
    "  ",
    ".",
    ", ",
    "!",
    "\n",
    "-",
    "(",
    "::",
    "İ",
]


def texts(seed: int, count: int = 40) -> list[str]:
    """Of every length from nothing on, with words known and unknown, glued and spaced."""
    draw = random.Random(seed)
    return ["".join(draw.choices(PIECES, k=n % 23)) for n in range(count)]


def network(words: list[str], rows: int, **options):
    """A mean of word vectors with mask or without, which needs no trace to be read."""
    draw = zoo.Draw(0)
    return zoo._chain(
        Embedding(draw(rows, 3)), GlobalAveragePooling1D(), Dense(draw(3, 2), draw(2)),
        vocabulary=Vocabulary(tuple(words)), tokenizer=Tokenizer(**options),
    )  # fmt: skip


def read(net, given):
    return [one.tolist() for one in inputs.read(net, given).ids]


KERAS = {
    "as usual": {},
    "capitals": {"lower": False},
    "filters": {"filters": ".,:"},
    "no filters": {"filters": ""},
    "split": {"split": "-"},
    "long split": {"split": "::"},
    "letters": {"char_level": True},
    "limit": {"num_words": 4},
    "oov": {"oov_token": "<OOV>"},
    "oov and limit": {"oov_token": "<OOV>", "num_words": 5},
    "letters and oov": {"char_level": True, "oov_token": "?", "lower": False},
}


def options_of(keras_options):
    """A Keras Tokenizer's settings by our names."""
    names = {"lower": "lowercase", "oov_token": "unknown"}
    return {"method": "keras", "unknown": "drop",
            **{names.get(k, k): v for k, v in keras_options.items()}}  # fmt: skip


@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("truncating", ["pre", "post"])
@pytest.mark.parametrize("name", KERAS)
def test_ids_are_those_of_keras_and_of_the_reference(name, padding, truncating):
    from keras.src.legacy.preprocessing.text import Tokenizer as KerasTokenizer
    from keras.utils import pad_sequences

    keras = KerasTokenizer(**KERAS[name])
    keras.fit_on_texts([" ".join(LISTED), "good film good"])
    given = texts(len(name))
    theirs = pad_sequences(
        keras.texts_to_sequences(given), 7, padding=padding, truncating=truncating
    ).tolist()
    slow = [
        reference.padded(
            reference.ids(
                reference.words(text, filters=keras.filters, lower=keras.lower, split=keras.split,
                                char_level=keras.char_level),
                keras.word_index, num_words=keras.num_words, oov=keras.oov_token,
            ),
            7, padding=padding, truncating=truncating,
        )
        for text in given
    ]  # fmt: skip
    net = network(
        ["<pad>", *keras.word_index], 40, **options_of(KERAS[name]), length=7, pad=padding,
        truncate=truncating,
    )  # fmt: skip
    assert read(net, given) == theirs == slow


@pytest.mark.parametrize("truncating", ["pre", "post"])
def test_ids_of_the_imdb_data(truncating):
    index = {word: n for n, word in enumerate(LISTED, start=1)}
    given = texts(5)
    slow = [
        reference.padded(
            reference.imdb(text.split(), index, index_from=3), 6, padding="pre",
            truncating=truncating,
        )
        for text in given
    ]  # fmt: skip
    net = network(
        ["<pad>", *LISTED], 13, lowercase=False, offset=3, start=1, unknown=2, length=6, pad="pre",
        truncate=truncating,
    )  # fmt: skip
    assert read(net, given) == slow


@pytest.mark.parametrize("name", KERAS)
def test_every_token_stands_where_it_says(name):
    """And what is left between the tokens are words left out, white space and filters."""
    options = options_of(KERAS[name])
    net = network(["<pad>", "<OOV>", "?", *LISTED], 40, **options, length=5, pad="pre")
    lowered = str.lower if options.get("lowercase", True) else str
    given = texts(3)
    samples = inputs.read(net, given)
    for n, text in enumerate(given):
        spans, left = samples.alignment.spans(n), samples.alignment.left_out(n)
        assert len(spans) == len(samples.tokens[n]) == 5
        shown = [
            (span, token) for span, token in zip(spans, samples.tokens[n], strict=True) if span
        ]
        for (start, end), token in [*shown, *((word.span, word.token) for word in left)]:
            part = lowered(text[start:end])
            assert token in part  # "İ" is two letters in lower case, and either may be a token
            assert token == part or "İ" in text
        if not options.get("char_level"):
            rest = list(lowered(text) if "İ" not in text else "")
            for start, end in [span for span, _ in shown] + [word.span for word in left]:
                rest[start:end] = [""] * (end - start)
            between = net.tokenizer.filters + net.tokenizer.split
            assert set("".join(rest)) <= set(between)


def test_what_is_left_out_says_why():
    net = network(
        ["<pad>", "the", "film", "was", "good", "bad"], 6, method="keras", unknown="drop",
        num_words=5, drop=("was",), length=2, truncate="pre",
    )  # fmt: skip
    sample = inputs.read(net, ["The film, it was bad: the good"])
    assert sample.tokens == (("the", "good"),)
    assert sample.alignment.spans(0) == ((22, 25), (26, 30))
    assert [(word.token, word.reason) for word in sample.alignment.left_out(0)] == [
        ("the", "cut at the front"), ("film", "cut at the front"),
        ("it", "not in the vocabulary"), ("was", "stop word"), ("bad", "beyond the first 5 words"),
    ]  # fmt: skip
    given = inputs.read(net, [["the", "was", "good", "film"]])
    assert given.tokens == (("good", "film"),)
    assert given.alignment.spans(0) is None
    assert [(w.token, w.span, w.reason) for w in given.alignment.left_out(0)] == [
        ("the", None, "cut at the front"), ("was", None, "stop word")
    ]  # fmt: skip


def test_padding_is_no_unknown_word():
    """It has the id of the vocabulary's padding token, wherever that is, and else 0."""
    for words, pad in ((["<unk>", "<pad>", "a"], 1), (["<pad>", "<unk>", "a"], 0), (["a", "b"], 0)):
        net = network(words, 3, length=3, pad=True)
        sample = inputs.read(net, ["a"])
        assert sample.ids[0].tolist() == [words.index("a"), pad, pad]
        assert sample.padding[0].tolist() == [False, True, True]
        assert sample.unknown[0].tolist() == [False] * 3
    assert inputs.read(network(["a"], 3, length=2, pad="pre", pad_id=2), ["a"]).ids[0].tolist() == [
        2, 0
    ]  # fmt: skip


def test_ids_given_know_their_padding_too():
    net = network(["<pad>", "a", "b"], 3)
    sample = inputs.read(net, np.array([[0, 0, 1, 0, 2, 0], [0] * 6]))
    assert sample.padding[0].tolist() == [True, True, False, False, False, True]
    assert sample.padding[1].all()
    assert inputs.read(network(["a", "b"], 3), np.array([[0, 1]])).padding is None


def test_marks_are_words_or_ids():
    net = network(["[CLS]", "a", "[SEP]"], 5, start="[CLS]", end=2)
    sample = inputs.read(net, ["a", ""])
    assert [ids.tolist() for ids in sample.ids] == [[0, 1, 2], [0, 2]]
    assert sample.tokens[0] == ("[CLS]", "a", "[SEP]")
    assert sample.alignment.spans(0) == (None, (0, 1), None)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"unknown": "oov"}, "'unknown' is 'oov', which is not in the vocabulary"),
        ({"start": 7}, "'start' is 7, but the embedding has only 3 rows; ids go from 0 to 2"),
        ({"offset": 2}, "2 words, shifted by 2, but the embedding has only 3 rows"),
    ],
)
def test_ids_that_do_not_exist_are_refused(options, said):
    from lrp_engine import FormatError

    with pytest.raises(FormatError, match=said):
        network(["a", "b"], 3, **options)
