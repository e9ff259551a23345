"""Keras' recurrent layers and the wrapper for both directions.

Axes: H hidden units.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lrp_engine.errors import choices
from lrp_engine.formats.keras.keras_class import Arrays, Built, KerasClass, LayerConfig, Options
from lrp_engine.layers import GRU, LSTM, Bidirectional, Layer, SimpleRNN, ZeroMasked
from lrp_engine.layers.activations import check_activation
from lrp_engine.layers.bidirectional import MERGES
from lrp_engine.layers.lstm import reorder_gates

GATES = "ifgo"  # Keras calls g "c"


def _lstm(layer: LayerConfig) -> Layer:
    options = _options(layer)
    kernel, recurrent, bias = (reorder_gates(a, GATES) for a in _kernels(layer, 4))
    return LSTM(kernel, recurrent, bias, **options, cell=layer.output == _CELL)


def _gru(layer: LayerConfig) -> Layer:
    options = _options(layer)
    after = _reset_after(layer.config)
    kernel, recurrent, bias = _kernels(layer, 3, 2 if after else 1)
    one, two = bias if after else (bias, None)
    return GRU(kernel, recurrent, one, two, reset_after=after, **options)


def _reset_after(config: Options) -> bool:
    # Early versions knew reset_after=False only, and did not write it.
    return bool(config.get("reset_after", False))


def _simple_rnn(layer: LayerConfig) -> Layer:
    options = _options(layer, gates=False)
    kernel, recurrent, bias = _kernels(layer, 1)
    return SimpleRNN(kernel, recurrent, bias, **options)


def _cudnn_lstm(layer: LayerConfig) -> Layer:
    kernel, recurrent, bias = _from_cudnn(layer, 4)
    return _lstm(_plain(layer, "LSTM", [kernel, recurrent, bias.sum(axis=0)]))


def _cudnn_gru(layer: LayerConfig) -> Layer:
    return _gru(_plain(layer, "GRU", _from_cudnn(layer, 3), reset_after=True))


def _plain(layer: LayerConfig, kind: str, weights: list[np.ndarray], **more: Any) -> LayerConfig:
    """The same layer as the class that is not tied to a GPU."""
    return replace(layer, kind=kind, weights=weights, config={**layer.config, **more})


def _from_cudnn(layer: LayerConfig, blocks: int) -> list[np.ndarray]:
    """Kernel, recurrent kernel and bias (2, blocks H) as layers without CuDNN keep them.

    CuDNN's matrices are transposed, block by block; Keras keeps the kernel's numbers in the order
    of the transposed matrix under the shape of the plain one.
    """
    kernel, recurrent, bias = layer.arrays().values()
    if kernel.shape[1] % blocks or recurrent.shape[1] != blocks * recurrent.shape[0]:
        raise layer.refuse(
            f"has kernels of shapes {kernel.shape} and {recurrent.shape}, expected {blocks} blocks."
        )
    if len(bias) != 2 * kernel.shape[1]:
        raise layer.refuse(f"has {len(bias)} biases, expected {2 * kernel.shape[1]}.")

    def by_block(array: np.ndarray, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        return np.concatenate([function(b) for b in np.split(array, blocks, axis=1)], axis=1)

    return [
        by_block(kernel, lambda block: block.T.reshape(block.shape, order="F")),
        by_block(recurrent, np.transpose),
        bias.reshape(2, -1),
    ]


def _cudnn_arrays(config: Options) -> Arrays:
    return {"kernel": 2, "recurrent_kernel": 2, "bias": 1}


def _options(layer: LayerConfig, *, gates: bool = True) -> dict[str, Any]:
    """The options that recurrent layers share."""
    config = layer.config
    if config.get("time_major"):
        raise layer.refuse("has time_major=True, which is not supported; train it without.")
    options: dict[str, Any] = {
        name: bool(config.get(name, False)) for name in ("return_sequences", "go_backwards")
    }
    defaults = {"activation": "tanh", **({"recurrent_activation": "sigmoid"} if gates else {})}
    for key, default in defaults.items():
        options[key] = layer.activation(key, default)
        check_activation(f"The {layer.kind}'s {key}", options[key])
    return options


def _kernels(layer: LayerConfig, blocks: int, biases: int = 1) -> list[np.ndarray]:
    """Kernel, recurrent kernel and bias (zeros for none) of a cell with blocks of H columns."""
    arrays = layer.arrays()
    kernel, recurrent = arrays["kernel"], arrays["recurrent_kernel"]
    rows = (biases,) if biases > 1 else ()
    bias = arrays.get("bias", np.zeros((*rows, kernel.shape[1]), kernel.dtype))
    if bias.ndim == 2 and len(bias) != biases:
        raise layer.refuse(f"has a bias of shape {bias.shape}, expected {biases} rows.")
    units = recurrent.shape[0]
    layer.check_units("units", units)
    for array in (kernel, recurrent, bias):
        if array.shape[-1] != blocks * units:
            raise layer.refuse(
                f"has weights of shape {array.shape}, expected {blocks * units} columns."
            )
    return [kernel, recurrent, bias]


def _arrays(config: Options) -> Arrays:
    bias: Arrays = {"bias": 1} if config.get("use_bias", True) else {}
    return {"kernel": 2, "recurrent_kernel": 2, **bias}


def _gru_arrays(config: Options) -> Arrays:
    arrays = _arrays(config)
    # One row for the inputs and one for the state where the reset gate comes after the product.
    return {**arrays, "bias": 2} if "bias" in arrays and _reset_after(config) else arrays


_SIZES = {"units": ("recurrent_kernel", 0)}


def _recurrent(
    name: str,
    reads: str,
    direction: Callable[[LayerConfig], Layer],
    arrays: Callable[[Options], Arrays] = _arrays,
    *,
    sizes: Mapping[str, tuple[str, int]] = _SIZES,
) -> KerasClass:
    """A recurrent class, alone and as a direction of Bidirectional."""

    def build(layer: LayerConfig) -> Built:
        if layer.config.get("go_backwards") and layer.config.get("return_sequences"):
            raise layer.refuse(
                "reads backwards and returns its sequence in reverse order, which is not "
                "supported; use Bidirectional, or return_sequences=False."
            )
        if layer.output:
            return Built(direction(_state(layer, layer.output)))
        return _zeroed(layer, direction(layer))

    return KerasClass(
        name=name,
        reads=reads,
        build=build,
        arrays=arrays,
        sizes=sizes,
        direction=direction,
        has_states=True,
    )


def _zeroed(config: LayerConfig, layer: Layer) -> Built:
    """The layer, its output 0 at masked steps where the file says so."""
    if not config.config.get("zero_output_for_mask"):
        return Built(layer)
    if not config.config.get("return_sequences"):
        raise config.refuse(
            "has zero_output_for_mask=True without return_sequences, so that masked steps at the "
            "end would erase its state, which is not supported; train it without."
        )
    return Built(layer, after=ZeroMasked())


_HIDDEN, _CELL = 1, 2  # which outputs the final states are of `return_state`


def _state(layer: LayerConfig, output: int) -> LayerConfig:
    """The same layer, of which the final state h is read, or of an LSTM the cell state c."""
    kind = _cell(layer).kind if layer.kind == "RNN" else layer.kind
    states = (_HIDDEN, _CELL) if "LSTM" in kind else (_HIDDEN,)
    if not layer.config.get("return_state") or output not in states:
        told = f"the outputs {choices(states)}" if len(states) > 1 else "the output 1"
        raise layer.refuse(
            f"is read at its output {output}; its states are {told} where it has return_state=True."
        )
    return replace(
        layer,
        output=output if output == _CELL else 0,
        config={**layer.config, "return_sequences": False},
    )


def _cell(layer: LayerConfig) -> LayerConfig:
    """The recurrent class that RNN makes of a cell."""
    cell = layer.inner("cell", "a cell")
    if cell.kind not in _CELLS:
        raise layer.refuse(f"runs {cell.kind!r:.60}; supported: {choices(_CELLS)}.")
    options = {**cell.config, **{k: v for k, v in layer.config.items() if k != "cell"}}
    return replace(layer, kind=_CELLS[cell.kind], config=options)


def _rnn_arrays(config: Options) -> Arrays:
    cell = config.get("cell")
    kind = cell.get("class_name") if isinstance(cell, Mapping) else None
    if not isinstance(cell, Mapping) or kind not in _CELLS:
        return {}
    options = cell.get("config")
    if not isinstance(options, Mapping):
        return {}
    return (_gru_arrays if kind == "GRUCell" else _arrays)(options)


def _rnn(layer: LayerConfig) -> Layer:
    plain = _cell(layer)
    build = layer.classes[plain.kind].direction
    assert build is not None
    return build(plain)


_CELLS = {"LSTMCell": "LSTM", "GRUCell": "GRU", "SimpleRNNCell": "SimpleRNN"}


def _bidirectional(layer: LayerConfig) -> Built:
    mode = layer.config.get("merge_mode", "concat")
    if mode not in MERGES:
        raise layer.refuse(f"has merge_mode {mode!r:.40}; supported: {choices(MERGES)}.")
    forward = _inner(layer, "layer")
    if layer.config.get("backward_layer") is not None:
        backward = _inner(layer, "backward_layer")
    else:  # the same options, read from the other end
        flipped = {**forward.config, "go_backwards": not forward.config.get("go_backwards", False)}
        backward = replace(forward, config=flipped)
    one, two = _count(forward), _count(backward)
    if len(layer.weights) != one + two:
        raise layer.refuse(
            f"has {len(layer.weights)} arrays, expected {one} and {two} for its two directions."
        )
    forward = replace(forward, weights=layer.weights[:one], output=0)
    backward = replace(backward, weights=layer.weights[one:], output=0)
    if layer.output:  # [output, states of the one, states of the other]
        states = 2 if "LSTM" in forward.kind else 1
        which = forward if layer.output <= states else backward
        return Built(_direction(_state(which, (layer.output - 1) % states + 1)))
    return _zeroed(forward, Bidirectional(_direction(forward), _direction(backward), mode))


def _inner(layer: LayerConfig, key: str) -> LayerConfig:
    inner = layer.inner(key, "a recurrent layer")
    recurrent = [name for name, one in layer.classes.items() if one.direction]
    if inner.kind not in recurrent:
        raise layer.refuse(f"wraps {inner.kind!r:.60}; supported: {choices(recurrent)}.")
    return inner


def _count(layer: LayerConfig) -> int:
    return len(layer.classes[layer.kind].arrays(layer.config))


def _direction(layer: LayerConfig) -> Layer:
    direction = layer.classes[layer.kind].direction
    assert direction is not None  # see `_inner`
    return direction(layer)


CLASSES = (
    _recurrent(
        "LSTM", "any activations, bias or none, either direction; its final states h and c", _lstm
    ),
    _recurrent("GRU", "as LSTM; reset gate before or after", _gru, _gru_arrays),
    _recurrent("SimpleRNN", "as LSTM", _simple_rnn),
    _recurrent("RNN", "of an LSTMCell, GRUCell or SimpleRNNCell", _rnn, _rnn_arrays, sizes={}),
    # Of Keras 2: layers that ran on GPUs alone.
    _recurrent("CuDNNLSTM", "of Keras 2, as the LSTM it equals", _cudnn_lstm, _cudnn_arrays),
    _recurrent("CuDNNGRU", "of Keras 2, as the GRU it equals", _cudnn_gru, _cudnn_arrays),
    KerasClass(
        name="Bidirectional",
        reads="of any two recurrent classes; `merge_mode` concat, sum, ave or mul",
        build=_bidirectional,
        wraps=("layer", "backward_layer"),
        has_states=True,
    ),
)
