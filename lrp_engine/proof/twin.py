"""The independent twin: a Keras file's layers, built as Keras layers from white-listed options.

Nothing is deserialized. A layer's class is looked up in the table `TWINS`, its options are
numbers, switches and names that the table allows, its weights are arrays. What our own layers are
made of (gate order, transposes, masks, directions, activations) plays no part here: Keras itself
says what those numbers mean. Shared with our reading are only the names of the layers, which layer
reads which, and which arrays belong to which layer.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp_engine.formats.keras.graph import CAUSAL, Entry
from lrp_engine.formats.keras.reader import Parsed
from lrp_engine.proof.options import (
    HARMLESS,
    Check,
    Unusable,
    activation,
    axes_or_none,
    axis,
    count,
    counts_or_none,
    flag,
    one_of,
    order_of_two,
    real,
    real_or_none,
    reals,
    reals_or_none,
    target_shape,
)
from lrp_engine.proof.twin_operations import OPERATION_TWINS, meant, operation

_RECURRENT: dict[str, Check] = {
    "units": count,
    "activation": activation,
    "use_bias": flag,
    "return_sequences": flag,
    "go_backwards": flag,
    "zero_output_for_mask": flag,
    "return_state": flag,
}
_GATED: dict[str, Check] = {**_RECURRENT, "recurrent_activation": activation}
_WINDOW: dict[str, Check] = {
    "strides": count,
    "padding": one_of("valid", "same", "causal"),
    "data_format": one_of("channels_last"),
}
_CONVOLUTION: dict[str, Check] = {
    **_WINDOW,
    "kernel_size": count,
    "dilation_rate": count,
    "activation": activation,
    "use_bias": flag,
}
_POOL: dict[str, Check] = {**_WINDOW, "pool_size": count}
_GLOBAL_POOL: dict[str, Check] = {"data_format": one_of("channels_last"), "keepdims": flag}
_NORM: dict[str, Check] = {"axis": axis, "epsilon": real, "center": flag, "scale": flag}
_ATTENTION: dict[str, Check] = {"use_scale": flag, CAUSAL: flag}

# Class -> the options that decide what it computes, and which values they may have.
TWINS: dict[str, Mapping[str, Check]] = {
    "Embedding": {"input_dim": count, "output_dim": count, "mask_zero": flag},
    "Masking": {"mask_value": real},
    "LSTM": _GATED,
    "GRU": {**_GATED, "reset_after": flag},
    "SimpleRNN": _RECURRENT,
    "RNN": {
        name: _RECURRENT[name]
        for name in ("return_sequences", "go_backwards", "zero_output_for_mask", "return_state")
    },
    "Bidirectional": {"merge_mode": one_of("concat", "sum", "mul", "ave")},
    "TimeDistributed": {},
    "Dense": {"units": count, "activation": activation, "use_bias": flag},
    "Conv1D": {**_CONVOLUTION, "filters": count, "groups": count},
    "DepthwiseConv1D": {**_CONVOLUTION, "depth_multiplier": count},
    "SeparableConv1D": {**_CONVOLUTION, "filters": count, "depth_multiplier": count},
    "MaxPooling1D": _POOL,
    "AveragePooling1D": _POOL,
    "GlobalMaxPooling1D": _GLOBAL_POOL,
    "GlobalAveragePooling1D": _GLOBAL_POOL,
    "BatchNormalization": _NORM,
    "LayerNormalization": _NORM,
    "Attention": {**_ATTENTION, "score_mode": one_of("dot", "concat")},
    "AdditiveAttention": _ATTENTION,
    "MultiHeadAttention": {
        "num_heads": count, "key_dim": count, "value_dim": count, "use_bias": flag,
        "output_shape": counts_or_none, "attention_axes": axes_or_none, CAUSAL: flag,
    },
    "Dot": {"axes": axis, "normalize": flag},
    "Concatenate": {"axis": axis},
    "Add": {},
    "Average": {},
    "Maximum": {},
    "Multiply": {},
    "Subtract": {},
    "Flatten": {"data_format": one_of("channels_last")},
    "Permute": {"dims": order_of_two},
    "RepeatVector": {"n": count},
    "Reshape": {"target_shape": target_shape},
    "Activation": {"activation": activation},
    "Softmax": {"axis": axis},
    "ReLU": {"max_value": real_or_none, "negative_slope": real, "threshold": real},
    "LeakyReLU": {"negative_slope": real, "alpha": real},
    "ELU": {"alpha": real},
    "Normalization": {"axis": axis, "mean": reals_or_none, "variance": reals_or_none},
    "Rescaling": {"scale": reals, "offset": reals},
    "PReLU": {"shared_axes": axes_or_none},
    **OPERATION_TWINS,
}  # fmt: skip
# Active in training only.
IDENTITIES = frozenset(
    {"Dropout", "SpatialDropout1D", "GaussianDropout", "GaussianNoise", "AlphaDropout",
     "ActivityRegularization", "Identity"}
)  # fmt: skip
_WRAPPED = {
    "Bidirectional": ("layer", "backward_layer"), "TimeDistributed": ("layer",), "RNN": ("cell",)
}  # fmt: skip
# Cells by the class whose options they have.
_CELLS = {"LSTMCell": "LSTM", "GRUCell": "GRU", "SimpleRNNCell": "SimpleRNN"}
_ENDINGS = ("softmax", "sigmoid")
_OPERATION_ENDINGS = {"ops.Softmax": "softmax", "ops.Sigmoid": "sigmoid"}


class NoTwinError(Exception):
    """A layer cannot be rebuilt; the text says which and why."""


@dataclass(frozen=True, eq=False)
class Twin:
    """A Keras model that was built, not loaded.

    Attributes:
        model: inputs -> [logits, output as the file ends].
        takes_ids: of each input, whether an embedding reads it.
        ending: the softmax or sigmoid the file ends in, "" for neither.
    """

    model: Any
    takes_ids: tuple[bool, ...]
    ending: str

    def __call__(self, inputs: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Logits and output of the inputs: each ids (b, T), vectors (b, T, E) or features (b, D).

        Raises:
            NoTwinError: Keras refuses the input.
        """
        import tensorflow as tf

        try:
            with _without_hints():
                given = inputs[0] if len(inputs) == 1 else [*inputs]
                logits, output = self.model(given, training=False)
        except (TypeError, ValueError, tf.errors.OpError) as error:
            raise NoTwinError(f"the rebuilt layers cannot be run: {error!s:.200}") from error
        return np.array(logits, np.float64), np.array(output, np.float64)


