"""The command `evaluate`: what it prints, writes and refuses."""

from __future__ import annotations

import csv
import json

import numpy as np
import pandas as pd
import pytest

from lrp_engine import Epsilon, evaluate
from lrp_engine.cli.main import main
from tests import zoo

pytestmark = pytest.mark.usefixtures("untraced")

WORDS = ["<unk>", "not", "good", "bad", "the", "film"]
LABELS = ["negative", "neutral", "positive"]
MEASURES = ["comprehensiveness", "deletion_right", "correlation"]
ASKED = [part for name in MEASURES for part in ("--measure", name)]


@pytest.fixture(scope="module")
def network():
    return zoo.reader(WORDS, LABELS, seed=7)


@pytest.fixture(scope="module")
def files(network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluate")
    network.save(folder / "model")
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS[1:], n)) for n in (12, 7, 11, 13, 6, 12)]
    labels = [network.labels[c] for c in network.predict(texts).argmax(axis=1)]
    with (folder / "texts.csv").open("w", newline="") as file:
        rows = zip([*texts, ""], [*labels, "neutral"], strict=True)  # the last row holds no text
        csv.writer(file).writerows([("text", "label"), *rows])
    return folder, texts, labels


@pytest.fixture
def run(capfd, files):
    def call(*arguments):
        folder = files[0]
        code = main(["evaluate", str(folder / "model"), str(folder / "texts.csv"), *arguments])
        return code, *capfd.readouterr()

    return call


def test_the_numbers_are_those_of_the_library(run, files, network):
    code, out, _ = run(*ASKED, "--json", "--method", "lrp", "--seed", "3", "--eps", "0.01",
                       "--also-rule", "gamma")  # fmt: skip
    assert code == 0
    found = json.loads(out)
    from lrp_engine import Gamma

    expected = evaluate(network, files[1], files[2], ["lrp"], [Epsilon(eps=0.01), Gamma()],
                        MEASURES, 3)  # fmt: skip
    frame = expected.to_frame()
    again = pd.DataFrame(found["values"])
    assert again[["method", "rule", "measure", "n"]].equals(
        frame[["method", "rule", "measure", "n"]]
    )
    numbers = ["value", "low", "high"]
    np.testing.assert_allclose(again[numbers], frame[numbers], rtol=0, atol=1e-5)
    assert found["sentence"] == expected.sentence
    assert found["texts"] == len(files[1])


@pytest.mark.parametrize(("name", "holds"), [("a.md", "## Comprehensiveness"),
                                             ("a.html", "<h2>Comprehensiveness</h2>"),
                                             ("a.csv", "method,rule,measure,value")])  # fmt: skip
def test_a_report_is_written_and_the_table_printed(run, tmp_path, name, holds):
    code, out, _ = run("--measure", "comprehensiveness", "--method", "lrp", "--out",
                       str(tmp_path / name))  # fmt: skip
    assert code == 0
    assert "Comprehensiveness" in out
    assert "random" in out
    assert holds in (tmp_path / name).read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--out", "a.pdf"], "end it in '.html', '.md', '.csv'"),
        (["--out", "s3://bucket/a.html"], "is an address; the file is written on this machine"),
        (["--label-column", "class"], "choose from 'label'"),
        (["--text-column", "words"], "words"),
        (["--measure", "marked_share"], "needs the right relevances"),
        (["--also-rule", "best"], "best"),
        (["--position", "1"], "label every word"),
    ],
)
def test_what_does_not_fit_is_a_sentence(run, arguments, says):
    code, out, err = run(*arguments)
    assert code == 2
    assert says in err
    assert not out
    assert "Traceback" not in err


def test_a_folder_keeps_what_was_measured(run, tmp_path):
    kept = tmp_path / "kept"
    code, out, _ = run(*ASKED, "--json", "--method", "lrp", "--keep", str(kept))
    assert code == 0
    assert len(list(kept.glob("measured-*.npz"))) == 1
    assert run(*ASKED, "--json", "--method", "lrp", "--keep", str(kept))[:2] == (0, out)
    code, _, error = run(*ASKED, "--keep", str(kept), "--out", str(kept / "report.md"))
    assert (code, "write --out outside of it" in error) == (2, True)
    (kept / "notes.txt").write_text("mine")
    code, _, error = run(*ASKED, "--method", "lrp", "--keep", str(kept))
    assert (code, "holds 'notes.txt'" in error) == (2, True)
