"""Folders with a `sample.json`, and paths that are none."""

from __future__ import annotations

import json

import numpy as np
import pytest

import lrp_engine
from app.models.samples import samples
from lrp_engine import FormatError
from tests import zoo

pytestmark = pytest.mark.usefixtures("untraced")


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_every_sample_loads_by_its_folder(sample):
    net = lrp_engine.load(sample.folder)
    assert net.hash == lrp_engine.load(**sample.arguments).hash


def test_what_is_given_counts_before_what_the_folder_names(tmp_path):
    net = zoo.reader(["<unk>", "good", "bad"], ["neg", "pos"], seed=1)
    net.save(tmp_path / "net.zip")
    (tmp_path / "spec.json").write_text('{"labels": ["no", "yes"]}')
    (tmp_path / "sample.json").write_text('{"model": "net.zip", "spec": "spec.json"}')
    assert lrp_engine.load(tmp_path).labels == ("no", "yes")
    assert lrp_engine.load(str(tmp_path), spec={"labels": ["x", "y"]}).labels == ("x", "y")
    assert np.array_equal(lrp_engine.load(tmp_path).predict(["good"]), net.predict(["good"]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "names no 'model'"),
        ("{}", "names no 'model'"),
        (json.dumps({"model": "../../etc/passwd"}), "a file in this folder"),
        (json.dumps({"model": "/etc/passwd"}), "a file in this folder"),
        (json.dumps({"model": "m", "spec": ".."}), "a file in this folder"),
        (json.dumps({"model": 3}), "a file in this folder"),
        (json.dumps({"model": "gone.keras"}), "there is no file 'gone.keras'"),
    ],
)
def test_a_folder_that_says_nothing_useful(tmp_path, text, said):
    (tmp_path / "sample.json").write_text(text)
    with pytest.raises(FormatError, match=said):
        lrp_engine.load(tmp_path)


@pytest.mark.parametrize("address", ["https://example.com/model.keras", "s3://bucket/model.pt"])
def test_an_address_is_not_fetched(address):
    with pytest.raises(FormatError, match=r"nothing is fetched.*download the file"):
        lrp_engine.load(address)
