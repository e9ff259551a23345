"""The other sample models: what they are, and a button that opens one."""

from __future__ import annotations

import streamlit as st

from app import cache, settings
from app.components.guard import guard
from app.models import samples
from app.state import session, session_models, widgets
from app.text.markdown import plain


def gallery() -> None:
    """Every sample model but the one that the dashboard opens on."""
    for sample in samples.samples():
        if sample.model == settings.model_path() or sample.model.parent == settings.model_path():
            continue
        words, place = st.columns([7, 1], vertical_alignment="center")
        words.markdown(f"**{plain(sample.title)}** — {plain(sample.sentence)}")
        if place.button("Open", key=widgets.file_key(f"sample.{sample.name}"), width="stretch"):
            with guard(), st.spinner("Reading …"):
                model = cache.sample(sample)
                session_models.keep(model)
                if sample.start is not None and session.get("text") == settings.DEFAULT_TEXT:
                    session.set_text(model.examples[sample.start].text)  # nobody has asked yet
                st.rerun()  # the sidebar's list is drawn before this page
