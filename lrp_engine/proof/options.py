"""Which values of a file's configuration may reach Keras: numbers, switches and known names."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any


class Unusable:
    """What a check returns for a value that may not pass."""


UNUSABLE = Unusable()
Check = Callable[[Any], Any]

ACTIVATIONS = frozenset(
    {"linear", "relu", "tanh", "sigmoid", "softmax", "hard_sigmoid", "elu", "selu", "softplus",
     "softsign", "gelu", "silu", "swish", "exponential", "leaky_relu", "relu6",
     "hard_silu", "hard_swish", "mish", "hard_tanh"}
)  # fmt: skip

# Options that decide nothing about a single forward pass: training, names, storage.
HARMLESS = frozenset(
    {
        "name", "trainable", "dtype", "module", "registered_name", "build_config", "autocast",
        "batch_input_shape", "batch_shape", "input_shape", "input_length", "sparse", "ragged",
        "seed", "rate", "dropout", "recurrent_dropout", "noise_shape", "stddev", "momentum",
        "implementation", "unroll", "stateful", "use_cudnn", "unit_forget_bias", "synchronized",
        "supports_masking", "renorm_clipping", "renorm_momentum", "virtual_batch_size", "l1", "l2",
        *(
            f"{what}_{kind}"
            for what in ("depthwise", "pointwise", "kernel", "recurrent", "bias", "embeddings",
                         "gamma", "beta", "alpha", "moving_mean", "moving_variance", "activity")
            for kind in ("initializer", "regularizer", "constraint")
        ),
    }
)  # fmt: skip


def count(value: Any) -> Any:
    """A whole number above 0, also as the list of one that Keras writes for one dimension."""
    value = _single(value)
    return value if type(value) is int and 0 < value < 2**31 else UNUSABLE


def counts_or_none(value: Any) -> Any:
    """A few whole numbers above 0, or none."""
    if value is None:
        return None
    values = value if isinstance(value, (list, tuple)) else [value]
    fits = 0 < len(values) < 4 and all(count(one) is one for one in values)
    return tuple(values) if fits else UNUSABLE


def real(value: Any) -> Any:
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if plain and math.isfinite(value) else UNUSABLE


def real_or_none(value: Any) -> Any:
    return None if value is None else real(value)


def reals_or_none(value: Any) -> Any:
    """Numbers, as nested lists of one row, or none."""
    while isinstance(value, (list, tuple)) and len(value) == 1:
        value = value[0]
    if value is None:
        return None
    if not isinstance(value, (list, tuple)):
        return real(value)
    numbers = [real(one) for one in value]
    return UNUSABLE if UNUSABLE in numbers else numbers


def reals(value: Any) -> Any:
    """A number or a list of numbers."""
    return UNUSABLE if value is None else reals_or_none(value)


def flag(value: Any) -> Any:
    return bool(value) if value is None or value in (True, False) else UNUSABLE


def axis(value: Any) -> Any:
    """An axis, or a pair of them."""
    value = _single(value)
    if isinstance(value, list) and len(value) == 2 and all(type(n) is int for n in value):
        return tuple(value)
    return value if type(value) is int and -8 < value < 8 else UNUSABLE


def axes_or_none(value: Any) -> Any:
    """A few axes, as the list that Keras writes, or none."""
    if value is None:
        return None
    plain = isinstance(value, (list, tuple)) and len(value) < 8
    return [*value] if plain and all(type(n) is int and 0 < n < 8 for n in value) else UNUSABLE


def target_shape(value: Any) -> Any:
    """One size or two, of which one may be -1: as many as are left."""
    if not isinstance(value, (list, tuple)) or len(value) not in (1, 2):
        return UNUSABLE
    given = [size for size in value if type(size) is not int or size != -1]
    fits = len(value) - len(given) <= 1 and all(count(size) is size for size in given)
    return tuple(value) if fits else UNUSABLE


def order_of_two(value: Any) -> Any:
    """The two axes after the batch, each once."""
    plain = isinstance(value, (list, tuple)) and all(type(n) is int for n in value)
    return tuple(value) if plain and sorted(value) == [1, 2] else UNUSABLE


def activation(value: Any) -> Any:
    if value is None:
        return "linear"
    return value if isinstance(value, str) and value in ACTIVATIONS else UNUSABLE


def one_of(*names: str) -> Check:
    def check(value: Any) -> Any:
        return value if isinstance(value, str) and value in names else UNUSABLE

    return check


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, (list, tuple)) and len(value) == 1 else value
