"""Charts and tables on a page: as large as those who look at them need, and as people read them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app.figures.axes import Chart, large
from app.figures.zeros import plain_zeros
from app.state import session

ROW = 36  # pixels
_DECIMALS = re.compile(r"%\.(\d+)f")


def chart(figure: Chart, *, alt: str, projected: bool = False) -> None:
    """A chart with what it shows, in words.

    Args:
        projected: letters to be read from the back of a room; in presenter mode always.
    """
    present = session.get("present")
    st.altair_chart(large(figure, present=present) if projected or present else figure, alt=alt)


def table(
    rows: pd.DataFrame,
    *,
    column_config: Mapping[str, Any] | None = None,
    most: int | None = None,
    **options: Any,
) -> Any:
    """`st.dataframe` in which no number that reads as zero has a sign.

    Args:
        most: pixels; a table of fewer rows is lower, a longer one scrolls.
    """
    if most is not None:
        options["height"] = min(most, ROW * (len(rows) + 1))
    found = {name: _decimals(one) for name, one in (column_config or {}).items()}
    decimals = {name: count for name, count in found.items() if count is not None}
    return st.dataframe(
        plain_zeros(rows, decimals), column_config=dict(column_config or {}), **options
    )


def _decimals(column: Any) -> int | None:
    """Of the format of a column; None where it has none."""
    if isinstance(column, dict):
        column = (column.get("type_config") or {}).get("format")
    found = _DECIMALS.search(column) if isinstance(column, str) else None
    return int(found[1]) if found else None
