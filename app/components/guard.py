"""The one place where an unexpected exception ends: a log entry with an id, a sentence with it."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from app.text.markdown import plain
from lrp_engine.errors import CostError, LensError

NO_MEMORY = (
    "There is not enough memory for this. Your text and settings are kept: shorten the text, use "
    "a smaller model, or try again when fewer people are here."
)
_log = logging.getLogger("lrp_lens")


@contextmanager
def guard(hint: Callable[[str], str] = lambda _: "") -> Iterator[None]:
    """Show the engine's own errors as their sentence, anything else as an apology with an id.

    Args:
        hint: what follows the engine's sentence about a file or a choice, of that sentence.
    """
    try:
        yield
    except CostError as error:
        st.error(plain(str(error)), icon=":material/error:")
    except MemoryError:
        _log.exception("No memory")
        st.error(NO_MEMORY, icon=":material/error:")
    except LensError as error:
        st.error(plain(f"{error} {hint(str(error))}".rstrip()), icon=":material/error:")
    except Exception:  # noqa: BLE001 - logged with its traceback
        number = secrets.token_hex(4)
        _log.exception("Error %s", number)
        st.error(
            f"Something went wrong here; it is in the log as error {number}. "
            "Your text and settings are kept: try again, or change them.",
            icon=":material/error:",
        )
