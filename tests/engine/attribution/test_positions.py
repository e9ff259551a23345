"""One label per word: any word's label is explained, by the relevance of all words for it."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import lrp_engine
from lrp_engine import RULES, FormatError, InputError
from lrp_engine.attribution.padding import merged_padding
from lrp_engine.cli.main import main
from lrp_engine.layers import AveragePooling1D, Dense, Embedding, TakeStep
from lrp_engine.model.graph import Node
from lrp_engine.model.network import Network
from lrp_engine.model.text import Tokenizer, Vocabulary
from tests.zoo import Draw, E, H, V, _chain

pytestmark = [
    pytest.mark.usefixtures("untraced", "short_proofs"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
WORDS = Vocabulary(("<pad>", "<unk>", *"abcdefghi"), "<unk>")


def tagger(classes: int = 3, **options: object) -> Network:
    d = Draw(7)
    return _chain(
        Embedding(d(V, E)),
        d.bilstm(return_sequences=True),
        Dense(d(2 * H, classes), d(classes)),
        vocabulary=WORDS,
        **options,
    )


def at_step(net: Network, step: int) -> Network:
    """The classifier that reads one step's scores: an independent way to the same numbers."""
    last = net.nodes[-1].name
    return replace(net, nodes=(*net.nodes, Node("step", TakeStep(step), (last,))))


@pytest.fixture(scope="module")
def net() -> Network:
    return tagger(labels=("O", "PER", "LOC"))


@pytest.mark.parametrize("rule", RULES)
def test_a_label_is_explained_as_by_the_classifier_of_its_step(net, rule):
    ids = np.array([[2, 3, 4, 5], [6, 7, 8, 9]])
    for step in range(4):
        e = net.explain(ids, position=step, rule=RULES[rule]())
        one = at_step(net, step).explain(ids, rule=RULES[rule]())
        np.testing.assert_allclose(e.scores, net.predict(ids)[:, step], rtol=1e-12)
        np.testing.assert_allclose(e.relevance, one.relevance, atol=1e-12)
        assert np.abs(e.conservation_error).max() < 1e-10
        assert e.labels[e.predicted[0]] == e.target_label()
        # Through both directions: words before and behind have relevance.
        assert rule != "epsilon" or (np.abs(e.token_relevance) > 0).all()


def test_samples_of_any_length_have_their_own_positions(net):
    texts = ["a b c d e", "f", "g h"]
    together = net.explain(texts, position=[3, 0, -1])
    assert together.positions.tolist() == [3, 0, 1]
    assert [together.labelled_token(n) for n in range(3)] == ["d", "f", "h"]
    whole = net.predict(texts)
    assert whole.shape == (3, 5, 3)
    assert not whole[1, 1:].any()
    np.testing.assert_allclose(net.probabilities(texts)[0].sum(axis=1), 1)
    for n, (text, position) in enumerate(zip(texts, (3, 0, 1), strict=True)):
        alone = net.explain([text], position=position)
        np.testing.assert_allclose(alone.scores[0], whole[n, position], rtol=1e-12)
        np.testing.assert_allclose(
            alone.token_relevance[0], together[n].token_relevance[0], atol=1e-12
        )
    assert together[0].to_dict()["position"] == 3


def test_without_a_position_the_first_word_is_explained_and_padding_is_none():
    net = tagger(tokenizer=Tokenizer(length=6, pad="pre", pad_id=0))
    e = net.explain(["a b c"])
    assert e.positions.tolist() == [3]
    assert e.labelled_token() == "a"
    merged = merged_padding(e)
    assert (merged.labelled_token(), merged.positions.tolist()) == ("a", [1])
    with pytest.raises(InputError, match="no word at position 1; choose one from 3 to 5"):
        net.explain(["a b c"], position=1)


@pytest.mark.parametrize(
    ("position", "says"),
    [
        (9, "Input 0: It has no word at position 9; choose one from 0 to 1."),
        (-3, "no word at position -3"),
        (True, "position is True, expected a whole number"),
        ([0, 1], "Found 2 positions for 1 inputs"),
        (["a"], "position is 'a'"),
    ],
)
def test_other_positions_are_refused(net, position, says):
    with pytest.raises(InputError, match=re.escape(says)):
        net.explain(["a b"], position=position)


