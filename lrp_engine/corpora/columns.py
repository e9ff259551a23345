"""The columns of the result, and the names that carried columns get."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lrp_engine.attribution.methods import METHODS
from lrp_engine.errors import InputError, choices

if TYPE_CHECKING:
    import pyarrow as pa

    from lrp_engine.corpora.settings import CorpusSettings

PREFIX = "input_"
POSITION = "position"  # whose label was explained


def result_schema(
    settings: CorpusSettings, others: pa.Schema, dtype: str, *, positions: bool = False
) -> pa.Schema:
    """Columns of a part, in order.

    Args:
        others: the input's columns besides the text.
        dtype: of the network; scores are written in it. Relevances are float64, so that they add
            up in the file as they do in an Explanation.
        positions: whether it labels every word: a column says whose label was explained.

    Raises:
        InputError: there is no label column of this name.
    """
    import pyarrow as pa

    label = []
    if settings.label_column is not None:
        require(settings.label_column, others.names)
        label = [pa.field("label", others.field(settings.label_column).type)]
    numbers = pa.list_(pa.float64())
    start = [pa.field("row", pa.int64()), pa.field("text", pa.string()), *label]
    end = [
        pa.field("scores", pa.list_(pa.float32() if dtype == "float32" else pa.float64())),
        pa.field("predicted", pa.string()),
        pa.field("target", pa.string()),
        pa.field("explained_score", pa.float64()),
        *([pa.field(POSITION, pa.int64())] if positions else []),
        pa.field("tokens", pa.list_(pa.string())),
        *(pa.field(method, numbers) for method in settings.methods),
        *(pa.field(name, numbers) for name in error_columns(settings.methods).values()),
        *(pa.field(name, pa.float64()) for name in check_columns(settings.methods).values()),
        *(pa.field(name, pa.float64()) for name in ACCOUNT),
        pa.field("error", pa.string()),
    ]
    ours = [field.name for field in (*start, *end)]
    fields = [field for field in others if field.name != settings.label_column]
    names = carried_names([field.name for field in fields], ours)
    carried = [field.with_name(name) for field, name in zip(fields, names, strict=True)]
    return pa.schema([*start, *carried, *end])


# What did not reach the words: with them, it adds up to the explained score.
ACCOUNT = ("initial_state", "ledger_bias", "ledger_stabilizer", "conservation_error")


def error_columns(methods: Sequence[str]) -> dict[str, str]:
    """Method -> the column of its words' standard errors, of those that estimate."""
    return {name: f"{name}_standard_error" for name in methods if METHODS[name].estimates}


def check_columns(methods: Sequence[str]) -> dict[tuple[str, str], str]:
    """Method and check -> the column of what the method says of its result."""
    return {
        (name, check.name): f"{name}_{check.name}"
        for name in methods
        for check in METHODS[name].checks
    }


def carried_names(names: Sequence[str], ours: Sequence[str]) -> list[str]:
    """The names of carried columns in the result; one that is ours gets a prefix."""
    taken = {*ours, *names}
    found = []
    for name in names:
        if name in ours:
            while name in taken:
                name = PREFIX + name
            taken.add(name)
        found.append(name)
    return found


def require(column: str, names: Sequence[str]) -> None:
    """Stop where a column is missing.

    Raises:
        InputError: the text lists the columns found.
    """
    if column not in names:
        raise InputError(f"There is no column {column!r}; found {choices(names) or 'none'}.")
