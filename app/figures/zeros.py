"""Numbers of tables that read as zero: none of them has a sign."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd


def plain_zeros(table: pd.DataFrame, decimals: Mapping[str, int]) -> pd.DataFrame:
    """The table, in which a number that reads as zero is zero, and so has no sign.

    Args:
        decimals: how many are shown of a column's numbers; of other columns nothing is changed.
    """
    shown = {name: n for name, n in decimals.items() if name in table and _is_real(table[name])}
    zeros = {name: table[name].abs() < 0.5 * 10.0**-n for name, n in shown.items()}
    return table.assign(**{name: table[name].mask(zero, 0.0) for name, zero in zeros.items()})


def _is_real(column: pd.Series) -> bool:
    return bool(pd.api.types.is_float_dtype(column))
