"""Tables for spreadsheets, which take some texts for formulas and run them."""

from __future__ import annotations

import re

import pandas as pd

# What a spreadsheet takes for a formula, or hides one behind.
_RISKY = re.compile(r"\s*[=+\-@|%]|[\x00-\x1f\x7f]")


def harmless(value: object) -> object:
    """A text that a spreadsheet shows and does not compute: an apostrophe stands before it."""
    return f"'{value}" if isinstance(value, str) and _RISKY.match(value) else value


def harmless_csv(table: pd.DataFrame) -> str:
    """CSV without an index; no text in it, nor the name of a column, is a formula."""
    safe = table.copy()
    for name in safe.columns:
        if not pd.api.types.is_numeric_dtype(table[name]):
            safe[name] = table[name].astype(object).map(harmless)
    safe.columns = [harmless(name) for name in safe.columns]
    return safe.to_csv(index=False)
