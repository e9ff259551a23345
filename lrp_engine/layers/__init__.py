"""One file per kind of layer, forward only; the table LAYERS is how files and tests know them."""

from lrp_engine.layers.attention import AdditiveAttention, Attention, AttentionPooling
from lrp_engine.layers.bidirectional import Bidirectional
from lrp_engine.layers.conv1d import Conv1D
from lrp_engine.layers.dense import Dense
from lrp_engine.layers.dot import Dot
from lrp_engine.layers.elu import ELU
from lrp_engine.layers.embedding import Embedding
from lrp_engine.layers.gru import GRU
from lrp_engine.layers.heads import MultiHeadAttention
from lrp_engine.layers.lstm import LSTM
from lrp_engine.layers.merge import Add, Average, Concatenate, Maximum, Multiply, Subtract
from lrp_engine.layers.normalization import BatchNormalization, LayerNormalization, Rescaling
from lrp_engine.layers.ops import Ops, Signal
from lrp_engine.layers.pooling import (
    AveragePooling1D,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    GlobalSumPooling1D,
    MaxPooling1D,
    TakeStep,
)
from lrp_engine.layers.prelu import PReLU
from lrp_engine.layers.shaping import (
    Flatten,
    Masking,
    OneMasked,
    Permute,
    RepeatVector,
    Reshape,
    Unmasked,
    ZeroMasked,
)
from lrp_engine.layers.simple_rnn import SimpleRNN
from lrp_engine.layers.slicing import Slice
from lrp_engine.layers.softmax import Activation, Softmax
from lrp_engine.model.layer import Layer, map_arrays
from lrp_engine.model.shapes import Shape

LAYERS: dict[str, type[Layer]] = {
    layer.kind: layer
    for layer in (
        Embedding,
        LSTM,
        GRU,
        SimpleRNN,
        Bidirectional,
        Dense,
        Conv1D,
        MaxPooling1D,
        AveragePooling1D,
        GlobalMaxPooling1D,
        GlobalAveragePooling1D,
        GlobalSumPooling1D,
        TakeStep,
        BatchNormalization,
        LayerNormalization,
        Rescaling,
        Masking,
        ZeroMasked,
        OneMasked,
        Unmasked,
        Slice,
        Flatten,
        Reshape,
        Permute,
        RepeatVector,
        Concatenate,
        Add,
        Average,
        Subtract,
        Maximum,
        Multiply,
        Activation,
        PReLU,
        ELU,
        Softmax,
        Attention,
        AdditiveAttention,
        AttentionPooling,
        MultiHeadAttention,
        Dot,
    )
}

__all__ = [
    "LAYERS",
    "Layer",
    "Ops",
    "Shape",
    "Signal",
    "map_arrays",
    *(layer.__name__ for layer in LAYERS.values()),
]
