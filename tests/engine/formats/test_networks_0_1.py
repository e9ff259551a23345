"""Networks that the first version 0.1.0 saved: the same hash, scores and relevance.

The fixture: `tests/fixtures/make_version_0_1.py`.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

import lrp_engine

pytestmark = pytest.mark.usefixtures("untraced")

OLD = Path(__file__).resolve().parents[2] / "fixtures" / "version_0_1"
HASHES: dict[str, dict[str, str]] = json.loads((OLD / "networks.json").read_text())
LENGTHS = [3, 1, 5, 4]


@pytest.fixture(scope="module")
def arrays() -> dict[str, np.ndarray]:
    with np.load(OLD / "networks.npz") as file:
        return dict(file)


@pytest.mark.parametrize("name", HASHES)
def test_a_network_is_read_as_it_was(name, arrays, tmp_path):
    path = OLD / "networks" / f"{name}.zip"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path)
    for place in (path, tmp_path):
        for dtype, then in HASHES[name].items():
            assert lrp_engine.load(place, dtype=dtype).hash == then
    network = lrp_engine.load(path, dtype="float64")
    lengths = LENGTHS if network.input_shape.time else None
    x = arrays[f"{name}:inputs"]
    explanation = network.explain(x, lengths=lengths)
    np.testing.assert_allclose(explanation.scores, arrays[f"{name}:scores"], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        explanation.token_relevance, arrays[f"{name}:relevance"], rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("name", HASHES)
def test_a_network_is_saved_as_it_was(name, tmp_path):
    path = OLD / "networks" / f"{name}.zip"
    lrp_engine.load(path, dtype="float64").save(tmp_path / "now.zip")
    with zipfile.ZipFile(path) as then, zipfile.ZipFile(tmp_path / "now.zip") as now:
        assert {m: then.read(m) for m in then.namelist()} == {
            m: now.read(m) for m in now.namelist()
        }
