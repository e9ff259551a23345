"""What is measured: networks with random weights, and real sentences for them."""

from __future__ import annotations

import lzma
from dataclasses import replace
from pathlib import Path

import numpy as np

import lrp_engine
from lrp_engine.model.network import Network
from lrp_engine.model.text import Tokenizer

E, H, C = 200, 300, 2  # units of an input, hidden units, classes
TOKENIZER = Tokenizer(method="words", lowercase=True)
SENTENCES = Path(__file__).with_name("sentences.txt.xz")


def random_network(dtype: str, seed: int = 0) -> tuple[Network, list[np.ndarray]]:
    rng = np.random.default_rng(seed)
    shapes = [(E, 4 * H), (H, 4 * H), (4 * H,)] * 2 + [(2 * H, C), (C,)]
    arrays = [rng.normal(size=shape) * 0.1 for shape in shapes]
    return lrp_engine.from_weights(arrays, dtype=dtype), arrays


def sentences() -> list[str]:
    """2,210 real sentences of 5 to 56 words; `make_sentences.py` says where from."""
    return lzma.decompress(SENTENCES.read_bytes()).decode().removesuffix("\n").split("\n")


def text_network(
    texts: list[str], units: int = 60, classes: int = 5, dtype: str = "float32"
) -> Network:
    """A bidirectional LSTM with random weights, E = H = units, that knows every word."""
    rng = np.random.default_rng(3)
    H4 = 4 * units
    shapes = [(units, H4), (units, H4), (H4,)] * 2 + [(2 * units, classes), (classes,)]
    words = sorted({word for text in texts for word in TOKENIZER(text)})
    network = lrp_engine.from_weights(
        [rng.normal(size=shape) * 0.1 for shape in shapes],
        vocabulary=words,
        embeddings=rng.normal(size=(len(words), units)),
        dtype=dtype,
    )
    return replace(network, tokenizer=TOKENIZER)
