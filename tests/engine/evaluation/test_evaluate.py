"""`evaluate`: numbers of whole runs, against the network asked text by text; what is refused."""

from __future__ import annotations

import pickle
import threading
from functools import cache

import numpy as np
import pytest

import lrp_engine
from lrp_engine import MEASURES, AlphaBeta, Epsilon, InputError, evaluate
from lrp_engine.corpora.shard import CancelledError
from lrp_engine.corpora.workers import Package
from lrp_engine.errors import OverflowInputError
from lrp_engine.evaluation import measuring, relevances, where, window
from lrp_engine.evaluation.text import Text
from lrp_engine.layers import Dense, Embedding
from lrp_engine.model.text import Vocabulary
from tests import zoo
from tests.reference import measures as reference

pytestmark = pytest.mark.usefixtures("untraced")

BOTH = ["lrp", "gradient_x_input"]
RULES = {"usual": Epsilon(), "other": AlphaBeta()}
SOME = ["comprehensiveness", "deletion_right", "deletion_wrong", "correlation",
        "descriptive_accuracy", "sparsity"]  # fmt: skip


@pytest.fixture(scope="module")
def evaluation(network, texts, labels):
    return evaluate(network, iter(texts), iter(labels), BOTH, RULES, [*SOME, "pointing"], seed=2)


def one_by_one(network, words, *, removal="drop"):
    """`predict` of the reference: the words that stay, given to the network as a text."""
    x = network.embedding.rows(network.text_ids.look_up(words)[0])

    @cache
    def predict(kept, removal=removal):
        if removal == "zero":
            zeroed = x * np.isin(np.arange(len(words)), list(kept))[:, None]
            scores = network.predict(zeroed[None])
        else:
            scores = network.predict([[word for n, word in enumerate(words) if n in kept]])
        return network.to_output(scores[0]).tolist(), scores[0].tolist()

    return predict


def test_the_numbers_of_texts_equal_the_reference(network, texts, labels, evaluation):
    scores = network.predict(texts)
    predicts = [one_by_one(network, words) for words in texts]
    names = [(one.method, one.rule) for one in evaluation.explainers]
    assert names == [("lrp", "usual"), ("lrp", "other"), ("gradient_x_input", ""), ("random", "")]
    counted = 0
    for measure in SOME:
        info = MEASURES[measure]
        for row, place in enumerate(evaluation.places[measure]):
            target = int(scores[place].argmax()) if info.target == "predicted" else labels[place]
            text = Text(
                index=place, words=len(texts[place]), scores=scores[place], target=target,
                to_output=network.to_output, label=labels[place], seed=2,
            )  # fmt: skip
            for j, (method, rule) in enumerate(names[:-1]):
                explained = network.explain([texts[place]], method, target, RULES.get(rule))
                expected = reference.REFERENCES[measure](
                    text, explained.token_relevance[0].tolist(), predicts[place]
                )
                np.testing.assert_allclose(
                    evaluation.values[measure][row, j], expected, rtol=0, atol=1e-12
                )
                counted += 1
    assert counted > 80


def test_each_measure_counts_the_texts_that_it_can(texts, labels, network, evaluation):
    right = network.predict(texts).argmax(axis=1) == labels
    long = np.array([len(text) >= 11 for text in texts])
    assert evaluation.places["comprehensiveness"].tolist() == [
        n for n, text in enumerate(texts) if len(text) >= 5
    ]
    assert evaluation.places["deletion_right"].tolist() == np.flatnonzero(right & long).tolist()
    assert evaluation.places["deletion_wrong"].tolist() == np.flatnonzero(~right & long).tolist()


def test_documents_point_to_texts_of_the_class(network, evaluation):
    found = evaluation.values["pointing"]
    assert set(np.unique(found)) <= {0, 1}
    assert len(found) >= 2


def test_windows_and_batches_change_nothing(network, texts, labels, evaluation, monkeypatch):
    monkeypatch.setattr(measuring, "GROUP", 2)
    monkeypatch.setattr(window, "TOKENS", 30)
    seen = []
    again = evaluate(network, texts, labels, BOTH, RULES, SOME, seed=2,
                     progress=lambda done, total: seen.append((done, total)))  # fmt: skip
    # Windows of 3, 4 and 5 texts; it is told after two texts and at the end of each.
    assert [done for done, _ in seen] == [2, 3, 5, 7, 9, 11, 12]
    assert {total for _, total in seen} == {len(texts)}
    for measure in SOME:
        np.testing.assert_allclose(
            again.values[measure], evaluation.values[measure], rtol=0, atol=1e-12
        )
        np.testing.assert_array_equal(again.places[measure], evaluation.places[measure])


