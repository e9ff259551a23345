"""Sets under review: who explains them, their verdicts, the tables of those that are read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app import settings
from app.review.jobs import Jobs
from app.review.sets import Set, Sets

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
        Sets(Path(folder)), running=settings.REVIEW_RUNNING, waiting=settings.REVIEW_WAITING
    )


@dataclass(frozen=True, eq=False)
class Tables:
    """A set's tables, see `app.review.digest`; nobody writes to them."""

    summary: pd.DataFrame
    words: pd.DataFrame


def tables(one: Set) -> Tables:
    """The tables of a complete set."""
    return _tables(one.id, str(sets().folder), one)


@st.cache_resource(max_entries=settings.REVIEW_CACHED, show_spinner=False)
def _tables(key: str, folder: str, _set: Set) -> Tables:
    words = pd.read_parquet(sets().words(_set))
    return Tables(pd.read_parquet(sets().summary(_set)), words.astype({"word": "category"}))
