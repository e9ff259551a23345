"""One input of numbers for a command: steps or features, from a file."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lrp_engine.errors import InputError

if TYPE_CHECKING:
    from lrp_engine.model.network import Network

LARGEST_FILE = 64 * 2**20


def read_numbers(path: str, network: Network) -> np.ndarray:
    """A batch of one: steps (1, T, E), or features (1, D).

    Args:
        path: a `.npy` file with (T, E), (D,) or one of these in a batch of one; or CSV with a line
            per step, of features a single one. A first line of names must be the network's.

    Raises:
        InputError: the file holds no such numbers. OSError: it cannot be read.
    """
    file = Path(path)
    if file.stat().st_size > LARGEST_FILE:
        raise InputError(f"{path!r} has more than {LARGEST_FILE // 2**20} MB; give one input.")
    array = _of_numpy(file) if file.suffix == ".npy" else _of_csv(file, network)
    axes = 3 if network.input_shape.time else 2
    if array.ndim == 2 and axes == 2 and len(array) == 1:
        return array  # a single line of features
    return array[None] if array.ndim == axes - 1 else array


def _of_numpy(file: Path) -> np.ndarray:
    try:
        array: np.ndarray = np.load(file, allow_pickle=False)
    except ValueError:
        raise InputError(f"{str(file)!r} is no array of numbers saved by numpy.save.") from None
    return array


def _of_csv(file: Path, network: Network) -> np.ndarray:
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            rows = [row for row in csv.reader(opened) if row]
    except (UnicodeDecodeError, csv.Error):
        raise InputError(
            f"{str(file)!r} is no CSV in UTF-8, with commas between numbers."
        ) from None
    if rows and _numbers(rows[0]) is None:
        _require_names([name.strip() for name in rows[0]], network)
        del rows[0]
    values = []
    for n, row in enumerate(rows, 1):
        numbers = _numbers(row)
        if numbers is None or len(numbers) != len(rows[0]):
            raise InputError(
                f"Line {n} of the numbers in {str(file)!r} is {','.join(row)!r:.60}, expected "
                f"{len(rows[0])} numbers with commas between them."
            )
        values.append(numbers)
    return np.array(values, dtype=np.float64)


def _numbers(row: Sequence[str]) -> list[float] | None:
    try:
        return [float(text) for text in row]
    except ValueError:
        return None


def _require_names(found: list[str], network: Network) -> None:
    names = list(network.features or network.unit_names)
    if names and found != names:
        raise InputError(
            f"The first line names {', '.join(found)!r:.120}, but the network reads "
            f"{', '.join(names)!r:.120}, in this order."
        )
