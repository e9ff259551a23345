"""The spec: what a file does not say and its owner does, as a dictionary or JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lrp_engine.errors import FormatError, choices
from lrp_engine.formats.companions.files import read_json
from lrp_engine.model.assumption import Assumption
from lrp_engine.model.outputs import OUTPUTS
from lrp_engine.model.text.options import checked

_LISTED = 8  # names of outputs in a sentence
DETECT = "detect"  # of the gate order and the tokenizer: find it by the reference
INPUTS = "inputs"
OF_INPUT = ("vocabulary", "tokenizer", "features", "units")
OUTPUT_NAME = "output_name"
# What any file may leave open -> a line of docs/formats.md.
_KEYS: Mapping[str, str] = {
    "output": "what the last layer's numbers mean, see below",
    "labels": "one name per class or value; `labels=` also takes a pickled `LabelEncoder`, or a "
    "`OneHotEncoder` of one column",
    "value_units": "of a linear output: the unit of its values, one text or one for each, as "
    '`"°C"`',
    "units": "of steps of numbers, as of sensors: one name per number of a step",
    "features": "of a network without time steps: one name per number that goes in",
    "tokenizer": "how a text becomes ids, see below; each key given takes the place of what the "
    "files say",
    "gate_order": "of eight arrays: a permutation of `ifgo`",
}
_LAYERS = ("architecture", "layers")
_OF_KERAS = "of Keras weights without a model: what `model.to_json()` says, or a list of layers"
_OF_PYTORCH = "of PyTorch state dicts, see there"
# Of these each format says which it understands (`Reader.options`) and checks the values.
_OPTIONS: Mapping[str, str] = {
    OUTPUT_NAME: "of a Keras or ONNX file with several outputs: which one is explained, by its "
    "name or its number from 0 on; the first one",
    INPUTS: "of a file with several inputs: by the name of each, its `vocabulary`, `tokenizer`, "
    "`features` or `units`",
    **dict.fromkeys(_LAYERS, _OF_KERAS),
    **dict.fromkeys(
        ("order", "activation", "pooling", "directions", "rnn_activation", "conv", "epsilon",
         "attention", "cell", "unused"),
        _OF_PYTORCH,
    ),
}  # fmt: skip
KEYS: Mapping[str, str] = {**_KEYS, **_OPTIONS}


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


def output_name_of(options: Mapping[str, Any]) -> str | int | None:
    """Which of a file's outputs counts, by its name or number; None where nobody says it.

    Raises:
        FormatError: it is neither.
    """
    wanted: str | int | None = options.get(OUTPUT_NAME)
    if wanted is not None and type(wanted) not in (str, int):
        raise FormatError(
            f"The spec's {OUTPUT_NAME} is {wanted!r:.60}, expected the name of an output, or its "
            "number from 0 on."
        )
    return wanted


def chosen_output(wanted: str | int | None, names: Sequence[str], title: str) -> str:
    """The name of the output that counts; of the first one where nobody says it.

    Args:
        wanted: see `output_name_of`. title: what the file is, as "Keras model".

    Raises:
        FormatError: there is none of that name or number; lists those that are.
    """
    if wanted is None:
        return names[0]
    if isinstance(wanted, int):
        if 0 <= wanted < len(names):
            return names[wanted]
    elif wanted in names:
        return wanted
    raise FormatError(f"The spec's {OUTPUT_NAME} is {wanted!r:.60}; the {title} has "
                      f"{listed(names)}.")  # fmt: skip


def about_outputs(chosen: str, names: Sequence[str]) -> list[Assumption]:
    """What is assumed of a file with several outputs; nothing of a file with one."""
    if len(names) < 2:
        return []
    other = next(name for name in names if name != chosen)
    said = (
        f"The file has {len(names)} outputs, {listed(names)}; {chosen!r} is the one that is "
        f'explained. Another one is chosen by the spec, as {{"{OUTPUT_NAME}": "{other}"}}.'
    )
    return [Assumption(said, OUTPUT_NAME)]


def about_unread(unread: Sequence[str], output: str) -> list[str]:
    """What is said of a file's inputs that the output is not computed from."""
    if not unread:
        return []
    inputs, take = ("input", "takes") if len(unread) == 1 else ("inputs", "take")
    return [
        f"The file's {inputs} {listed(unread)} {take} no part in the output {output!r:.60}, so "
        f"{'it is' if len(unread) == 1 else 'they are'} left out."
    ]


def listed(names: Sequence[str]) -> str:
    """Names of a file for a sentence, the first of many."""
    return choices(names[:_LISTED]) + (", ..." if len(names) > _LISTED else "")


def output_of(spec: Mapping[str, Any]) -> str | None:
    """What the last layer's numbers mean."""
    output = spec.get("output")
    if output is not None and output not in OUTPUTS:
        raise FormatError(f"The spec has output {output!r:.60}; choose from {choices(OUTPUTS)}.")
    return output


def value_units_of(spec: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The unit of each value of a linear output, or one for all of them."""
    units = spec.get("value_units")
    if isinstance(units, str):
        return (units,)
    return _names_of(spec, "value_units", "a text, or a list with one per value")


def units_of(spec: Mapping[str, Any]) -> tuple[str, ...] | None:
    """One name per number of a step, of a network that reads steps of numbers."""
    return _names_of(spec, "units", "a list with one name per number of a step")


def features_of(spec: Mapping[str, Any]) -> tuple[str, ...] | None:
    """One name per input of a network without a time axis."""
    return _names_of(spec, "features", "a list with one name per input")


def inputs_of(spec: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What is said of each of several inputs, by its name.

    Raises:
        FormatError: it is no such mapping, or has a key that means nothing.
    """
    inputs = spec.get(INPUTS, {})
    if not isinstance(inputs, Mapping) or not all(isinstance(v, Mapping) for v in inputs.values()):
        raise FormatError(
            f"The spec has {INPUTS} {inputs!r:.80}, expected an object with what is said of each "
            f"input by its name: {choices(OF_INPUT)}."
        )
    for name, own in inputs.items():
        for key in own:
            if key not in OF_INPUT:
                raise FormatError(f"The spec says {key!r:.60} of the input {name!r:.60}; valid: "
                                  f"{choices(OF_INPUT)}.")  # fmt: skip
        if own.get("tokenizer") == DETECT:
            raise FormatError(
                f"The tokenizer of the input {name!r:.60} is to be found, which is done for models "
                "of one input; say its options by name."
            )
    return dict(inputs)


def _names_of(spec: Mapping[str, Any], key: str, expected: str) -> tuple[str, ...] | None:
    names = spec.get(key)
    if names is None:
        return None
    if not isinstance(names, list | tuple) or not all(isinstance(n, str) for n in names):
        raise FormatError(f"The spec has {key} {names!r:.80}, expected {expected}.")
    return tuple(names)


def tokenizer_of(spec: Mapping[str, Any]) -> dict[str, Any]:
    """How texts become what the network reads: options by name, without those left open."""
    options = spec.get("tokenizer")
    return (
        {}
        if options is None or options == DETECT
        else checked(options, "The tokenizer in the spec")
    )