@pytest.mark.parametrize("removal", ["zero", "unknown"])
def test_words_are_left_out_as_asked(network, texts, removal):
    found = evaluate(network, texts[:2], None, ["lrp"], measures="comprehensiveness",
                     removal=removal)  # fmt: skip
    words = texts[1]
    explained = network.explain([words])
    order = reference.by_relevance(explained.token_relevance[0].tolist())
    for n, count in enumerate((1, 1, 1, 2, 3)):
        if removal == "zero":
            out = one_by_one(network, words)(frozenset(order[count:]), removal="zero")[0]
        else:
            there = ["<unk>" if at in order[:count] else word for at, word in enumerate(words)]
            out = network.probabilities([there])[0]
        target = explained.target[0]
        expected = network.probabilities([words])[0][target] - out[target]
        assert found.values["comprehensiveness"][1, 0, n] == pytest.approx(expected, abs=1e-12)


def test_another_process_would_give_the_same_numbers(
    network, texts, labels, evaluation, monkeypatch
):
    def travelling(network, windows, settings, *, workers, compute, mend):
        assert workers == 2
        for one in windows:
            sent = pickle.dumps((Package.of(network), one, settings, compute))
            package, *there, compute_there = pickle.loads(sent)  # noqa: S301 - our own bytes
            yield compute_there(package.network(), *there)

    monkeypatch.setattr(where, "in_processes", travelling)
    found = evaluate(network, texts, labels, BOTH, RULES, SOME, seed=2, workers=2)
    for measure in SOME:
        np.testing.assert_array_equal(found.values[measure], evaluation.values[measure])


def test_numbers_and_known_answers(texts):
    network = zoo.network("lstm", 0)
    x = zoo.inputs(network, [5, 6, 7], 1)
    answers = [np.full(7, np.nan) for _ in range(3)]
    for n, row in enumerate(answers):
        row[[0, 2]] = n + 1, -n
    measures = ["marked_share", "marked_correlation", "comprehensiveness"]
    found = evaluate(network, x, None, BOTH, measures=measures, answers=[a[:n] for a, n in zip(
        answers, (5, 6, 7), strict=True)], lengths=[5, 6, 7], target=1)  # fmt: skip
    explained = network.explain(x, target=1, lengths=[5, 6, 7]).token_relevance
    share = np.mean(np.abs(explained[:, [0, 2]]).sum(axis=1) / np.abs(explained).sum(axis=1))
    frame = found.to_frame().set_index(["measure", "method"])
    assert frame.loc[("marked_share", "lrp"), "value"] == pytest.approx(share, abs=1e-12)
    given = np.array([row[[0, 2]] for row in answers])
    expected = np.corrcoef(explained[:, [0, 2]].ravel(), given.ravel())[0, 1]
    assert frame.loc[("marked_correlation", "lrp"), "value"] == pytest.approx(expected, abs=1e-9)
    assert found.settings["target"] == network.labels[1]


def test_random_weights_and_moved_vectors(network, texts):
    measures = ["randomized_signed", "max_sensitivity"]
    found = evaluate(network, texts[:2], None, BOTH, measures=measures)
    assert found.points["randomized_signed"] == tuple(
        node.name for node in reversed(network.nodes[1:])
    )
    assert (np.abs(found.values["randomized_signed"][:, :2]) <= 1).all()
    assert not np.allclose(found.values["randomized_signed"][:, :2], 1)
    assert (found.values["max_sensitivity"][:, :2] > 0).all()
    assert np.isnan(found.values["max_sensitivity"][:, 2]).all()  # chance says nothing


