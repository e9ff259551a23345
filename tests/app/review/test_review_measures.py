"""The table of measures: each entry reaches summary, orders, list, open row and exports."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from app.review import export, measures, summary, tables
from app.review.measures import MEASURES, SHARE, Measure, MeasuredText, Order, measures_by
from app.review.methods import MAIN, OF_A_NEW_SET
from app.review.queue import FIRST, SORTS, Filter, queue, sorts_by
from app.review.sets import Set, Sets
from lrp_engine import METHODS
from lrp_engine.attribution.methods import LIVE_METHODS
from tests.app import sets as files

TEXT = MeasuredText(
    probabilities=np.array([0.2, 0.7, 0.1]),
    relevance={
        MAIN: np.array([3.0, -1.0, 2.0]),
        **{name: np.array([2.0, 1.0, -3.0]) for name in METHODS if name != MAIN},
    },
    absorbed=4.0,
    conservation_error=-0.5,
)
EMPTY = MeasuredText(
    probabilities=np.array([0.5, 0.5]),
    relevance={name: np.zeros(1) for name in METHODS},
    absorbed=0.0,
    conservation_error=0.0,
)


@pytest.fixture(scope="module")
def explained(network, tmp_path_factory) -> tuple[Sets, Set]:
    sets = Sets(tmp_path_factory.mktemp("measured"))
    return sets, files.explained(sets, network)


@pytest.mark.parametrize(
    ("name", "value", "of_nothing", "written"),
    [
        ("confidence", 0.7, 0.5, "70.0\N{NO-BREAK SPACE}%"),
        ("margin", 0.5, 0.0, "50.0\N{NO-BREAK SPACE}%"),
        ("leak", 0.4, 0.0, "40.0\N{NO-BREAK SPACE}%"),
        ("error", 0.05, 0.0, "5.0e-02"),
        *((name, 0.5, None, "+0.50") for name in LIVE_METHODS if name != MAIN),
    ],
)
def test_every_measure_by_hand(name, value, of_nothing, written):
    measure = MEASURES[name]
    assert measure.of(TEXT) == pytest.approx(value)
    assert measure.of(EMPTY) == of_nothing
    assert measure.format.write(measure.of(TEXT)) == written
    assert measure.format.write(None) == measure.format.write(np.nan) == measure.format.missing


def test_every_measure_is_computed_by_hand():
    marks = test_every_measure_by_hand.pytestmark
    assert [case[0] for case in marks[0].args[1]] == list(MEASURES)


def test_one_class_alone_has_a_margin():
    assert measures.margin(replace(TEXT, probabilities=np.array([0.3]))) == pytest.approx(0.3)


def test_names_are_used_once():
    for names in (
        [order.name for one in MEASURES.values() for order in one.orders],
        [one.exported or one.name for one in MEASURES.values()],
        [one.heading for one in MEASURES.values()],
    ):
        assert len(set(names)) == len(names)
    assert FIRST == "margin"
    assert list(SORTS)[-1] == "file"


@pytest.mark.parametrize("measure", measures_by(OF_A_NEW_SET), ids=lambda one: one.name)
def test_an_entry_reaches_summary_orders_and_export(explained, measure):
    sets, one = explained
    stored = tables.read(sets, one).summary
    assert stored[measure.name].dtype == float
    table = export.table(one, stored, {})
    assert table[measure.exported or measure.name].equals(stored[measure.name])
    for order in measure.orders:
        rows = queue(stored, {}, Filter(), order.name)
        values = stored[measure.name][rows].dropna()
        values = -values if order.descending else values
        assert values.is_monotonic_increasing


LONGEST = Measure(
    name="longest",
    of=lambda text: float(len(text.relevance[MAIN])),
    format=SHARE,
    heading="longest",
    exported="number_of_words",
    orders=(Order(name="longest", title="longest", meaning="Most words first."),),
)


def test_a_new_measure_is_computed_of_sets_that_are_complete(network, tmp_path, monkeypatch):
    sets = Sets(tmp_path / "sets")
    one = files.explained(sets, network)
    before = tables.read(sets, one).summary
    written = sets.summary(one).read_bytes()
    monkeypatch.setitem(MEASURES, "longest", LONGEST)
    after = tables.read(sets, one).summary
    assert sets.summary(one).read_bytes() != written
    assert list(after["longest"].dropna()) == list(before["words"][: files.GOOD])
    assert "number_of_words" in export.table(one, after, {})
    pd.testing.assert_frame_equal(after.drop(columns="longest"), before)


def test_another_version_of_the_tables_is_made_anew(network, tmp_path, monkeypatch):
    sets = Sets(tmp_path / "sets")
    one = files.explained(sets, network)
    monkeypatch.setattr(tables, "VERSION", tables.VERSION + 1)
    monkeypatch.setitem(MEASURES, "margin", replace(MEASURES["margin"], of=lambda text: 0.125))
    assert set(tables.read(sets, one).summary["margin"].dropna()) == {0.125}
    monkeypatch.undo()
    assert set(tables.read(sets, one).summary["margin"].dropna()) != {0.125}


def test_a_set_without_a_method_lacks_what_compares_with_it(network, tmp_path):
    left = next(name for name in METHODS if name != MAIN)
    methods = tuple(name for name in files.new(network).methods if name != left)
    sets = Sets(tmp_path / "sets")
    one = replace(files.new(network), methods=methods)
    sets.add(one, files.as_csv())
    jobs = files.Jobs(sets, running=1, waiting=1)
    jobs.start(one, network)
    assert files.finished(jobs, one).problem == ""
    one = sets.find(one.id)
    assert one.methods == methods
    assert left not in summary.schema(one).names
    assert left not in tables.read(sets, one).summary
    assert not [order for order in MEASURES[left].orders if order.name in sorts_by(one.columns)]
    table = export.table(one, tables.read(sets, one).summary, {}, sets.parts(one))
    assert MEASURES[left].exported not in table
    assert {MEASURES[name].exported for name in methods if name != MAIN} <= set(table)
