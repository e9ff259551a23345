"""Keras' normalization by statistics of the training or of the step itself."""

from __future__ import annotations

import numpy as np

from lrp_engine.formats.keras.keras_class import Arrays, Built, KerasClass, LayerConfig, Options
from lrp_engine.layers import BatchNormalization, LayerNormalization, Rescaling


def _scale_and_center(config: Options) -> Arrays:
    options = {"gamma": "scale", "beta": "center"}
    return {name: 1 for name, option in options.items() if config.get(option, True)}


def _with_statistics(config: Options) -> Arrays:
    return {**_scale_and_center(config), "moving_mean": 1, "moving_variance": 1}


def _batch_normalization(layer: LayerConfig) -> Built:
    _check_axis(layer)
    arrays = layer.arrays()
    mean, variance = arrays["moving_mean"], arrays["moving_variance"]
    gamma, beta = arrays.get("gamma"), arrays.get("beta")
    return Built(BatchNormalization(mean, variance, gamma, beta, layer.epsilon()))


def _layer_normalization(layer: LayerConfig) -> Built:
    layer.require("rms_scaling", False)
    _check_axis(layer)
    arrays = layer.arrays()
    return Built(LayerNormalization(arrays.get("gamma"), arrays.get("beta"), layer.epsilon()))


def _normalization(layer: LayerConfig) -> Built:
    """(x - mean) / spread, of statistics that were adapted to data or given as numbers."""
    _check_axis(layer)
    layer.require("invert", False)
    arrays = layer.arrays()
    mean, variance = (
        arrays[name] if arrays else np.atleast_1d(np.squeeze(_numbers(layer, name)))
        for name in ("mean", "variance")
    )
    # Keras divides by no spread below 1e-7.
    return Built(BatchNormalization(mean, np.maximum(variance, 1e-14), None, None, 0.0))


def _rescaling(layer: LayerConfig) -> Built:
    scale, offset = (np.atleast_1d(_numbers(layer, name)) for name in ("scale", "offset"))
    if scale.ndim != 1 or offset.ndim != 1:
        raise layer.refuse("has a scale or offset of several axes; supported: one per unit.")
    try:
        scale, offset = np.broadcast_arrays(scale, offset)
    except ValueError:
        raise layer.refuse(f"has {len(scale)} scales and {len(offset)} offsets.") from None
    return Built(Rescaling(scale, offset))


def _numbers(layer: LayerConfig, key: str) -> np.ndarray:
    try:
        return np.array(layer.config.get(key), np.float64)
    except (TypeError, ValueError):
        raise layer.refuse(f"has {key}={layer.config.get(key)!r:.40}, expected numbers.") from None


def _adapted(config: Options) -> Arrays:
    if config.get("mean") is not None:
        return {}
    return {"mean": 1, "variance": 1, "count": 0}


def _check_axis(layer: LayerConfig) -> None:
    # The last axis, however counted; Keras 2 writes lists.
    layer.require("axis", -1, 1, 2, [-1], [1], [2])


CLASSES = (
    KerasClass(
        name="Normalization",
        reads="adapted or with given numbers; over the last axis",
        build=_normalization,
        arrays=_adapted,
        per_step=True,
    ),
    KerasClass(
        name="Rescaling", reads="by one number, or one per unit", build=_rescaling, per_step=True
    ),
    KerasClass(
        name="BatchNormalization",
        reads="with the statistics of the training; over the last axis",
        build=_batch_normalization,
        arrays=_with_statistics,
        per_step=True,
    ),
    KerasClass(
        name="LayerNormalization",
        reads="over the last axis; no `rms_scaling`",
        build=_layer_normalization,
        arrays=_scale_and_center,
        per_step=True,
    ),
)
