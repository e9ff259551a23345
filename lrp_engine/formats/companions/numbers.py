"""Numbers of one input as people have them: CSV, or what was copied from a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Sequence

import numpy as np

from lrp_engine.errors import InputError

_DELIMITERS = ("\t", ";", ",")


def rows_of(text: str, names: Sequence[str] = ()) -> np.ndarray:
    """Numbers (rows, columns) with tabs, semicolons or commas between them, a line per row.

    Args:
        names: of the columns. A first line of names must be these, in this order.

    Raises:
        InputError: a line holds no numbers, or not as many as the first; names it.
    """
    written = [line for line in text.removeprefix("\ufeff").splitlines() if line.strip()]
    if not written:
        raise InputError("There are no numbers; give a line per step, of features a single one.")
    delimiter = next((one for one in _DELIMITERS if one in written[0]), ",")
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(written, delimiter=delimiter)]
    except csv.Error:
        raise InputError("The numbers are no CSV, with commas between them.") from None
    named = _numbers(rows[0]) is None
    if named and names and rows[0] != list(names):
        raise InputError(
            f"The first line is {', '.join(rows[0])!r:.120}, expected numbers, or the names "
            f"{', '.join(names)!r:.120} in this order."
        )
    values: list[list[float]] = []
    for n, row in enumerate(rows[named:], 1 + named):
        found = _numbers(row)
        if found is None or len(found) != len(rows[0]):
            raise InputError(
                f"Line {n} of the numbers is {', '.join(row)!r:.60}, expected {len(rows[0])} "
                "numbers with commas between them."
            )
        values.append(found)
    return np.array(values, dtype=np.float64).reshape(-1, len(rows[0]))


def _numbers(row: Sequence[str]) -> list[float] | None:
    try:
        return [float(text) for text in row]
    except ValueError:
        return None
