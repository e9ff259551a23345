"""Every measure of the table against its slow reference, and what each states of itself."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from lrp_engine import MEASURES, InputError
from lrp_engine.evaluation.bootstrap import COMBINE
from lrp_engine.evaluation.measures import FAST_MEASURES, measures_named
from lrp_engine.evaluation.ranks import ranks
from lrp_engine.evaluation.text import Kept, Moved, Randomized, Text
from tests.reference.measures import REFERENCES, ranked

CLASSES, LAYERS = 3, 4
DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "evaluation.md"


def softmax(scores):
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


class Case:
    """A text of n words, a made-up network that reads sets of words, and relevances."""

    def __init__(self, words: int, seed: int, step: int = 1) -> None:
        self.rng = np.random.default_rng([words, seed])
        self.weights = self.rng.normal(size=(words, CLASSES))
        self.pairs = self.rng.normal(size=(words, words, CLASSES)) * 0.3
        self.relevance = np.round(self.rng.normal(size=words), 1)  # some are equal
        self.moved = self.rng.normal(size=(4, words))
        self.randomized = self.rng.normal(size=(LAYERS, words))
        answer = np.full(words, np.nan)
        answer[[1, words - 1]] = self.rng.normal(size=2)
        self.text = Text(
            index=seed, words=words, scores=self.scores(np.ones((1, words), bool))[0], target=1,
            to_output=softmax, label=2, step=step, seed=7, answer=answer,
            origins=self.rng.integers(0, CLASSES, words),
        )  # fmt: skip

    def scores(self, kept, removal=None):
        x = np.where(kept, 1.0, 0.25 if removal == "zero" else 0.0)
        return x @ self.weights + np.einsum("mi,mj,ijc->mc", x, x, self.pairs)

    def answer(self, request):
        if isinstance(request, Kept):
            return self.scores(request.kept, request.removal)
        return {Moved: self.moved, Randomized: self.randomized}[type(request)]

    def found(self, measure):
        asking = MEASURES[measure].function(self.text, self.relevance)
        try:
            request = next(asking)
            while True:
                request = asking.send(self.answer(request))
        except StopIteration as end:
            return end.value

    def expected(self, measure):
        @cache
        def predict(words, removal=None):
            kept = np.isin(np.arange(self.text.words), list(words))[None]
            scores = self.scores(kept, removal)[0]
            return softmax(scores).tolist(), scores.tolist()

        answers = {"max_sensitivity": {"moved": self.moved}}
        options = answers.get(measure) or (
            {"randomized": self.randomized} if measure.startswith("randomized") else {}
        )
        return REFERENCES[measure](self.text, self.relevance.tolist(), predict, **options)


SHORT = {"normalized_aopc", "shapley"}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("measure", MEASURES)
def test_a_measure_equals_its_reference(measure, seed):
    step = 1 + seed % 2
    case = Case(6 if measure in SHORT else 11 * step + seed, seed, step)
    found = case.found(measure)
    np.testing.assert_allclose(found, case.expected(measure), rtol=1e-12, atol=1e-12)
    points = MEASURES[measure].points
    assert found.shape == ((LAYERS if points is None else len(points(step))),)


def test_every_measure_has_a_reference_and_its_words_in_the_documentation():
    assert set(MEASURES) == set(REFERENCES)
    text = DOCUMENT.read_text()
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == set(MEASURES)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=list(MEASURES))
def test_a_measure_says_what_it_is(measure):
    assert measure.title
    assert measure.meaning.endswith(".")
    assert measure.source
    assert measure.combine in COMBINE
    assert measure.best in ("high", "low") or isinstance(measure.best, float)
    assert measure.least(1) >= 1
    values = np.array([0.2, 0.9, 1.3])
    goodness = measure.goodness(values)
    best = {"high": 2, "low": 0}.get(measure.best)
    assert goodness.argmax() == (np.abs(values - measure.best).argmin() if best is None else best)


def test_measures_are_found_by_name():
    assert measures_named(None) == tuple(FAST_MEASURES.values())
    assert [one.name for one in measures_named(["deletion", "deletion"])] == ["deletion"]
    with pytest.raises(InputError, match="'comprehensiveness', 'sufficiency'"):
        measures_named(["beauty"])
    with pytest.raises(InputError, match="no measure"):
        measures_named([])


def test_equal_values_share_their_rank():
    values = [3.0, 1.0, 3.0, 2.0, 1.0, 1.0]
    np.testing.assert_array_equal(ranks(np.array(values)), ranked(values))


def test_texts_of_equal_relevances_or_scores_give_no_warning():
    case = Case(12, 1)
    case.relevance = np.zeros(12)
    assert case.found("correlation") == [0]
    assert np.isnan(case.found("slope"))
    assert case.found("infidelity") == [1]
    assert case.found("sparsity").all()
    assert np.isnan(case.found("marked_share"))
    assert not case.found("randomized_signed").any()
    case.weights[:], case.pairs[:] = 0, 0
    case.text.scores[:] = 0
    assert np.isnan(case.found("correlation"))
    assert np.isnan(case.found("infidelity"))
