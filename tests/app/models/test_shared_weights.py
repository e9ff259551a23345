"""The weight file of an upload is unpacked once for its network and its proof, then forgotten."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import pytest

from app import cache
from app.models.uploads import Upload
from lrp_engine import FormatError, load
from lrp_engine.formats.containers import sandbox
from tests.app.tiny import of_outputs
from tests.children import counted

FIXTURES = Path(__file__).parents[2] / "fixtures"
H5 = FIXTURES / "keras2" / "bilstm.h5"
FILES = (H5, FIXTURES / "torch" / "lstm.pt", FIXTURES / "onnx" / "lstm.onnx")

pytestmark = pytest.mark.usefixtures("untraced")


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.suffix)
def test_one_child_reads_an_upload(file, monkeypatch):
    children = counted(monkeypatch)
    model = cache.uploaded(Upload(name="mine", weights=file.read_bytes()))
    assert len(children) == 1
    assert model.network.hash == load(file).hash
    assert model.proof is not None
    assert model.proof.model_hash == model.network.hash


def test_one_child_reads_all_outputs_of_an_upload(monkeypatch):
    children = counted(monkeypatch)
    upload = Upload(name="mine", weights=of_outputs())
    model = cache.uploaded(upload)
    assert len(children) == 1
    (other,) = model.others
    assert (model.output, other.output) == ("mood", "stars")
    for one in (model, other):
        assert one.proof is not None
        assert one.proof.model_hash == one.network.hash
    (unread,) = model.unread
    assert unread[0] == "odd"
    assert "Cos" in unread[1]
    again = cache.uploaded(Upload(name="mine", weights=upload.weights))
    assert again.network is model.network  # what is held is not read again
    assert again.others[0].network is other.network


def test_nothing_that_was_unpacked_outlives_the_upload(monkeypatch):
    unpacked: list[weakref.ref[Any]] = []
    unpack = sandbox.unpack

    def noting(*arguments: Any) -> Any:
        contents = unpack(*arguments)
        unpacked.append(weakref.ref(contents))
        return contents

    monkeypatch.setattr(sandbox, "unpack", noting)
    upload = Upload(name="mine", weights=(FIXTURES / "keras2" / "gru.h5").read_bytes())
    model = cache.uploaded(upload)
    gc.collect()
    assert len(unpacked) == 1
    assert unpacked[0]() is None
    assert model.network.hash  # both are still here
    assert upload.weights


def test_a_refused_upload_is_forgotten_too(monkeypatch):
    children = counted(monkeypatch)
    upload = Upload(name="mine", weights=H5.read_bytes(), labels=b"one")
    for count in (1, 2):
        with pytest.raises(FormatError, match="label"):
            cache.uploaded(upload)
        assert len(children) == count
