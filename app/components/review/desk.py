"""The whole page: a set to begin, one at work, or one to review."""

from __future__ import annotations

import streamlit as st

from app import cache, settings
from app.components import signing_in
from app.components.layout import Page
from app.components.review import (
    damaged,
    export,
    head,
    labelling,
    overview,
    progress,
    quality,
    reading,
    start,
    unsigned,
    words,
)
from app.components.review.common import Desk
from app.models.model import Model
from app.review.damage import DamagedError
from app.review.sets import Set
from app.state import session, session_models, widgets

PARTS = {
    "rows": "Decisions",
    "words": "Words",
    "quality": "Quality",
    "labels": "Labels",
    "export": "Export",
}


# On a phone everything above the open row is small, and the queue stands below it: what is reviewed
# is on the first screen.
STYLE = """<style>
.stApp .st-key-lens-below { display: none; }
@media (max-width: 40rem) {
  .stApp .st-key-lens-decisions { flex-direction: column-reverse; }
  .stApp .st-key-lens-below { display: flex; margin: -.75rem 0; }
  .st-key-lens-parts button { padding: .25rem .4rem; min-width: 0; }
  .st-key-lens-parts button p { font-size: .8125rem; }
  .st-key-lens-parts [role=radiogroup] { flex-wrap: nowrap; }
}
</style>"""


def show(page: Page) -> None:
    key = session.get("set")
    one = cache.sets().find(key) if key else None
    if key and one is None:
        st.warning(
            "There is no set under the key in this address: it was deleted, or the address is not "
            "complete. Begin another one."
        )
    if one is None:
        start.form(page.model)
    elif not one.complete:
        progress.show(one, page.model)
    else:
        try:
            _work(one, page)
        except DamagedError as error:
            damaged.show(one, error, page.model)


def _work(one: Set, page: Page) -> None:
    if account := signing_in.name():
        session.put("reviewer", account[: settings.REVIEW_NAME])
    unsigned.sign(one.id)
    given = cache.reviews().given(one.id)
    desk = Desk(one, cache.review_tables(one), given, _model_of(one, page.model))
    overview.drop_invalid(desk)
    head.show(desk)
    with st.container(key="lens-parts"):
        st.html(STYLE)
        part = st.segmented_control(
            "Show",
            list(PARTS),
            format_func=PARTS.__getitem__,
            required=True,
            label_visibility="collapsed",
            **widgets.bind("part"),
        )
    if part == "words":
        words.show(desk)
    elif part == "quality":
        quality.show(desk)
    elif part == "labels":
        labelling.show(desk)
    elif part == "export":
        export.show(desk)
    else:
        with st.container(key="lens-decisions"):
            _decisions(desk)


def _decisions(desk: Desk) -> None:
    """The queue, and the row of it that is open."""
    queue, row = st.container(key=f"lens-{session.QUEUE}"), st.container()
    with queue:
        left, right = st.columns([3, 2], gap="medium")
        with left:
            overview.matrix(desk)
        with right:
            sort = overview.filters(desk)
        queued = overview.queued_rows(desk, sort)
    reading.show(desk, queued, queue, row)


def _model_of(one: Set, selected: Model) -> Model | None:
    """The model that the set was explained by, None where this session does not have it."""
    models = (selected, cache.bundled(), *session_models.every().values())
    return next((m for m in models if m.model_hash == one.model_hash), None)
