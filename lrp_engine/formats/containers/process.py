"""What the operating system may give the child. A system without a limit still has the parent's
clock."""

from __future__ import annotations

import codecs
import contextlib
import importlib
import os
import sys
from collections.abc import Iterable

from .limits import Limits

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


NICENESS = 5  # more than the parent's
# All that readers name: of texts, zip archives, numpy's texts, pickles of protocol 0.
_CODECS = ("ascii", "latin-1", "utf-8", "cp437", "utf-32-le", "utf-32-be", "raw-unicode-escape")


def apply(limits: Limits, input_bytes: int) -> None:
    """Limit address space, CPU time, core dumps and written files; go first where memory ends."""
    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICENESS)  # whoever uses the server that waits for it goes first
    seconds = limits.cpu_seconds + limits.extra_seconds(input_bytes)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")  # Linux ends this process, and not the server that waits for it
    _limit("RLIMIT_AS", limits.memory_bytes)
    # At the first limit a signal of its own; SIGKILL is left to whoever is short of memory.
    _limit("RLIMIT_CPU", seconds, seconds + 1)
    _limit("RLIMIT_CORE", 0)
    _limit("RLIMIT_FSIZE", 0)


def load(modules: Iterable[str]) -> None:
    """Load what reading needs while files can be opened; what is not installed fails at its use.

    Codecs are loaded too: Python reads them from files at their first use.
    """
    for name in _CODECS:
        codecs.lookup(name)
    for name in modules:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def forbid_opening_files() -> None:
    """Keep stdin, stdout and stderr; every further open fails from here on."""
    _limit("RLIMIT_NOFILE", 3)


def _limit(name: str, value: int, hard: int | None = None) -> None:
    # macOS knows some of these names and refuses the values.
    with contextlib.suppress(AttributeError, ValueError, OSError):
        resource.setrlimit(getattr(resource, name), (value, value if hard is None else hard))


def environment() -> dict[str, str]:
    """The little that an interpreter needs; no secrets, no HDF5 plug-ins, one numpy thread."""
    wanted = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")
    return {
        **{name: os.environ[name] for name in wanted if name in os.environ},
        "HDF5_PLUGIN_PRELOAD": "::",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }


def interpreter() -> list[str]:
    """Isolated: no environment, no user packages, no script folder on the path."""
    return [sys.executable, "-I", "-X", "utf8"]
