"""The models and sets that this browser had: remembered by the browser, opened by their keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from app import cache
from app.components import frontend
from app.components.guard import guard
from app.components.review.common import open_set
from app.navigation import View
from app.state import session, session_models, widgets
from app.text.dates import day
from app.text.markdown import plain
from lrp_engine.render.wording import visible

MODEL, SET = "model", "set"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One that can be opened; `created` is ISO time."""

    kind: str
    key: str
    name: str
    created: str


def section() -> None:
    """Those that are not open now, where there are any; this browser is told of those that are."""
    used = _used()
    found = {pair: _entry(*pair) for pair in session.get("recent")}
    gone = [pair for pair, entry in found.items() if entry is None]
    frontend.recent(used=used, gone=gone, known=session.get("recent"))
    entries = [one for pair, one in found.items() if one is not None and pair not in used]
    if not entries:
        return
    with st.expander("Recent in this browser", expanded=not used, icon=":material/history:"):
        for entry in entries:
            _line(entry)


def _line(entry: Entry) -> None:
    words, place = st.columns([7, 1], vertical_alignment="center")
    made = day(datetime.fromisoformat(entry.created))
    words.markdown(f"**{plain(visible(entry.name))}** — a {entry.kind} of {made}")
    if place.button("Open", key=widgets.file_key(f"recent.{entry.key}"), width="stretch"):
        with guard():
            _open(entry)


def _used() -> list[tuple[str, str]]:
    """What is open: the set under review, the models of this session."""
    key = session.get("set")
    sets = [(SET, key)] if key and cache.sets().find(key) else []
    models = reversed(session_models.uploaded().values())
    return [*sets, *((MODEL, model.key) for model in models if model.key)]


def _entry(kind: str, key: str) -> Entry | None:
    """What is kept under a key; None where it is gone."""
    found = cache.kept_models().described(key) if kind == MODEL else cache.sets().find(key)
    if found is None:
        return None
    return Entry(kind=kind, key=key, name=found.name, created=found.created)


def _open(entry: Entry) -> None:
    if entry.kind == MODEL:
        model = session_models.reopen(entry.key)
        if model is not None:
            session_models.select(model.upload_hash)
        st.rerun()
    open_set(entry.key)
    st.switch_page(View.REVIEW.file)
