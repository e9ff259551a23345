"""A table as somebody brings it: how it is written, its first rows, which column is which.

The set that is begun and labels that are added later ask by the same parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

import pandas as pd
import streamlit as st

from app import cache, settings
from app.components.turn import telling
from app.review import dialect, guess
from app.review.preview import Preview
from app.state import widgets
from app.text.markdown import plain
from lrp_engine.render.wording import visible

NAME_CHARACTERS = 80
PREVIEWED = 5  # rows


@dataclass(frozen=True, eq=False)
class Given:
    """An upload and what is in it.

    Attributes:
        file: tells uploads apart. delimiter: of CSV, as it was brought.
    """

    table: cache.UploadedTable
    preview: Preview
    file: str
    delimiter: str = ","


def uploaded(label: str, *, labels: Sequence[str], key: str) -> Given | None:
    """The file that was brought; None where there is none.

    Args:
        labels: of the model: a first row that holds one is no header.

    Raises:
        InputError, LensError: as `trial.preview`.
    """
    given = st.file_uploader(
        label,
        type=["csv", "jsonl", "ndjson", "parquet"],
        max_upload_size=settings.REVIEW_MEGABYTES,
        key=widgets.file_key(key),
        help="CSV, JSON Lines (one object a line) or Parquet. Give each class by name or number; "
        "for any other label you are asked what it means.",
    )
    if given is None:
        return None
    table = cache.UploadedTable(PurePath(given.name).name[-NAME_CHARACTERS:], given.getvalue())
    written = dialect.Dialect()
    if table.name.lower().endswith(".csv"):
        written = _read_as(table, labels, given.file_id)
        table = cache.upload_canonical(table, written)
    with st.spinner("Reading …"), telling() as tell:
        preview = cache.upload_preview(table, tell)
    return Given(table, preview, given.file_id, written.delimiter)


def _read_as(table: cache.UploadedTable, labels: Sequence[str], file: str) -> dialect.Dialect:
    """How a CSV file is written: as it was found or said to be."""
    found = cache.upload_dialect(table, tuple(labels))
    codecs = list(dict.fromkeys([found.encoding, *dialect.ENCODINGS]))
    delimiters = list(dialect.DELIMITERS)
    with st.expander(
        f"Read as {dialect.ENCODINGS.get(found.encoding, found.encoding)}, a "
        f"{dialect.DELIMITERS[found.delimiter]} between fields, "
        f"{'names in the first row' if found.header else 'no names in the first row'}"
    ):
        first, second, third = st.columns(3, vertical_alignment="bottom")
        return dialect.Dialect(
            encoding=first.selectbox(
                "Encoding", codecs, key=widgets.file_key(f"encoding.{file}"),
                format_func=lambda one: dialect.ENCODINGS.get(one, one),
            ),
            delimiter=second.selectbox(
                "Between fields", delimiters, index=delimiters.index(found.delimiter),
                key=widgets.file_key(f"delimiter.{file}"),
                format_func=dialect.DELIMITERS.__getitem__,
            ),
            header=third.toggle(
                "Names in the first row", value=found.header,
                key=widgets.file_key(f"header.{file}"),
            ),
        )  # fmt: skip


def first_rows(given: Given) -> None:
    """The first rows, and which rows cannot be read."""
    preview = given.preview
    rows = {
        visible(name): [visible(value or "") for value in values[:PREVIEWED]]
        for name, values in preview.sample.items()
    }
    shown = min(PREVIEWED, preview.rows)
    if shown < preview.rows:
        st.caption(f"The first {shown} of {preview.rows:,} rows")
    else:
        st.caption("Its only row" if shown == 1 else f"All {shown} rows")
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="The first rows of the file.")
    if preview.bad:
        st.warning(
            f"{preview.bad:,} of {preview.rows:,} rows could not be read and will not be "
            "explained. "
            + plain(
                visible(" ".join(dialect.named(one, given.delimiter) for one in preview.reasons))
            ),
            icon=":material/format_list_bulleted:",
        )
    if preview.nested:
        named = ", ".join(f"“{plain(visible(name))}”" for name in sorted(preview.nested))
        several = len(preview.nested) > 1
        st.caption(
            f"{named} hold{'' if several else 's'} lists or objects, shown as JSON; texts and "
            "classes come from the other columns."
        )


def text_column(given: Given, title: str) -> str:
    """The column of texts."""
    names = given.preview.flat
    guessed = guess.text_column({name: given.preview.sample[name] for name in names})
    return st.selectbox(
        title, names, index=names.index(guessed), format_func=visible,
        key=widgets.file_key(f"text.{given.file}.{len(names)}"),
    )  # fmt: skip


def label_column(given: Given, title: str, labels: Sequence[str], text: str | None) -> str | None:
    """The column of classes; None for none."""
    names = [name for name in given.preview.flat if name != text]
    sample = {name: given.preview.sample[name] for name in given.preview.flat}
    guessed = guess.label_column(sample, text or "", labels)
    return st.selectbox(
        title, [None, *names],
        index=0 if guessed is None else names.index(guessed) + 1,
        format_func=lambda name: "no labels" if name is None else visible(name),
        key=widgets.file_key(f"label.{given.file}.{text}"),
    )  # fmt: skip
