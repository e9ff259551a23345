"""Keras' layers that merge several inputs."""

from __future__ import annotations

from typing import Any

from lrp_engine.formats.keras.keras_class import Built, KerasClass, LayerConfig
from lrp_engine.layers import (
    Add,
    Average,
    Concatenate,
    Dot,
    Layer,
    Maximum,
    Multiply,
    Subtract,
)


def _concatenate(layer: LayerConfig) -> Built:
    return Built(Concatenate(layer.require("axis", -1, 1, 2)))


def _dot(layer: LayerConfig) -> Built:
    layer.require("normalize", False)
    axes = layer.config.get("axes")
    pair: list[Any] = list(axes) if isinstance(axes, (list, tuple)) else [axes, axes]
    if len(pair) != 2 or any(type(axis) is not int or axis not in (-2, -1, 1, 2) for axis in pair):
        raise layer.refuse(f"has axes={axes!r:.40}, expected one or two of -2, -1, 1, 2.")
    return Built(Dot(*pair))


def _element_wise(merge: type[Layer]) -> KerasClass:
    """A merge without options, called here as in Keras."""
    return KerasClass(
        name=merge.__name__,
        reads="element by element, of signals of the same time steps",
        build=lambda layer: Built(merge()),
        several_inputs=True,
    )


CLASSES = (
    KerasClass(
        name="Concatenate", reads="over the last axis", build=_concatenate, several_inputs=True
    ),
    *(_element_wise(merge) for merge in (Add, Average, Subtract, Maximum, Multiply)),
    KerasClass(
        name="Dot",
        reads="of weights and states over time, of vectors over units; no `normalize`",
        build=_dot,
        several_inputs=True,
    ),
)
