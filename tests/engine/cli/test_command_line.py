"""The command line: what it prints, what it refuses, and that nothing else reaches the screen."""

from __future__ import annotations

import io
import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lrp_engine import (
    METHODS,
    RULES,
    ZB,
    AlphaBeta,
    ByLayer,
    Epsilon,
    Flat,
    Gamma,
    RelativeEpsilon,
    WSquare,
    ZPlus,
    formats,
)
from lrp_engine.cli.main import main
from lrp_engine.cli.options import parse_target
from lrp_engine.propagation.rules import GATES
from lrp_engine.render.palettes import THEMES
from lrp_engine.render.terminal import COLOURS, colours_of, paint, render
from tests import zoo
from tests.contrast import contrast

pytestmark = pytest.mark.usefixtures("untraced")

ROOT = Path(__file__).parents[3]
BY_LAYER = json.dumps(ByLayer([("conv1d", WSquare())]).to_dict())
WORDS = ["<unk>", "not", "good", "bad", "the", "film"]


@pytest.fixture(scope="module")
def network():
    return zoo.reader(WORDS, ["negative", "neutral", "a:b"], seed=7)


@pytest.fixture(scope="module")
def folder(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "small"
    network.save(path)
    return str(path)


@pytest.fixture
def loaded(network, folder, monkeypatch):
    """The folder is read once for all tests."""
    real = formats.load

    def load(path, **options):
        plain = {**options, "dtype": None} == dict.fromkeys(options)
        plain = plain and options["dtype"] == "float32"
        return network if path == folder and plain else real(path, **options)

    monkeypatch.setattr(formats, "load", load)


@pytest.fixture
def run(capfd, loaded):
    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        return code, *capfd.readouterr()

    return call


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_explain(run, folder, network, method):
    code, out, err = run("explain", folder, "the film was not good", "--method", method.name)
    explanation = network.explain(["the film was not good"], method=method.name)
    assert code == 0
    assert (f"{method.title} takes up to" in err) is not method.live  # said before it runs
    assert err.count("\n") == (not method.live)
    assert method.title in out
    assert all(f"  {check.title}" in out for check in method.checks)
    for token in explanation.tokens[0]:
        assert re.search(rf"\d +{token}", out)
    assert "was  (unknown word, the model saw <unk>)" in out
    assert "\x1b" not in out  # not a terminal
    assert ("Where the score went" in out) is (method.completeness == "score")
    assert ("Passed" in out) is (method.completeness == "score")
    words = out.split("\n\n")[1]
    assert ("+" in words or "-" in words) is method.signed


@pytest.mark.parametrize("method", METHODS)
def test_json(run, folder, network, method):
    code, out, err = run(
        "explain", folder, "the film was good", "--json", "--method", method,
        "--target", "negative:a:b", "--eps", "0.01", "--bias-factor", "1",
    )  # fmt: skip
    found = json.loads(out)
    assert code == 0
    assert err.count("\n") == (not METHODS[method].live)
    assert found["target"] == [0, 2]
    assert found["model_hash"] == network.hash
    assert found["tokens"] == ["the", "film", "was", "good"]
    if method == "lrp":
        assert found["rule"] == {
            "name": "epsilon", "eps": 0.01, "bias_factor": 1.0, "gates": "all",
        }  # fmt: skip


def test_every_rule_and_gate_rule_can_be_asked_for(run, folder, network):
    rules = [Gamma(gamma=0.5), AlphaBeta(alpha=1.5, beta=0.5), ZPlus(gates="abs")]
    rules += [WSquare(), Flat(), ZB(low=-2.5, high=0.5), RelativeEpsilon(relative=0.1)]
    assert {type(rule) for rule in rules} | {Epsilon} == set(RULES.values())
    for rule in [*rules, *(Epsilon(gates=gates) for gates in GATES)]:
        asked = [
            (f"--{name}", f"{value:g}")
            for name in rule.own_options()
            for value in [getattr(rule, name)]
        ]
        code, out, _ = run(
            "explain", folder, "good film", "--json", "--rule", rule.name, "--gates", rule.gates,
            *itertools.chain(*asked),
        )  # fmt: skip
        found = json.loads(out)
        assert (code, found["rule"]) == (0, rule.to_dict())
        expected = network.explain(["good film"], rule=rule).to_dict()
        assert found["token_relevance"] == expected["token_relevance"]


def test_a_rule_by_layer_is_json_or_a_file(run, folder, network, tmp_path):
    rule = ByLayer([("first", WSquare(eps=0.5))], default=Epsilon(eps=0.1))
    file = tmp_path / "rule.json"
    file.write_text(text := json.dumps(rule.to_dict()))
    expected = network.explain(["good film"], rule=rule).to_dict()
    for said in (text, f"@{file}"):
        code, out, _ = run("explain", folder, "good film", "--json", "--rule", said)
        found = json.loads(out)
        assert (code, found["rule"]) == (0, rule.to_dict())
        assert found["token_relevance"] == expected["token_relevance"]
    code, out, _ = run(
        "explain", folder, "good", "--json", "--rule", '{"name": "gamma", "gamma": 2}'
    )
    assert (code, json.loads(out)["rule"]) == (0, Gamma(gamma=2).to_dict())


def test_double_precision(run, folder):
    code, out, _ = run("explain", folder, "good", "--dtype", "float64")
    assert code == 0
    assert "1e-10 (for float64)" in out


LABELS = ("negative", "neutral", "a:b", "2")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        (None, None),
        ("neutral", "neutral"),
        ("1", 1),
        ("2", "2"),  # a label wins over a number
        ("a:b", "a:b"),  # and over a pair
        ("0:1", (0, 1)),
        ("negative:a:b", ("negative", "a:b")),
        ("a:b:negative", ("a:b", "negative")),
        ("neutral:0", ("neutral", 0)),
        ("missing", "missing"),
        ("missing:0", "missing:0"),
    ],
)
def test_targets(text, target):
    assert parse_target(text, LABELS) == target


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["{}/missing", "good"], "no file or folder"),
        (["/", "good"], "The folder '/' holds no network.json"),
        (["{}", "good", "--vocabulary", "missing.txt"], "'missing.txt'"),
        (["{}", "good", "--target", "9"], "There is no class 9; choose from 0 'negative'"),
        (["{}", "good", "--target", "x:y"], "There is no class 'x:y'"),
        (["{}", "good", "--target", "0:0"], "two different classes"),
        (["{}", "good", "--eps", "0"], "eps must be"),
        (["{}", "good", "--eps", "nan"], "eps must be"),
        (["{}", "good", "--bias-factor", "2"], "bias_factor must be"),
        (["{}", "good", "--gamma", "1"], "--gamma belongs to --rule gamma, found --rule epsilon"),
        (["{}", "good", "--rule", "gamma", "--gamma", "-1"], "gamma must be"),
        (["{}", "good", "--rule", "alpha_beta", "--alpha", "3"], "alpha 2 belongs to beta 1"),
        (["{}", "good", "--rule", "x"], "There is no rule 'x'; choose from 'epsilon'"),
        (["{}", "good", "--rule", '{"name"'], "is no JSON"),
        (["{}", "good", "--rule", '{"name": "flat"}', "--eps", "1"], "--eps belongs to a rule by"),
        (["{}", "good", "--rule", BY_LAYER], "names 'conv1d', which this network does not have"),
        (["{}", "good", "--rule", "@missing.json"], "no file or folder 'missing.json'"),
        (["{}", "good", "--rule", f"@{sys.executable}"], "is no JSON text in UTF-8"),
        ([__file__, "good"], "lrp_engine: "),
    ],
)
def test_mistakes_are_one_sentence(run, folder, arguments, sentence):
    code, out, err = run("explain", *(a.replace("{}", folder) for a in arguments))
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


