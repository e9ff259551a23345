"""Names loaded on first use, by where they are.

`import lrp_engine` loads neither TensorFlow nor h5py, and data (`Network`, `Explanation`) offers as
methods what is built on it without importing it: arrows between modules point one way.
"""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator
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
    with quiet(), uncollected():
        found = import_module(path)
    if _ours and "tensorflow" in sys.modules:
        gc.freeze()
    return found


_ours = False


def own_process() -> None:
    """Say that this process is ours: collections of garbage pass by what an import leaves.

    They would look at 300,000 objects of TensorFlow, 0.2 s each time and once more at the exit. In
    a process of somebody else's, his own garbage would stay with them.
    """
    global _ours
    _ours = True


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """No collection of garbage meanwhile: an import makes next to none, and TensorFlow's takes a
    sixth of its time to look for it."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
