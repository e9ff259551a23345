"""What somebody is told who waits for a turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st


@contextmanager
def telling() -> Iterator[Callable[[int], None]]:
    """Hands out a function that says how many uploads are read first; nothing of it stays."""
    place = st.empty()
    yield lambda before: tell(place, before)
    place.empty()


def tell(place: st.delta_generator.DeltaGenerator, before: int) -> None:
    place.info(
        "Another file is being read; yours is next."
        if before == 1
        else f"{before} files are read before yours.",
        icon=":material/hourglass_empty:",
    )
