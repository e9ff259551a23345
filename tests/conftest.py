"""For all tests."""

import gc
import os
from collections.abc import Iterator

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # as the command line and the dashboard do


@pytest.fixture(autouse=True, scope="module")
def _swept() -> Iterator[None]:
    """Streamlit collects garbage after every run, which costs what all tests before left behind."""
    yield
    gc.collect()
    gc.freeze()
