"""What code that took over the reader of uploads would try; run inside of it, by a test's script.

Standard library only. The numbers of system calls are those of x86_64.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable

_LIBC = ctypes.CDLL(None, use_errno=True)
_PARENT = os.getppid()
with open(f"/proc/{_PARENT}/maps") as _maps:  # while files can be opened
    _ITS_MEMORY = int(_maps.readline().split("-")[0], 16)


def _call(number: int, *arguments: object) -> Callable[[], object]:
    def run() -> int:
        given = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
        result = int(_LIBC.syscall(ctypes.c_long(number), *given))
        if result == -1:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return result

    return run


def _fork(start: Callable[[], object]) -> Callable[[], object]:
    def run() -> object:
        child = start()
        if child == 0:
            os._exit(0)
        return child

    return run


def _read_parent(number: int) -> Callable[[], object]:
    """One byte of the parent's memory."""
    local = ctypes.create_string_buffer(1)
    here = (ctypes.c_void_p * 2)(ctypes.addressof(local), 1)
    there = (ctypes.c_void_p * 2)(_ITS_MEMORY, 1)
    return _call(number, _PARENT, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)


def _exec() -> object:
    return os.execv("/bin/true", ["true"])


# Attempt -> what would have to succeed. Those that would change something have no arguments that
# mean anything: the answer EPERM comes before they are looked at.
ATTEMPTS: dict[str, Callable[[], object]] = {
    "open a file": lambda: os.open("/etc/passwd", os.O_RDONLY),
    "open Python's own": lambda: os.open(os.__file__, os.O_RDONLY),
    "open /proc": lambda: os.open(f"/proc/{_PARENT}/environ", os.O_RDONLY),
    "list a folder": lambda: os.listdir("/"),
    "look for a file": lambda: os.stat("/etc/passwd"),
    "write a file": lambda: os.open("/tmp/lrp-lens-escaped", os.O_CREAT | os.O_WRONLY),
    "make a folder": lambda: os.mkdir("/tmp/lrp-lens-escaped"),
    "remove a file": lambda: os.unlink(sys.argv[0]),
    "rename a file": lambda: os.rename(sys.argv[0], sys.argv[0] + ".moved"),
    "make a link": lambda: os.symlink("/etc/passwd", "/tmp/lrp-lens-escaped"),
    "cut a file off": lambda: os.truncate(sys.argv[0], 0),
    "change rights": lambda: os.chmod(sys.argv[0], 0o777),
    "change folder": lambda: os.chdir("/"),
    "fork": _fork(os.fork),
    "fork by clone": _fork(_call(56, 17, 0, 0, 0, 0)),
    "fork by vfork": _call(58),
    "run a program": lambda: subprocess.run(["/bin/true"], check=True),
    "become a program": _exec,
    "kill the parent": lambda: os.kill(_PARENT, 0),
    "kill its group": lambda: os.kill(0, 0),
    "kill a thread": _call(200, _PARENT, 0),
    "open a process": _call(434, _PARENT, 0),
    "trace the parent": _call(101, 0x4206, _PARENT, 0, 0),
    "be traced": _call(101, 0, 0, 0, 0),
    "read the parent": _read_parent(310),
    "write the parent": _read_parent(311),
    "limit the parent": _call(302, _PARENT, 7, None, None),
    "TCP socket": lambda: socket.socket(socket.AF_INET),
    "UDP socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "Unix socket": lambda: socket.socket(socket.AF_UNIX),
    "socket pair": socket.socketpair,
    "io_uring": _call(425, 1, None),
    "keys": _call(250, 0, -3, 0, 0, 0),
    "bpf": _call(321, 0, None, 0),
    "userfaultfd": _call(323, 0),
    "perf_event_open": _call(298, None, 0, -1, -1, 0),
    "memfd": _call(319, b"x", 0),
    "mount": _call(165, None, None, None, 0, None),
    "unshare": _call(272, 0x10000000),
    "setns": _call(308, -1, 0),
    "chroot": lambda: os.chroot("/"),
    "become another user": lambda: os.setuid(1),
    "open by handle": _call(304, -100, None, 0),
    "load a module": _call(175, None, 0, b""),
    "device control": _call(16, 0, 0x5401, None),
    "clone3": _call(435, None, 0),
    "the other numbers (x32)": _call(0x40000000 + 2, b"/etc/passwd", 0),
    "a call of a later kernel": _call(999),
}
# Answered as by a kernel that lacks them, so that libraries go on without.
LACKING = ("clone3", "the other numbers (x32)", "a call of a later kernel")


def threads_start() -> bool:
    done = threading.Event()
    thread = threading.Thread(target=done.set)
    thread.start()
    thread.join()
    return done.is_set()


def tried(names: list[str]) -> dict[str, str]:
    """For every attempt "done", or the name of the error it ended in."""
    found = {}
    for name in names:
        try:
            result = ATTEMPTS[name]()
            found[name] = "done"
            with contextlib.suppress(AttributeError):
                result.close()  # type: ignore[attr-defined]
        except OSError as error:
            found[name] = errno.errorcode.get(error.errno or 0, str(error))
    return found
