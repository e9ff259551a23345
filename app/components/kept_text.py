"""What becomes of a text that is too long for an address."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app import settings
from app.state import long_texts


def show(parameters: Mapping[str, str] | None) -> None:
    """Below “Copy link”: that copying keeps the text on the server, or until when it is kept.

    Args:
        parameters: of the link, see `address.link`.
    """
    if parameters is None:
        st.caption(
            "The text is too long for an address, which is without it until you copy the link: "
            f"then this server keeps the text until nobody has opened it for {settings.LINK_DAYS} "
            "days, for whoever has the link."
        )
    elif long_texts.KEPT in parameters:
        st.caption(
            f"This server keeps the text until {long_texts.until()}, and longer where somebody "
            "opens it, for whoever has the link."
        )
        st.button("Delete the text from the server", on_click=long_texts.delete)
