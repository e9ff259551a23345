"""TensorFlow's start-up notes kept off the terminal."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

from lrp_engine.errors import LensError


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep TensorFlow's start-up notes, which native code writes to file descriptor 2, off it.

    Environment variables do not reach the notes written before its logging is set up. What was
    held back is written after all if the body fails for a reason that is not the user's.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        saved = os.dup(2)
    except OSError:  # closed by the caller
        yield
        return
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except (LensError, OSError, KeyboardInterrupt):
            raise
        except BaseException:
            held.seek(0)
            os.write(saved, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)
