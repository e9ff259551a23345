"""TensorFlow's notes are held back, what others write is not."""

from __future__ import annotations

import os

import pytest

from lrp_engine.errors import InputError
from lrp_engine.quiet import quiet

NOTES = (
    b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n",
    b"I0000 00:00:1795921887.822156    4973 port.cc:153] oneDNN custom operations are on.\n",
    b"E0000 00:00:1795921891.096860    4973 cuda_platform.cc:52] failed call to cuInit\n",
    b"2026-11-29 03:10:00.123456: I tensorflow/core/platform/cpu_feature_guard.cc:210] This is\n",
    b"To enable the following instructions: AVX2 FMA, rebuild TensorFlow.\n",
)
OTHERS = (b"a line of mine\n", b"2026-11-29 03:10:00: E my program\n", b"I0000 is a name\n")


def write() -> None:
    for line in (*NOTES, *OTHERS):
        os.write(2, line)


def test_notes_are_kept_off_and_nothing_else(capfd):
    with quiet():
        write()
    assert capfd.readouterr().err.encode() == b"".join(OTHERS)


def fails(error: Exception) -> None:
    with quiet():
        write()
        raise error


def test_a_mistake_of_the_user_shows_no_notes_and_a_fault_shows_all(capfd):
    with pytest.raises(InputError):
        fails(InputError("no"))
    assert capfd.readouterr().err.encode() == b"".join(OTHERS)
    with pytest.raises(ZeroDivisionError):
        fails(ZeroDivisionError())
    assert capfd.readouterr().err.encode() == b"".join((*NOTES, *OTHERS))
