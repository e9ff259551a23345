"""What is typical for a model: a robust number of its examples, stored for the samples."""

from __future__ import annotations

import json

import numpy as np
import pytest

from app import cache, settings
from app.models import opening, samples, typical
from app.models.model import Example
from tests.app.models.test_opening import same

SAMPLES = {one.name: one for one in samples.samples()}


def test_it_is_a_high_quantile_of_the_strongest_words(network):
    model = cache.bundled()
    found = typical.computed(model, opening.RULE)
    texts = [example.text for example in model.examples]
    for method, value in found.largest.items():
        strongest = [
            float(abs(network.explain([text], method, rule=opening.RULE).token_relevance).max())
            for text in texts
        ]
        assert value == pytest.approx(np.quantile(strongest, 0.9), rel=1e-5)


def test_examples_are_spread_over_all(monkeypatch):
    from dataclasses import replace

    monkeypatch.setattr(settings, "TYPICAL_EXAMPLES", 4)
    examples = tuple(Example(str(n), None) for n in range(10))
    assert typical.texts_of(replace(cache.bundled(), examples=examples)) == ["0", "2", "5", "7"]


def test_round_trip(tmp_path):
    path, model = tmp_path / "typical.json", cache.bundled()
    typical.write(path, model)
    assert typical.read(path, model) == typical.computed(model, opening.RULE)
    stored = json.loads(path.read_text())
    path.write_text(json.dumps(stored | {"question": {**stored["question"], "engine": "0"}}))
    assert typical.read(path, model) is None
    for damaged in ("", "[]", "{}", '{"question": {}}'):
        path.write_text(damaged)
        assert typical.read(path, model) is None
    assert typical.read(tmp_path / "missing.json", model) is None


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_has_its_numbers(name):
    model = cache.sample(SAMPLES[name])
    assert model.typical is not None, "out of date: run `python -m app.models.typical`"
    if name in ("diabetes", "addition"):  # the others take seconds
        same(dict(model.typical.largest), dict(typical.computed(model, opening.RULE).largest))
    assert cache.typical_scale(model, opening.RULE) is model.typical


def test_what_cannot_be_computed_is_not_asked_for_again(monkeypatch):
    from app.cache import scales

    monkeypatch.setattr(scales, "begin", scales.compute)
    monkeypatch.setattr(typical, "computed", lambda *_: 1 / 0)
    rule = opening.RULE.with_options(eps=0.5)
    assert cache.typical_scale(cache.bundled(), rule) is None
    assert not cache.compute_typical_scale(cache.bundled(), rule)
    assert cache.compute_typical_scale(cache.bundled(), rule)
    assert cache.typical_scale(cache.bundled(), rule) == typical.NOTHING
