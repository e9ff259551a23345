"""The proof covers the text: outputs of texts are compared, and nothing is green before."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pytest

from lrp_engine import FormatError, InputError, load, parity
from lrp_engine.cli.main import main
from lrp_engine.formats.companions.reference_files import read_reference
from lrp_engine.layers import LSTM, Dense, Embedding
from lrp_engine.model.graph import Node
from lrp_engine.model.network import Network
from lrp_engine.model.text import Vocabulary
from lrp_engine.proof.against import against_reference, text_pipeline
from lrp_engine.proof.parity import text_verdict
from lrp_engine.proof.sheet import (
    FAIL,
    FAILED,
    NO_TEXT,
    NOT_CHECKED,
    PASS,
    UNVERIFIED,
    VERIFIED,
    ProofSheet,
)

pytestmark = pytest.mark.usefixtures("untraced")

WORDS = ("<pad>", "<unk>", "good", "bad", "film", "not", "a", "the")
TEXTS = ("a good film", "not the film", "bad", "a unseen, word; here", "the Good")


def network(single: bool = True) -> Network:
    draw = np.random.default_rng(3).normal
    units = 1 if single else 3
    return Network(
        nodes=(
            Node("words", Embedding(draw(size=(len(WORDS), 4))), ("input",)),
            Node("lstm", LSTM(draw(size=(4, 12)), draw(size=(3, 12)), draw(size=12)), ("words",)),
            Node("out", Dense(draw(size=(3, units)), draw(size=units)), ("lstm",)),
        ),
        output="sigmoid" if single else "softmax",
        vocabulary=Vocabulary(WORDS),
        labels=("worse", "better") if single else ("x", "y", "z"),
    )


@pytest.fixture(scope="module")
def net():
    return network()


@pytest.fixture(scope="module")
def shares(net):
    return net.probabilities(list(TEXTS))


def _verdict(net, reference):
    return text_pipeline(net, read_reference(reference)).verdict


def test_every_way_to_say_outputs_of_texts(net, shares):
    scores, right = net.predict(list(TEXTS)), shares[:, 1]
    file = io.BytesIO()
    np.savez(file, texts=np.array(TEXTS), probabilities=right)
    for reference in [
        (TEXTS, right),
        (list(TEXTS), right[:, None].tolist()),
        (np.array(TEXTS), shares),
        (TEXTS, scores[:, 1]),
        (TEXTS, scores),
        {"texts": TEXTS, "logits": scores},
        file.getvalue(),
    ]:
        assert _verdict(net, reference) == PASS
        assert _verdict(net, {"texts": TEXTS, "outputs": 0.99 * right}) == FAIL


def _csv(rows, between=","):
    quoted = [f'"{text}"{between}{value}' for text, value in rows]
    return "\n".join(quoted)


def test_tables_of_texts(net, shares):
    rows = [(text, f"{p:.7f}") for text, p in zip(TEXTS, shares[:, 1], strict=True)]
    comma = [(text, p.replace(".", ",")) for text, p in rows]
    each = [(text, f"{b:.7f},{w:.7f}") for text, (w, b) in zip(TEXTS, shares, strict=True)]
    tables = [
        _csv([("text", "probability"), *rows]),
        "\ufeff" + _csv(rows),
        _csv([("Text", "p"), *comma], ";").replace("\n", "\r\n"),
        _csv(rows, "\t"),
        # Columns by class, in any order.
        _csv([("review", "p_better,p_worse"), *each]),
        _csv([("text", "label,probability"), *((t, f"1,{p}") for t, p in rows)]),
        "\n".join(json.dumps({"text": t, "probability": float(p)}) for t, p in rows),
        "\n".join(json.dumps([t, float(p)]) for t, p in rows),
        json.dumps([[t, float(p)] for t, p in rows]),
        "\n".join(
            json.dumps({"sentence": t, "probabilities": p})
            for t, p in zip(TEXTS, shares.tolist(), strict=True)
        ),
    ]
    for table in tables:
        assert _verdict(net, table.encode()) == PASS, table


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (b"text,probability", "no texts with outputs"),
        (b"just a line", "a row per text"),
        (b'"open,0.5\nb,0.5', "rows of different lengths"),
        (b"a,0.5\nb,0.5,1", "rows of different lengths"),
        (b'{"text": "a", "probability": null}', "neither numbers nor classes"),
        (b'{"text": 3, "probability": 0.5}', "is no text"),
        (b'["a", 0.5]\n{"text": "a"}', "no pairs"),
        (b'["a", 0.5]\n["b"]', "no pairs"),
        (b'["a", 0.5]\n[', "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"<!doctype html><p>a,b</p>", "names the class 'b</p>'"),
        (b"a,7.5\nb,-3.5\n" * 6_000, "at most 10,000"),
        (b"text,p\na,1.5", "between 0 and 1"),
        (b"text,p_x,p_y,p_z\na,.5,.4,.1", "one number per class"),
        (b"text,label\na,unheard", "names the class"),
    ],
)
def test_a_table_that_makes_no_sense_is_a_sentence(net, table, words):
    with pytest.raises((FormatError, InputError), match=words):
        _verdict(net, table)


def test_weights_and_texts_have_verdicts_of_their_own(net, shares):
    ids = np.array([[2, 3, 4]])
    weights = {"ids": ids, "logits": net.predict(ids)}
    sheet = parity(net, reference=weights)
    assert (sheet.weights, sheet.text, sheet.verdict) == (VERIFIED, UNVERIFIED, UNVERIFIED)
    assert sheet.to_text().startswith("WEIGHTS VERIFIED, TEXT PIPELINE NOT VERIFIED: ")
    assert "<h1>Weights verified, text pipeline not verified</h1>" in sheet.to_html()
    plain = sheet.to_dict()
    assert (plain["weights"], plain["text"]) == (sheet.weights, sheet.text)
    # Texts that score as in their source show both.
    both = replace(sheet, lines=(text_pipeline(net, read_reference((TEXTS, shares))),))
    assert (both.weights, both.text, both.verdict) == (VERIFIED, VERIFIED, VERIFIED)
    assert both.headline == "Verified"
    # What a reader warned of is settled by texts, and by nothing else.
    warned = replace(net, warnings=("Words may be off by one.",))
    assert both.marked(warned).warnings == ()
    assert sheet.marked(warned) is warned
    line = text_pipeline(net, read_reference((TEXTS, shares[::-1])))
    wrong = replace(sheet, lines=(line,))
    assert (wrong.weights, wrong.text, wrong.verdict) == (UNVERIFIED, FAILED, FAILED)
    assert "original program reads them" in wrong.warnings[0]
    assert wrong.marked(warned).warnings == (*warned.warnings, *wrong.warnings)
    nothing = replace(net, vocabulary=None)
    line = against_reference(nothing, read_reference(weights))
    silent = ProofSheet(model_hash="", source="", dtype="", lines=(line,))
    assert (silent.text, silent.verdict) == (NO_TEXT, VERIFIED)
    assert text_verdict(nothing, weights) == NO_TEXT
    assert text_verdict(net, None) == UNVERIFIED
    assert text_verdict(net, (TEXTS, shares)) == VERIFIED


def test_a_vocabulary_off_by_one_does_not_pass(net, shares):
    shifted = replace(net, vocabulary=Vocabulary((*WORDS[1:], "more")))
    assert _verdict(shifted, (TEXTS, shares)) == FAIL
    # Not even where nothing but the predicted classes is known: it is never verified by them.
    assert _verdict(shifted, (TEXTS, shares.argmax(1).tolist())) in (FAIL, NOT_CHECKED)


def test_predicted_classes_alone_are_weak(net, shares):
    said = [net.labels[n] for n in shares.argmax(1)]
    for labels in (said, shares.argmax(1).tolist()):
        line = text_pipeline(net, read_reference((TEXTS, labels)))
        assert line.verdict == NOT_CHECKED
        assert "which is weak" in line.detail
    table = _csv([("text", "label"), *zip(TEXTS, said, strict=True)])
    assert _verdict(net, table.encode()) == NOT_CHECKED
    other = [*said[:-1], next(label for label in net.labels if label != said[-1])]
    line = text_pipeline(net, read_reference((TEXTS, other)))
    assert line.verdict == FAIL
    assert "the good" in line.detail


def test_a_few_digits_neither_pass_nor_fail(net, shares):
    line = text_pipeline(net, read_reference((TEXTS, np.round(shares, 2))))
    assert line.verdict == NOT_CHECKED
    assert "as far as they are written" in line.detail
    assert _verdict(net, (TEXTS, np.round(shares, 2) + 0.01)) == FAIL
    assert _verdict(net, (TEXTS, np.round(shares, 5))) == PASS


def test_the_command_takes_a_table(net, shares, tmp_path, capsys):
    net.save(tmp_path / "model")
    table = tmp_path / "mine.csv"
    table.write_text(_csv([("text", "probability"), *zip(TEXTS, shares[:, 1], strict=True)]))
    assert main(["prove", str(tmp_path / "model"), "--reference", str(table)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("VERIFIED: ")
    assert "probabilities of 5 texts from mine.csv" in said
    assert load(tmp_path / "model").hash == net.hash
