"""A session to take along and to bring back, in the sidebar."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app import settings
from app.components.guard import guard
from app.navigation import BY_PATH
from app.state import session, session_file, session_models, widgets
from lrp_engine.errors import FormatError
from lrp_engine.render.wording import visible

FIELD = "session"


def controls() -> None:
    """Save and restore; a popover, so that no page has the uploader before somebody asks."""
    with st.popover("Session", icon=":material/save:"), guard():
        st.markdown(
            "One file with the text, its edits, the class, the rule, every setting of every page "
            "and the name of the model. The weights of an uploaded model are not in it, but its "
            "key is, and so is the key of a set under review: who has the file can use and delete "
            "that model, and read and change that set."
        )
        st.download_button(
            "Save session", _file(), "lrp-lens-session.json", "application/json",
            icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        # A new one each time: the file is taken, and the same may come again.
        key = widgets.file_key(f"{FIELD}.{session.get('restored')}")
        st.file_uploader(
            "Restore a session", type="json", key=key, on_change=_restore, args=(key,),
            max_upload_size=settings.SESSION_MEGABYTES,
        )  # fmt: skip


def _file() -> Callable[[], str]:
    """What makes the file when it is asked for, of what is chosen now."""
    chosen = {name: session.get(name) for name in (*session_file.ALL, "undo")}
    view, model = session.view().path, session_models.current()
    models = tuple(session_models.uploaded().values())
    return lambda: session_file.write(chosen.__getitem__, view, model, models)


def _restore(key: str) -> None:
    file = widgets.uploaded_file(key)
    if file is None:
        return
    session.put("restored", session.get("restored") + 1)
    session.used()
    try:
        restored = session_file.read(file.getvalue())
    except FormatError as error:
        session.notify(f"{visible(file.name)}: {error}")
        return
    missing = session_models.gather(one for one in restored.models if one != restored.model)
    session_models.link(restored.model)
    for name, value in restored.values.items():
        session.put(name, value)
    session.put("undo", restored.undo)
    session.ask_again()
    session.put("turn", restored.view)
    for one in missing:
        session.notify(
            f"The session also had the model {session_models.described(one)}; upload it again."
        )
    if restored.unknown:
        session.notify(
            "The file says more than this version understands; left out: "
            f"{visible(', '.join(restored.unknown[:8]))}."
        )


def turn() -> None:
    """Go to the page that a restored session was on; call it before anything is drawn."""
    path = session.get("turn")
    if path is not None:
        session.put("turn", None)
        if path != session.view().path:
            st.switch_page(BY_PATH[path].file)
