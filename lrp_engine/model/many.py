"""Many texts, one after the other: what is none of them is refused.

Each is a text, or its words.
"""

from __future__ import annotations

from collections.abc import Iterable, KeysView, Mapping, Sequence, Set
from typing import Any

from lrp_engine.errors import InputError, choices
from lrp_engine.model.reads import Reads
from lrp_engine.model.tables import is_table


def require_many(texts: Any) -> None:
    """Stop where these are no texts one after the other.

    Raises:
        InputError: it is a single text, a table, or something without an order.
    """
    if isinstance(texts, str):
        raise InputError("`texts` is a single text; give a list or an iterator of texts.")
    if is_table(texts):
        columns = choices(str(name) for name in texts.columns)
        raise InputError(
            f"`texts` is a table with the columns {columns}; give one column, as table['text'], "
            "or an array, as table.to_numpy()."
        )
    if isinstance(texts, (bytes, bytearray)) or not is_ordered(texts) or isinstance(texts, Mapping):
        raise InputError(
            f"`texts` is {type(texts).__name__}, expected a list or an iterator of texts."
        )


def is_ordered(values: Any) -> bool:
    """Whether these come one after the other; the names of a dict do, a set has no order."""
    has_order = not isinstance(values, Set) or isinstance(values, KeysView)
    return has_order and isinstance(values, Iterable)


def words_of_text(reads: Reads, text: Any, place: int) -> Sequence[str]:
    """The words of one text of many, given as a text or as its words.

    Raises:
        InputError: it is neither; it is named by its place.
    """
    if isinstance(text, str):
        return reads.tokenizer.cut(text)
    if isinstance(text, (list, tuple)) and all(isinstance(word, str) for word in text):
        return list(text)
    raise InputError(
        f"Text {place} is {type(text).__name__} ({text!r:.60}), expected a text or a list of words."
    )
