"""Sets on disk: durable, found damaged by one flipped bit, cleaned of leftovers, on a full disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from app import settings
from app.kept import leftovers
from app.kept.files import DIGESTS
from app.review import explained_rows, tables
from app.review.damage import DamagedError
from app.review.jobs import Jobs
from app.review.sets import Set, Sets
from app.work.job import DONE, FAILED
from lrp_engine.corpora import durable
from lrp_engine.errors import LensError
from tests.app import sets as files


@pytest.fixture
def sets(tmp_path: Path) -> Sets:
    return Sets(tmp_path / "sets")


@pytest.fixture(scope="module")
def explained(network, tmp_path_factory) -> tuple[Path, Set]:
    """The folder of a set that was explained once, in four parts."""
    sets = Sets(tmp_path_factory.mktemp("explained"))
    one = files.explained(sets, network, step=2)
    return sets.path(one), one


@pytest.fixture
def one(sets, explained) -> Set:
    """That set, of which this test has a copy."""
    folder, one = explained
    shutil.copytree(folder, sets.path(one))
    return one


def flip(path: Path, place: float = 0.5) -> None:
    """Flip one bit of a file."""
    data = bytearray(path.read_bytes())
    data[int(place * (len(data) - 1))] ^= 4
    path.write_bytes(data)


def mended(sets: Sets, one: Set, network) -> str:
    jobs = Jobs(sets, running=1, waiting=1)
    jobs.mend(one, network)
    return files.finished(jobs, one).problem


# Durable -----------------------------------------------------------------------------------


def test_a_file_is_on_the_disk_before_it_has_its_name_and_the_name_after(tmp_path, monkeypatch):
    done: list[str] = []

    def sync(descriptor: int) -> None:
        done.append("sync " + Path(os.readlink(f"/proc/self/fd/{descriptor}")).name)

    def replace(old, new):
        done.append(f"name {Path(new).name}")
        rename(old, new)

    rename = os.replace
    monkeypatch.setattr(durable.os, "fsync", sync)
    monkeypatch.setattr(durable.os, "replace", replace)
    durable.write(tmp_path / "a.txt", b"x")
    assert durable.TEMPORARY.fullmatch(done[0].removeprefix("sync "))
    assert done[1:] == ["name a.txt", f"sync {tmp_path.name}"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


# Damage ------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [0.0, 0.3, 0.6, 1.0])
def test_a_flipped_bit_in_a_part_is_named_on_opening_and_mended(sets, one, network, place):
    part = sets.parts(one)[1]
    before = {path.name: path.read_bytes() for path in sets.path(one).iterdir()}
    flip(part, place)
    with pytest.raises(DamagedError, match=r"part-00001\.parquet \(rows 3 to 4\).*again") as told:
        tables.read(sets, one)
    assert told.value.names == ("part-00001.parquet",)
    assert explained_rows.read(sets, one, [0])
    with pytest.raises(DamagedError):
        explained_rows.read(sets, one, [2])
    assert mended(sets, one, network) == ""
    assert {path.name: path.read_bytes() for path in sets.path(one).iterdir()} == before
    assert sets.find(one.id) == one


@pytest.mark.parametrize("name", ["summary", "words"])
def test_a_damaged_table_is_made_anew(sets, one, network, name):
    path: Path = getattr(sets, name)(one)
    before = pd.read_parquet(path)
    flip(path)
    with pytest.raises(DamagedError, match=f"{name}.parquet"):
        tables.read(sets, one)
    assert mended(sets, one, network) == ""
    tables.read(sets, one)
    pd.testing.assert_frame_equal(pd.read_parquet(path), before)


def test_a_part_that_is_gone_is_found(sets, one):
    sets.parts(one)[0].unlink()
    with pytest.raises(DamagedError, match=r"part-00000\.parquet"):
        tables.read(sets, one)


@pytest.mark.parametrize("name", ["input.csv", "set.json"])
def test_what_cannot_be_computed_again_is_said(sets, one, network, name):
    flip(sets.path(one) / name, 0.99 if name == "set.json" else 0.5)
    with pytest.raises(DamagedError, match="bring the files back from a backup") as told:
        tables.read(sets, one)
    assert not told.value.mendable
    if name == "input.csv":
        assert "input.csv (the texts)" in mended(sets, one, network)


def test_an_unfinished_set_explains_a_damaged_part_again(sets, one, network):
    parts = sets.parts(one)
    before = [path.read_bytes() for path in parts]
    flip(parts[2])
    parts[3].unlink()
    unfinished = sets.find(one.id)
    jobs = Jobs(sets, running=1, waiting=1)
    jobs.start(unfinished, network)
    job = files.finished(jobs, unfinished)
    assert (job.state, job.before) == (DONE, 4)
    assert [path.read_bytes() for path in parts] == before


@pytest.mark.parametrize("notes", [None, b"{", b'{"a": 3}'], ids=["none", "torn", "nonsense"])
def test_a_set_without_notes_is_taken_as_it_is_and_noted(sets, one, notes):
    path = sets.path(one) / DIGESTS
    path.unlink() if notes is None else path.write_bytes(notes)
    tables.read(sets, one)
    flip(sets.parts(one)[0])
    with pytest.raises(DamagedError, match="part-00000"):
        tables.read(sets, one)


# Leftovers ---------------------------------------------------------------------------------


def test_leftovers_are_removed_at_the_start_and_nothing_else(sets, one):
    kept = {"a folder of somebody": "x", leftovers.NEW + "B" * 22: "input.csv",
            "C" * 22: "input.csv"}  # fmt: skip
    gone = {leftovers.DELETED + "D" * 22: "input.csv", leftovers.NEW + "E" * 22: "input.csv",
            "F" * 22: "part-00000.parquet"}  # fmt: skip
    for folder, name in (kept | gone).items():
        (sets.folder / folder).mkdir()
        (sets.folder / folder / name).write_text("a text")
    half = sets.path(one) / "_part-00001.parquet.0123456789abcdef"
    writing = sets.path(one) / "_words.parquet.0123456789abcdef"
    half.write_text("half")
    writing.write_text("half")
    long_ago = time.time() - 2 * leftovers.ABANDONED_SECONDS
    for path in (half, sets.path(one), *(sets.folder / folder for folder in gone),
                 sets.folder / "a folder of somebody"):  # fmt: skip
        os.utime(path, (long_ago, long_ago))
    Sets(sets.folder)
    assert {path.name for path in sets.folder.iterdir()} == {one.id, *kept}
    assert not half.exists()
    assert writing.exists()
    tables.read(sets, one)


KILLED = """
import os, pathlib, sys
from app.review.sets import Set, Sets
from lrp_engine.corpora import durable

