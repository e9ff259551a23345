"""What the commands share: options, targets as text, and quiet."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrp_engine import shipped
from lrp_engine.attribution.methods import METHODS
from lrp_engine.errors import InputError
from lrp_engine.propagation.rules import (
    COMMON_OPTIONS,
    GATES,
    RULES,
    Epsilon,
    GateRule,
    LayerRule,
    Rule,
    from_text,
)
from lrp_engine.propagation.rules.doubts import LARGE_EPS, LONG_HINT
from lrp_engine.quiet import quiet

if TYPE_CHECKING:
    from lrp_engine.model.network import Network

DTYPES = ("float32", "float64")


def add_model_options(command: argparse.ArgumentParser) -> None:
    """The model, and how it is read."""
    command.add_argument(
        "model",
        metavar="MODEL",
        type=shipped.place,
        help="file or folder of a model, or a name from `samples`",
    )
    command.add_argument(
        "--vocabulary", metavar="FILE", help="words in the order of the embedding's rows"
    )
    command.add_argument(
        "--tokenizer",
        metavar="FILE",
        help="how texts become ids: a Keras Tokenizer (JSON or pickled), a tokenizer.json, or JSON "
        "with the settings by name; with its words where there is no --vocabulary",
    )
    command.add_argument("--embeddings", metavar="FILE", help="the embedding table, one row a word")
    command.add_argument(
        "--spec", metavar="FILE", help="JSON: what the file does not say, see docs/formats.md"
    )
    command.add_argument(
        "--dtype", choices=DTYPES, default=DTYPES[0], help="precision; default: %(default)s"
    )
    command.add_argument(
        "--device",
        metavar="NAME",
        help="cpu, gpu, or one of several as gpu:1; xla_cpu compiles passes for each shape of "
        "inputs, see docs/devices.md; default: TensorFlow's choice",
    )


def add_explanation_options(command: argparse.ArgumentParser) -> None:
    """What the methods ask for themselves; target and rule."""
    _add_method_options(command)
    command.add_argument(
        "--target",
        metavar="CLASS|A:B",
        help="class to explain, by number or label, or A:B for why A and not B; "
        "default: the predicted class",
    )
    command.add_argument(
        "--position",
        type=int,
        metavar="N",
        help="of a model that labels every word: whose label to explain, from 0 on, or from -1 on "
        "backwards; default: the first word's",
    )
    defaults = Epsilon()
    command.add_argument(
        "--eps",
        type=float,
        help=f"stabilizer of the rule, greater than 0; default: {defaults.eps:g}. {LARGE_EPS} "
        f"{LONG_HINT}",
    )
    command.add_argument(
        "--bias-factor",
        type=float,
        metavar="SHARE",
        help="share (0 to 1) of what biases absorb that goes back to the inputs; "
        f"default: {defaults.bias_factor:g}",
    )
    command.add_argument(
        "--gates",
        choices=list(GATES),
        help="how a product of a gate and a signal shares relevance: "
        + "; ".join(f"{name}: {one.meaning}" for name, one in GATES.items())
        + f". Default: {defaults.gates}. {_for_research(GATES)}",
    )
    command.add_argument(
        "--rule",
        metavar="NAME|JSON|@FILE",
        default=defaults.name,
        help=f"of dense and convolution layers, the others follow epsilon: {', '.join(RULES)}; "
        "or a rule by layer as JSON, see docs/rules.md, or a file with it; default: %(default)s. "
        + _for_research(RULES),
    )
    for option, names in _own_options().items():
        values = " or ".join(f"{getattr(RULES[name], option):g} ({name})" for name in names)
        command.add_argument(
            f"--{option}",
            type=float,
            metavar="NUMBER",
            help=f"of --rule {' and '.join(names)}; default: {values}",
        )


def _for_research(rules: Mapping[str, type[LayerRule] | GateRule]) -> str:
    """Which of the rules are for research, and what was measured; as help of an argument."""
    said = " ".join(f"{name}: {one.research}" for name, one in rules.items() if one.research)
    return f"For research: {said}".replace("%", "%%")


def _own_options() -> dict[str, list[str]]:
    """Options that not every rule has -> names of the rules that do."""
    rules_with: dict[str, list[str]] = {}
    for name, rule in RULES.items():
        for option in rule.own_options():
            rules_with.setdefault(option, []).append(name)
    return rules_with


def _add_method_options(command: argparse.ArgumentParser) -> None:
    """The methods' own options, where a method has any."""
    having = [method for method in METHODS.values() if method.options]
    if having:
        command.add_argument(
            "--method-option",
            action="append",
            metavar="NAME=VALUE",
            help="; ".join(
                f"{option.name} ({method.name}; default: {option.default}): {option.meaning}"
                for method in having
                for option in method.options
            ),
        )


