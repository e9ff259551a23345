"""Names loaded on first use, by where they are.

`import lrp_engine` loads neither TensorFlow nor h5py, and data (`Network`, `Explanation`) offers as
methods what is built on it without importing it: arrows between modules point one way.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

from lrp_engine.quiet import quiet


def load(place: str) -> Any:
    """What stands at "module:name", a module of `lrp_engine`."""
    module, name = place.split(":")
    return getattr(imported(module), name)


def imported(module: str) -> ModuleType:
    """A module of `lrp_engine`; where it is the first that needs TensorFlow, without its notes."""
    path = f"lrp_engine.{module}"
    if "tensorflow" in sys.modules or path in sys.modules:
        return import_module(path)
    with quiet():
        return import_module(path)