def build(parsed: Parsed, *, input_shapes: Sequence[tuple[int | None, ...]], dtype: str) -> Twin:
    """The twin of a file, computing in float64 with weights rounded to `dtype`.

    The reader must have accepted the file before: sizes that it declares are trusted here.

    Args:
        input_shapes: of each input, where no embedding reads it: (None, E) or (D,).

    Raises:
        NoTwinError: a layer has no entry in the table, or an option it does not know.
    """
    import keras

    graph = parsed.graph
    tables = [entry for entry in graph.entries if entry.kind == "Embedding"]
    takes_ids = tuple(any(name in entry.inputs for entry in tables) for name in graph.inputs)
    starts = {
        name: keras.Input((start.length,) if ids else shape, dtype="int32" if ids else "float64")
        for (name, start), ids, shape in zip(
            graph.inputs.items(), takes_ids, input_shapes, strict=True
        )
    }
    values, before, ending = {**starts}, {**starts}, dict.fromkeys(starts, "")
    for entry in graph.entries:
        inputs = [values[name] for name in entry.inputs]
        if entry.kind in IDENTITIES:
            for table in (values, before, ending):
                table[entry.name] = table[entry.inputs[0]]
            continue
        layer, after = _layer(entry, dtype, old=parsed.old)
        try:
            with _without_hints():
                called = {CAUSAL: True} if entry.config.get(CAUSAL) is True else {}
                if entry.kind == "MultiHeadAttention":
                    found = layer(*inputs, **called)
                    # As a number of Python's it would be rounded to float32.
                    layer._inverse_sqrt_key_dim = np.float64(layer.key_dim) ** -0.5
                else:
                    found = layer(inputs[0] if len(inputs) == 1 else inputs, **called)
                several = isinstance(found, (list, tuple))
                values[entry.name] = found[entry.output] if several else found
            if entry.kind not in OPERATION_TWINS:
                layer.set_weights([_rounded(array, dtype) for array in parsed.weights(entry.path)])
            if entry.kind == "Normalization":
                layer.finalize_state()  # else it goes on with the statistics it was built with
            before[entry.name], ending[entry.name] = values[entry.name], ""
            if after == "linear":
                continue
            if entry.kind in ("Activation", "Softmax", *_OPERATION_ENDINGS):
                before[entry.name] = inputs[0]
            else:
                end = keras.layers.Activation(meant(after, parsed.old), dtype="float64")
                values[entry.name] = end(values[entry.name])
        except (TypeError, ValueError, LookupError, NotImplementedError) as error:
            raise NoTwinError(
                f"layer {entry.name!r:.60} ({entry.kind}) cannot be rebuilt: {error!s:.200}"
            ) from error
        ending[entry.name] = after if after in _ENDINGS else ""
        if not ending[entry.name]:
            before[entry.name] = values[entry.name]
    at = graph.output
    given = [*starts.values()]
    model = keras.Model(given if len(given) > 1 else given[0], [before[at], values[at]])
    return Twin(model, takes_ids, ending[at])


