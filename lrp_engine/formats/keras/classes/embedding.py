"""Keras' Embedding."""

from __future__ import annotations

from lrp_engine.formats.keras.keras_class import Built, KerasClass, LayerConfig
from lrp_engine.layers import Embedding


def _embedding(layer: LayerConfig) -> Built:
    table = layer.arrays()["embeddings"]
    layer.check_units("input_dim", table.shape[0])
    layer.check_units("output_dim", table.shape[1])
    return Built(Embedding(table, mask_zero=bool(layer.config.get("mask_zero", False))))


CLASSES = (
    KerasClass(
        name="Embedding",
        reads="with or without `mask_zero`; the first layer",
        build=_embedding,
        arrays=lambda config: {"embeddings": 2},
        sizes={"input_dim": ("embeddings", 0), "output_dim": ("embeddings", 1)},
        masked_value=lambda config: 0 if config.get("mask_zero") else None,
    ),
)
