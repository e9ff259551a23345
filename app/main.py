"""The dashboard's entry: `lrp-lens dashboard` starts it, or `streamlit run app/main.py`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

# Before anything imports TensorFlow: no chatter; and no oneDNN, whose memory never goes back to the
# system, so that the largest pass would be held for good.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
if (root := str(Path(__file__).resolve().parents[1])) not in sys.path:
    sys.path.insert(0, root)  # where `app` lies, in a checkout and in a wheel

import streamlit as st

from app import gate, server, streamlit_patches
from app.components import frontend, presenter, saving, signing_in
from app.components.guard import guard
from app.components.sidebar import device, sidebar
from app.navigation import FIRST, View
from app.state import address, session
from app.text import tabs
from app.text.markdown import plain

# No links to anywhere.
MENU: Any = {
    "Get help": None,
    "Report a bug": None,
    "About": "LRP Lens shows by Layer-wise Relevance Propagation why a recurrent text classifier "
    "decided what it decided.",
}


def main() -> None:
    streamlit_patches.keep_keras_session()
    # A file of our own: the built-in icons of browser tabs are fetched from outside.
    icon = str(Path(__file__).with_name("icon.svg"))
    st.set_page_config(page_icon=icon, layout="wide", menu_items=MENU)  # title: the page's own
    st.logo(str(Path(__file__).with_name("logo.svg")), size="large", icon_image=icon)
    if sentence := gate.refusal():  # served by a program that has no gate
        st.set_page_config(page_title=tabs.NAME)
        st.error(plain(sentence))
        return
    if not signing_in.done():
        return
    session.begin()
    pages = {
        st.Page(view.file, title=view.title, icon=view.icon, default=view is FIRST): view
        for view in View
    }
    page = st.navigation(list(pages))
    address.follow(pages[page])
    saving.turn()
    with st.sidebar:
        with guard():
            sidebar()
            saving.controls()
            presenter.controls()
            frontend.everywhere()
        foot = st.container()
    with guard():
        presenter.frame()
        page.run()
    with foot, guard():
        device()
        signing_in.account()


if __name__ == "__main__":
    main()  # a run of a session's page
else:
    # `streamlit run` imports this file once, finds the name, and serves it.
    streamlit_patches.before_the_server()
    dashboard = st.App(
        __file__, middleware=[*gate.middleware(), *server.MIDDLEWARE], lifespan=server.lifespan
    )
