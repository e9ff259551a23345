"""Keras' convolution, pooling, normalization and shaping layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lrp_engine.formats.keras.source import Built, Source
from lrp_engine.layers import (
    AveragePooling1D,
    BatchNormalization,
    Conv1D,
    Flatten,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    LayerNormalization,
    Masking,
    MaxPooling1D,
    RepeatVector,
    Reshape,
)


def _conv1d(source: Source) -> Built:
    source.require("data_format", "channels_last")
    source.require("groups", 1)
    if source.config.get("use_bias", True):
        kernel, bias = source.arrays("kernel", "bias", kernel=3)
    else:
        (kernel,), bias = source.arrays("kernel", kernel=3), None
    source.check_units("filters", kernel.shape[2])
    layer = Conv1D(
        kernel,
        bias,
        strides=source.number("strides", 1),
        dilation=source.number("dilation_rate", 1),
        padding=source.require("padding", "valid", "same", "causal"),
    )
    return Built(layer, source.activation("activation", "linear"))


def _local(layer: type[MaxPooling1D] | type[AveragePooling1D]) -> Callable[[Source], Built]:
    def builder(source: Source) -> Built:
        source.require("data_format", "channels_last")
        size = source.number("pool_size", 2)
        padding = source.require("padding", "valid", "same")
        return Built(layer(size, source.number("strides", size), padding))

    return builder


def _global_max(source: Source) -> Built:
    _check_global(source)
    return Built(GlobalMaxPooling1D(skip_masked=False))


def _global_average(source: Source) -> Built:
    _check_global(source)
    return Built(GlobalAveragePooling1D())


def _check_global(source: Source) -> None:
    source.require("data_format", "channels_last")
    source.require("keepdims", False)


def _batch_normalization(source: Source) -> Built:
    gamma, beta, (mean, variance) = _normalization(source, "moving_mean", "moving_variance")
    return Built(BatchNormalization(mean, variance, gamma, beta, source.epsilon()))


def _layer_normalization(source: Source) -> Built:
    source.require("rms_scaling", False)
    gamma, beta, _ = _normalization(source)
    return Built(LayerNormalization(gamma, beta, source.epsilon()))


def _normalization(source: Source, *statistics: str) -> tuple[Any, Any, list[Any]]:
    """gamma and beta (None where the layer has none) and the statistics."""
    # The last axis, however counted; Keras 2 writes lists.
    source.require("axis", -1, 1, 2, [-1], [1], [2])
    has = [source.config.get(key, True) for key in ("scale", "center")]
    names = [name for name, given in zip(("gamma", "beta"), has, strict=True) if given]
    axes = dict.fromkeys(("gamma", "beta", *statistics), 1)
    found = source.arrays(*names, *statistics, **axes)
    gamma = found.pop(0) if has[0] else None
    beta = found.pop(0) if has[1] else None
    return gamma, beta, found


def _masking(source: Source) -> Built:
    value = source.config.get("mask_value", 0.0)
    if type(value) not in (int, float):
        raise source.refuse(f"has mask_value={value!r:.40}, expected a number.")
    return Built(Masking(float(value)))


def _flatten(source: Source) -> Built:
    source.require("data_format", "channels_last")
    return Built(Flatten())


def _reshape(source: Source) -> Built:
    target = source.config.get("target_shape")
    if isinstance(target, (list, tuple)) and all(type(n) is int for n in target):
        if len(target) == 1:
            return Built(Reshape(units=target[0]))
        if len(target) == 2 and target[0] != 0:
            return Built(Reshape(units=target[1], steps=target[0]))
    raise source.refuse(f"has target_shape={target!r:.60}, supported: (units,) and (steps, units).")


def _repeat_vector(source: Source) -> Built:
    return Built(RepeatVector(source.number("n", 1)))


def _permute(source: Source) -> Built:
    if list(source.config.get("dims", ())) != [1, 2]:
        raise source.refuse(
            "exchanges time and units, which is not supported, except after RepeatVector to give "
            "every unit of a Multiply the attention weight of its time step."
        )
    return Built()


OVER_TIME: dict[str, Callable[[Source], Built]] = {
    "Conv1D": _conv1d,
    "MaxPooling1D": _local(MaxPooling1D),
    "AveragePooling1D": _local(AveragePooling1D),
    "GlobalMaxPooling1D": _global_max,
    "GlobalAveragePooling1D": _global_average,
    "BatchNormalization": _batch_normalization,
    "LayerNormalization": _layer_normalization,
    "Masking": _masking,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "RepeatVector": _repeat_vector,
    "Permute": _permute,
}
