"""The command line explains models of several inputs, each by its name."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lrp_engine.cli.main import main
from tests.several_inputs import text_and_features

pytestmark = pytest.mark.usefixtures("untraced")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("several") / "net"
    text_and_features().save(path)
    return path


def test_each_input_by_its_name_as_text_numbers_or_file(folder, tmp_path, capfd):
    words, model = ["--input", "text=w2 w3=x"], ["explain", str(folder), "--dtype", "float64"]
    assert main([*model, *words, "--input", "facts=.1,.2,.3", "--json"]) == 0
    one = json.loads(capfd.readouterr().out)
    assert one["tokens"] == ["w2", "w3=x", "age", "income", "rooms"]
    expected = text_and_features().explain({"text": ["w2 w3=x"], "facts": [[0.1, 0.2, 0.3]]})
    np.testing.assert_allclose(one["token_relevance"], expected.token_relevance[0], atol=1e-12)
    (tmp_path / "facts.csv").write_text("age,income,rooms\n.1,.2,.3\n")
    given = ["--input", f"facts=@{tmp_path / 'facts.csv'}"]
    assert main([*model, *words, *given, "--hold", "facts"]) == 0
    said = capfd.readouterr().out
    assert "text:\n" in said
    assert "facts: held fixed" in said
    assert "age" not in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a text"], "several inputs, 'text', 'facts'; give --input NAME=VALUE"),
        (["--input", "age=3"], "names no input; choose NAME=... from 'text', 'facts'"),
        (["--input", "text"], "names no input"),
        (["--input", "text=a", "--input", "text=b"], "--input text is given twice"),
        (["--input", "text=w2"], "'facts' is missing"),
        (["--input", "text=w2", "--input", "facts=a"], "reads features, found 'a'; give numbers"),
        (["--input", "text=w2", "--input", "facts=1"], "Input 'facts': "),
        (["a text", "--input", "text=w2"], "one of them"),
        (["--input", "text=w2", "--input", "facts=1,2,3", "--hold", "x"], "hold fixed 'x'"),
    ],
)
def test_what_does_not_fit_is_one_sentence(folder, arguments, said, capfd):
    assert main(["explain", str(folder), *arguments]) == 2
    shown = capfd.readouterr().err
    assert said in shown
    assert len(shown.splitlines()) == 1
