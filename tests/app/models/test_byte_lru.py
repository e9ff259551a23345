"""The cache of results is bounded by bytes, and serves only who asks the same of the same model."""

from __future__ import annotations

import gc
import threading

import numpy as np
import pandas as pd

import lrp_engine
from app import cache, settings
from app.models.byte_lru import ByteLRU, nbytes
from app.models.model import Model
from lrp_engine import Epsilon
from tests.app.tiny import LABELS, WORDS, eight_arrays, embeddings


def test_what_was_used_last_stays_and_the_bytes_never_exceed_the_limit():
    kept = ByteLRU(10_500)
    made: list[int] = []

    def ask(n: int) -> np.ndarray:
        return kept.get((n,), lambda: made.append(n) or np.full(400, float(n)))  # 3,200 bytes

    for n in (0, 1, 0, 2, 0, 3):
        assert ask(n)[0] == n
        assert kept.held <= kept.most
    assert made == [0, 1, 2, 3]
    ask(0)
    assert made == [0, 1, 2, 3]
    ask(1)  # it went first
    assert made == [0, 1, 2, 3, 1]
    assert len(kept) == 3


def test_a_result_beyond_the_limit_is_given_and_not_kept():
    kept = ByteLRU(1000)
    small = kept.get(("small",), lambda: "x")
    assert kept.get(("large",), lambda: np.zeros(1000)).shape == (1000,)
    assert len(kept) == 1
    assert kept.get(("small",), lambda: "another") is small


def test_two_who_ask_at_once_are_counted_once():
    kept, gate = ByteLRU(10_000), threading.Barrier(2)
    found = []

    def ask() -> None:
        found.append(kept.get(("same",), lambda: (gate.wait(10) and None) or np.ones(100)))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert kept.held == nbytes(("same",)) + nbytes(np.ones(100))


def test_what_is_about_something_gone_is_dropped():
    kept = ByteLRU(10_000)
    for about in "ab":
        for question in range(2):
            kept.get((about, question), lambda: np.ones(100))
    kept.forget("a")
    assert len(kept) == 2
    made = []
    kept.get(("b", 0), lambda: made.append("b"))
    kept.get(("a", 0), lambda: made.append("a"))
    assert made == ["a"]


def test_forgetting_waits_for_nobody():
    """As when a collection of garbage comes while this thread has the lock."""
    kept = ByteLRU(10_000)
    kept.get(("a",), lambda: np.ones(100))
    with kept._lock:
        kept.forget("a")
        assert len(kept) == 1
    kept.get(("b",), lambda: "b")
    assert len(kept) == 1
    assert kept.held == nbytes(("b",)) + nbytes("b")


def test_a_table_weighs_what_its_columns_do():
    table = pd.DataFrame({"a": np.ones(1000), "word": ["word"] * 1000})
    assert nbytes(table) > 8000 + 4000


def test_an_explanation_weighs_what_its_arrays_do(network):
    one = network.explain(["good bad film"])
    assert nbytes(one) > one.relevance.nbytes + one.scores.nbytes
    long = network.explain(["good bad film " * 50])
    assert nbytes(long) - nbytes(one) > long.relevance.nbytes - one.relevance.nbytes


def test_collections_pass_by_what_is_there_for_good():
    cache.device.clear()
    try:
        cache.device()
        assert gc.get_freeze_count() > 100_000  # TensorFlow's modules
    finally:
        gc.unfreeze()


def test_models_do_not_share_answers(network):
    cache.answers.cache_clear()
    rule = Epsilon()
    one = Model("1", "one", network)
    weights = lrp_engine.from_weights(
        eight_arrays(9), vocabulary=WORDS, embeddings=embeddings(), labels=LABELS
    )
    other = Model("2", "other", weights)
    first = cache.explained(one, "good film", None, rule)
    assert cache.explained(one, "good film", None, rule) is first
    assert cache.explained(one, "good film", None, Epsilon(eps=0.5)) is not first
    theirs = cache.explained(other, "good film", None, rule)
    assert theirs["lrp"].model_hash == weights.hash != network.hash
    assert (theirs["lrp"].scores != first["lrp"].scores).all()
    assert cache.answers().held <= settings.ANSWERS_MEGABYTES * 2**20
