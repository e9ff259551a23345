"""Keras' convolution and pooling."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lrp_engine.formats.keras.keras_class import Arrays, Built, KerasClass, LayerConfig, Options
from lrp_engine.layers import (
    AveragePooling1D,
    Conv1D,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    MaxPooling1D,
)


def _arrays(config: Options) -> Arrays:
    return {"kernel": 3, "bias": 1} if config.get("use_bias", True) else {"kernel": 3}


def _conv1d(layer: LayerConfig) -> Built:
    layer.require("groups", 1)
    arrays = layer.arrays()
    layer.check_units("filters", arrays["kernel"].shape[2])
    return _convolution(layer, arrays["kernel"], arrays.get("bias"))


_LARGEST = 2**26  # numbers of a kernel that is multiplied out


def _depthwise(layer: LayerConfig) -> Built:
    arrays = layer.arrays()
    layer.check_units("depth_multiplier", arrays["kernel"].shape[2])
    return _convolution(layer, _by_unit(layer, arrays["kernel"]), arrays.get("bias"))


def _separable(layer: LayerConfig) -> Built:
    """A depthwise convolution, then one of single steps; their product would be rounded."""
    arrays = layer.arrays()
    deep, points = arrays["depthwise_kernel"], arrays["pointwise_kernel"]
    if points.shape[:2] != (1, deep.shape[1] * deep.shape[2]):
        raise layer.refuse(f"has kernels of shapes {deep.shape} and {points.shape}.")
    layer.check_units("filters", points.shape[2])
    first = _convolution(layer, _by_unit(layer, deep), None)
    return Built(first.layer, after=Conv1D(points, arrays.get("bias"), activation=first.activation))


def _by_unit(layer: LayerConfig, kernel: np.ndarray) -> np.ndarray:
    """Each unit by itself, (K, D, M) to D M units: a convolution whose other weights are 0."""
    K, D, M = kernel.shape
    if (numbers := K * D * D * M) > _LARGEST:
        raise layer.refuse(f"has {numbers:,} weights when multiplied out; read: {_LARGEST:,}.")
    whole = np.zeros((K, D, D, M), kernel.dtype)
    whole[:, np.arange(D), np.arange(D)] = kernel
    return whole.reshape(K, D, D * M)


def _convolution(layer: LayerConfig, kernel: np.ndarray, bias: np.ndarray | None) -> Built:
    layer.require("data_format", "channels_last")
    convolution = Conv1D(
        kernel,
        bias,
        strides=layer.number("strides", 1),
        dilation=layer.number("dilation_rate", 1),
        padding=layer.require("padding", "valid", "same", "causal"),
    )
    return Built(convolution, layer.activation("activation", "linear"))


def _separable_arrays(config: Options) -> Arrays:
    return {
        "depthwise_kernel": 3,
        "pointwise_kernel": 3,
        **({"bias": 1} if config.get("use_bias", True) else {}),
    }


def _local(pooling: type[MaxPooling1D] | type[AveragePooling1D]) -> Callable[[LayerConfig], Built]:
    def build(layer: LayerConfig) -> Built:
        layer.require("data_format", "channels_last")
        size = layer.number("pool_size", 2)
        padding = layer.require("padding", "valid", "same")
        return Built(pooling(size, layer.number("strides", size), padding))

    return build


def _global_max(layer: LayerConfig) -> Built:
    _check_global(layer)
    return Built(GlobalMaxPooling1D(skip_masked=False))


def _global_average(layer: LayerConfig) -> Built:
    _check_global(layer)
    return Built(GlobalAveragePooling1D())


def _check_global(layer: LayerConfig) -> None:
    layer.require("data_format", "channels_last")
    layer.require("keepdims", False)


CLASSES = (
    KerasClass(
        name="Conv1D",
        reads="any stride, dilation and padding; `groups=1`",
        build=_conv1d,
        arrays=_arrays,
        sizes={"filters": ("kernel", 2), "kernel_size": ("kernel", 0)},
    ),
    KerasClass(
        name="DepthwiseConv1D",
        reads="as the Conv1D it equals",
        build=_depthwise,
        arrays=_arrays,
        sizes={"depth_multiplier": ("kernel", 2), "kernel_size": ("kernel", 0)},
    ),
    KerasClass(
        name="SeparableConv1D",
        reads="as the two Conv1D it equals",
        build=_separable,
        arrays=_separable_arrays,
        sizes={
            "filters": ("pointwise_kernel", 2),
            "depth_multiplier": ("depthwise_kernel", 2),
            "kernel_size": ("depthwise_kernel", 0),
        },
    ),
    KerasClass(name="MaxPooling1D", reads="`padding` valid or same", build=_local(MaxPooling1D)),
    KerasClass(
        name="AveragePooling1D", reads="`padding` valid or same", build=_local(AveragePooling1D)
    ),
    KerasClass(
        name="GlobalMaxPooling1D", reads="masked steps can win, as in Keras", build=_global_max
    ),
    KerasClass(
        name="GlobalAveragePooling1D", reads="masked steps are left out", build=_global_average
    ),
)
