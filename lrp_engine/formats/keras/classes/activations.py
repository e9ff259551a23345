"""Keras' activations that are layers of their own."""

from __future__ import annotations

from lrp_engine.formats.keras.keras_class import Built, KerasClass, LayerConfig
from lrp_engine.layers import PReLU, Softmax


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


def _prelu(layer: LayerConfig) -> Built:
    """A slope (units,), or (time, units) with the time axis shared; shared axes have length 1."""
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
    if slope.ndim == 2 and 1 not in shared:
        raise layer.refuse(
            f"has a slope of its own for each of {slope.shape[0]} time steps, which is not "
            "supported; share it over time with shared_axes=[1]."
        )
    return Built(PReLU(slope.reshape(-1)))


CLASSES = (
    KerasClass(name="Activation", build=_activation, per_step=True),
    KerasClass(name="Softmax", build=_softmax),
    KerasClass(name="ReLU", build=_relu, per_step=True),
    # The slope has the input's axes without the batch, which its options do not say.
    KerasClass(name="PReLU", build=_prelu, arrays=lambda _: {"alpha": None}, per_step=True),
)
