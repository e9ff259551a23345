"""Keras' activations that are layers of their own."""

from __future__ import annotations

from lrp_engine.formats.keras.keras_class import Built, KerasClass, LayerConfig
from lrp_engine.layers import Softmax


def _activation(layer: LayerConfig) -> Built:
    return Built(activation=layer.activation("activation", "linear"))


def _softmax(layer: LayerConfig) -> Built:
    axis = layer.config.get("axis", -1)
    if isinstance(axis, list) and len(axis) == 1:
        axis = axis[0]
    if type(axis) is not int:
        raise layer.refuse(f"has axis={axis!r:.40}, expected one number.")
    return Built(activation="softmax") if axis == -1 else Built(Softmax(axis))


def _relu(layer: LayerConfig) -> Built:
    config = layer.config
    # A maximum of 0 is one, too.
    if config.get("max_value") is not None or any(map(config.get, ("negative_slope", "threshold"))):
        raise layer.refuse("has a maximum, slope or threshold, which is not supported.")
    return Built(activation="relu")


CLASSES = (
    KerasClass(name="Activation", build=_activation, per_step=True),
    KerasClass(name="Softmax", build=_softmax),
    KerasClass(name="ReLU", build=_relu, per_step=True),
)
