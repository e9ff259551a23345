"""Commands beside the words on the screen: files, pipes, samples, the dashboard, completion."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import click
import numpy as np
import pytest

from app import gate, settings
from lrp_engine import formats, shipped
from lrp_engine.cli import dashboard
from lrp_engine.cli.main import main, parser
from lrp_engine.cli.output import write_file
from lrp_engine.errors import InputError
from lrp_engine.render.terminal import render
from tests import zoo

pytestmark = pytest.mark.usefixtures("untraced")

WORDS = ["<unk>", "not", "good", "bad", "the", "film"]


@pytest.fixture(scope="module")
def network():
    return zoo.reader(WORDS, ["negative", "positive"], seed=7)


@pytest.fixture
def run(network, monkeypatch, capfd):
    """Runs a command on the network, whatever is named; returns code, output, errors."""
    monkeypatch.setattr(formats, "load", lambda path, **_: network)

    def call(*arguments: str, piped: bytes | None = None) -> tuple[int, str, str]:
        if piped is not None:
            stream = SimpleNamespace(buffer=io.BytesIO(piped))
            monkeypatch.setattr(sys, "stdin", stream)
        code = main(arguments)
        return code, *capfd.readouterr()

    return call


def test_several_texts_also_from_standard_input(run, network):
    code, out, _ = run("explain", ".", "good film", "-", "--json",
                       piped="\ufeffnot bad\n\nthe film\n".encode())  # fmt: skip
    texts = ["good film", "not bad", "the film"]
    expected = network.explain(texts)
    assert code == 0
    assert json.loads(out) == [expected.to_dict(n) for n in range(3)]
    code, out, _ = run("explain", ".", *texts)
    assert (code, out) == (0, "\n".join(render(expected, n) for n in range(3)))


def test_line_breaks_alone_end_a_text_of_standard_input(run):
    piped = "not\u0085bad\u2028the\x0cfilm\r\ngood\n".encode()
    code, out, _ = run("explain", ".", "-", "--json", piped=piped)
    assert code == 0
    assert [one["tokens"] for one in json.loads(out)] == [["not", "bad", "the", "film"], ["good"]]


def test_files_in_place_of_the_screen(run, network, tmp_path):
    files = {name: tmp_path / f"a.{name}" for name in ("html", "svg", "csv")}
    asked = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    code, out, _ = run("explain", ".", "not <b>good</b>", *asked)
    assert (code, out) == (0, "")
    one = network.explain(["not <b>good</b>"])
    assert "&lt;b" in files["html"].read_text()
    assert "<b>good" not in files["html"].read_text()
    assert files["svg"].read_text().startswith("<svg")
    assert files["csv"].read_text() == one.to_frame().to_csv(index=False)
    code, out, _ = run("explain", ".", "good", "bad", "--csv", "-")
    assert out == network.explain(["good", "bad"]).to_frame().to_csv(index=False)


def test_a_file_keeps_what_it_is(tmp_path, monkeypatch):
    named, long = tmp_path / "a.html", tmp_path / f"{'a' * 240}.html"
    named.write_text("earlier")
    named.chmod(0o640)
    os.link(named, tmp_path / "b.html")
    write_file(named, "now")
    assert (tmp_path / "b.html").read_text() == "now"
    write_file(long, "now")
    assert long.read_text() == "now"

    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "replace", refused)  # a file of somebody else in a sticky folder
    write_file(long, "later")
    assert long.read_text() == "later"
    with pytest.raises(InputError, match="Operation not permitted"):
        write_file(tmp_path / "c.html", "now")
    assert sorted(os.listdir(tmp_path)) == ["a.html", long.name, "b.html"]
    assert stat.S_IMODE(named.stat().st_mode) == 0o640


def test_a_pipe_is_written_as_it_is():
    reader, writer = os.pipe()
    try:
        write_file(f"/dev/fd/{writer}", "now")
        assert os.read(reader, 9) == b"now"
    finally:
        os.close(reader)
        os.close(writer)


def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path, monkeypatch):
    page = tmp_path / "a.html"
    page.write_text("earlier")
    page.chmod(0o444)
    opened = Path.open

    def as_a_user(path: Path, mode: str = "r", **named: object):  # the superuser writes any file
        if mode != "r" and path.exists() and not path.stat().st_mode & stat.S_IWUSR:
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, mode, **named)

    monkeypatch.setattr(Path, "open", as_a_user)
    with pytest.raises(InputError, match="Permission denied"):
        write_file(page, "now")
    assert os.listdir(tmp_path) == ["a.html"]
    assert page.read_text() == "earlier"


def test_on_a_full_disk_the_earlier_file_and_the_result_stay(run, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    page, report = tmp_path / "a.html", tmp_path / "r.md"
    page.write_text("earlier")
    code, out, err = run("explain", ".", "good", "--html", str(page))
    assert (code, out, page.read_text()) == (2, "", "earlier")
    assert err.endswith(f"Cannot write {str(page)!r}: the disk is full.\n")
    table = b"text,label\ngood film,positive\nnot good,negative\n"
    code, out, err = run("evaluate", ".", "-", "--quiet", "--json", "--out", str(report),
                         piped=table)  # fmt: skip
    assert (code, json.loads(out)["texts"]) == (2, 2)
    assert "the disk is full" in err
    assert os.listdir(tmp_path) == ["a.html"]


@pytest.mark.parametrize(
    ("arguments", "piped", "sentence"),
    [
        (["good", "bad", "--html", "a"], None, "--html holds one text, found 2; give one, or"),
        (["good", "--html", "-", "--json"], None, "--html - and --json both print"),
        (["-", "-"], b"good", "can be read once"),
        (["-"], b"\n \n", "holds no text; expected one text a line"),
        (["-"], b"\xff\xfe", "no text in UTF-8"),
        (["good", "--csv", "no/such/folder"], None, "There is no folder 'no/such' to write"),
    ],
)
def test_what_cannot_be_is_one_sentence(run, arguments, piped, sentence):
    code, out, err = run("explain", ".", *arguments, piped=piped)
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1


def test_features_from_standard_input_a_line_per_sample(monkeypatch, run):
    features = zoo.network("dense")
    monkeypatch.setattr(formats, "load", lambda path, **_: features)
    rows = np.random.default_rng(0).normal(size=(3, features.input_shape.units)).round(3)
    lines = "\n".join(",".join(map(str, row)) for row in rows)
    code, out, _ = run("explain", ".", "--numbers", "-", "--json", piped=lines.encode())
    assert code == 0
    expected = features.explain(rows)
    assert [one["token_relevance"] for one in json.loads(out)] == [
        expected.to_dict(n)["token_relevance"] for n in range(3)
    ]


def test_evaluate_reads_a_table_from_standard_input(run):
    table = "text,label\ngood film,positive\nnot good,negative\nthe film,positive\n"
    code, out, _ = run("evaluate", ".", "-", "--quiet", "--json", piped=table.encode())
    assert code == 0
    assert json.loads(out)["texts"] == 3


def test_inspect(run, network):
    code, out, _ = run("inspect", ".")
    assert (code, out) == (0, network.summary())
    code, out, _ = run("inspect", ".", "--json")
    said = json.loads(out)
    assert said["labels"] == ["negative", "positive"]
    assert {layer["layer"] for layer in said["layers"]} <= {node.name for node in network.nodes}
    assert said["tokenizers"] == {"text": network.tokenizer.to_dict()}


def test_samples_are_listed_and_stand_for_a_model(capfd):
    assert main(["samples", "--json"]) == 0
    listed = json.loads(capfd.readouterr().out)
    assert [one["name"] for one in listed] == [*shipped.samples()]
    assert all(os.path.exists(one["examples"]) for one in listed)
    assert main(["samples"]) == 0
    out = capfd.readouterr().out
    assert all(one["sentence"] in out for one in listed)
    assert main(["inspect", "spam", "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert found["labels"] == ["ham", "spam"]
    assert "8,000 words" in found["facts"]["Vocabulary"]


def test_the_parser_completes_in_bash(capfd, tmp_path):
    for shell in ("bash", "zsh", "tcsh"):
        assert main(["completion", shell]) == 0
        script = capfd.readouterr().out
        assert "explain-corpus" in script
        if shell == "bash":
            (tmp_path / "complete").write_text(script)
    if shutil.which("bash") is None:
        pytest.skip("no bash")
    asked = ". ./complete; COMP_WORDS=(lrp-lens expl); COMP_CWORD=1; _shtab_lrp_lens; "
    done = subprocess.run(["bash", "-c", f'{asked} echo "${{COMPREPLY[@]}}"'], cwd=tmp_path,
                          capture_output=True, text=True)  # fmt: skip
    assert done.stdout.split() == ["explain", "explain-corpus"]


@pytest.fixture
def started(monkeypatch):
    """What Streamlit would be started with; the environment is put back."""
    for name in (dashboard.MODEL_VARIABLE, dashboard.REMOTE_VARIABLE):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    seen: list[list[str]] = []

    def started(arguments: list[str], **_: object) -> None:
        seen.append(arguments)

    monkeypatch.setattr("streamlit.web.cli.main", started)
    return seen


def test_the_dashboard_is_started_for_this_machine_only(started, monkeypatch):
    assert main(["dashboard"]) == 0
    assert started[0][:2] == ["run", str(settings.REPOSITORY / "app" / "main.py")]
    flags = dict(flag.removeprefix("--").split("=") for flag in started[0][2:])
    assert flags["server.address"] == "localhost"
    promised = {name: str(value).lower() for name, value in gate.PROMISED.items()}
    assert promised.items() <= flags.items()
    assert settings.MODEL_VARIABLE == dashboard.MODEL_VARIABLE
    assert settings.REMOTE_VARIABLE == dashboard.REMOTE_VARIABLE
    assert settings.model_path() == settings.BUNDLED_MODEL
    assert not settings.remote_is_allowed()


def test_the_dashboard_is_told_a_model_a_port_and_names(started, tmp_path):
    arguments = ["--port", "9000", "--address", "0.0.0.0", "--allow-remote", "--no-browser"]
    names = ["--name", "lens.example.org", "--name", "lens"]
    assert main(["dashboard", "spam", *arguments, *names]) == 0
    assert {"--server.address=0.0.0.0", "--server.port=9000", "--server.headless=true",
            "--server.allowedHosts=lens.example.org", "--server.allowedHosts=lens"} < {
                *started[0]}  # fmt: skip
    assert settings.model_path() == shipped.sample_folders()["spam"]
    assert settings.remote_is_allowed()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["missing"], "There is no file or folder 'missing'"),
        (["--port", "0"], "--port is 0, expected 1 to 65535"),
    ],
)
def test_the_dashboard_says_what_is_wrong(started, capfd, arguments, sentence):
    assert main(["dashboard", *arguments]) == 2
    assert sentence in capfd.readouterr().err
    assert not started


@pytest.mark.parametrize(
    ("ending", "code", "sentence"),
    [
        (click.exceptions.Abort(), 0, "The dashboard is stopped."),
        (click.UsageError("No such option."), 2, "No such option."),
    ],
    ids=["Ctrl-C", "refused"],
)
def test_the_dashboard_ends_with_a_sentence(monkeypatch, capfd, ending, code, sentence):
    def ended(arguments: list[str], **_: object) -> None:
        raise ending

    monkeypatch.setattr("streamlit.web.cli.main", ended)
    assert main(["dashboard"]) == code
    assert sentence in capfd.readouterr().err


def test_without_streamlit_the_dashboard_says_what_to_install(started, capfd, monkeypatch):
    monkeypatch.setattr(dashboard, "find_spec", lambda name: None)
    assert main(["dashboard"]) == 2
    said = capfd.readouterr().err
    assert "[dashboard]" in said
    assert "install lrp-lens" not in said  # that name belongs to somebody else


def test_the_script_and_the_module_have_the_same_commands():
    assert parser().format_usage().startswith("usage: lrp-lens ")
    assert parser("python -m lrp_engine").format_usage().startswith("usage: python -m lrp_engine ")
