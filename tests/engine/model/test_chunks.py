"""Passes over parts of a batch: the same numbers as in one pass over all of it."""

from __future__ import annotations

import numpy as np
import pytest

from lrp_engine.model import chunks, inputs
from tests import zoo

TOLERANCE = 1e-9
TEXTS = [["w2"] * 40, ["w3", "w4"], [], ["w5"] * 7 + ["w2"], ["w4"] * 33, ["w6"], ["w7", "w3"] * 9]


@pytest.fixture(scope="module")
def network():
    return zoo.network("bilstm_words")


@pytest.mark.parametrize("units", [True, False])
@pytest.mark.parametrize(
    ("bounds", "count"),
    [
        # Documents: by their words, of which a chunk holds more than `CHUNK_TOKENS` up to so many
        # rows; by rows alone; by the bytes of their passes.
        ({"CHUNK_TOKENS": 60, "FULL_ROWS": 2}, 3),
        ({"CHUNK_ROWS": 1}, 7),
        ({"CHUNK_BYTES": 1}, 7),
    ],
)
def test_documents_in_chunks_have_the_numbers_of_one_batch(
    network, monkeypatch, bounds, count, units
):
    whole = _explained(network, units)
    for name, value in bounds.items():
        monkeypatch.setattr(chunks, name, value)
    assert len(list(inputs.read(network, TEXTS).chunks())) == count
    parts = _explained(network, units)
    for method, one in whole.items():
        other = parts[method]
        for name in ("scores", "token_relevance", "initial_state", "explained_score"):
            _close(getattr(other, name), getattr(one, name))
        for name, absorbed in one.ledger.items():
            _close(other.ledger[name], absorbed)
        for name, absorbed in one.ledger.steps.items():
            _close(other.ledger.steps[name], absorbed)
        if units:
            _close(other.relevance, one.relevance)


def _explained(network, units):
    return network.explain_all(TEXTS, units=units)


def _close(found, expected):
    scale = max(1.0, np.abs(expected).max(initial=0))
    np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE * scale)
