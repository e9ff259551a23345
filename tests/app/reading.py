"""What a session shows, as text; and its widgets by the name of what they edit."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest


def widget(app: AppTest, name: str) -> Any:
    """The widget bound to a choice."""
    kinds = ("text_area", "text_input", "selectbox", "multiselect", "select_slider", "slider",
             "number_input", "toggle", "button_group")  # fmt: skip
    for kind in kinds:
        for found in app.get(kind):
            if (found.key or "").startswith(f"lens.widget.{name}."):
                return found
    raise AssertionError(f"there is no widget for {name}")


def html(app: AppTest) -> str:
    """Everything written as HTML."""
    return "\n".join(element.proto.body for element in app.get("html"))


def messages(app: AppTest) -> str:
    """Errors, warnings, notes and successes."""
    found = [*app.error, *app.warning, *app.info, *app.success]
    return "\n".join(element.value for element in found)


def healthy(app: AppTest) -> bool:
    """Neither an exception nor an error is on the page."""
    return not app.exception and not app.error
