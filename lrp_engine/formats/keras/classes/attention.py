"""Keras' attention layers."""

from __future__ import annotations

from lrp_engine.formats.keras.graph import CAUSAL
from lrp_engine.formats.keras.keras_class import Arrays, Built, KerasClass, LayerConfig, Options
from lrp_engine.layers import AdditiveAttention, Attention


def _attention_arrays(config: Options) -> Arrays:
    scale: Arrays = {"scale": 0} if config.get("use_scale", False) else {}
    concat: Arrays = {"concat_score_weight": 0} if config.get("score_mode") == "concat" else {}
    return scale | concat


def _attention(layer: LayerConfig) -> Built:
    layer.require("score_mode", "dot", "concat")
    arrays = {name: array.reshape(1) for name, array in layer.arrays().items()}
    return Built(
        Attention(arrays.get("scale"), arrays.get("concat_score_weight"), causal=_is_causal(layer))
    )


def _additive_arrays(config: Options) -> Arrays:
    return {"scale": 1} if config.get("use_scale", True) else {}


def _additive_attention(layer: LayerConfig) -> Built:
    return Built(AdditiveAttention(layer.arrays().get("scale"), causal=_is_causal(layer)))


def _is_causal(layer: LayerConfig) -> bool:
    return bool(layer.config.get(CAUSAL, False))


_OPTIONS = frozenset({"use_scale", "score_mode", "dropout", "causal", "seed"})

CLASSES = (
    KerasClass(
        name="Attention",
        reads="`score_mode` dot or concat; causal, too",
        build=_attention,
        options=_OPTIONS,
        arrays=_attention_arrays,
        several_inputs=True,
        causal_call=True,
    ),
    KerasClass(
        name="AdditiveAttention",
        reads="causal, too",
        build=_additive_attention,
        options=_OPTIONS,
        arrays=_additive_arrays,
        several_inputs=True,
        causal_call=True,
    ),
)
