"""Sets under review: who explains them, their verdicts, the tables of those that are read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app import settings
from app.cache.memory import answers
from app.review import tables
from app.review.jobs import Jobs
from app.review.sets import Set, Sets
from app.review.tables import SetTables

if TYPE_CHECKING:
    from app.review.store import Store


def reviews() -> Store:
    """The verdicts, in the database that the settings name."""
    return _reviews(settings.database_url())


@st.cache_resource(show_spinner=False)
def _reviews(url: str) -> Store:
    from app.review.store import Store

    if url.startswith("sqlite:///"):
        sets()  # makes the folder
    return Store(st.connection("reviews", type="sql", url=url).engine)


def sets() -> Sets:
    """The sets on disk."""
    return jobs().sets


def jobs() -> Jobs:
    """Who explains sets in the background: one for the whole server."""
    return _jobs(str(settings.data_folder() / "sets"))


@st.cache_resource(show_spinner=False)
def _jobs(folder: str) -> Jobs:
    return Jobs(
        Sets(Path(folder)),
        running=settings.REVIEW_RUNNING,
        waiting=settings.REVIEW_WAITING,
        share=settings.REVIEW_SHARE,
        seconds=settings.REVIEW_SECONDS,
    )


def review_tables(one: Set) -> SetTables:
    """The tables of a complete set."""

    def make() -> SetTables:
        stored = tables.read(sets(), one)
        return replace(stored, words=stored.words.astype({"word": "category"}))

    labels = one.labels_file, tuple(sorted(one.mapping.items()))
    return answers().get((one.id, "tables", str(sets().folder), one.measured, labels), make)
