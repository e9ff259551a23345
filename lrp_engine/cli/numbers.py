"""One input of numbers for a command: steps or features, from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lrp_engine.cli.standard_input import NAME as STANDARD
from lrp_engine.cli.standard_input import read_text
from lrp_engine.errors import InputError
from lrp_engine.formats.companions.numbers import rows_of

if TYPE_CHECKING:
    from lrp_engine.model.reads import Reads

LARGEST_FILE = 64 * 2**20


def read_numbers(path: str, reads: Reads) -> np.ndarray:
    """Steps (1, T, E), or features (B, D).

    Args:
        path: a `.npy` file with (T, E), (D,) or a batch of these; or CSV, see `rows_of`, with a
            line per step, of features one per sample; "-" reads CSV from standard input.

    Raises:
        InputError: the file holds no such numbers. OSError: it cannot be read.
    """
    if path == STANDARD:
        return _batch(rows_of(read_text(), reads.features or reads.unit_names), reads)
    file = Path(path)
    if file.stat().st_size > LARGEST_FILE:
        raise InputError(f"{path!r} has more than {LARGEST_FILE // 2**20} MB; give one input.")
    return _batch(_of_numpy(file) if file.suffix == ".npy" else _of_csv(file, reads), reads)


def _batch(array: np.ndarray, reads: Reads) -> np.ndarray:
    axes = 3 if reads.input_shape.time else 2
    return array[None] if array.ndim == axes - 1 else array


def _of_numpy(file: Path) -> np.ndarray:
    try:
        array: np.ndarray = np.load(file, allow_pickle=False)
    except ValueError:
        raise InputError(f"{str(file)!r} is no array of numbers saved by numpy.save.") from None
    return array


def _of_csv(file: Path, reads: Reads) -> np.ndarray:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{str(file)!r} is not text in UTF-8; give .npy, or CSV.") from None
    return rows_of(text, reads.features or reads.unit_names)
