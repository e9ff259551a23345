"""Code that took over the child that reads uploads reaches nothing: no file, process, socket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lrp_engine
from lrp_engine import FormatError
from lrp_engine.cli.main import main
from lrp_engine.formats.containers import process, sandbox, system_calls
from lrp_engine.formats.containers.confinement import Confinement
from lrp_engine.formats.containers.limits import Limits
from tests import hostile
from tests.confined import ATTEMPTS, LACKING

pytestmark = pytest.mark.children

ROOT = Path(__file__).parents[3]
linux = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine not in system_calls.ABIS,
    reason="confined by Landlock and seccomp on Linux, x86_64",
)
# Attempts that do no harm where nothing forbids them.
HARMLESS = ["open a file", "list a folder", "look for a file", "fork", "fork by clone",
            "kill the parent", "kill its group", "read the parent", "TCP socket", "Unix socket",
            "socket pair", "memfd", "limit the parent", "change folder"]  # fmt: skip
BY_LANDLOCK = ["open a file", "open Python's own", "open /proc", "list a folder", "write a file",
               "make a folder", "remove a file", "rename a file", "make a link", "cut a file off",
               "kill the parent", "read the parent", "write the parent",
               "trace the parent"]  # fmt: skip


def taken_over(tmp_path_factory: pytest.TempPathFactory, names: list[str], before: str) -> Any:
    """What `names` came to inside the real worker, where a reader's bug would run them.

    Args:
        before: code that runs in the child before the worker does.
    """
    folder = tmp_path_factory.mktemp("child")
    script = folder / "child.py"
    script.write_text(f"""
import json, sys
sys.path += [{str(Path(sandbox.__file__).parents[1])!r}, {str(ROOT)!r}]
from containers import confinement, npy, process, system_calls, worker
from tests import confined

def reader(stream, size, output, name):
    found = confined.tried({names!r})
    output.message(b"E", json.dumps([found, confined.threads_start()]).encode())

npy.unpack = reader
{before}
worker.main(sys.argv[1])
""")
    with pytest.MonkeyPatch.context() as patch, open(folder / "file", "w+b") as file:
        patch.setattr(sandbox, "_WORKER", script)
        file.write(b"\x93NUMPY")
        with pytest.raises(FormatError) as caught:
            sandbox.unpack(file, 6, Limits())
    return json.loads(str(caught.value))


@pytest.fixture(scope="module")
def confined(tmp_path_factory):
    return taken_over(tmp_path_factory, list(ATTEMPTS), "")


@linux
@pytest.mark.parametrize("name", ATTEMPTS)
def test_what_is_forbidden_fails(name, confined):
    assert confined[0][name] in (("ENOSYS",) if name in LACKING else ("EPERM", "EACCES"))


@linux
def test_a_thread_can_start(confined):
    assert confined[1]


@linux
def test_without_confinement_the_same_attempts_succeed(tmp_path_factory):
    """Otherwise those above could fail for another reason."""
    before = "confinement.confine = lambda: None"
    found, _ = taken_over(tmp_path_factory, HARMLESS, before)
    assert found == dict.fromkeys(HARMLESS, "done")


@linux
def test_landlock_alone_refuses_paths_signals_and_tracing(tmp_path_factory):
    """On a machine whose kernel has it, and whose seccomp filter is not known here."""
    if sandbox.confinement().landlock < 6:
        pytest.skip("this kernel has no Landlock of version 6")
    before = "system_calls.ABIS.clear()\nprocess.forbid_opening_files = lambda: None"
    found, _ = taken_over(tmp_path_factory, BY_LANDLOCK, before)
    assert set(found.values()) <= {"EACCES", "EPERM"}, found


@linux
def test_seccomp_alone_refuses_everything(tmp_path_factory):
    """On a kernel without Landlock, or where the package for it is missing."""
    found, threads = taken_over(
        tmp_path_factory, list(ATTEMPTS), "sys.modules['landlockpy'] = None"
    )
    assert all(found[name] in ("EPERM", "ENOSYS") for name in ATTEMPTS), found
    assert threads


def test_this_machine_says_what_it_applied():
    """A real child reports; on Linux, x86_64, every kernel since 5.13 has all of it or says not."""
    found = sandbox.confinement()
    if sys.platform != "linux":
        assert found == Confinement()
        return
    import landlockpy

    assert found.no_new_privs
    assert found.landlock == landlockpy.abi_version()
    assert found.system_calls == (os.uname().machine in system_calls.ABIS)


INTERRUPTED = """
import os, signal, threading
from lrp_engine.formats.containers import sandbox