def test_a_run_is_told_what_it_cannot_do(network, texts, labels):
    found = evaluate(network, texts, methods=["lrp"])
    assert found.left_out["deletion_right"] == "It needs the true classes of the texts."
    assert found.left_out["shapley"] == "It takes long; ask for it by name."
    short = evaluate(network, [text[:2] for text in texts], labels, methods=["lrp"]).left_out
    assert short["deletion"] == "It needs a text of 5 or more words; there is none."
    assert "or more words that is classified" in short["deletion_wrong"]
    for given, named in [
        ({"measures": ["deletion_wrong"]}, "needs the true classes"),
        ({"measures": ["marked_share"]}, "needs the right relevances"),
        ({"measures": ["beauty"]}, "choose from 'comprehensiveness'"),
        ({"methods": ["guess"]}, "There is no method 'guess'"),
        ({"methods": []}, "methods is \\[\\]; list some of 'lrp'"),
        ({"rules": "epsilon"}, "expected a rule, a list"),
        ({"rules": [3]}, "expected one of lrp_engine.RULES"),
        ({"removal": "swap"}, "'drop', 'zero', 'unknown'"),
        ({"labels": ["spam"] * len(texts)}, "label of text 0 is 'spam'; choose from 'class 0'"),
        ({"labels": [0]}, "There are 1 labels, fewer than texts"),
        ({"step": 0}, "step is 0"),
        ({"target": (0, 1)}, "not at a contrast"),
    ]:
        with pytest.raises(InputError, match=named):
            evaluate(network, texts, **given)
    for wrong in ("a text", 3, [], [3]):
        with pytest.raises(InputError):
            evaluate(network, wrong)
    stop = threading.Event()
    stop.set()
    with pytest.raises(CancelledError):
        evaluate(network, texts, cancel=stop)


def test_where_relevance_overflows_the_others_are_measured(network, texts, monkeypatch):
    real = relevances.in_batches

    def failing(network, words, *, methods, rule, target, **options):
        for n, one in enumerate(words):
            options |= {"target": target[n : n + 1]}
            for _, made in real(network, [one], methods=methods, rule=rule, **options):
                bad = isinstance(rule, AlphaBeta) and len(one) > 11
                yield np.array([n]), InputError("Its numbers overflow.") if bad else made

    monkeypatch.setattr(relevances, "in_batches", failing)
    found = evaluate(network, texts, None, BOTH, RULES, "comprehensiveness")
    values = found.values["comprehensiveness"]
    long = np.array([len(texts[n]) > 11 for n in found.places["comprehensiveness"]])
    assert 0 < long.sum() < len(long)
    assert np.isnan(values[long][:, 1]).all()
    assert np.isfinite(np.delete(values, 1, axis=1)).all()
    assert len(found.counted("comprehensiveness")) == len(long)
    assert np.isnan(found.to_frame()["value"]).tolist() == [False, True, False, False]


def test_numbers_that_overflow_are_left_out_and_the_others_measured(monkeypatch):
    network = zoo.network("lstm", 0)
    x = zoo.inputs(network, [6, 6, 6, 6], 1)
    whole = evaluate(network, x, None, ["lrp"], measures="comprehensiveness")
    real, bad = type(network).explain_all, x[2, 0, 0]

    def failing(self, inputs, **options):  # of samples, cut into batches
        rows = np.flatnonzero(inputs.values[:, 0, 0] == bad)
        if len(rows):
            raise OverflowInputError(rows.tolist(), self.dtype)
        return real(self, inputs, **options)

    monkeypatch.setattr(type(network), "explain_all", failing)
    found = evaluate(network, x, None, ["lrp"], measures="comprehensiveness")
    values, others = found.values["comprehensiveness"], [0, 1, 3]
    assert np.isnan(values[2, 0]).all()
    np.testing.assert_allclose(
        values[others], whole.values["comprehensiveness"][others], rtol=0, atol=1e-12
    )


def test_a_tagger_is_refused():
    draw = zoo.Draw(1)
    tagger = zoo._chain(
        Embedding(draw(zoo.V, zoo.E)), draw.gru(return_sequences=True),
        Dense(draw(zoo.H, 3), draw(3)), vocabulary=Vocabulary(zoo.WORDS),
    )  # fmt: skip
    with pytest.raises(InputError, match="labels every word"):
        evaluate(tagger, [["w2"]])


def test_the_library_offers_it_and_an_evaluation_travels(evaluation):
    assert lrp_engine.Evaluation is type(evaluation)
    again = pickle.loads(pickle.dumps(evaluation))  # noqa: S301 - our own bytes
    assert again.to_frame().equals(evaluation.to_frame())
