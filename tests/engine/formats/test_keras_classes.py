"""What the records of Keras classes say of arrays and masks is what Keras does."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import pytest

from lrp_engine.formats.keras import classes
from lrp_engine.formats.keras.classes import KERAS_CLASSES

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
    "BatchNormalization": ({}, {"scale": False}, {"center": False, "scale": False}),
    "LayerNormalization": ({}, {"scale": False}, {"center": False, "scale": False}),
    "Attention": (
        {},
        {"use_scale": True},
        {"score_mode": "concat"},
        {"use_scale": True, "score_mode": "concat"},
    ),
    "AdditiveAttention": ({}, {"use_scale": False}),
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
    if name == "TimeDistributed":
        return k.TimeDistributed(k.Dense(H, **options))
    return getattr(k, name)(**NEEDED.get(name, {}), **options)


def _called(name: str, layer: Any) -> Any:
    """The layer's output; it is built by then."""
    import keras

    shape = (T,) if name in IDS else (D,) if name in FLAT else (T, D)
    inputs = keras.Input(shape, dtype="int32" if name in IDS else "float32")
    return layer([inputs, inputs] if KERAS_CLASSES[name].several_inputs else inputs)


CASES = [(name, options) for name in KERAS_CLASSES for options in OPTIONS.get(name, ({},))]


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
    assert [w.path.rpartition("/")[2] for w in weights] == list(expected)
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


@pytest.mark.parametrize("name", KERAS_CLASSES)
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
