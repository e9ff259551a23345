"""Keras' convolution and pooling."""

from __future__ import annotations

from collections.abc import Callable

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
    layer.require("data_format", "channels_last")
    layer.require("groups", 1)
    arrays = layer.arrays()
    layer.check_units("filters", arrays["kernel"].shape[2])
    convolution = Conv1D(
        arrays["kernel"],
        arrays.get("bias"),
        strides=layer.number("strides", 1),
        dilation=layer.number("dilation_rate", 1),
        padding=layer.require("padding", "valid", "same", "causal"),
    )
    return Built(convolution, layer.activation("activation", "linear"))


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
