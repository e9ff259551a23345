"""A method that nobody built in: it goes back as often as it needs and has options of its own.

Its path integral (Sundararajan et al. 2017, arXiv 1703.01365) from zero adds up to the difference
to the score of zeros, which no method does by chance.
"""

from __future__ import annotations

import json

import numpy as np
import pytest

from lrp_engine import METHODS, CorpusSettings, InputError, explain_corpus, explain_stream
from lrp_engine.attribution.methods import Attribution, Method
from lrp_engine.cli.main import main
from lrp_engine.option import Option
from tests import corpora, zoo

LENGTHS = [3, 1, 4]
TEXTS = ["good film", "not good", "bad"]


def attribute(run, options):
    steps = options["steps"]
    shares = (np.arange(steps) + {"left": 0.0, "middle": 0.5}[options["sum"]]) / steps
    slopes = [run.back("gradient", run.x * a, run.steps, run.selection).message for a in shares]
    units = np.mean(slopes, axis=0) * run.x
    sizes = units if units.ndim == 2 else np.abs(units).sum(axis=2)
    return Attribution(per_unit=units, per_token=sizes if options["sum"] == "left" else None)


PATH = Method(
    name="path",
    title="Path Integral",
    short="PI",
    value_name="relevance",
    signed=True,
    unit="score",
    equation=r"R = x \int s'(a x) da",
    per_unit=True,
    completeness="difference to a baseline",
    uses_rule=False,
    passes=(),
    cost="one backward pass a step",
    live=False,
    attribute=attribute,
    meaning="What a word brings on the way from zero.",
    source="Sundararajan et al. 2017, arXiv 1703.01365",
    options=(
        Option(name="steps", title="steps", meaning="points of the path", smallest=1, largest=500,
               whole=True, default=50),
        Option(name="sum", title="sum", meaning="where a step is evaluated",
               choices=("left", "middle"), default="middle"),
    ),
)  # fmt: skip


@pytest.fixture(autouse=True)
def table(monkeypatch):
    monkeypatch.setitem(METHODS, "path", PATH)


@pytest.fixture(scope="module")
def reader():
    return zoo.reader(["<unk>", "not", "good", "bad", "film"], ["neg", "pos"], seed=1)


@pytest.mark.parametrize("name", ["lstm", "stack", "dense_softplus"])
def test_it_goes_back_as_often_as_it_needs(name):
    network = zoo.network(name)
    x = zoo.inputs(network, LENGTHS)
    lengths = LENGTHS if network.input_shape.time else None
    found = network.explain(x, "path", 0, method_options={"steps": 400}, lengths=lengths)
    baseline = network.predict(np.zeros_like(x), lengths=lengths)[:, 0]
    np.testing.assert_allclose(
        found.token_relevance.sum(axis=1), found.scores[:, 0] - baseline, atol=1e-4
    )
    assert found.method_options == {"steps": 400, "sum": "middle"}
    assert found.to_dict()["method_options"] == {"steps": 400, "sum": "middle"}
    assert found.rule is None
    assert not found.ledger
    assert np.isnan(found.conservation_error).all()


def test_words_need_not_be_sums_of_their_units():
    network = zoo.network("lstm")
    x = zoo.inputs(network, LENGTHS)
    found = network.explain(x, "path", method_options={"sum": "left"}, lengths=LENGTHS)
    np.testing.assert_allclose(found.token_relevance, np.abs(found.relevance).sum(axis=2))
    np.testing.assert_allclose(found[1].token_relevance, found.token_relevance[1:2, :1])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"steps": 0}, "steps must be a whole number from 1 to 500, found 0"),
        ({"steps": 2.5}, "steps must be a whole number from 1 to 500, found 2.5"),
        ({"steps": True}, "steps must be a whole number"),
        ({"steps": "many"}, "steps must be a whole number"),
        ({"sum": "right"}, "sum is 'right'; choose from 'left', 'middle'"),
        ({"sum": 1}, "sum is 1; choose from 'left', 'middle'"),
        ({"step": 5}, "no option 'step'; choose from 'steps', 'sum'"),
    ],
)
def test_its_options_are_checked_everywhere(reader, given, sentence):
    with pytest.raises(InputError, match=sentence):
        reader.explain(TEXTS, "path", method_options=given)
    with pytest.raises(InputError, match=sentence):
        explain_stream(reader, TEXTS, method="path", method_options=given)
    with pytest.raises(InputError, match=sentence):
        CorpusSettings(methods=("path",), method_options={"path": given})


def test_options_of_a_method_that_is_not_asked_for_are_refused(reader):
    with pytest.raises(InputError, match="options of 'path', but the methods are 'lrp'"):
        reader.explain_all(TEXTS, methods=["lrp"], method_options={"path": {"steps": 3}})


def test_options_reach_streams_and_corpora(reader, tmp_path):
    options = {"steps": 3}
    expected = reader.explain(TEXTS, "path", method_options=options)
    for n, one in enumerate(explain_stream(reader, TEXTS, method="path", method_options=options)):
        np.testing.assert_allclose(one.token_relevance, expected[n].token_relevance, atol=1e-6)
    (tmp_path / "in.csv").write_text("\n".join(["text", *TEXTS]))
    settings = CorpusSettings(methods=("lrp", "path"), method_options={"path": options})
    explain_corpus(reader, str(tmp_path / "in.csv"), str(tmp_path / "out"), settings=settings)
    for n, row in corpora.frame(tmp_path / "out").iterrows():
        np.testing.assert_allclose(row["path"], expected[n].token_relevance[0], atol=1e-6)
    manifest = json.loads((tmp_path / "out" / "_manifest.json").read_text())
    assert manifest["settings"]["method-option"] == {"path": {"steps": 3, "sum": "middle"}}
    other = CorpusSettings(methods=("lrp", "path"))
    with pytest.raises(InputError, match=r"--method-option\S* differs"):
        explain_corpus(reader, str(tmp_path / "in.csv"), str(tmp_path / "out"), settings=other)


def test_options_on_the_command_line(reader, tmp_path, capsys):
    folder = str(tmp_path / "model")
    reader.save(folder)
    asked = ["explain", folder, TEXTS[0], "--method", "path", "--json"]
    assert main([*asked, "--method-option", "steps=7", "--method-option", "sum=left"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["method_options"] == {"steps": 7, "sum": "left"}
    for wrong, sentence in (
        ("steps=0", "steps must be a whole number from 1 to 500, found 0"),
        ("steps=x", "steps must be a whole number from 1 to 500, found 'x'"),
        ("colour=1", "There is no --method-option 'colour=1'; choose from steps=..., sum=..."),
        ("steps", "There is no --method-option 'steps'"),
    ):
        assert main([*asked, "--method-option", wrong]) == 2
        assert sentence in capsys.readouterr().err
    assert main(["explain", folder, TEXTS[0], "--method-option", "steps=7"]) == 2
    assert "choose from none here" in capsys.readouterr().err
