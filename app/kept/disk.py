"""What the server's disk refuses, in sentences without paths."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lrp_engine.corpora.durable import FULL
from lrp_engine.errors import LensError


@contextmanager
def sentences() -> Iterator[None]:
    """Around what writes to the disk.

    Raises:
        LensError: the disk is full, or refuses for another reason.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise LensError(
                "The disk of this server is full. What was kept before is not touched. Make room, "
                "by deleting a set that is no longer needed or by telling whoever runs the "
                "server, and try again to go on."
            ) from error
        raise LensError(
            f"The disk of this server cannot be written ({error.strerror}). What was kept before "
            "is not touched. Tell whoever runs the server, and try again."
        ) from error
