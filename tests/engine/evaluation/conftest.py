"""A network that reads words, texts of it, and their labels."""

from __future__ import annotations

import numpy as np
import pytest

from lrp_engine.layers import Dense, Embedding
from lrp_engine.model.text import Vocabulary
from tests import zoo


@pytest.fixture(scope="session")
def network():
    draw = zoo.Draw(22)
    return zoo._chain(
        Embedding(draw(zoo.V, zoo.E)), draw.gru(), Dense(draw(zoo.H, 3), draw(3)),
        vocabulary=Vocabulary(zoo.WORDS),
    )  # fmt: skip


@pytest.fixture(scope="session")
def texts():
    rng = np.random.default_rng(5)
    return [[f"w{word}" for word in rng.integers(2, zoo.V, length)]
            for length in (12, 6, 13, 5, 11, 7, 12, 6, 11, 8, 3, 5)]  # fmt: skip


@pytest.fixture(scope="session")
def labels(network, texts):
    """Every third one is wrong."""
    classes = network.predict(texts).argmax(axis=1)
    return [int(c + (n % 3 == 2)) % 3 for n, c in enumerate(classes)]
