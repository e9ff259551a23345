"""The page of a login, and who is signed in, in the sidebar."""

from __future__ import annotations

import streamlit as st

from app import login
from app.text import tabs
from app.text.markdown import plain


def done() -> bool:
    """Whether the pages are for this visitor; draws what they get instead."""
    if not login.is_configured() or login.may_enter(st.user):
        return True
    st.set_page_config(page_title=tabs.NAME)
    st.title("LRP Lens")
    if st.user.is_logged_in:
        st.error(
            plain(f"{_called()} is not among the users of this server; its operator lists them.")
        )
        st.button("Sign out", on_click=st.logout)
        return False
    st.markdown("Which words made the model say that? Sign in to ask.")
    for provider in login.providers():
        own = provider == "default"
        st.button(
            "Sign in" if own else plain(f"Sign in with {provider}"),
            key=f"login.{provider}", type="primary", on_click=st.login,
            args=() if own else (provider,),
        )  # fmt: skip
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
