"""What the kernel forbids the child for good, once it has loaded all it needs.

Linux only: Landlock (by the package landlockpy) refuses paths, TCP and signals to other processes;
seccomp (`system_calls`) refuses every call but the few that reading needs. Elsewhere the child is a
process with limits, under the user's own rights.

Run by path, this file confines itself and says what came of it, see `sandbox.confinement`.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from dataclasses import asdict, dataclass

if __name__ == "__main__":  # only this folder becomes importable, as a package of its own
    sys.path.append(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
    from containers import confinement, limits  # type: ignore[import-not-found]
    from containers import process as child

    child.apply(limits.LIMITS, 0)
    print(confinement.confine().to_json())
    sys.exit()

from . import process, system_calls

_SET_NO_NEW_PRIVS = 38  # linux/prctl.h


@dataclass(frozen=True, kw_only=True)
class Confinement:
    """What of it was applied.

    Attributes:
        no_new_privs: no program can give the process more rights.
        landlock: version of the kernel's interface; 0 where there is none.
        system_calls: whether all calls but a few are refused.
        reported: whether the child said so; False where it ended before, and nothing is known.
    """

    no_new_privs: bool = False
    landlock: int = 0
    system_calls: bool = False
    reported: bool = True

    @property
    def complete(self) -> bool:
        """Whether nothing is missing that the newest kernel features used here give."""
        return self.no_new_privs and self.landlock >= 6 and self.system_calls

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    def describe(self) -> str:
        """Sentences for people: what holds on this machine and what does not."""
        if not self.reported:
            return (
                "What confines the reader of uploaded files is not known: the process that was "
                "asked ended before it answered. Ask again with `lrp-lens confinement`."
            )
        if not (self.no_new_privs or self.landlock or self.system_calls):
            return (
                "The reader of uploaded files is not confined on this machine, which has neither "
                "Landlock nor seccomp for it: it is a process with limits on memory, time and "
                "open files."
            )
        landlock = (
            f"Landlock (version {self.landlock}) refuses it every path"
            + (", TCP" if self.landlock >= 4 else "")
            + (", signals to other processes" if self.landlock >= 6 else "")
            if self.landlock
            else "Landlock is missing"
        )
        calls = (
            "seccomp refuses it every system call but those to read and write what is open, for "
            "memory, threads and the clock"
            if self.system_calls
            else "seccomp is missing: it can start processes and make sockets"
        )
        return f"The reader of uploaded files is confined: {landlock}; {calls}."


def confine() -> Confinement:
    """Give up, for good, to open files, start processes, reach others; call it after all imports.

    A thread that runs already keeps its paths before Landlock's version 8, but not its calls.
    """
    no_new_privs = _no_new_privs()
    landlock = _landlock()
    process.forbid_opening_files()  # Landlock needed a descriptor; no limit can change below
    return Confinement(
        no_new_privs=no_new_privs,
        landlock=landlock,
        system_calls=no_new_privs and system_calls.restrict(),
    )


def _no_new_privs() -> bool:
    if sys.platform != "linux":
        return False
    return ctypes.CDLL(None).prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0


def _landlock() -> int:
    """Refuse every path, TCP and UDP port, and signal as far as this kernel can; its version."""
    if sys.platform != "linux":
        return 0
    try:
        import landlockpy
    except ImportError:
        return 0
    try:
        with landlockpy.Ruleset(
            scoped=landlockpy.Scope.SIGNAL | landlockpy.Scope.ABSTRACT_UNIX_SOCKET
        ) as nothing:
            nothing.restrict(landlockpy.RestrictFlag.TSYNC)
            return int(nothing.abi_version)
    except OSError:  # the kernel has none, or a container keeps it away
        return 0
