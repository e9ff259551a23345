"""Keras' attention layers."""

from __future__ import annotations

from lrp_engine.formats.keras.graph import CAUSAL
from lrp_engine.formats.keras.keras_class import Arrays, Built, KerasClass, LayerConfig, Options
from lrp_engine.layers import AdditiveAttention, Attention, MultiHeadAttention


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


_HEADS = ("query", "key", "value", "attention_output")


def _heads_arrays(config: Options) -> Arrays:
    biases = config.get("use_bias", True)
    return {
        f"{name}/{array}": 3 if array == "kernel" else 1 + (name != "attention_output")
        for name in _HEADS
        for array in (("kernel", "bias") if biases else ("kernel",))
    }


def _multi_head(layer: LayerConfig) -> Built:
    layer.require("use_gate", False, None)
    layer.require("sliding_window", None)
    layer.require("attention_axes", None, [1], 1)
    arrays = {
        name.removeprefix("attention_").replace("/", "_"): array
        for name, array in layer.arrays().items()
    }
    layer.check_units("num_heads", arrays["query_kernel"].shape[1])
    layer.check_units("key_dim", arrays["query_kernel"].shape[2])
    return Built(MultiHeadAttention(**arrays, causal=_is_causal(layer)))


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
    KerasClass(
        name="MultiHeadAttention",
        reads="causal, too, in models that mask nothing; relevance flows through the values",
        build=_multi_head,
        arrays=_heads_arrays,
        several_inputs=True,
        causal_call=True,
    ),
)
