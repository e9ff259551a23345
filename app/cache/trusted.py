"""Explanations that are measured: who measures them, and what was measured before."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import settings
from app.cache.memory import answers
from app.cache.reviewed import jobs
from app.trust.evaluations import Evaluations
from app.trust.results import Results
from app.trust.shown import Shown, shown


def evaluations() -> Evaluations:
    """Who measures in the background: the workers that explain reviewed sets."""
    return _evaluations(str(settings.data_folder() / "measured"))


@st.cache_resource(show_spinner=False)
def _evaluations(folder: str) -> Evaluations:
    return Evaluations(jobs().workers, Results(Path(folder)))


def measured(key: str) -> Shown | None:
    """What was measured under this key; None where it is not, or no longer, there."""
    results = evaluations().results
    if not results.has(key):
        return None

    def make() -> Shown | None:
        result = results.find(key)
        return None if result is None else shown(result)

    found = answers().get((key, "measured", str(results.folder)), make)
    if found is None:  # damaged: it can be measured again
        answers().forget(key)
    return found