rename, left = durable.rename, 0

def dying(old, new):
    global left
    left -= 1
    os._exit(9) if left < 0 else rename(old, new)

durable.rename = dying
for moment in range(7):
    if os.fork():
        assert os.waitstatus_to_exitcode(os.wait()[1]) == 9
        continue
    left = moment
    one = Set(id=chr(65 + moment) * 22, name="x", format="csv", text_column="t", label_column=None,
              rows=1, rule={}, model_name="", model_hash="", labels=(), dtype="float32")
    sets = Sets(pathlib.Path(sys.argv[1]))
    sets.add(one, b"a text")
    sets.forget(one)
    os._exit(9)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_a_server_killed_while_a_set_comes_or_goes_leaves_what_the_next_removes(tmp_path):
    """It is killed before each file gets its name, before the folder does, and before it goes."""
    folder = tmp_path / "sets"
    subprocess.run([sys.executable, "-c", KILLED, str(folder)], check=True,
                   cwd=settings.REPOSITORY, env={**os.environ, "PYTHONPATH": "."})  # fmt: skip
    assert len(list(folder.iterdir())) > 2
    for path in folder.iterdir():
        os.utime(path, (0, 0))
    there = Sets(folder).ids()
    assert {path.name for path in folder.iterdir()} == set(there)
    assert there == ["F" * 22]  # killed when it was there, and not yet forgotten


# A full disk -------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk of 128 kB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(folder)]
    if (
        sys.platform != "linux"
        or os.geteuid() != 0
        or subprocess.run(mount, check=False).returncode
    ):
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_set_that_finds_no_room_is_refused_and_leaves_nothing(small_disk, network):
    sets = Sets(small_disk / "sets")
    with pytest.raises(LensError, match=r"The disk of this server is full\..*Make room"):
        sets.add(files.new(network), b"x" * 200_000)
    assert list(sets.folder.iterdir()) == []


def test_a_disk_that_fills_stops_a_set_with_a_sentence_and_it_goes_on(small_disk, network):
    sets = Sets(small_disk / "sets")
    one = files.new(network, step=1)
    sets.add(one, files.as_csv())
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 60_000)
    jobs = Jobs(sets, running=1, waiting=1)
    jobs.start(one, network)
    job = files.finished(jobs, one)
    assert job.state == FAILED
    assert "The disk of this server is full." in job.problem
    assert not list(sets.path(one).glob("_*"))
    assert 0 < len(sets.parts(one)) < len(files.ROWS)
    ballast.unlink()
    kept = len(sets.parts(one))
    jobs.start(one, network)
    job = files.finished(jobs, one)
    assert (job.state, job.problem, job.before) == (DONE, "", kept)
    tables.read(sets, sets.find(one.id))
