"""The dashboard's own templates; they build on those of the engine's pages. No Streamlit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lrp_engine.render import templates

_FOLDERS = (Path(__file__).parent,)


def render(name: str, /, **values: Any) -> str:
    """A template with values put in."""
    return templates.render(name, folders=_FOLDERS, **values)


def fragment(name: str, macro: str) -> Callable[..., str]:
    """A macro of a template as a function that returns HTML."""
    return templates.fragment(name, macro, folders=_FOLDERS)
