"""What is measured: networks with random weights, and real sentences for them."""

from __future__ import annotations

import lzma
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

import lrp_engine
from lrp_engine.model.network import Network
from lrp_engine.model.text import Tokenizer

E, H, C = 200, 300, 2  # units of an input, hidden units, classes
TOKENIZER = Tokenizer(method="words", lowercase=True)
SENTENCES = Path(__file__).with_name("sentences.txt.xz")


def random_network(
    dtype: str, seed: int = 0, sizes: tuple[int, int, int] = (E, H, C)
) -> tuple[Network, list[np.ndarray]]:
    """A bidirectional LSTM with random weights, and the eight arrays it is made of."""
    E, H, C = sizes
    rng = np.random.default_rng(seed)
    shapes = [(E, 4 * H), (H, 4 * H), (4 * H,)] * 2 + [(2 * H, C), (C,)]
    arrays = [rng.normal(size=shape) * 0.1 for shape in shapes]
    return lrp_engine.from_weights(arrays, dtype=dtype), arrays


def keras_forward(arrays: list[np.ndarray], dtype: str) -> Callable:
    """The same network in Keras, its call compiled into one graph."""
    import keras
    import tensorflow as tf

    (E, _), (H, _), C = arrays[0].shape, arrays[1].shape, len(arrays[-1])
    bilstm = keras.layers.Bidirectional(keras.layers.LSTM(H, dtype=dtype), dtype=dtype)
    model = keras.Sequential(
        [keras.Input((None, E), dtype=dtype), bilstm, keras.layers.Dense(C, dtype=dtype)]
    )
    model.set_weights([array.astype(dtype) for array in arrays])
    spec = tf.TensorSpec([None, None, E], dtype)
    graph = tf.function(lambda x: model(x, training=False), input_signature=[spec])
    return lambda x: graph(x).numpy()


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
