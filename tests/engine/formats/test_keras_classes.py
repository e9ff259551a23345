"""What the records of Keras classes say of arrays and masks is what Keras does."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from lrp_engine.errors import FormatError
from lrp_engine.formats.keras import classes
from lrp_engine.formats.keras.classes import KERAS_CLASSES
from lrp_engine.formats.keras.graph import PREFIX
from lrp_engine.formats.keras.keras_class import LayerConfig

B, T, D, V, H = 2, 5, 4, 7, 3

_BIAS: tuple[dict[str, Any], ...] = ({}, {"use_bias": False})
# Class -> options to try: what it needs, and all that decides which arrays it has.
OPTIONS: dict[str, tuple[dict[str, Any], ...]] = {
    "Embedding": ({"mask_zero": False}, {"mask_zero": True}),
    "LSTM": _BIAS,
    "GRU": tuple({**bias, "reset_after": after} for bias in _BIAS for after in (True, False)),
    "SimpleRNN": _BIAS,
    "Dense": _BIAS,
    "Conv1D": _BIAS,
    "DepthwiseConv1D": _BIAS,
    "SeparableConv1D": _BIAS,
    "BatchNormalization": ({}, {"scale": False}, {"center": False, "scale": False}),
    "LayerNormalization": ({}, {"scale": False}, {"center": False, "scale": False}),
    "Attention": (
        {},
        {"use_scale": True},
        {"score_mode": "concat"},
        {"use_scale": True, "score_mode": "concat"},
    ),
    "MultiHeadAttention": _BIAS,
    "AdditiveAttention": ({}, {"use_scale": False}),
    "Normalization": ({}, {"mean": [0.0] * D, "variance": [1.0] * D}),
    "PReLU": ({"shared_axes": [1]}, {"shared_axes": [1, 2]}, {}),
    "Masking": ({}, {"mask_value": 0.5}),
}
NEEDED: dict[str, dict[str, Any]] = {
    "Embedding": {"input_dim": V, "output_dim": D},
    "LSTM": {"units": H},
    "GRU": {"units": H},
    "SimpleRNN": {"units": H},
    "Dense": {"units": H},
    "Conv1D": {"filters": H, "kernel_size": 2},
    "DepthwiseConv1D": {"kernel_size": 2, "depth_multiplier": 3},
    "SeparableConv1D": {"filters": H, "kernel_size": 2, "depth_multiplier": 3},
    "MultiHeadAttention": {"num_heads": 2, "key_dim": 3},
    "Rescaling": {"scale": 2.0},
    "AveragePooling1D": {"pool_size": 2},
    "Activation": {"activation": "relu"},
    "Reshape": {"target_shape": (T, D)},
    "RepeatVector": {"n": 3},
    "Permute": {"dims": (1, 2)},
    "Dot": {"axes": 1},
    "Dropout": {"rate": 0.1},
    "SpatialDropout1D": {"rate": 0.1},
    "GaussianDropout": {"rate": 0.1},
    "GaussianNoise": {"stddev": 0.1},
    "AlphaDropout": {"rate": 0.1},
}
IDS, FLAT = ("Embedding",), ("RepeatVector",)


def _layer(name: str, options: dict[str, Any]) -> Any:
    """A layer of Keras."""
    import keras

    k = keras.layers
    if name == "Bidirectional":
        return k.Bidirectional(k.LSTM(H, **options))
    if name == "RNN":
        return k.RNN(k.GRUCell(H, **options))
    if name == "TimeDistributed":
        return k.TimeDistributed(k.Dense(H, **options))
    return getattr(k, name)(**NEEDED.get(name, {}), **options)


def _called(name: str, layer: Any) -> Any:
    """The layer's output; it is built by then."""
    import keras

    shape = (T,) if name in IDS else (D,) if name in FLAT else (T, D)
    inputs = keras.Input(shape, dtype="int32" if name in IDS else "float32")
    if name == "MultiHeadAttention":
        return layer(inputs, inputs)
    return layer([inputs, inputs] if KERAS_CLASSES[name].several_inputs else inputs)


OF_KERAS_2 = {"CuDNNLSTM", "CuDNNGRU"}  # Keras 3 has none
# Functions of keras.ops are no layers; files that hold them are read in test_keras_operations.py.
TODAYS = [name for name in KERAS_CLASSES if name not in OF_KERAS_2 and not name.startswith(PREFIX)]
CASES = [(name, options) for name in TODAYS for options in OPTIONS.get(name, ({},))]


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_a_record_knows_the_arrays_and_their_sizes(name, options):
    keras_class, layer = KERAS_CLASSES[name], _layer(name, options)
    _called(name, layer)
    config = layer.get_config()
    weights = [w for w in layer.weights if "seed_generator" not in w.path]
    assert classes.has_arrays(name, config) == bool(weights)
    if keras_class.wraps:
        return  # its arrays are those of the layer inside
    expected = keras_class.arrays(config)
    for weight, array in zip(weights, expected, strict=True):
        assert weight.path.endswith(f"/{array}")
    for weight, axes in zip(weights, expected.values(), strict=True):
        assert axes in (None, len(weight.shape))
    shapes = {array: w.shape for array, w in zip(expected, weights, strict=True)}
    for option, (array, axis) in keras_class.sizes.items():
        stated = config[option]
        assert shapes[array][axis] == (stated[0] if isinstance(stated, tuple) else stated)


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_a_record_knows_whether_its_class_masks(name, options):
    layer = _layer(name, options)
    output = _called(name, layer)
    masks = getattr(output, "_keras_mask", None) is not None
    assert (classes.masked_value(name, layer.get_config()) is not None) == masks


