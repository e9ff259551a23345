"""The page of a login, and who is signed in, in the sidebar."""

from __future__ import annotations

import streamlit as st

from app import login
from app.components import layout
from app.text import tabs
from app.text.markdown import plain

# A few lines alone on a page stand in its middle.
NARROW = "<style>.stApp .stMainBlockContainer { max-width: 34rem; padding-top: 18vh; }</style>"


def done() -> bool:
    """Whether the pages are for this visitor; draws what they get instead."""
    if not login.is_configured() or login.may_enter(st.user):
        return True
    st.html(layout.STYLE + NARROW)
    st.set_page_config(page_title=tabs.NAME)
    st.title("LRP Lens", anchor=False)
    if st.user.is_logged_in:
        st.warning(
            plain(
                f"{_called()} is not among the users of this server. Ask whoever runs it to add "
                "this address, or sign out and take another account."
            ),
            icon=":material/person_off:",
        )
        st.button("Sign out", on_click=st.logout, icon=":material/logout:")
        return False
    st.markdown("Which words made the model say that? This server shows it to those who sign in.")
    for provider, place in login.providers().items():
        own = provider == "default"
        st.button(
            "Sign in" if own else plain(f"Sign in with {provider}"),
            key=f"login.{provider}", type="primary", on_click=st.login,
            args=() if own else (provider,), icon=":material/login:",
        )  # fmt: skip
        st.caption(plain(f"You sign in at {place} and come back here."))
    return False


def account() -> None:
    """Who is signed in, and the way out; nothing where no login is asked for."""
    if not login.is_configured():
        return
    st.caption(plain(f"Signed in as {name()}"))
    st.button("Sign out", on_click=st.logout, icon=":material/logout:")


def name() -> str:
    """What whoever is signed in is called; "" where no login is asked for."""
    return _called() if login.is_configured() else ""


def _called() -> str:
    user = st.user
    return str(user.get("email") or user.get("name") or user.get("sub") or "Somebody")
