"""The other sample models: what they are, and a button that opens one."""

from __future__ import annotations

import streamlit as st

from app import cache, loaded, samples, settings, state, widgets
from app.components.guard import guard, plain


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
                loaded.keep(model)
                if sample.start is not None and state.get("text") == settings.DEFAULT_TEXT:
                    state.set_text(model.examples[sample.start].text)  # nobody has asked yet
                st.rerun()  # the sidebar's list is drawn before this page
