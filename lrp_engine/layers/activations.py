"""Element-wise activations by their Keras names. `reference` is what tests compare with."""

from __future__ import annotations

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
}


def check_activation(what: str, name: object) -> None:
    """Raise FormatError listing the valid names unless `name` is in the table."""
    if name not in ACTIVATIONS:
        raise FormatError(f"{what} has activation {name!r}; supported: {choices(ACTIVATIONS)}.")
