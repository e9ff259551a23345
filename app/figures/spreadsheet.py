"""Tables for spreadsheets, which take some texts for formulas and run them."""

from __future__ import annotations

import unicodedata

import pandas as pd

_SIGNS = "=+-@|%"  # what a spreadsheet takes for the start of a formula
_CONTROLS = {chr(code) for code in (*range(32), 127)}  # what may hide one


def harmless(value: object) -> object:
    """A text that a spreadsheet shows and does not compute: an apostrophe stands before it.

    Full-width and small forms of a sign (＝ ﹢) count as the sign: some programs read them so.
    """
    if not isinstance(value, str):
        return value
    first = unicodedata.normalize("NFKC", value.lstrip()[:1])
    risky = first[:1] in tuple(_SIGNS) or value[:1] in _CONTROLS
    return f"'{value}" if risky else value


def harmless_csv(table: pd.DataFrame, delimiter: str = ",") -> str:
    """CSV without an index; no text in it, nor the name of a column, is a formula."""
    safe = table.copy()
    for name in safe.columns:
        if not pd.api.types.is_numeric_dtype(table[name]):
            safe[name] = table[name].astype(object).map(harmless)
    safe.columns = [harmless(name) for name in safe.columns]
    return safe.to_csv(index=False, sep=delimiter)
