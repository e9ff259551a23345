"""What Streamlit does after every run, kept from slowing down the next one."""

from __future__ import annotations

import gc
import sys


def exempt_from_collection() -> None:
    """Let collections of garbage pass by what is there for good.

    With TensorFlow loaded and a program traced that is 400,000 objects to look at, 0.3 s after
    each run, in which nobody's page moves.
    """
    gc.collect()
    gc.freeze()


def keep_keras_session() -> None:
    """Let no run clear Keras' session, once TensorFlow has brought Keras along.

    Clearing it throws away what TensorFlow prepared of every program, for all users: the next
    explanation took 0.5 s instead of 0.005 s. Nothing here keeps anything in that session.
    """
    backend = getattr(sys.modules.get("keras"), "backend", None)
    if backend is not None:  # else it is not there yet, or half-way
        backend.clear_session = _nothing


def _nothing() -> None:
    """What is done in place of it."""
