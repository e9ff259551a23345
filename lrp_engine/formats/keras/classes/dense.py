"""Keras' Dense, and the wrapper that applies a layer at every time step."""

from __future__ import annotations

from dataclasses import replace

from lrp_engine.errors import choices
from lrp_engine.formats.keras.keras_class import Arrays, Built, KerasClass, LayerConfig, Options
from lrp_engine.layers import Dense


def _arrays(config: Options) -> Arrays:
    return {"kernel": 2, "bias": 1} if config.get("use_bias", True) else {"kernel": 2}


def _dense(layer: LayerConfig) -> Built:
    arrays = layer.arrays()
    layer.check_units("units", arrays["kernel"].shape[1])
    dense = Dense(arrays["kernel"], arrays.get("bias"))
    return Built(dense, layer.activation("activation", "linear"))


def _time_distributed(layer: LayerConfig) -> Built:
    wrapped = layer.inner("layer", "a layer")
    per_step = {name: one for name, one in layer.classes.items() if one.per_step}
    if wrapped.kind not in per_step:
        raise layer.refuse(f"wraps {wrapped.kind!r:.60}; supported: {choices(per_step)}.")
    return per_step[wrapped.kind].build(replace(wrapped, weights=layer.weights))


CLASSES = (
    KerasClass(
        name="Dense",
        reads="also at every time step",
        build=_dense,
        arrays=_arrays,
        sizes={"units": ("kernel", 1)},
        per_step=True,
    ),
    KerasClass(
        name="TimeDistributed",
        reads="around a class that treats every step alone",
        build=_time_distributed,
        wraps=("layer",),
    ),
)
