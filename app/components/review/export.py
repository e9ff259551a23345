"""The reviewed set to take along; files are made when asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePath

import pandas as pd
import streamlit as st

from app import cache, settings
from app.components.review.common import Desk
from app.review import explained_rows, export, report
from app.review.dialect import DELIMITERS
from app.review.methods import MAIN
from app.state import session


def show(desk: Desk) -> None:
    stem = PurePath(desk.set.name).stem.replace(" ", "-") or "set"
    # Files are made outside the session.
    palette, typical = session.get("palette"), desk.typical(MAIN)
    name = f"lrp-lens-review-{stem}"
    st.markdown(
        "The tables hold every row: the columns of your file, the prediction, the measures of "
        "doubt, the newest verdict, tags, note and reviewer, and, if there are several reviewers, "
        "each one's verdict. The web page shows the reviewed rows with their heatmaps; it works "
        "offline and contains no scripts."
    )
    with st.container(horizontal=True):
        st.download_button(
            "Web page", lambda: _page(desk, palette, typical), f"{name}.html", "text/html",
            type="primary", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        st.download_button(
            "Table (CSV)", lambda: export.to_csv(_table(desk), desk.set.delimiter),
            f"{name}.csv", "text/csv",
            icon=":material/download:", on_click="ignore",
            help=f"UTF-8, a {DELIMITERS.get(desk.set.delimiter, 'comma')} between fields, and an "
            "apostrophe before what a spreadsheet would take for a formula.",
        )  # fmt: skip
        st.download_button(
            "Table (Parquet)", lambda: export.to_parquet(_table(desk)), f"{name}.parquet",
            "application/vnd.apache.parquet", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
    if len(desk.reviews) > settings.REVIEW_REPORT_ROWS:
        st.caption(
            f"The web page shows the first {settings.REVIEW_REPORT_ROWS:,} reviewed rows; the "
            "tables hold all."
        )


def _table(desk: Desk) -> pd.DataFrame:
    sets = cache.sets()
    sets.check(desk.set)  # it may have been open for long
    # The newest verdicts, also where the page was drawn before they were given.
    given = cache.reviews().given(desk.set.id)
    return export.table(desk.set, desk.tables.summary, given, sets.parts(desk.set))


def _page(desk: Desk, palette: str, typical: float | str) -> str:
    given = cache.reviews().given(desk.set.id)
    shown = sorted(given)[: settings.REVIEW_REPORT_ROWS]
    return report.page(
        desk.set,
        desk.tables.summary,
        desk.tables.words,
        given,
        explained_rows.read(cache.sets(), desk.set, shown),
        own=desk.tables.own,
        palette=palette,
        typical=typical,
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    )
