"""Every format goes through the upload: read, reported, explained. Four of them: in a browser."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app import facts
from lrp_engine.formats.readers import READERS, contents_of
from tests.app.uploads import FIXTURES, TEXT, UPLOADS


@pytest.mark.parametrize("name", UPLOADS)
def test_a_format_is_read_reported_and_explained(name):
    given = UPLOADS[name]
    network = given.upload().read()
    report = [f"{term}: {value}" for term, value in facts.facts(network)]
    report += [" ".join(map(str, row)) for row in facts.layers(network)]
    for part in given.says:
        assert part in "\n".join([*report, *network.assumptions])
    assert not facts.missing(network)  # sentences can be typed
    e = network.explain([TEXT])
    assert e.tokens == (tuple(TEXT.split()),)
    assert tuple(word for word, new in zip(e.tokens[0], e.unknown[0], strict=True) if new) == (
        given.unknown
    )
    size = np.abs(e.token_relevance).sum() + np.abs(e.explained_score[0])
    assert abs(e.conservation_error[0]) <= 1e-4 * size
    assert np.abs(e.token_relevance).max() > 0


def test_every_reader_and_every_fixture_is_uploaded():
    sources = {reader.name for given in UPLOADS.values() for reader in READERS
               if reader.recognizes(contents_of(given.weights[1]))}  # fmt: skip
    assert sources == {reader.name for reader in READERS}
    kinds = {Path(given.weights[0]).suffix for given in UPLOADS.values()}
    assert {".keras", ".h5", ".pt", ".pth", ".safetensors", ".onnx", ".npz", ".pkl"} <= kinds
    assert (FIXTURES / "keras3" / "make.py").is_file()
