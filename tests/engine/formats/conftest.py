"""What is read here is proven on few steps."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _few_steps(short_proofs: None) -> None:
    """As in all tests of files."""
