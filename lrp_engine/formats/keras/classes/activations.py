"""Keras' activations that are layers of their own."""

from __future__ import annotations

import numpy as np

from lrp_engine.formats.keras.keras_class import Built, KerasClass, LayerConfig
from lrp_engine.layers import ELU, PReLU, Softmax


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
    """Zero below, or a slope; a maximum of 6 or none."""
    config = layer.config
    highest, slope, threshold = map(config.get, ("max_value", "negative_slope", "threshold"))
    if threshold or highest not in (None, 6) or (slope and highest is not None):
        raise layer.refuse(
            f"has max_value={highest!r:.20}, negative_slope={slope!r:.20} and "
            f"threshold={threshold!r:.20}; supported: a slope alone, or max_value=6."
        )
    if slope:
        return _slanted(layer, "negative_slope", 0.0)
    return Built(activation="relu" if highest is None else "relu6")


def _leaky_relu(layer: LayerConfig) -> Built:
    # Keras 2 calls the slope alpha.
    return _slanted(layer, "alpha" if "alpha" in layer.config else "negative_slope", 0.3)


def _slanted(layer: LayerConfig, key: str, default: float) -> Built:
    return Built(PReLU(np.array([layer.real(key, default)])))


def _elu(layer: LayerConfig) -> Built:
    alpha = layer.real("alpha", 1.0)
    return Built(activation="elu") if alpha == 1 else Built(ELU(alpha))


def _prelu(layer: LayerConfig) -> Built:
    """A slope (units,), or (time, units); shared axes have length 1."""
    (slope,) = layer.arrays().values()
    shared = layer.config.get("shared_axes") or []
    if not isinstance(shared, (list, tuple)) or any(
        type(axis) is not int or not 1 <= axis <= slope.ndim for axis in shared
    ):
        raise layer.refuse(
            f"has shared_axes={shared!r:.40}, expected axes of its slope of shape {slope.shape}."
        )
    if any(slope.shape[axis - 1] != 1 for axis in shared):
        raise layer.refuse(f"shares the axes {[*shared]} of a slope of shape {slope.shape}.")
    if slope.ndim not in (1, 2):
        raise layer.refuse(f"has a slope of shape {slope.shape}, expected 1 or 2 axes.")
    return Built(PReLU(slope if slope.ndim == 2 and len(slope) > 1 else slope.reshape(-1)))


CLASSES = (
    KerasClass(
        name="Activation",
        reads="by a name of the table of activations",
        build=_activation,
        per_step=True,
    ),
    KerasClass(name="Softmax", reads="over units or time steps", build=_softmax),
    KerasClass(
        name="ReLU",
        reads="with `negative_slope` alone, or `max_value=6`; no `threshold`",
        build=_relu,
        per_step=True,
    ),
    KerasClass(name="LeakyReLU", reads="any slope", build=_leaky_relu, per_step=True),
    KerasClass(name="ELU", reads="any `alpha`", build=_elu, per_step=True),
    # The slope has the input's axes without the batch, which its options do not say.
    KerasClass(
        name="PReLU",
        reads="a slope per unit, or one for all; in models of fixed length also per step",
        build=_prelu,
        arrays=lambda _: {"alpha": None},
        per_step=True,
    ),
)
