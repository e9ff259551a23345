"""explain_stream: one by one numbers, in order, lazily, in bounded memory."""

from __future__ import annotations

import gc
import threading
import tracemalloc
from itertools import count, cycle, islice

import numpy as np
import pytest

from lrp_engine import Epsilon, InputError, explain_stream
from lrp_engine.attribution import stream as module
from tests import corpora, zoo

TEXTS = ["w2 w3", "", "w4", "w5 w6 w7 nowhere w8", "w2", "w3 w3 w3"]


@pytest.fixture(scope="module")
def network():
    return zoo.network("bilstm_words")


@pytest.mark.parametrize("window", [1, 2, 4, 100])
@pytest.mark.parametrize("method", ["lrp", "gradient_x_input"])
def test_equals_one_by_one(network, method, window):
    found = list(network.explain_stream(iter(TEXTS), method=method, window=window, target=(0, 1)))
    assert len(found) == len(TEXTS)
    for text, one in zip(TEXTS, found, strict=True):
        alone = network.explain([text], method=method, target=(0, 1))
        assert one.tokens == alone.tokens
        assert one.target.tolist() == [[0, 1]]
        for name in ("scores", "token_relevance", "explained_score", "initial_state"):
            np.testing.assert_allclose(getattr(one, name), getattr(alone, name), atol=1e-12)
        np.testing.assert_allclose(one.ledger.total, alone.ledger.total, atol=1e-12)


def test_token_lists_and_rules_pass_through(network):
    rule = Epsilon(eps=0.1, bias_factor=1.0)
    (one,) = explain_stream(network, [["w2", "w3"]], rule=rule)
    assert one.rule == rule
    assert one.tokens == (("w2", "w3"),)


def test_units_come_where_they_are_asked_for(network):
    (words,), (both,) = (
        network.explain_stream(["w2 w3 w4"], **asked) for asked in ({}, {"units": True})
    )
    np.testing.assert_allclose(words.token_relevance, both.relevance.sum(axis=2), atol=1e-12)
    assert words.relevance is None
    with pytest.raises(InputError, match="words alone were asked for; explain with units=True"):
        _ = words.unit_relevance


def test_reads_at_most_a_window_ahead(network):
    taken = 0

    def texts():
        nonlocal taken
        for n in count():
            taken = n + 1
            yield "w2 w3"

    stream = explain_stream(network, texts(), window=8)
    assert taken == 0
    for n, _ in enumerate(islice(stream, 20)):
        assert taken <= (n // 8 + 1) * 8


def test_memory_does_not_grow_with_the_stream(network):
    def peak(texts: int) -> int:
        gc.collect()
        tracemalloc.start()
        for _ in network.explain_stream(islice(cycle(TEXTS), texts), window=50):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(100)
    assert peak(1500) < 1.2 * peak(300)


def test_long_texts_close_a_window_early(network, monkeypatch):
    monkeypatch.setattr(module, "WINDOW_TOKENS", 5)
    taken = []
    texts = (taken.append(n) or "w2 w3 w4" for n in range(100))
    next(explain_stream(network, texts, window=50))
    assert len(taken) == 2


def test_progress_counts_up_to_all(network):
    seen: list[int] = []
    list(explain_stream(network, TEXTS, window=4, progress=seen.append))
    assert seen == sorted(seen)
    assert seen[-1] == len(TEXTS)


def test_cancel_ends_the_iterator(network):
    cancel = threading.Event()
    stream = explain_stream(network, ("w2" for _ in count()), window=4, cancel=cancel)
    assert len(list(islice(stream, 3))) == 3
    cancel.set()
    assert list(stream) == []


@pytest.mark.parametrize("bad", [None, 3, b"w2", ["w2", 3], 1.5])
def test_a_bad_item_is_named_after_all_before_it(network, bad):
    stream = explain_stream(network, ["w2", "w3", "w4", bad, "w5"], window=100)
    assert len([next(stream) for _ in range(3)]) == 3
    with pytest.raises(InputError, match=r"^Text 3 is "):
        next(stream)


def test_a_text_whose_numbers_overflow_is_named_after_all_before_it():
    texts = ["w3", "w4", "w5", "w3 w2", "w5"]
    stream = explain_stream(corpora.overflowing("w2"), texts, window=2)
    assert len([next(stream) for _ in range(3)]) == 3
    with pytest.raises(InputError, match=r"^Text 3 cannot be explained. .* overflow"):
        next(stream)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"method": "magic"}, "choose from 'lrp'"),
        ({"target": 7}, "choose from 0 "),
        ({"target": [0, 1]}, "one target"),
        ({"window": 0}, "window is 0"),
        ({"texts": "w2 w3"}, "single text"),
        ({"texts": 5}, "`texts` is int, expected a list"),
        ({"texts": {"w2": 1}}, "`texts` is dict, expected a list"),
    ],
    ids=str,
)
def test_options_are_checked_at_once(network, options, sentence):
    with pytest.raises(InputError, match=sentence):
        explain_stream(network, **{"texts": TEXTS} | options)


def test_a_network_without_words_says_so():
    with pytest.raises(InputError, match="no vocabulary"):
        explain_stream(zoo.network("bilstm"), TEXTS)


def test_nothing_in_nothing_out(network):
    assert list(explain_stream(network, [])) == []
