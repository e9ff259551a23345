"""For all tests."""

import gc
import os
from collections.abc import Iterator
from functools import partialmethod

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # as the command line and the dashboard do


@pytest.fixture(autouse=True, scope="module")
def _swept() -> Iterator[None]:
    """Streamlit collects garbage after every run, which costs what all tests before left behind."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module")
def untraced() -> Iterator[None]:
    """Networks run operation by operation, as they do under a trace (held by `test_contract.py`).

    A trace costs more than a few passes of a small network.
    """
    from lrp_engine.program import Program

    plain = partialmethod(Program.__init__, traced=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Program, "__init__", plain)
        yield