def method_options_of(
    options: argparse.Namespace, methods: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Options of methods that `add_explanation_options` asked for, by method.

    Raises:
        InputError: none of the methods has such an option, or its value does not fit.
    """
    known = {(name, option.name): option for name in methods for option in METHODS[name].options}
    given: dict[str, dict[str, Any]] = {}
    for text in getattr(options, "method_option", None) or ():
        name, equals, value = text.partition("=")
        having = [method for method, option in known if option == name]
        if not equals or not having:
            listed = ", ".join(f"{option}=..." for _, option in known) or "none here"
            raise InputError(f"There is no --method-option {text!r:.40}; choose from {listed}.")
        for method in having:
            given.setdefault(method, {})[name] = known[method, name].parsed(value)
    return given


def rule_of(options: argparse.Namespace) -> Rule:
    """The rule that `add_explanation_options` asked for.

    Raises:
        InputError: a number is out of range, or belongs to another rule.
    """
    own = _own_options()
    values = vars(options)
    given = {name: values[name] for name in (*COMMON_OPTIONS, *own) if values[name] is not None}
    if options.rule not in RULES:
        rule = named_rule(options.rule)
        if given:
            raise InputError(
                f"{_flag(next(iter(given)))} belongs to a rule by its name; JSON of --rule has the "
                "numbers of every rule in it."
            )
        return rule
    for option in given:
        if option in own and options.rule not in own[option]:
            raise InputError(
                f"{_flag(option)} belongs to --rule {' and '.join(own[option])}, found --rule "
                f"{options.rule}."
            )
    return RULES[options.rule](**given)


def named_rule(text: str) -> Rule:
    """A rule by its name, as JSON, or from the file that "@FILE" names.

    Raises:
        InputError: it is none of these.
    """
    return RULES[text]() if text in RULES else from_text(_text_of(text))


def _flag(option: str) -> str:
    return f"--{option.replace('_', '-')}"


def _text_of(rule: str) -> str:
    """What --rule says, or the file that it names."""
    if not rule.startswith("@"):
        return rule
    path = rule[1:]
    check_paths(path)
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(f"The file {path!r} is no JSON text in UTF-8.") from None


def load_model(options: argparse.Namespace, *, device: str | None = None) -> Network:
    """The network that `add_model_options` names, on a device.

    Raises:
        InputError: a file or the device is not there; FormatError: the file cannot be read.
    """
    check_paths(options.model, *companions_of(options).values())
    with quiet():
        from lrp_engine import formats

        return formats.load(
            options.model, **companions_of(options), dtype=options.dtype, device=device
        )


def companions_of(options: argparse.Namespace) -> dict[str, str | None]:
    """The files beside the model that `add_model_options` names, as `load` takes them; those of a
    sample are left to `load`."""
    return {
        name: getattr(options, name) for name in ("vocabulary", "tokenizer", "embeddings", "spec")
    }


def check_paths(*paths: str | None) -> None:
    """Raise InputError for a path that is not there; asked first, so that nobody waits for it."""
    for path in paths:
        if path is not None and not os.path.exists(path):
            raise InputError(f"There is no file or folder {path!r}.")


def parse_target(text: str | None, labels: Sequence[str]) -> Any:
    """A target for `Network.explain`: a label, a number, or a pair "A:B" of either.

    A label wins over a number, and a label that holds a colon over a pair.
    """
    if text is None or text in labels:
        return text
    for at in (at for at, character in enumerate(text) if character == ":"):
        pair = _class(text[:at], labels), _class(text[at + 1 :], labels)
        if None not in pair:
            return pair
    whole = _class(text, labels)
    return text if whole is None else whole


def _class(text: str, labels: Sequence[str]) -> int | str | None:
    if text in labels:
        return text
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
