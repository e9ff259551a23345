"""What is kept on disk by key besides sets: long texts of links."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import settings
from app.kept.links import Links


def links() -> Links:
    """Texts that are too long for an address."""
    return _links(str(settings.data_folder() / "links"))


@st.cache_resource(show_spinner=False)
def _links(folder: str) -> Links:
    return Links(Path(folder))
