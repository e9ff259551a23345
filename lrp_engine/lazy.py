"""Names loaded on first use, by where they are.

`import lrp_engine` loads neither TensorFlow nor h5py, and data (`Network`, `Explanation`) offers as
methods what is built on it without importing it: arrows between modules point one way.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def load(place: str) -> Any:
    """What stands at "module:name", a module of `lrp_engine`."""
    module, name = place.split(":")
    return getattr(import_module(f"lrp_engine.{module}"), name)