@contextmanager
def _without_hints() -> Iterator[None]:
    """Without what Keras says to those who build models: this one was built by someone else.

    That a layer ends a mask, and that a softmax runs over one step alone, as in a text of one word.
    """
    with warnings.catch_warnings():
        for about in (
            r"Layer '\w+' \(of type \w+\) was passed an input with a mask attached to it\. ",
            r"You are using a softmax over axis ",
        ):
            warnings.filterwarnings("ignore", about, UserWarning)
        yield


def _layer(entry: Entry, dtype: str, *, old: bool = False) -> tuple[Any, str]:
    """A Keras layer, and the activation to apply after it (or that it is).

    Args:
        old: whether the file is of Keras 2 or older.
    """
    import keras

    plain = _options(entry.name, entry.kind, entry.config)
    if entry.kind == "Embedding":
        # In the network's own precision: the table can be large, and is exact in it.
        return keras.layers.Embedding(**plain, dtype=dtype), "linear"
    if entry.kind in OPERATION_TWINS:
        return operation(entry, plain), _OPERATION_ENDINGS.get(entry.kind, "linear")
    if entry.kind == "Dense":
        after = plain.pop("activation", "linear")
        return keras.layers.Dense(**plain, dtype="float64"), after
    if entry.kind == "TimeDistributed":
        config, after = _dense_of_steps(entry)
        return _made(entry.name, entry.kind, config, plain, old), after
    layer = _made(entry.name, entry.kind, entry.config, plain, old)
    if entry.kind == "Softmax":
        return layer, "softmax"
    return layer, plain["activation"] if entry.kind == "Activation" else "linear"


def _dense_of_steps(entry: Entry) -> tuple[Mapping[str, Any], str]:
    """TimeDistributed with the activation of its Dense left out, and that activation."""
    described = entry.config.get("layer")
    if not isinstance(described, Mapping) or described.get("class_name") != "Dense":
        return entry.config, "linear"
    config = described.get("config")
    if not isinstance(config, Mapping):
        return entry.config, "linear"
    after = _options(entry.name, "Dense", config).get("activation", "linear")
    inner = {**described, "config": {**config, "activation": "linear"}}
    return {**entry.config, "layer": inner}, after


def _made(name: str, kind: str, config: Mapping[str, Any], plain: dict[str, Any], old: bool) -> Any:
    import keras

    inner = [
        _inner(name, config[key], old)
        for key in _WRAPPED.get(kind, ())
        if config.get(key) is not None
    ]
    if kind == "Bidirectional" and len(inner) == 2:
        return keras.layers.Bidirectional(
            inner[0], backward_layer=inner[1], dtype="float64", **plain
        )
    options = {key: meant(value, old) for key, value in plain.items() if key != CAUSAL}  # a call's
    return getattr(keras.layers, kind)(*inner, dtype="float64", **options)


def _inner(name: str, described: Any, old: bool) -> Any:
    kind = described.get("class_name") if isinstance(described, Mapping) else None
    config = described.get("config") if isinstance(described, Mapping) else None
    wraps = kind in _WRAPPED and kind != "RNN"
    if not isinstance(kind, str) or not isinstance(config, Mapping) or wraps:
        raise NoTwinError(f"layer {name!r:.60} wraps something that has no independent twin")
    if kind in _CELLS:
        return _made(name, kind, config, _options(name, _CELLS[kind], config), old)
    return _made(name, kind, config, _options(name, kind, config), old)


def _options(name: str, kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a class, each checked; what is not listed must be off or harmless."""
    if kind not in TWINS:
        raise NoTwinError(f"layer {name!r:.60} ({kind:.60}) has no independent twin")
    allowed, options = TWINS[kind], {}
    for key, value in config.items():
        if key in allowed:
            checked = allowed[key](value)
            if isinstance(checked, Unusable):
                raise NoTwinError(
                    f"layer {name!r:.60} ({kind}) has {key}={value!r:.60}, which the independent "
                    "twin does not know"
                )
            options[key] = checked
        elif key not in HARMLESS and key not in _WRAPPED.get(kind, ()) and _is_on(value):
            raise NoTwinError(
                f"layer {name!r:.60} ({kind}) has the option {key!r:.60}, which the independent "
                "twin does not know"
            )
    return options


def _is_on(value: Any) -> bool:
    return not (value is None or value is False or (isinstance(value, (int, float)) and value == 0))


def _rounded(array: np.ndarray, dtype: str) -> np.ndarray:
    """As the network holds it."""
    return array.astype(dtype).astype(np.float64)
