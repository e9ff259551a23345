"""Every format goes through the upload: read, reported, explained. Four of them: in a browser."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.models import facts
from lrp_engine.formats import readers
from lrp_engine.formats.questions import open_questions
from lrp_engine.render import facts as network_facts
from tests.app.uploads import TEXT, UPLOADS


@pytest.mark.parametrize("name", UPLOADS)
def test_a_format_is_read_reported_and_explained(name, monkeypatch):
    given, asked = UPLOADS[name], []
    real = readers._read
    monkeypatch.setattr(readers, "_read", lambda one, *more: asked.append(one) or real(one, *more))
    network = given.upload().read()
    assert [one.name for one in asked] == [given.reader]
    report = [f"{term}: {value}" for term, value in network_facts.facts(network)]
    report += [" ".join(map(str, row)) for row in network_facts.layers(network)]
    for part in given.says:
        assert part in "\n".join([*report, *network.assumptions])
    assert given.asks in " ".join(question.asks for question in open_questions(network))
    assert not facts.missing(network)  # sentences can be typed
    e = network.explain([TEXT])
    assert e.tokens == (tuple(TEXT.split()),)
    assert tuple(word for word, new in zip(e.tokens[0], e.unknown[0], strict=True) if new) == (
        given.unknown
    )
    size = np.abs(e.token_relevance).sum() + np.abs(e.explained_score[0])
    assert abs(e.conservation_error[0]) <= 1e-4 * size
    assert np.abs(e.token_relevance).max() > 0


def test_every_reader_and_every_kind_of_file_is_uploaded():
    assert {given.reader for given in UPLOADS.values()} == {one.name for one in readers.READERS}
    kinds = {Path(given.weights[0]).suffix for given in UPLOADS.values()}
    assert {".keras", ".h5", ".pt", ".pth", ".safetensors", ".onnx", ".npz", ".pkl"} <= kinds
