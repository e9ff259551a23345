"""The spec: what a file does not say and its owner does, as a dictionary or JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrp_engine.errors import FormatError, choices
from lrp_engine.formats.companions.files import read_json
from lrp_engine.model.outputs import OUTPUTS
from lrp_engine.model.text.options import checked

DETECT = "detect"  # of the gate order and the tokenizer: find it by the reference
_KEYS = ("gate_order", "output", "tokenizer", "labels", "features", "value_units")
# Of these each format says which it understands (`Reader.options`) and checks the values.
_LAYERS = ("architecture", "layers")
_OPTIONS = (*_LAYERS, "order", "activation", "pooling", "directions", "rnn_activation", "conv",
            "epsilon", "attention", "cell")  # fmt: skip
KEYS = (*_KEYS, *_OPTIONS)


def read_spec(value: Any) -> Mapping[str, Any]:
    """What a file does not say: a mapping, JSON, or the path or bytes of JSON; empty for None.

    Raises:
        FormatError: it is no object, or has a key that means nothing.
    """
    value = read_json(value, "The spec")
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise FormatError(f"The spec is {type(value).__name__}, expected an object with names.")
    if is_model_config(value):  # model.to_json() alone
        return {"architecture": value}
    for key in value:
        if key not in KEYS:
            valid = choices(KEYS)
            raise FormatError(f"The spec has an unknown key {key!r:.60}; valid: {valid}.")
    return value


def is_model_config(value: Any) -> bool:
    """Whether a value is what `model.to_json()` of Keras says, and no spec."""
    return isinstance(value, Mapping) and "class_name" in value and "config" in value


def options_of(spec: Mapping[str, Any]) -> dict[str, Any]:
    """What only some formats understand; layers that are None are not described."""
    options = {
        key: spec[key]
        for key in _OPTIONS
        if key in spec and not (key in _LAYERS and spec[key] is None)
    }
    if "architecture" in options:
        options["architecture"] = read_json(options["architecture"], "The architecture")
    return options


def check_options(options: Mapping[str, Any], understood: tuple[str, ...], title: str) -> None:
    """Raise FormatError for an option that a format, called `title`, does not understand."""
    for key in options:
        if key in understood:
            continue
        if key in _LAYERS:
            raise FormatError(
                f"The spec describes layers, but this file ({title}) says itself which layers it "
                "holds; leave them out."
            )
        raise FormatError(
            f"The spec's {key!r} does not apply to this file ({title}), which says it itself."
        )


def output_of(spec: Mapping[str, Any]) -> str | None:
    """What the last layer's numbers mean."""
    output = spec.get("output")
    if output is not None and output not in OUTPUTS:
        raise FormatError(f"The spec has output {output!r:.60}; choose from {choices(OUTPUTS)}.")
    return output


def value_units_of(spec: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The unit of each value of a linear output, or one for all of them."""
    units = spec.get("value_units")
    if units is None:
        return None
    if isinstance(units, str):
        return (units,)
    if not isinstance(units, list | tuple) or not all(isinstance(n, str) for n in units):
        raise FormatError(
            f"The spec has value_units {units!r:.80}, expected a text, or a list with one per "
            "value."
        )
    return tuple(units)


def features_of(spec: Mapping[str, Any]) -> tuple[str, ...] | None:
    """One name per input of a network without a time axis."""
    features = spec.get("features")
    if features is None:
        return None
    if not isinstance(features, list | tuple) or not all(isinstance(n, str) for n in features):
        raise FormatError(
            f"The spec has features {features!r:.80}, expected a list with one name per input."
        )
    return tuple(features)


def tokenizer_of(spec: Mapping[str, Any]) -> dict[str, Any]:
    """How texts become what the network reads: options by name, without those left open."""
    options = spec.get("tokenizer")
    return (
        {}
        if options is None or options == DETECT
        else checked(options, "The tokenizer in the spec")
    )
