"""Inputs that are numbers: features (D,), or steps that are vectors (T, E). Pure.

An address and a cache key say them as text: numbers with `_` between them, steps with `~`, which
are characters that no address has to escape: "0.5_-1.2" or "0.27_1~-0.46_0".
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from app import settings
from lrp_engine.errors import InputError
from lrp_engine.formats.companions.numbers import rows_of
from lrp_engine.render.numbers import MINUS

if TYPE_CHECKING:
    from lrp_engine import Network

WORD, FEATURE, STEP = "word", "feature", "step"
BETWEEN, STEPS = "_", "~"
TEXT = re.compile(r"[-+0-9.e_~]*")  # all that such a text is made of
_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?(e[-+]?[0-9]{1,3})?")
SPELLED = 3  # numbers of a step that stand in its name


def reads(network: Network) -> str:
    """What goes in one by one: WORD, FEATURE, STEP; "" where the file leaves it open."""
    if network.vocabulary is not None:
        return WORD
    if network.embedding is not None:
        return ""
    if not network.input_shape.time:
        return FEATURE
    return STEP if network.input_shape.units <= settings.STEP_COLUMNS else ""


def write(values: Any) -> str:
    """Numbers (D,) or (T, E) as text; as few digits as say exactly each."""
    array = np.asarray(values, np.float64)
    rows = [array] if array.ndim == 1 else array
    return STEPS.join(BETWEEN.join(map(_digits, row.tolist())) for row in rows)


def _digits(number: float) -> str:
    number += 0.0  # no negative zero
    short = f"{number:g}"
    return short if float(short) == number else repr(number)


def read(network: Network, text: str) -> np.ndarray:
    """Numbers (1, D) or (1, T, E) of a text, as `Network.explain` takes them.

    Raises:
        InputError: it is no such text, or has other counts than the network needs.
    """
    units = network.input_shape.units
    rows = [row.split(BETWEEN) for row in text.split(STEPS)] if text else []
    if not network.input_shape.time:
        if len(rows) != 1 or len(rows[0]) != units:
            count = sum(map(len, rows))
            raise InputError(f"Found {count} numbers; this model takes {units}.")
    else:
        most = settings.most_words(units)
        if not 0 < len(rows) <= most:
            raise InputError(f"Found {len(rows):,} steps; expected 1 to {most:,}.")
        for n, row in enumerate(rows, 1):
            if len(row) != units:
                raise InputError(f"Step {n} has {len(row)} numbers; this model takes {units}.")
    array = np.array([[_number(one) for one in row] for row in rows])
    return array if not network.input_shape.time else array[None]


def _number(text: str) -> float:
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not abs(value) <= settings.LARGEST_NUMBER:  # true for NaN
        raise InputError(
            f"{text[:40]!r} is no number between {-settings.LARGEST_NUMBER:g} and "
            f"{settings.LARGEST_NUMBER:g}."
        )
    return value


def start(network: Network) -> str:
    """What stands there before anybody says anything: zeros."""
    shape, steps = network.input_shape, network.length or settings.STEPS_AT_START
    return write(np.zeros((steps, shape.units) if shape.time else shape.units))


def pasted(network: Network, names: Sequence[str], lines: str) -> str:
    """The text of numbers that were copied from a spreadsheet or a file, a line per step.

    Raises:
        InputError: they are no numbers, or other counts than the network needs.
    """
    rows = rows_of(lines, names)
    if not network.input_shape.time and len(rows) != 1:
        raise InputError(f"Found {len(rows):,} lines; the features of one input are one line.")
    text = write(rows if network.input_shape.time else rows[0])
    read(network, text)
    return text


def batch(network: Network, texts: Sequence[str]) -> dict[str, Any]:
    """Arguments of `Network.predict` for many inputs."""
    arrays = [read(network, text)[0] for text in texts]
    if not network.input_shape.time:
        return {"inputs": np.array(arrays)}
    lengths = np.array([len(one) for one in arrays])
    padded = np.zeros((len(arrays), int(lengths.max()), network.input_shape.units))
    for row, one in enumerate(arrays):
        padded[row, : len(one)] = one
    return {"inputs": padded, "lengths": lengths}


def shown(number: float) -> str:
    """A number of the input to read."""
    return f"{number + 0.0:.4g}".replace("-", MINUS)


def named(network: Network, text: str) -> tuple[str, ...]:
    """Features, or steps, with their numbers: "age = 0.51", "3: 0.27, 1"."""
    values = read(network, text)[0]
    if values.ndim == 1:
        return _each(network.features, values)
    if values.shape[1] > SPELLED:
        return tuple(f"step {n}" for n in range(1, len(values) + 1))
    return tuple(f"{n}: {', '.join(map(shown, row))}" for n, row in enumerate(values.tolist(), 1))


def named_features(network: Network, names: Sequence[str], text: str) -> tuple[str, ...]:
    """The numbers of the first step with their names: "acceleration x = 0.27"."""
    return _each(names, np.atleast_2d(read(network, text)[0])[0])


def _each(names: Sequence[str], row: np.ndarray) -> tuple[str, ...]:
    return tuple(f"{name} = {shown(v)}" for name, v in zip(names, row.tolist(), strict=True))


def line(network: Network, names: Sequence[str], text: str) -> str:
    """One input in a line: of features the two most unusual, of steps all with all numbers."""
    values = read(network, text)[0]
    if values.ndim == 1:
        first = np.argsort(-np.abs(values), kind="stable")[:3]
        return ", ".join(f"{names[n]} {shown(values[n])}" for n in first)
    rows = " | ".join(" ".join(map(shown, row)) for row in values.tolist())
    return f"{len(values)} steps: {rows}"


@dataclass(frozen=True, kw_only=True)
class Usual:
    """How usual a number is, over examples: of each input."""

    lowest: float
    typical: float
    highest: float

    @property
    def sentence(self) -> str:
        return (
            f"Examples go from {shown(self.lowest)} to {shown(self.highest)}; typical is "
            f"{shown(self.typical)} (the median)."
        )


def usual(network: Network, texts: Sequence[str]) -> tuple[Usual, ...]:
    """Range and median of each input unit over examples; none where there are no examples."""
    if not texts:
        return ()
    rows = np.concatenate([np.atleast_2d(read(network, text)[0]) for text in texts])
    low, middle, high = rows.min(axis=0), np.median(rows, axis=0), rows.max(axis=0)
    return tuple(
        Usual(lowest=float(a), typical=float(b), highest=float(c))
        for a, b, c in zip(low, middle, high, strict=True)
    )


def table(network: Network, names: Sequence[str], text: str) -> pd.DataFrame:
    """Steps as a table to edit: a column per input unit, numbered from 1."""
    values = read(network, text)[0]
    return pd.DataFrame(values, columns=list(names), index=range(1, len(values) + 1))


def from_table(edited: pd.DataFrame) -> str:
    """The text of an edited table.

    Raises:
        InputError: it has no step, or a cell without a number.
    """
    if not len(edited):
        raise InputError("There is no step; add one with the last row of the table.")
    values = edited.to_numpy(dtype=np.float64, na_value=np.nan)
    empty = np.argwhere(~np.isfinite(values))
    if len(empty):
        row, column = empty[0]
        raise InputError(f"Step {row + 1} has no number for “{edited.columns[column]}”; type one.")
    return write(values)
