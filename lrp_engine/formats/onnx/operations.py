"""The table of ONNX operations that are read: each with what reads it and its words in the docs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from lrp_engine.formats.onnx import (
    attention,
    elementwise,
    gelu,
    glue,
    layers,
    loops,
    recurrent,
    sizes,
    steps,
    windows,
)
from lrp_engine.formats.onnx.graph import Op, PartialGraph
from lrp_engine.formats.onnx.values import Value


class Operation(NamedTuple):
    """An entry of `OPERATIONS`.

    Attributes:
        follow: what the outputs stand for.
        reads: a line of docs/formats.md, which operations with the same words share.
    """

    follow: Callable[[PartialGraph, Op], list[Value]]
    reads: str


def _pooling(partial: PartialGraph, op: Op) -> list[Value]:
    return layers.pooling(partial, op, sizes.axes_of(op))


def _sum(partial: PartialGraph, op: Op) -> list[Value]:
    return attention.summed(partial, op, sizes.axes_of(op))


_RECURRENT = "either direction, both, stacks; usual activations; initial states of zero"
_SUMS = "biases, gains, sums and differences of signals; of weights computed as they are read"
_MOVED = "of signals where units, time and batch can be told apart; of weights computed as read"
_STATISTICS = "in a normalization written out"
_IDS = "of token ids, as Keras writes it for negative ones"

OPERATIONS: Mapping[str, Operation] = {
    "LSTM": Operation(recurrent.recurrent, _RECURRENT),
    "GRU": Operation(recurrent.recurrent, f"{_RECURRENT}; reset gate before or after"),
    "RNN": Operation(recurrent.recurrent, _RECURRENT),
    "Loop": Operation(
        loops.loop, "over time, of a GRU or SimpleRNN without masks, as tf2onnx writes it"
    ),
    "Gemm": Operation(layers.gemm, "a weight and a bias"),
    "MatMul": Operation(
        layers.matmul, "a weight; scores and weighted sums of attention (dot, additive, of pairs)"
    ),
    "Conv": Operation(windows.conv, "over time, any stride, dilation and padding; one group"),
    **dict.fromkeys(
        ("MaxPool", "AveragePool"),
        Operation(windows.local_pooling, "over time, without padding or auto_pad SAME_UPPER"),
    ),
    **dict.fromkeys(
        ("GlobalMaxPool", "GlobalAveragePool"),
        Operation(windows.global_pooling, "over time"),
    ),
    "Add": Operation(elementwise.arithmetic, _SUMS),
    "Sub": Operation(elementwise.arithmetic, _SUMS),
    "Mul": Operation(
        elementwise.arithmetic, f"{_SUMS}; products of two signals, weights and states"
    ),
    "Div": Operation(elementwise.arithmetic, "by a constant, or a deviation"),
    **dict.fromkeys(layers.ACTIVATIONS, Operation(layers.activation, "with the usual constants")),
    "Clip": Operation(layers.clip, "between 0 and 6, -1 and 1"),
    **dict.fromkeys(("Erf", "Erfc"), Operation(gelu.error_function, "in a GELU written out")),
    **dict.fromkeys(
        ("LeakyRelu", "PRelu"), Operation(layers.leaky, "one slope, or one for each unit")
    ),
    "Softmax": Operation(layers.softmax, "over units; over time of scores"),
    "LogSoftmax": Operation(layers.softmax, "at the end"),
    "BatchNormalization": Operation(layers.batch_norm, "with the statistics of the training"),
    "LayerNormalization": Operation(layers.layer_norm, "over units"),
    "ReduceMean": Operation(_pooling, "over time; over units in a normalization written out"),
    "ReduceMax": Operation(_pooling, "over time"),
    "ReduceSum": Operation(_sum, "over time; over units where that makes a score"),
    **dict.fromkeys(
        ("Neg", "Sqrt", "Reciprocal", "Pow"), Operation(elementwise.unary, _STATISTICS)
    ),
    "ReduceL2": Operation(elementwise.unary, "of weights computed as they are read"),
    "Gather": Operation(glue.gather, f"an embedding, a time step, a part; {_MOVED}"),
    "Slice": Operation(glue.slice_, f"a time step, a part; {_MOVED}"),
    "Split": Operation(glue.split, _MOVED),
    "Concat": Operation(glue.concat, f"side by side; {_MOVED}"),
    "Transpose": Operation(glue.transpose, _MOVED),
    "Reshape": Operation(glue.reshape, _MOVED),
    "Flatten": Operation(glue.flatten, _MOVED),
    "Squeeze": Operation(glue.squeeze, _MOVED),
    "Unsqueeze": Operation(glue.unsqueeze, _MOVED),
    "Expand": Operation(steps.expand, "of zeros, of an axis of length 1, of weights"),
    "ReverseSequence": Operation(
        steps.reverse, "all steps, before and behind a layer that reads them backwards"
    ),
    "Tile": Operation(steps.tile, "of an axis of length 1, as RepeatVector; of zeros"),
    "ConstantOfShape": Operation(sizes.zeros, "of zeros"),
    "Pad": Operation(windows.pad, "zeros before and after time, before a convolution"),
    "ReduceProd": Operation(sizes.product, "of sizes"),
    "Shape": Operation(sizes.shape, "sizes, also those that differ by text"),
    "Constant": Operation(sizes.constant, "numbers"),
    **dict.fromkeys(("Identity", "Dropout", "Cast"), Operation(glue.same, "changes nothing")),
    "Less": Operation(elementwise.less, _IDS),
    "Not": Operation(elementwise.negation, _IDS),
    "Where": Operation(elementwise.where, _IDS),
}
