"""A seccomp filter: the system calls that this process may still make, all others refused.

The filter is a program of the kernel's old packet filter, made and installed here with ctypes: the
Python packages for seccomp need the C library libseccomp, which a machine may lack. It lists what
is allowed, so that a call of a newer kernel is refused without being known here.

Source: seccomp(2); linux/seccomp.h, linux/filter.h.
"""

from __future__ import annotations

import ctypes
import os
import sys
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Abi:
    """How a kind of processor calls the kernel.

    Attributes:
        audit: its number in linux/audit.h.
        seccomp, clone, clone3: numbers of calls.
        allowed: numbers of the calls that stay.
        newest: the last call known; a later one is answered as by a kernel that lacks it.
    """

    audit: int
    seccomp: int
    clone: int
    clone3: int
    allowed: tuple[int, ...]
    newest: int


# Reading, writing and closing what is open; memory; threads; the clock; the end. No path can be
# named, no process, no socket. Only where it was tested.
ABIS: dict[str, Abi] = {
    "x86_64": Abi(
        audit=0xC000003E,
        seccomp=317,
        clone=56,
        clone3=435,
        allowed=(
            *(0, 1, 3, 5, 8),  # read, write, close, fstat, lseek
            *(17, 19, 20),  # pread64, readv, writev
            *(9, 10, 11, 12, 25, 28),  # mmap, mprotect, munmap, brk, mremap, madvise
            *(14, 15, 219),  # rt_sigprocmask, rt_sigreturn, restart_syscall
            *(24, 186, 202, 204, 273, 334),  # sched_yield, gettid, futex, sched_getaffinity,
            #                                  set_robust_list, rseq
            *(39, 228, 230, 318),  # getpid, clock_gettime, clock_nanosleep, getrandom
            *(60, 231),  # exit, exit_group
        ),
        newest=466,
    )
}

_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_CLONE_THREAD = 0x10000
_EPERM, _ENOSYS = 1, 38
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_LOAD, _EQUAL, _GREATER, _ANY_BIT, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
# Where `struct seccomp_data` has the number, the processor and the first argument's lower half.
_NUMBER, _PROCESSOR, _ARGUMENT = 0, 4, 16


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("jump_true", ctypes.c_uint8),
        ("jump_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("start", ctypes.POINTER(_Instruction)))


def _refused(error: int) -> int:
    return 0x00050000 | error


def program(abi: Abi) -> list[tuple[int, int, int, int]]:
    """The filter's instructions: operation, jumps if true and false, value."""

    def answer(number: int, result: int) -> list[tuple[int, int, int, int]]:
        return [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, result)]

    return [
        (_LOAD, 0, 0, _PROCESSOR),
        (_EQUAL, 1, 0, abi.audit),
        (_RETURN, 0, 0, _KILL),  # 32 bit calls have other numbers
        (_LOAD, 0, 0, _NUMBER),
        *(step for number in abi.allowed for step in answer(number, _ALLOW)),
        # Its flags lie in memory, where a filter cannot look; the C library then uses clone.
        *answer(abi.clone3, _refused(_ENOSYS)),
        (_GREATER, 0, 1, abi.newest),
        (_RETURN, 0, 0, _refused(_ENOSYS)),
        (_EQUAL, 0, 3, abi.clone),
        (_LOAD, 0, 0, _ARGUMENT),
        (_ANY_BIT, 0, 1, _CLONE_THREAD),  # a thread, no process
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _refused(_EPERM)),
    ]


def restrict() -> bool:
    """Install the filter for all threads, for good; whether it was. Needs no_new_privs, or root."""
    abi = ABIS.get(os.uname().machine) if sys.platform == "linux" else None
    if abi is None or sys.maxsize < 2**32:
        return False
    steps = program(abi)
    filter = _Program(len(steps), (_Instruction * len(steps))(*(_Instruction(*s) for s in steps)))
    call = ctypes.CDLL(None).syscall
    return call(abi.seccomp, _SET_MODE_FILTER, _ALL_THREADS, ctypes.byref(filter)) == 0
