"""Element-wise activations by their Keras names. `reference` is what tests compare with."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lrp_engine.errors import FormatError, choices


def _tf(name: str) -> Callable[[Any], Any]:
    def call(z: Any) -> Any:
        import tensorflow as tf

        return getattr(tf.nn, name)(z)

    return call


def _hard_sigmoid(z: Any) -> Any:
    """Keras 3: relu6(z + 3) / 6."""
    import tensorflow as tf

    return tf.nn.relu6(z + 3) / 6


def _hard_sigmoid_keras_2(z: Any) -> Any:
    """Keras before 3: 0.2 z + 0.5, cut off at 0 and 1."""
    import tensorflow as tf

    return tf.clip_by_value(0.2 * z + 0.5, 0.0, 1.0)


def _hard_silu(z: Any) -> Any:
    return z * _hard_sigmoid(z)


def _gelu(z: Any) -> Any:
    """z Phi(z) (Hendrycks and Gimpel 2016, arXiv 1606.08415). tf.nn.gelu rounds to float32."""
    import tensorflow as tf

    return 0.5 * z * (1 + tf.math.erf(z * 0.5**0.5))


def _gelu_tanh(z: Any) -> Any:
    """The same with a tanh in place of the error function."""
    import tensorflow as tf

    return 0.5 * z * (1 + tf.tanh((2 / math.pi) ** 0.5 * (z + 0.044715 * z**3)))


def _leaky_relu(z: Any) -> Any:
    """With the slope that Keras 3 gives a negative value where only the name is known."""
    import tensorflow as tf

    return tf.where(z > 0, z, 0.2 * z)  # tf.nn.leaky_relu rounds its slope to float32


def _mish(z: Any) -> Any:
    import tensorflow as tf

    return z * tf.tanh(tf.nn.softplus(z))


def _exponential(z: Any) -> Any:
    import tensorflow as tf

    return tf.exp(z)


def _hard_tanh(z: Any) -> Any:
    import tensorflow as tf

    return tf.clip_by_value(z, -1.0, 1.0)


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda z: z,
    "relu": _tf("relu"),
    "tanh": _tf("tanh"),
    "sigmoid": _tf("sigmoid"),
    "hard_sigmoid": _hard_sigmoid,
    "hard_sigmoid_keras_2": _hard_sigmoid_keras_2,
    "elu": _tf("elu"),
    "selu": _tf("selu"),
    "softplus": _tf("softplus"),
    "softsign": _tf("softsign"),
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "silu": _tf("silu"),
    "hard_silu": _hard_silu,
    "leaky_relu": _leaky_relu,
    "relu6": _tf("relu6"),
    "mish": _mish,
    "hard_tanh": _hard_tanh,
    "exponential": _exponential,
}


def check_activation(what: str, name: object) -> None:
    """Raise FormatError listing the valid names unless `name` is in the table."""
    if name not in ACTIVATIONS:
        raise FormatError(f"{what} has activation {name!r}; supported: {choices(ACTIVATIONS)}.")
