"""What a command is given to explain: a text, a file of numbers, or several inputs by name."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.cli.numbers import read_numbers
from lrp_engine.cli.standard_input import NAME as STANDARD
from lrp_engine.cli.standard_input import read_lines
from lrp_engine.errors import InputError, choices

if TYPE_CHECKING:
    from lrp_engine.model.network import Network
    from lrp_engine.model.reads import Input

FILE = "@"  # before the name of a file of numbers


def add_inputs(command: argparse.ArgumentParser) -> None:
    """TEXT, and what stands in its place."""
    command.add_argument(
        "text",
        metavar="TEXT",
        nargs="*",
        help=f"the texts to explain, each in quotes; {STANDARD} reads one a line from standard "
        "input",
    )
    command.add_argument(
        "--numbers",
        metavar="FILE",
        help="of a model that reads numbers, in place of TEXT: .npy, or CSV with a line per step, "
        f"of features a line per sample; {STANDARD} reads CSV from standard input",
    )
    command.add_argument(
        "--input",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="of a model with several inputs, in place of TEXT and once for each: a text; ids or "
        f"numbers with commas between them; or {FILE}FILE with numbers, as of --numbers",
    )
    command.add_argument(
        "--hold",
        action="append",
        default=[],
        metavar="NAME",
        help="of a model with several inputs: one that is a constant, whose share is counted as "
        "held fixed; more than once for several",
    )


def require_one_way(options: argparse.Namespace) -> None:
    """Stop where not exactly one way to give the input is used.

    Raises:
        InputError: it is not.
    """
    ways = (bool(options.text), options.numbers is not None, bool(options.input))
    if sum(ways) != 1:
        raise InputError(
            "Give a TEXT to explain, or --numbers with a file; one of them. Of a model with "
            "several inputs give --input NAME=VALUE for each."
        )


def asked_of(options: argparse.Namespace, network: Network) -> Any:
    """What the network is to explain, as `Network.explain` takes it.

    Raises:
        InputError: a value does not fit its input, or an input has no such name.
    """
    if options.input:
        if not network.several:
            raise InputError("This model has one input; give it as TEXT, or by --numbers.")
        return _by_name(options.input, network)
    if network.several:
        raise InputError(
            f"This model has several inputs, {choices(network.inputs)}; give --input NAME=VALUE "
            "for each of them."
        )
    if options.numbers is not None:
        return read_numbers(options.numbers, network)
    if options.text.count(STANDARD) > 1:
        raise InputError(f"{STANDARD} stands for standard input, which can be read once.")
    texts = ([text] if text != STANDARD else read_lines() for text in options.text)
    return [*chain.from_iterable(texts)]


def _by_name(given: Sequence[str], network: Network) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or name not in network.inputs:
            raise InputError(
                f"--input {one!r:.60} names no input; choose NAME=... from "
                f"{choices(network.inputs)}."
            )
        if name in asked:
            raise InputError(f"--input {name} is given twice.")
        asked[name] = _value(network.inputs[name], value)
    return asked


def _value(one: Input, value: str) -> Any:
    """One sample of an input."""
    if one.vocabulary is not None:
        return [value]
    if value.startswith(FILE):
        return read_numbers(value[len(FILE) :], one)
    try:
        numbers = [float(part) for part in value.split(",")]
    except ValueError:
        raise InputError(
            f"The input {one.name!r} reads {one.kind}, found {value!r:.60}; give numbers with "
            f"commas between them, or {FILE}FILE."
        ) from None
    array = np.array(numbers)
    if one.ids:
        if not (array == np.floor(array)).all() or np.abs(array).max() > 2**31:
            raise InputError(f"The input {one.name!r} reads ids, found {value!r:.60}.")
        return array[None].astype(int)
    return array[None, :, None] if one.time and one.input_shape.units == 1 else array[None]