def test_what_has_one_answer_has_no_position_and_texts_without_words_no_label(net):
    with pytest.raises(InputError, match="one answer for a whole input"):
        at_step(net, 0).explain(["a b"], position=0)
    for ask in (net.explain, net.predict):
        with pytest.raises(InputError, match="Input 1: It holds nothing that could be labelled"):
            ask(["a", ""])
    d = Draw(1)
    with pytest.raises(FormatError, match="its last layers change the steps"):
        _chain(d.lstm(return_sequences=True), AveragePooling1D(2), Dense(d(H, 2)))


@pytest.mark.parametrize("values", [False, True])
def test_left_out_words_keep_their_places(values):
    net = tagger(1, output="linear" if values else "sigmoid")
    e = net.explain(["a b c d"], "occlusion", position=2, target=0)
    x = net.embedding.rows(np.array([[2, 3, 4, 5]]))
    first = replace(net.nodes[1], inputs=("input",))
    bare = Network(nodes=(first, *net.nodes[2:]), output=net.output, dtype="float64")
    for left_out in range(4):
        changed = x.copy()
        changed[0, left_out] = 0
        fall = (bare.predict(x) - bare.predict(changed))[0, 2, 0]
        np.testing.assert_allclose(e.token_relevance[0, left_out], fall, atol=1e-12)


def test_the_command_line_and_corpora_take_a_position(net, tmp_path, capsys):
    import pandas as pd

    net.save(tmp_path / "net")
    assert (
        main(["explain", str(tmp_path / "net"), "a b c", "--position", "1", "--dtype", "float64"])
        == 0
    )
    said = capsys.readouterr().out
    label = net.labels[net.predict(["a b c"])[0, 1].argmax()]
    assert f"label of word 2, b: {label} (probability" in said
    assert re.search(r"^labels: a/\w+ b/\w+ c/\w+$", said, re.MULTILINE)
    assert main(["explain", str(tmp_path / "net"), "a b c", "--position", "5"]) == 2
    (tmp_path / "texts.csv").write_text("text\na b c\nd\ne f\n")
    settings = lrp_engine.corpora.settings.CorpusSettings(position=1)
    lrp_engine.explain_corpus(
        net, str(tmp_path / "texts.csv"), str(tmp_path / "out"), settings=settings
    )
    rows = pd.read_parquet(tmp_path / "out")
    assert rows["position"].tolist()[::2] == [1, 1]
    assert rows["error"][1] == "It has no word at position 1; choose one from 0 to 0."
    np.testing.assert_allclose(rows["scores"][0], net.predict(["a b c"])[0, 1])
    assert [e.positions[0] for e in net.explain_stream(["a b", "c"], position=0)] == [0, 0]


def test_taggers_of_keras_are_read_proven_and_compared(tmp_path):
    import keras

    k = keras.layers
    ids = np.array([[1, 2, 3, 0], [4, 5, 0, 0]])
    for last, mask in (
        (k.TimeDistributed(k.Dense(3, "softmax")), True),
        (k.Dense(1, "sigmoid"), False),
        (k.TimeDistributed(k.Dense(2)), False),
    ):
        model = keras.Sequential([
            keras.Input((None,)), k.Embedding(6, E, mask_zero=mask),
            k.Bidirectional(k.LSTM(H, return_sequences=True)), last])  # fmt: skip
        path = tmp_path / "tagger.keras"
        model.save(path)
        net = lrp_engine.load(path)
        assert net.labels_steps
        expected = model(ids).numpy()
        found = net.to_output(net.predict(ids))
        if net.single_sigmoid:
            found = found[..., 1:]
        np.testing.assert_allclose(found, expected, atol=1e-6)
        sheet = lrp_engine.parity(path, reference={"ids": ids, "outputs": found})
        lines = {line.name: line.verdict for line in sheet.lines}
        assert sheet.weights == "verified"
        assert lines["reference"] == "pass"
        wrong = lrp_engine.parity(path, reference={"ids": ids, "outputs": np.asarray(found) + 0.1})
        assert wrong.weights == "failed"
    with pytest.raises(InputError, match="labels every word: expected"):
        lrp_engine.parity(path, reference={"ids": ids, "outputs": found[:, 0]})
