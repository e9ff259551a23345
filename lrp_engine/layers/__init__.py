"""One file per kind of layer, forward only; the table LAYERS is how files and tests know them."""

from lrp_engine.layers.base import Layer, Ops, Shape, Signal, map_arrays
from lrp_engine.layers.bidirectional import Bidirectional
from lrp_engine.layers.dense import Dense
from lrp_engine.layers.embedding import Embedding
from lrp_engine.layers.gru import GRU
from lrp_engine.layers.lstm import LSTM
from lrp_engine.layers.simple_rnn import SimpleRNN

LAYERS: dict[str, type[Layer]] = {
    layer.kind: layer for layer in (Embedding, LSTM, GRU, SimpleRNN, Bidirectional, Dense)
}

__all__ = [
    "GRU",
    "LAYERS",
    "LSTM",
    "Bidirectional",
    "Dense",
    "Embedding",
    "Layer",
    "Ops",
    "Shape",
    "Signal",
    "SimpleRNN",
    "map_arrays",
]
