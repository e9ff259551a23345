"""What a network's numbers mean: the table of output kinds, and values through every door."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import lrp_engine
from lrp_engine import FormatError, InputError
from lrp_engine.cli.main import main
from lrp_engine.layers import LSTM, Dense, Embedding
from lrp_engine.model.outputs import OUTPUT_KINDS
from lrp_engine.model.text import Vocabulary
from lrp_engine.render.numbers import quantity
from lrp_engine.render.page import methods_page
from lrp_engine.render.terminal import render
from tests.reference.outputs import REFERENCES
from tests.zoo import Draw, E, H, V, _chain

DOCS = Path(__file__).parents[3] / "docs" / "formats.md"
pytestmark = pytest.mark.usefixtures("untraced", "short_proofs")


def regression(values: int = 1, **options: object) -> lrp_engine.Network:
    d = Draw(3)
    return _chain(
        Embedding(d(V, E)),
        LSTM(d(E, 4 * H), d(H, 4 * H), d(4 * H)),
        Dense(d(H, values), d(values) - 2),
        output="linear",
        vocabulary=Vocabulary(("<pad>", "<unk>", *"abcdefghi"), "<unk>"),
        **options,
    )


def test_every_kind_has_a_reference_and_a_line_in_the_documents():
    assert REFERENCES.keys() == OUTPUT_KINDS.keys()
    listed = dict(re.findall(r"^\| `\"(\w+)\"` \| (.+?) \|$", DOCS.read_text(), re.MULTILINE))
    assert listed == {kind.name: kind.meaning for kind in OUTPUT_KINDS.values()}


@pytest.mark.parametrize("name", OUTPUT_KINDS)
def test_links_equal_the_slow_reference(name):
    scores = np.array([[-700.0, 0.0, 3.5], [1e-9, -2.0, 700.0]])
    found = OUTPUT_KINDS[name].link(scores)
    np.testing.assert_allclose(found, REFERENCES[name](scores), rtol=1e-12)


def test_a_negative_value_is_explained_as_it_is():
    net = regression(labels=("price",), value_units=("€",))
    e = net.explain(["a b c"])
    assert net.classes == 1
    assert not net.has_classes
    assert e.explained_score[0] == net.predict(["a b c"])[0, 0] < 0
    assert e.target[0] == 0
    assert e.probabilities is None
    assert abs(e.conservation_error[0]) < 1e-12
    assert (e.unit, e.value_unit) == ("€", "€")
    assert net.explain(["a"], "sensitivity").unit == "(€ / input)²"
    for told in (render(e), methods_page(e)):
        assert "€" in told
        shown = re.sub(r"(?s)<style.*?</style>|<[^>]*>", " ", told)
        assert not re.search(r"%|\bclass|[Ss]core|probab|predict", shown), shown
    assert "lowers" in methods_page(e)


def test_of_several_values_any_is_explained_or_a_difference():
    net = regression(3)
    assert net.labels == ("output 0", "output 1", "output 2")
    values = net.predict(["a b"])[0]
    for target, expected in (
        (None, values[0]),
        ("output 2", values[2]),
        ((1, 0), values[1] - values[0]),
    ):
        e = net.explain(["a b"], target=target)
        np.testing.assert_allclose(e.explained_score[0], expected, rtol=1e-12)
        assert abs(e.conservation_error[0]) < 1e-12
    with pytest.raises(InputError, match="There is no value 3; choose from 0 'output 0'"):
        net.explain(["a"], target=3)


def test_what_needs_classes_says_that_there_are_none():
    net = regression()
    e = net.explain(["a"])
    for ask in (lambda: net.probabilities(["a"]), lambda: e.predicted, lambda: e.shares):
        with pytest.raises(InputError, match="gives values and no classes"):
            ask()
    assert e.to_dict()["probabilities"] is None
    assert e[0].to_dict()["output"] == "linear"


def test_units_of_values_fit_the_values(tmp_path):
    with pytest.raises(FormatError, match=r"Found 2 value_units .* expected 3"):
        regression(3, value_units=("a", "b"))
    net = regression(2, value_units=("°C", "hPa"))
    net.save(tmp_path / "net")
    again = lrp_engine.load(tmp_path / "net", dtype="float64")
    assert (again.hash, again.value_units, again.output) == (net.hash, ("°C", "hPa"), "linear")
    assert net.explain(["a"], target=(0, 1)).unit == "value"  # of two units
    assert lrp_engine.load(tmp_path / "net", spec={"value_units": "m"}).value_units == ("m", "m")
    with pytest.raises(FormatError, match="has classes; leave them out"):
        lrp_engine.load(tmp_path / "net", spec={"output": "softmax", "value_units": "m"})


def test_the_command_line_prints_the_value_and_its_unit(tmp_path, capsys):
    regression(labels=("temperature",), value_units=("°C",)).save(tmp_path / "net")
    assert main(["explain", str(tmp_path / "net"), "a b c"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"^temperature: -[\d.]+ °C$", said, re.MULTILINE)
    assert "value of temperature: -" in said
    assert "probability" not in said


def test_a_corpus_of_values_has_no_predicted_class(tmp_path):
    import pandas as pd

    net = regression()
    (tmp_path / "texts.csv").write_text("text\na b\nc\n")
    lrp_engine.explain_corpus(net, str(tmp_path / "texts.csv"), str(tmp_path / "out"))
    rows = pd.read_parquet(tmp_path / "out")
    assert rows["predicted"].isna().all()
    assert rows["target"].tolist() == ["output", "output"]
    np.testing.assert_allclose(rows["explained_score"], net.predict(["a b", "c"])[:, 0])


@pytest.mark.parametrize(
    ("kind", "says"),
    [("outputs", ""), ("labels", ""), ("probabilities", "the network's output is linear")],
)
def test_references_are_values(kind, says):
    net = regression()
    reference = {"texts": ["a b", "c"], kind: net.predict(["a b", "c"])[:, 0]}
    if kind == "labels":  # whole numbers, which a table does not tell from classes
        reference["labels"] = [5, 7]
    if says:
        with pytest.raises(InputError, match=says):
            lrp_engine.parity(net, reference=reference)
        return
    sheet = lrp_engine.parity(net, reference=reference)
    assert sheet.text == ("failed" if kind == "labels" else "verified")


def test_values_are_written_with_the_digits_that_count():
    for value, text in ((3.42154, "3.422"), (-0.5, "−0.5"), (245000.4, "245,000"), (0.0, "0"),
                        (-1234.5678, "−1,235"), (123456789.0, "123,456,789"),
                        (9999.6, "10,000")):  # fmt: skip
        assert quantity(value) == text
    assert "10" in quantity(1e-9)
