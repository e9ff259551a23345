"""Keras' layers that only mask or arrange values."""

from __future__ import annotations

from lrp_engine.formats.keras.keras_class import Built, KerasClass, LayerConfig
from lrp_engine.layers import Flatten, Masking, Permute, RepeatVector, Reshape


def _masking(layer: LayerConfig) -> Built:
    value = layer.config.get("mask_value", 0.0)
    if type(value) not in (int, float):
        raise layer.refuse(f"has mask_value={value!r:.40}, expected a number.")
    return Built(Masking(float(value)))


def _flatten(layer: LayerConfig) -> Built:
    layer.require("data_format", "channels_last")
    return Built(Flatten())


def _reshape(layer: LayerConfig) -> Built:
    target = layer.config.get("target_shape")
    if isinstance(target, (list, tuple)) and all(type(n) is int for n in target):
        if len(target) == 1:
            return Built(Reshape(units=target[0]))
        if len(target) == 2 and target[0] != 0:
            return Built(Reshape(units=target[1], steps=target[0]))
    raise layer.refuse(f"has target_shape={target!r:.60}, supported: (units,) and (steps, units).")


def _repeat_vector(layer: LayerConfig) -> Built:
    return Built(RepeatVector(layer.number("n", 1)))


def _permute(layer: LayerConfig) -> Built:
    dims = layer.config.get("dims")
    if not isinstance(dims, (list, tuple)) or sorted(map(str, dims)) != ["1", "2"]:
        raise layer.refuse(f"has dims={dims!r:.40}, supported: (1, 2) and (2, 1).")
    return Built() if int(dims[0]) == 1 else Built(Permute())


CLASSES = (
    KerasClass(
        name="Masking",
        reads="any value",
        build=_masking,
        masked_value=lambda config: config.get("mask_value", 0.0),
    ),
    KerasClass(
        name="Flatten",
        reads="all steps of a model of fixed length, padding included; or one number per step",
        build=_flatten,
    ),
    KerasClass(
        name="Reshape",
        reads="to units, or to steps and units; steps only of a fixed number",
        build=_reshape,
    ),
    KerasClass(name="RepeatVector", reads="any number of times", build=_repeat_vector),
    KerasClass(
        name="Permute",
        reads="time and units exchanged, in models of fixed length; behind RepeatVector in any",
        build=_permute,
    ),
)
