"""A table (pandas DataFrame) as the input of a network that reads features, by column name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.errors import InputError, choices
from lrp_engine.model.reads import Reads

if TYPE_CHECKING:
    import pandas as pd


def is_table(inputs: Any) -> bool:
    """Whether these are named columns; pandas is not loaded to see that."""
    return hasattr(inputs, "columns") and hasattr(inputs, "to_numpy")


def features_of(reads: Reads, table: pd.DataFrame) -> np.ndarray:
    """The numbers (B, D) of the network's features, in its order; other columns are not read.

    Raises:
        InputError: the network reads no features, a column is missing, or holds no numbers.
    """
    columns = [str(name) for name in table.columns]
    if reads.input_shape.time:
        raise InputError(
            f"The inputs are a table with the columns {choices(columns)}; this network reads texts "
            "or steps, so give one column, as table['text'], or an array."
        )
    if len(set(columns)) < len(columns):
        raise InputError(f"The table has two columns of one name among {choices(columns)}.")
    for name in reads.features:
        if name not in columns:
            raise InputError(
                f"The table has no column {name!r:.60}; this network reads the features "
                f"{choices(reads.features)}. Rename the columns, or give their numbers in this "
                "order as table.to_numpy()."
            )
    chosen = []
    for name in reads.features:
        column = table.iloc[:, columns.index(name)]
        try:
            chosen.append(column.to_numpy(np.float64, na_value=np.nan))
        except (TypeError, ValueError):
            raise InputError(
                f"The column {name!r:.60} holds {column.dtype}, expected numbers."
            ) from None
    return np.stack(chosen, axis=1)
