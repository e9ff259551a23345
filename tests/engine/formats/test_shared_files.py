"""A file that `load` and `parity` both read is unpacked once, by one child process."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from lrp_engine import FormatError, load, parity
from lrp_engine.formats import SharedFile
from lrp_engine.formats.readers import contents_of
from tests.children import counted

FIXTURES = Path(__file__).parents[2] / "fixtures"
H5 = FIXTURES / "keras2" / "bilstm.h5"
FILES = (H5, FIXTURES / "torch" / "lstm.pt", FIXTURES / "onnx" / "lstm.onnx")

pytestmark = pytest.mark.usefixtures("untraced")


@pytest.fixture
def children(monkeypatch):
    return counted(monkeypatch)


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.suffix)
def test_one_child_reads_a_file_for_the_network_and_its_proof(file, children):
    shared = SharedFile(file.read_bytes())
    sheet = parity(load(shared), source=shared)
    assert len(children) == 1
    assert sheet == parity(load(file), source=file)
    assert len(children) == 3  # nobody shares a path


def test_several_threads_start_one_child(children):
    shared, contents = SharedFile(H5.read_bytes()), []
    threads = [
        threading.Thread(target=lambda: contents.append(contents_of(shared))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(children) == 1
    assert len(contents) == 4
    assert len(set(map(id, contents))) == 1


def test_a_closed_file_is_unpacked_anew(children):
    shared = SharedFile(H5)
    first = contents_of(shared)
    shared.close()
    second = contents_of(shared)
    assert len(children) == 2
    assert first is not second
    assert first.attributes == second.attributes


def test_a_file_that_is_refused_is_refused_each_time():
    shared = SharedFile(b"no model")
    for _ in range(2):
        with pytest.raises(FormatError, match="not a weight file"):
            load(shared)