@pytest.mark.parametrize("arguments", [[], ["explain"], ["explain", "m", "t", "--method", "x"]])
def test_wrong_usage(capsys, arguments):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_tokens_cannot_steer_the_terminal(run, folder):
    _, out, _ = run("explain", folder, "\x1b[2J\x07 \x9b31m \u202egood bad\x1b]0;x")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", out)
    assert "␛[2j␇" in out
    _, out, _ = run("explain", folder, "\x9b31m \u202egood \x7f\u2066", "--json")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", out)
    assert json.loads(out)["tokens"] == ["\x9b31m", "\u202egood", "\x7f\u2066"]


def test_colours_of_a_stream():
    terminal = Terminal()
    assert colours_of(terminal, {"COLORTERM": "truecolor"}) == 1 << 24
    assert colours_of(terminal, {"TERM": "xterm-256color"}) == 256
    assert colours_of(terminal, {"TERM": "vt100"}) == 0
    assert colours_of(terminal, {"TERM": "dumb", "COLORTERM": "truecolor"}) == 0
    assert colours_of(terminal, {"COLORTERM": "truecolor", "NO_COLOR": "1"}) == 0
    assert colours_of(terminal, {"COLORTERM": "truecolor", "NO_COLOR": ""}) == 1 << 24
    assert colours_of(io.StringIO(), {"COLORTERM": "truecolor"}) == 0


