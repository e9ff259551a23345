"""Functions among a Keras file's layers, called again by keras.ops with checked arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lrp_engine.formats.keras.graph import PREFIX, Entry
from lrp_engine.proof.options import UNUSABLE, Check, flag, real

_MOST = 2**63


def _axis(value: Any) -> Any:
    value = value[0] if isinstance(value, list) and len(value) == 1 else value
    return value if type(value) is int and -4 < value < 4 else UNUSABLE


def _whole_numbers(value: Any) -> Any:
    plain = isinstance(value, list) and len(value) < 5
    return value if plain and all(type(n) is int and -2 < n < 2**31 for n in value) else UNUSABLE


def _operands(value: Any) -> Any:
    """Numbers, and None for each signal."""
    if not isinstance(value, list) or len(value) > 64:
        return UNUSABLE
    known = [one is None or real(one) is not UNUSABLE for one in value]
    return value if all(known) else UNUSABLE


def _key(value: Any) -> Any:
    """What stands in the brackets of a slice, as Python's own objects."""
    parts = [_key_part(one) for one in value] if isinstance(value, list) else [_key_part(value)]
    return UNUSABLE if UNUSABLE in parts or len(parts) > 4 else tuple(parts)


def _key_part(part: Any) -> Any:
    if type(part) is int:
        return part
    if part == "..." or (isinstance(part, Mapping) and part.get("class_name") == "__ellipsis__"):
        return Ellipsis
    if isinstance(part, Mapping) and part.get("class_name") == "__slice__":
        part = part.get("config")
    if not isinstance(part, Mapping) or set(part) != {"start", "stop", "step"}:
        return UNUSABLE
    bounds = [part["start"], part["stop"], part["step"]]
    known = [n is None or (type(n) is int and abs(n) < _MOST) for n in bounds]
    return slice(*bounds) if all(known) else UNUSABLE


_PLAIN: dict[str, Check] = {"operands": _operands}
_ALONG: dict[str, Check] = {**_PLAIN, "axis": _axis, "keepdims": flag}
_AXIS: dict[str, Check] = {**_PLAIN, "axis": _axis}

# Class -> arguments of the function, and which values they may have.
OPERATION_TWINS: dict[str, Mapping[str, Check]] = {
    f"{PREFIX}{name}": checks
    for name, checks in {
        "GetItem": {**_PLAIN, "key": _key},
        "Sum": _ALONG,
        "Mean": _ALONG,
        "Max": _ALONG,
        "Concatenate": _AXIS,
        "ExpandDims": _AXIS,
        "Squeeze": _AXIS,
        "Softmax": _AXIS,
        "Transpose": {**_PLAIN, "axes": _whole_numbers},
        "Reshape": {**_PLAIN, "newshape": _whole_numbers},
        "Gelu": {**_PLAIN, "approximate": flag},
        **dict.fromkeys(
            ("Add", "Subtract", "Multiply", "TrueDivide", "Negative", "Maximum", "Relu", "Tanh",
             "Sigmoid", "Silu"),
            _PLAIN,
        ),
    }.items()
}  # fmt: skip
_NAMES = {"ExpandDims": "expand_dims", "TrueDivide": "true_divide"}


def gelu(z: Any) -> Any:
    """z Phi(z). That of TensorFlow takes the root of 2 in float32, also where z is in float64."""
    from keras import ops

    return 0.5 * z * (1 + ops.erf(z / 2**0.5))


def hard_sigmoid_keras_2(z: Any) -> Any:
    """0.2 z + 0.5, cut to 0 to 1, by its source: keras 2.3, backend/tensorflow_backend.py."""
    from keras import ops

    return ops.clip(0.2 * z + 0.5, 0.0, 1.0)


def meant(value: Any, old: bool) -> Any:
    """An option's value; Keras 3 keeps the name hard_sigmoid for another function than Keras 2."""
    if value == "gelu":
        return gelu
    return hard_sigmoid_keras_2 if old and value == "hard_sigmoid" else value


def operation(entry: Entry, options: Mapping[str, Any]) -> Callable[..., Any]:
    """A function of the entry's inputs, one or a list of them."""
    name, given = entry.kind.removeprefix(PREFIX), dict(options)
    operands = given.pop("operands", [None])
    key = given.pop("key", None)

    def call(inputs: Any) -> Any:
        from keras import ops

        signals = iter(inputs if isinstance(inputs, Sequence) else [inputs])
        values = [next(signals) if value is None else value for value in operands]
        if name == "GetItem":
            return values[0][key]
        if name == "Gelu" and not given.get("approximate", True):
            return gelu(values[0])
        function = getattr(ops, _NAMES.get(name, name.lower()))
        return function(values, **given) if name == "Concatenate" else function(*values, **given)

    return call
