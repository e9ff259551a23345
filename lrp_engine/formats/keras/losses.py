"""What a Keras model was trained to lower, which says what its last numbers mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrp_engine.formats.keras.weights import snake

# Loss -> the output that it is made for, by its function's name.
LOSSES: Mapping[str, str] = {
    "mean_squared_error": "linear",
    "mean_absolute_error": "linear",
    "mean_absolute_percentage_error": "linear",
    "mean_squared_logarithmic_error": "linear",
    "huber": "linear",
    "huber_loss": "linear",
    "log_cosh": "linear",
    "logcosh": "linear",
    "poisson": "linear",
    "binary_crossentropy": "sigmoid",
    "binary_focal_crossentropy": "sigmoid",
    "hinge": "sigmoid",
    "squared_hinge": "sigmoid",
    "categorical_crossentropy": "softmax",
    "sparse_categorical_crossentropy": "softmax",
    "categorical_focal_crossentropy": "softmax",
    "kl_divergence": "softmax",
    "kullback_leibler_divergence": "softmax",
    "categorical_hinge": "softmax",
}
_SHORT = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "kl_div": "kl_divergence",
}
_DEEPEST = 4


def loss_of(compiled: Any, output: str, position: int = 0) -> str:
    """The name of an output's loss in what `compile` left in a file; "" where it says none.

    Args:
        compiled: the value of `compile_config` or `training_config`.
        output: the name of the layer that the output is of; position: of it among the outputs.
    """
    loss = compiled.get("loss") if isinstance(compiled, Mapping) else None
    for _ in range(_DEEPEST):
        if isinstance(loss, list):
            loss = loss[position] if position < len(loss) else None
        elif isinstance(loss, Mapping) and isinstance(loss.get("class_name"), str):
            function = loss["class_name"] == "function"
            loss = loss.get("config") if function else snake(loss["class_name"])
        elif isinstance(loss, Mapping):
            loss = loss.get(output)
        else:
            break
    if not isinstance(loss, str):
        return ""
    name = loss.rpartition(">")[2].lower()
    return _SHORT.get(name, name)