@pytest.mark.usefixtures("loaded")
def test_no_color_option(folder, monkeypatch):
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    outputs = []
    for options in ([], ["--no-color"]):
        monkeypatch.setattr(sys, "stdout", Terminal())
        assert main(["explain", folder, "good", *options]) == 0
        outputs.append(sys.stdout.getvalue())
    assert "\x1b[38;2;" in outputs[0]
    assert "\x1b" not in outputs[1]
    assert re.sub("\x1b\\[[^m]*m", "", outputs[0]) == outputs[1]


@pytest.mark.parametrize("colours", COLOURS)
def test_signs_in_every_terminal(network, colours):
    explanation = network.explain(["the film not good bad"])
    out = re.sub("\x1b\\[[^m]*m", "", render(explanation, colours=colours))
    for token, value in zip(explanation.tokens[0], explanation.token_relevance[0], strict=True):
        assert re.search(rf"{'-' if value < 0 else '[+]'}\d\S* +{token}", out)


def test_painted_text_is_readable():
    for percent in range(0, 56, 5):
        codes = [int(n) for n in re.findall(r"\d+", paint("x", "#5e3c99", percent, 1 << 24))]
        text, background = codes[2:5], codes[7:10]
        pair = ["#" + "".join(f"{channel:02x}" for channel in c) for c in (text, background)]
        assert pair[0].upper() == THEMES["light"].text.upper()
        assert contrast(*pair) >= 4.5


def start(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lrp_engine", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        env={k: v for k, v in os.environ.items() if not k.startswith("TF_")} | environment,
    )  # fmt: skip


def test_nothing_but_the_answer_on_the_screen(folder):
    done = start("explain", folder, "the film", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "film" in done.stdout


def test_help_needs_no_tensorflow():
    code = (
        "import sys\nfrom lrp_engine.cli.main import main\n"
        "try:\n    main(['explain', '--help'])\nexcept SystemExit:\n    pass\n"
        "assert not {'tensorflow', 'keras', 'pandas'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    for name in METHODS:
        assert name in done.stdout


@pytest.mark.parametrize(("said", "line"), [((), "Stopped."), (("Halfway.",), "Halfway.")])
def test_a_ctrl_c_is_one_sentence(said, line, monkeypatch, capsys):
    def stopped(_: object) -> None:
        raise KeyboardInterrupt(*said)

    monkeypatch.setattr("lrp_engine.cli.samples._run", stopped)
    assert main(["samples"]) == 130
    assert capsys.readouterr().err == f"lrp_engine: {line}\n"


@pytest.mark.usefixtures("loaded")
def test_a_closed_output_is_one_sentence(folder, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", None)  # as Python has it under `>&-`
    assert main(["explain", folder, "good"]) == 2
    assert capsys.readouterr().err == (
        "lrp_engine: Cannot write the result: the output is closed.\n"
    )


def test_a_full_disk_behind_the_output_is_one_sentence(folder):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "lrp_engine", "explain", folder, "good"],
            cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "lrp_engine: Cannot write the result: No space left on device.\n"
