"""Presenter mode: large type and nothing but the page, for a room to read."""

from __future__ import annotations

import streamlit as st

from app.navigation import View
from app.state import session, widgets

# Everything is measured in rem, so one number makes it all larger.
STYLE = """<style>
html { font-size: 22px !important; }
[data-testid="stSidebar"], [data-testid="stExpandSidebarButton"],
.stApp [data-testid="stHeader"] { display: none; }
.stApp .stMainBlockContainer { max-width: 84rem; padding-top: 1rem; }
/* Type is large, gaps need not be: what is shown belongs on the first screen. */
.stApp .stMainBlockContainer > [data-testid="stVerticalBlock"] { gap: .6rem; }
.stApp [data-testid="stLayoutWrapper"]:has(> .st-key-lens-presenter) { position: absolute; }
.stApp [data-testid="stLayoutWrapper"]:has(> .st-key-lens-steps) { top: 0; }
/* Each step of a lesson has its heading: the page's is for those who hear it. */
.stApp:has(.st-key-lens-steps) [data-testid="stElementContainer"]:has(h1) { position: absolute;
  width: 1px; clip-path: inset(50%); }
.st-key-lens-steps [data-testid="stButtonGroup"] > div { row-gap: .25rem; }
.st-key-lens-steps button { min-height: 1.75rem; padding: .1rem .6rem; }
.st-key-lens-steps button p { font-size: .75rem; }
/* A strip of its own below the page, so that it covers nothing. */
.stApp [data-testid="stMain"] { margin-bottom: 1.75rem; height: calc(100% - 1.75rem); }
.st-key-lens-presenter { position: fixed; right: 1rem; bottom: .1rem; width: auto; z-index: 30; }
.st-key-lens-presenter button { background: var(--st-background-color); min-height: 1.5rem;
  padding: 0 .6rem; }
.st-key-lens-presenter > * > [data-testid="stPopover"] button p { font-size: .75rem; }
@media (max-width: 640px) {
  html { font-size: 17px !important; }
  .stApp [data-testid="stElementContainer"]:has(h1) { position: absolute; width: 1px;
    clip-path: inset(50%); }
  .stApp .st-key-lens-take { gap: .35rem; }
  .st-key-lens-take button { padding: .2rem .5rem; }
  .st-key-lens-take button p { font-size: .85rem; }
}
</style>"""


def controls() -> None:
    st.toggle(
        "Presenter mode",
        help="Large type for projecting. To leave, use “Pages” at the lower right.",
        **widgets.bind("present"),
    )


def frame() -> None:
    """While it is on: the style, and the way to other pages and back."""
    if not session.get("present"):
        return
    st.html(STYLE)
    with (
        st.container(key="lens-presenter"),
        # Of each page its own, which is closed where one arrives.
        st.popover("Pages", icon=":material/slideshow:", key=f"lens-pages-{session.view().path}"),
    ):
        for view in View:
            st.page_link(view.file, label=view.title, icon=view.icon)
        st.button(
            "Leave presenter mode", icon=":material/close_fullscreen:",
            on_click=session.choose, kwargs={"present": False},
        )  # fmt: skip
