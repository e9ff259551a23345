"""The log says once how uploads are read: at which level depends on what the machine lacks."""

from __future__ import annotations

import functools
import logging

from lrp_engine.formats.containers import sandbox

_log = logging.getLogger("lrp_lens")


@functools.cache
def note() -> None:
    """A warning where the reader of uploads is not wholly confined; it costs one start of it."""
    found = sandbox.confinement()
    _log.log(logging.INFO if found.complete else logging.WARNING, found.describe())