@pytest.mark.parametrize("name", TODAYS)
def test_only_some_classes_take_several_inputs_or_a_causal_mask(name):
    """A record that claims too much would read what Keras cannot have written."""
    import inspect

    import keras

    layer = getattr(keras.layers, name)
    keras_class = KERAS_CLASSES[name]
    assert keras_class.causal_call == (
        "use_causal_mask" in inspect.signature(layer.call).parameters
    )
    merges = issubclass(layer, keras.src.layers.merging.base_merge.Merge)
    assert keras_class.several_inputs == (merges or keras_class.causal_call)
    assert (keras_class.direction is not None) == issubclass(layer, keras.layers.RNN)


def _as_cudnn(kernel, recurrent, blocks):
    """The kernels in the layout of a file of CuDNN layers, number by number."""
    H, rows = recurrent.shape[0], kernel.shape[0]
    own, own_recurrent = np.empty_like(kernel), np.empty_like(recurrent)
    for block in range(blocks):
        for n in range(rows * H):  # the place of each number, column by column of the plain kernel
            i, j = n % rows, n // rows
            own[n // H, block * H + n % H] = kernel[i, block * H + j]
        for i in range(H):
            for j in range(H):
                own_recurrent[i, block * H + j] = recurrent[j, block * H + i]
    return own, own_recurrent


@pytest.mark.parametrize(("name", "plain", "blocks"), [("LSTM", "LSTM", 4), ("GRU", "GRU", 3)])
def test_a_cudnn_layer_is_the_plain_one_in_another_layout(name, plain, blocks):
    rng = np.random.default_rng(0)
    kernel, recurrent, bias = (
        rng.normal(size=shape) for shape in [(D, blocks * H), (H, blocks * H), (2, blocks * H)]
    )
    config = {"units": H, "return_sequences": True}
    weights = [*_as_cudnn(kernel, recurrent, blocks), bias.reshape(-1)]
    found = KERAS_CLASSES[f"CuDNN{name}"].build(
        LayerConfig("c", f"CuDNN{name}", config, weights, KERAS_CLASSES)
    )
    options = {**config, **({} if plain == "LSTM" else {"reset_after": True})}
    both = [kernel, recurrent, bias.sum(axis=0) if plain == "LSTM" else bias]
    expected = KERAS_CLASSES[plain].build(LayerConfig("c", plain, options, both, KERAS_CLASSES))
    for item in fields(expected.layer):
        np.testing.assert_array_equal(
            getattr(found.layer, item.name), getattr(expected.layer, item.name), err_msg=item.name
        )


@pytest.mark.parametrize(
    ("place", "shape", "said"),
    [(0, (D, 4 * H + 1), "expected 4 blocks"), (2, (4 * H,), "expected 24"), (1, (H,), "2 axes")],
)
def test_a_cudnn_layer_of_other_sizes_is_refused(place, shape, said):
    weights = [np.zeros((D, 4 * H)), np.zeros((H, 4 * H)), np.zeros(8 * H)]
    weights[place] = np.zeros(shape)
    layer = LayerConfig("c", "CuDNNLSTM", {"units": H}, weights, KERAS_CLASSES)
    with pytest.raises(FormatError, match=said):
        KERAS_CLASSES["CuDNNLSTM"].build(layer)


def test_a_state_erased_by_masked_steps_is_refused():
    options = {"units": H, "zero_output_for_mask": True}
    weights = [np.zeros((D, 4 * H)), np.zeros((H, 4 * H)), np.zeros(4 * H)]
    layer = LayerConfig("c", "LSTM", options, weights, KERAS_CLASSES)
    with pytest.raises(FormatError, match="without return_sequences"):
        KERAS_CLASSES["LSTM"].build(layer)


def test_no_file_of_records_is_left_out_of_the_table():
    listed = [
        keras_class.name
        for module in pkgutil.iter_modules(classes.__path__)
        for keras_class in importlib.import_module(f"{classes.__name__}.{module.name}").CLASSES
    ]
    assert sorted(listed) == sorted(KERAS_CLASSES)  # each once


def test_what_is_no_class_of_keras_has_no_arrays_and_no_mask():
    for kind, config in [("Mine", {}), ("Bidirectional", {"layer": 3}), ("TimeDistributed", {})]:
        assert not classes.has_arrays(kind, config)
        assert classes.masked_value(kind, config) is None
