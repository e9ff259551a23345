"""Keras' layers with several inputs: merges, dot products, attention."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lrp_engine.formats.keras.graph import CAUSAL
from lrp_engine.formats.keras.source import Built, Source
from lrp_engine.layers import (
    Add,
    AdditiveAttention,
    Attention,
    Average,
    Concatenate,
    Dot,
    Layer,
    Maximum,
    Multiply,
    Subtract,
)


def _plain(layer: type[Layer]) -> Callable[[Source], Built]:
    return lambda source: Built(layer())


def _concatenate(source: Source) -> Built:
    return Built(Concatenate(source.require("axis", -1, 1, 2)))


def _dot(source: Source) -> Built:
    source.require("normalize", False)
    axes = source.config.get("axes")
    pair: list[Any] = list(axes) if isinstance(axes, (list, tuple)) else [axes, axes]
    if len(pair) != 2 or any(type(axis) is not int or axis not in (-2, -1, 1, 2) for axis in pair):
        raise source.refuse(f"has axes={axes!r:.40}, expected one or two of -2, -1, 1, 2.")
    return Built(Dot(*pair))


def _attention(source: Source) -> Built:
    concat = source.require("score_mode", "dot", "concat") == "concat"
    scaled = bool(source.config.get("use_scale", False))
    names = ["scale"] * scaled + ["concat_score_weight"] * concat
    found = [np.reshape(a, 1) for a in source.arrays(*names, scale=0, concat_score_weight=0)]
    return Built(
        Attention(
            found[0] if scaled else None, found[-1] if concat else None, causal=_causal(source)
        )
    )


def _additive_attention(source: Source) -> Built:
    scaled = bool(source.config.get("use_scale", True))
    found = source.arrays(*["scale"] * scaled, scale=1)
    return Built(AdditiveAttention(found[0] if scaled else None, causal=_causal(source)))


def _causal(source: Source) -> bool:
    return bool(source.config.get(CAUSAL, False))


MERGING: dict[str, Callable[[Source], Built]] = {
    "Concatenate": _concatenate,
    "Add": _plain(Add),
    "Average": _plain(Average),
    "Subtract": _plain(Subtract),
    "Maximum": _plain(Maximum),
    "Multiply": _plain(Multiply),
    "Dot": _dot,
    "Attention": _attention,
    "AdditiveAttention": _additive_attention,
}
