"""Named numbers of a step, as of sensors: each has its own relevance, wherever it is shown."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import lrp_engine
from lrp_engine import FormatError, InputError, Network
from lrp_engine.attribution.shown import as_shown
from lrp_engine.cli.main import main
from lrp_engine.cli.numbers import read_numbers
from lrp_engine.formats.companions.numbers import rows_of
from lrp_engine.layers import Dense, Embedding
from lrp_engine.render.svg import svg
from lrp_engine.render.terminal import render
from lrp_engine.render.unit_rows import unit_rows
from tests.zoo import Draw, E, H, V, _chain

pytestmark = pytest.mark.usefixtures("untraced")
SENSORS = ("acc x", "acc y", "gyro <x>", "gyro y")


def _layers() -> tuple:
    d = Draw(3)
    return d.lstm(E), Dense(d(H, 3), d(3))


@pytest.fixture(scope="module")
def net() -> Network:
    return _chain(*_layers(), unit_names=SENSORS)


@pytest.fixture(scope="module")
def series() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, 5, E))


def test_each_named_number_has_its_relevance_over_time(net, series):
    e = net.explain(series, lengths=[5, 3])
    frame = e.to_frame()
    named = [f"relevance of {name}" for name in SENSORS]
    assert list(frame.columns[-4:]) == named
    assert len(frame) == 8
    np.testing.assert_allclose(frame[named].sum(axis=1), frame["relevance"], atol=1e-12)
    np.testing.assert_array_equal(frame[named[2]][:5], e.relevance[0, :, 2])
    plain = e.to_dict(1)
    assert list(plain["unit_relevance"]) == list(SENSORS)
    assert plain["unit_relevance"]["acc y"] == e.relevance[1, :3, 1].tolist()
    rows = unit_rows(e[0])
    assert [row.name for row in rows] == list(SENSORS)
    assert len(rows[0].cells) == 5
    drawn = e.to_html()
    assert re.findall(r"<h3>(.*)</h3>", drawn)[-4:] == [
        "acc x",
        "acc y",
        "gyro &lt;x&gt;",
        "gyro y",
    ]
    assert "gyro &lt;x&gt;" in svg({"lrp": e[0]})
    totals = e.relevance[0].sum(axis=0)
    for name, total in zip(SENSORS, totals, strict=True):
        assert re.search(rf"{total:+.3f}  {re.escape(name)}\n", render(e)), render(e)


def test_without_names_nothing_changes(net, series):
    bare = replace(net, unit_names=())
    e = bare.explain(series)
    assert not any("relevance of" in name for name in e.to_frame().columns)
    assert "unit_relevance" not in e.to_dict()
    assert unit_rows(e[0]) == []
    assert bare.hash == _chain(*_layers()).hash != net.hash


def test_a_single_step_is_shown_by_its_numbers(net, series):
    e = net.explain(series[:, :1])
    one = as_shown(e[0])
    assert (one.tokens, one.token_kind) == ((SENSORS,), "feature")
    np.testing.assert_array_equal(one.token_relevance[0], e.relevance[0, 0])
    assert one.conservation_error[0] == pytest.approx(e.conservation_error[0])
    assert "acc y" in render(e)
    assert "acc y" in e.to_html()
    unnamed = as_shown(replace(net, unit_names=()).explain(series[:1, :1]))
    assert unnamed.tokens == (("x0", "x1", "x2", "x3"),)
    assert as_shown(net.explain(series[:1])).token_kind == "step"


def test_names_come_from_the_spec_and_are_saved(net, series, tmp_path):
    replace(net, unit_names=()).save(tmp_path / "bare")
    named = lrp_engine.load(tmp_path / "bare", spec={"units": list(SENSORS)})
    assert named.unit_names == SENSORS
    named.save(tmp_path / "named")
    assert lrp_engine.load(tmp_path / "named").unit_names == SENSORS
    for units, sentence in (
        (["a", "b"], r"Found 2 units .*, expected 4"),
        ("a, b", "has units 'a, b', expected a list with one name per number of a step"),
        ([1, 2, 3, 4], "expected a list"),
        (["a", "a", "b", "c"], "'a'"),
    ):
        with pytest.raises(FormatError, match=sentence):
            lrp_engine.load(tmp_path / "bare", spec={"units": units})
    d = Draw(1)
    with pytest.raises(FormatError, match="reads no steps of numbers"):
        _chain(Embedding(d(V, E)), *_layers(), unit_names=SENSORS)


def test_the_command_line_reads_numbers_from_a_file(net, series, tmp_path, capsys):
    net.save(tmp_path / "net")
    np.save(tmp_path / "x.npy", series[0])
    lines = [",".join(map(repr, row)) for row in series[0].tolist()]
    (tmp_path / "x.csv").write_text("\n".join([",".join(SENSORS), *lines]))
    shown = []
    for name in ("x.npy", "x.csv"):
        arguments = [str(tmp_path / "net"), "--numbers", str(tmp_path / name)]
        assert main(["explain", *arguments, "--no-color"]) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]
    assert "All steps, by the numbers of a step:" in shown[0]
    np.testing.assert_array_equal(read_numbers(str(tmp_path / "x.csv"), net)[0], series[0])
    for asked in (arguments[:1], [arguments[0], "a text", *arguments[1:]]):
        assert main(["explain", *asked]) == 2
        assert "Give a TEXT to explain, or --numbers" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("x.csv", b"1,2,3,4\n1,b,3,4", "Line 2 .*'1, b, 3, 4', expected 4 numbers"),
        ("x.csv", b"1,2,3,4\n1,2", "Line 2 .*expected 4 numbers"),
        ("x.csv", b" \n", "There are no numbers"),
        (
            "x.csv",
            b"acc y,acc x,gyro <x>,gyro y\n1,2,3,4",
            "first line is 'acc y, .* names 'acc x, acc y",
        ),
        ("x.csv", b"\xff\xfe1,2", "is not text in UTF-8"),
        ("x.npy", b"\x93NUMPY nonsense", "is no array of numbers"),
        ("x.npy", b"\x80\x04N.", "is no array of numbers"),
    ],
)
def test_files_that_hold_no_numbers_are_refused(net, tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        read_numbers(str(tmp_path / name), net)


@pytest.mark.parametrize("between", [",", ";", "\t", " ,  "])
def test_numbers_as_a_spreadsheet_has_them(between, series):
    lines = [between.join(map(repr, row)) for row in series[0].tolist()]
    for head in ([], [between.join(SENSORS)]):
        found = rows_of("\ufeff" + "\r\n".join([*head, *lines, ""]), SENSORS)
        np.testing.assert_array_equal(found, series[0])


def test_features_are_a_single_line(tmp_path):
    d = Draw(2)
    net = _chain(Dense(d(3, 2), d(2)), features=("a", "b", "c"))
    (tmp_path / "x.csv").write_text("a,b,c\n1,2,3\n")
    np.save(tmp_path / "x.npy", np.array([1.0, 2.0, 3.0]))
    for name in ("x.csv", "x.npy"):
        found = read_numbers(str(tmp_path / name), net)
        np.testing.assert_array_equal(found, [[1, 2, 3]])
