"""TensorFlow's start-up notes kept off the terminal."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator

from lrp_engine.errors import LensError

# As its native code words them: level and day, time, thread, place in its source.
_NOTE = re.compile(
    rb"[IWE]\d{4} [\d:.]+ +\d+ [\w/.]+:\d+\]|\d{4}-\d\d-\d\d [\d:.]+: [IWE] (tensorflow|external)"
    rb"|WARNING: All log messages before absl|To enable the following instructions:"
)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep TensorFlow's start-up notes, which native code writes to file descriptor 2, off it.

    Environment variables do not reach the notes written before its logging is set up. What others
    wrote meanwhile is written at the end; the notes, too, if the body fails for a reason that is
    not the user's.
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
        notes = False
        try:
            yield
        except (LensError, OSError, KeyboardInterrupt):
            raise
        except BaseException:
            notes = True
            raise
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)
            held.seek(0)
            for line in held:
                if notes or not _NOTE.match(line):
                    os.write(2, line)
