"""Arguments of another kind end in a sentence, and numbers of numpy count as Python's."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import lrp_engine
from lrp_engine import CorpusSettings, InputError, compare, evaluate, explain_corpus, explain_stream
from lrp_engine.corpora.manifest import MANIFEST
from lrp_engine.propagation.room import MEGABYTE, ROOM
from tests import zoo

pytestmark = pytest.mark.usefixtures("untraced")
TEXTS = ["w2 w3", "w4 w5"]
TABLE = pd.DataFrame({"text": TEXTS})


class _Bytes(os.PathLike):
    def __fspath__(self) -> bytes:
        return b"a.html"


@pytest.fixture(scope="module")
def words():
    return zoo.network("bilstm_words", 0)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"hold": 5}, "hold is 5; give names of inputs"),
        ({"hold": None}, "hold is None; give names of inputs"),
        ({"cancel": True}, "cancel is True, expected an object with is_set"),
        ({"progress": 5}, "progress is 5, expected a function"),
        ({"methods": 5}, "methods is 5; list some of 'lrp'"),
        ({"methods": {"lrp"}}, "methods is {'lrp'}; list some of 'lrp'"),
    ],
)
def test_explaining_refuses_other_kinds(words, options, named):
    with pytest.raises(InputError, match=named):
        words.explain_all(TEXTS, **options)


@pytest.mark.parametrize(
    ("texts", "options", "named"),
    [
        (TABLE, {}, "a table with the columns 'text'; give one column"),
        (set(TEXTS), {}, "`texts` is set, expected a list"),
        (TEXTS, {"target": pd.Series([1, 2])}, "expected one target for all texts"),
        (TEXTS, {"target": [1, 2]}, "expected one target for all texts"),
        (TEXTS, {"window": 1.5}, "window is 1.5, expected a whole number from 1 on"),
        (TEXTS, {"progress": 5}, "progress is 5"),
        (TEXTS, {"cancel": 5}, "cancel is 5"),
    ],
)
def test_streams_refuse_other_kinds(words, texts, options, named):
    with pytest.raises(InputError, match=named):
        explain_stream(words, texts, **options)


def test_names_of_a_dict_have_an_order(words):
    by_text = dict.fromkeys(TEXTS)
    assert len(list(explain_stream(words, by_text.keys()))) == 2
    assert list(words.explain_all(TEXTS, methods={"lrp": 1}.keys())) == ["lrp"]


@pytest.mark.parametrize("hold", [np.array([]), {}, iter(())], ids=["array", "dict", "iterator"])
def test_any_names_may_be_held(words, hold):
    assert len(words.explain_all(TEXTS, methods="lrp", hold=hold)) == 1


def test_a_path_is_no_network(words, tmp_path):
    expected = "network is str, expected a network"
    for call in (
        lambda: explain_stream("model.keras", TEXTS),
        lambda: evaluate("model.keras", TEXTS),
        lambda: explain_corpus("model.keras", tmp_path / "in.csv", tmp_path / "out"),
    ):
        with pytest.raises(InputError, match=expected):
            call()
    with pytest.raises(InputError, match="net_b is str"):
        compare(words, "model.keras", TEXTS)


def test_numbers_of_numpy_are_numbers(words, tmp_path):
    streamed = explain_stream(words, TEXTS, window=np.int64(1), target=np.array(1))
    assert [one.target.tolist() for one in streamed] == [[1], [1]]
    path = tmp_path / "in.csv"
    TABLE.to_csv(path, index=False)
    one = np.int64(1)
    settings = CorpusSettings(
        methods="lrp", target=(one, np.int64(0)), max_tokens=np.int64(9), shard_rows=one,
        shard_bytes=np.int64(0),
    )  # fmt: skip
    assert explain_corpus(words, path, tmp_path / "out", settings=settings, workers=one).rows == 2
    kept = json.loads((tmp_path / "out" / MANIFEST).read_text())["settings"]
    assert (kept["method"], kept["target"], kept["max-tokens"]) == (["lrp"], [1, 0], 9)
    assert CorpusSettings(target=np.array(1), position=one) == CorpusSettings(target=1, position=1)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"methods": 5}, "methods is 5; list some of"),
        ({"target": [1]}, "expected one target for all texts"),
        ({"target": {1}}, "expected one target for all texts"),
        ({"position": [1]}, r"position is \[1\], expected a whole number"),
        ({"max_tokens": float("nan")}, "max_tokens is nan, expected a whole number from 1 on"),
        ({"max_tokens": None}, "max_tokens is None"),
        ({"shard_rows": 1.5}, "shard_rows is 1.5"),
        ({"shard_bytes": "x"}, "shard_bytes is 'x', expected 1 or more, or 0"),
    ],
)
def test_settings_of_a_corpus_refuse_other_kinds(options, named):
    with pytest.raises(InputError, match=named):
        CorpusSettings(**options)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"settings": 5}, "settings is 5, expected lrp_engine.CorpusSettings"),
        ({"workers": 1.5}, "workers is 1.5, expected a whole number"),
        ({"file": 5}, "The file is int; give its path"),
        ({"file": _Bytes()}, "The file is _Bytes; give its path"),
        ({"format": ["csv"]}, r"There is no format \['csv'\]"),
        ({"progress": 5}, "progress is 5"),
        ({"scheduler": 5}, "scheduler is 5; expected the address"),
    ],
)
def test_a_corpus_refuses_other_kinds(words, tmp_path, options, named):
    with pytest.raises(InputError, match=named):
        explain_corpus(words, tmp_path / "in.csv", tmp_path / "out", **options)


@pytest.mark.parametrize(
    ("texts", "options", "named"),
    [
        (TABLE, {}, "a table with the columns 'text'"),
        (set(TEXTS), {}, "`texts` is set"),
        (TEXTS, {"seed": -1}, "seed is -1, expected a whole number from 0 on"),
        (TEXTS, {"seed": None}, "seed is None"),
        (TEXTS, {"methods": 5}, "methods is 5; list some of"),
        (TEXTS, {"measures": 5}, "measures is 5; list some of"),
        (TEXTS, {"labels": 5}, "labels is 5, expected one for each text"),
        (TEXTS, {"labels": {0, 1}}, "labels is {0, 1}, expected one for each text"),
        (TEXTS, {"labels": b"01"}, "labels is b'01', expected one for each text"),
        (TEXTS, {"measures": [["x"]]}, r"There is no measure \['x'\]"),
        (TEXTS, {"answers": ["ab", "cd"]}, "`answers` from text 0 on do not fit"),
        (TEXTS, {"labels": "01"}, "labels is '01', expected one for each text"),
        (TEXTS, {"lengths": [1, 1]}, "`lengths` only with an array"),
        (TEXTS, {"target": [0, 1]}, "expected one target for all texts"),
        (TEXTS, {"cancel": 5}, "cancel is 5"),
        (TEXTS, {"progress": 5}, "progress is 5"),
    ],
)
def test_evaluating_refuses_other_kinds(words, texts, options, named):
    with pytest.raises(InputError, match=named):
        evaluate(words, texts, **options)


def test_answers_are_for_every_step():
    network = zoo.network("lstm", 0)
    x = np.ones((2, 3, zoo.E))
    asked = {"methods": "lrp", "measures": "marked_share", "target": 1}
    with pytest.raises(
        InputError, match="of text 1 hold 2 numbers, expected one for each of its 3"
    ):
        evaluate(network, x, answers=[[1, 0, 0], [1, 0]], **asked)
    with pytest.raises(InputError, match="`lengths` is 3, expected 2 integers"):
        evaluate(network, x, answers=[[1, 0, 0]] * 2, lengths=3, **asked)
    with pytest.raises(InputError, match="expected 2 integers"):
        evaluate(network, x, lengths=[[1], [1, 2]], **asked, answers=[[1, 0, 0]] * 2)


@pytest.mark.parametrize("truncate", ["pre", "post"])
def test_answers_may_be_for_every_word_of_a_text_that_is_cut(words, truncate):
    network = replace(words, tokenizer=replace(words.tokenizer, length=3, truncate=truncate))
    given = [1.0, 0.0, np.nan, 0.5, 0.0]
    read = given[-3:] if truncate == "pre" else given[:3]
    asked = {"methods": "lrp", "measures": "marked_share", "target": 1}
    values = [
        evaluate(network, ["w2 w3 w4 w5 w2"], answers=[one], **asked).to_frame()["value"]
        for one in (given, read)
    ]
    assert values[0].tolist() == values[1].tolist()
    with pytest.raises(InputError, match="hold 4 numbers, expected one for each of its 5 words"):
        evaluate(network, ["w2 w3 w4 w5 w2"], answers=[[1.0] * 4], **asked)


def test_an_iterator_is_compared_by_both(words):
    assert len(compare(words, words, iter(TEXTS))) == 2


@pytest.mark.parametrize("value", [True, "9", None, np.nan, 0])
def test_limits_are_positive_numbers(value):
    with pytest.raises(InputError, match="expected a positive number"):
        lrp_engine.limit_passes(megabytes=value)


def test_limits_may_be_of_numpy_and_without_end():
    before = ROOM.nbytes, ROOM.operations
    try:
        lrp_engine.limit_passes(megabytes=np.int64(2))
        assert ROOM.nbytes == 2 * MEGABYTE
        lrp_engine.limit_passes(megabytes=10**400, operations=10**400)
        assert ROOM.nbytes > 2**60
        lrp_engine.limit_passes(megabytes=float("inf"))
        assert ROOM.nbytes > 2**60
    finally:
        ROOM.set(*before)


def test_nothing_is_saved_to_a_number(words):
    for one in (words, words.explain(TEXTS)):
        with pytest.raises(InputError, match="path to save to is int"):
            one.save(5)
        with pytest.raises(InputError, match="path to save to is _Bytes"):
            one.save(_Bytes())


def test_an_event_and_a_function_are_taken(words):
    told = []
    words.explain(
        TEXTS, "occlusion", progress=lambda *at: told.append(at), cancel=threading.Event()
    )
    assert told