signal.signal(signal.SIGINT, lambda *_: None)
done = threading.Event()

def interrupt():
    while not done.wait(0.02):
        os.killpg(0, signal.SIGINT)

thread = threading.Thread(target=interrupt)
thread.start()
found = sandbox.confinement()
done.set()
thread.join()
print(found.to_json())
"""


@linux
def test_a_ctrl_c_at_the_start_is_not_taken_for_a_lack():
    """The terminal interrupts every process of the group: the child would say nothing."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=True,
        start_new_session=True,
    )  # fmt: skip
    assert Confinement(**json.loads(done.stdout)) == sandbox.confinement()


def test_a_child_that_says_nothing_is_not_known(monkeypatch):
    monkeypatch.setattr(sandbox.process, "interpreter", lambda: [sys.executable, "-c", "", "--"])
    found = sandbox.confinement()
    assert (found.reported, found.complete) == (False, False)


@pytest.mark.parametrize(
    ("found", "says", "not_says"),
    [
        (Confinement(), ["not confined", "limits on memory"], ["refuses"]),
        (Confinement(reported=False), ["is not known", "lrp-lens confinement"], ["not confined"]),
        (Confinement(no_new_privs=True, landlock=7, system_calls=True),
         ["version 7", "every path", "TCP", "signals", "every system call"], ["missing"]),
        (Confinement(no_new_privs=True, landlock=3), ["every path", "seccomp is missing"],
         ["TCP", "signals"]),
        (Confinement(no_new_privs=True, system_calls=True), ["Landlock is missing"], ["path"]),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(found, says, not_says):
    text = found.describe()
    assert all(words in text for words in says)
    assert not any(words in text for words in not_says)
    lacks = any(words in text for words in ("missing", "not confined", "not known"))
    assert found.complete == (not lacks)


@linux
def test_a_kernel_that_has_neither_leaves_a_child_with_limits(tmp_path):
    """Simulated: the package says so, the processor is unknown; the child is not stopped by it."""
    code = f"""
import sys
sys.path.append({str(Path(sandbox.__file__).parents[1])!r})
from containers import confinement, system_calls
import landlockpy
def none(**options): raise landlockpy.UnsupportedError(95, "none")
landlockpy.Ruleset = none
system_calls.ABIS.clear()
print(confinement.confine().to_json())
try: open(__file__ if "__file__" in globals() else "/etc/passwd")
except OSError as error: print(error.strerror)
"""
    done = subprocess.run(
        [*process.interpreter(), "-c", code], capture_output=True, text=True, check=True
    )
    applied, opened = done.stdout.splitlines()
    assert Confinement(**json.loads(applied)) == Confinement(no_new_privs=True)
    assert opened == "Too many open files"


def test_the_filter_lists_what_is_allowed():
    """Whatever is not named is refused, 32 bit calls end the process, and jumps stay inside."""
    for abi in system_calls.ABIS.values():
        steps = system_calls.program(abi)
        assert steps[2][3] == 0x80000000
        assert steps[-1][3] == 0x00050001
        assert all(n + max(yes, no) < len(steps) for n, (_, yes, no, _) in enumerate(steps))
        assert {code for code, yes, no, _ in steps if yes or no} <= {0x15, 0x25, 0x45}
        assert len(set(abi.allowed)) == len(abi.allowed)


def test_hdf5_under_an_odd_name_in_a_zip_of_arrays_is_refused(tmp_path):
    """What reads it is no longer loadable: names are looked at before the child is confined."""
    odd = hostile.zipped({"a.npy": hostile.npy(np.ones(3)), "b.npy": hostile.weights_h5()})
    with pytest.raises(FormatError, match=r"'b\.npy' is an HDF5 file; its name must end in \.h5"):
        lrp_engine.load(odd)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (Confinement(no_new_privs=True, landlock=7, system_calls=True), 0),
        (Confinement(no_new_privs=True, landlock=7), 1),
        (Confinement(), 1),
    ],
)
def test_the_command_says_what_is_missing(found, code, monkeypatch, capsys):
    monkeypatch.setattr(sandbox, "confinement", lambda: found)
    assert main(["confinement"]) == code
    assert capsys.readouterr().out == f"{found.describe()}\n"
