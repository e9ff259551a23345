"""What is measured of each row: equal to the engine's evaluation, resumed, damaged, exported."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import lrp_engine
from app.review import export, faithful, measuring, queue, tables
from app.review.damage import DamagedError
from app.review.faithful import FAITHFUL, NAMES, NUMBERS, RANDOM
from app.review.jobs import Jobs
from app.review.sets import Set, Sets
from app.work.job import DONE, FAILED, STOPPED
from lrp_engine.errors import InputError
from tests.app import sets as files
from tests.app.tiny import WORDS, eight_arrays, embeddings

LONG = "good film not bad but good and particularly good film"
ROWS = (
    (LONG, "yes"),
    ("", "no"),
    (f"neither {LONG} nor bad", "no"),
    ("bad film", "no"),
    ("one film with good words", "yes"),
)


def measured(sets: Sets, one: Set, network) -> Set:
    jobs = Jobs(sets, running=1, waiting=1)
    jobs.measure(one, network)
    job = files.finished(jobs, one)
    assert (job.state, job.problem, job.done) == (DONE, "", one.rows)
    return sets.find(one.id)


@pytest.fixture
def work(network, tmp_path) -> tuple[Sets, Set]:
    """A set of two parts, explained."""
    sets = Sets(tmp_path / "sets")
    one = files.new(network, rows=len(ROWS), step=3)
    sets.add(one, files.as_csv(ROWS))
    jobs = Jobs(sets, running=1, waiting=1)
    jobs.start(one, network)
    assert files.finished(jobs, one).problem == ""
    return sets, sets.find(one.id)


def by_engine(network, texts) -> pd.DataFrame:
    evaluation = lrp_engine.evaluate(
        network, texts, methods=["lrp"], rules=lrp_engine.Epsilon(), measures=NAMES, seed=0
    )
    return evaluation.by_text()


def test_the_numbers_of_a_row_are_those_of_evaluate(work, network):
    sets, one = work
    before = tables.read(sets, one).summary
    assert not set(NUMBERS) & set(before)
    assert not one.measured
    one = measured(sets, one, network)
    assert one.measured
    after = tables.read(sets, one).summary
    pd.testing.assert_frame_equal(after[list(before)], before)
    for rows in ([0, 2], [3, 4]):  # what is explained of each part
        found = by_engine(network, [ROWS[row][0] for row in rows])
        for measure, method, place, value in zip(
            found["measure"], found["method"], found["text"], found["value"], strict=True
        ):
            name = measure if method == "lrp" else f"{measure}{RANDOM}"
            assert after[name][rows[place]] == value
    told = after[list(NUMBERS)].notna()
    assert told.loc[[0, 2]].all(axis=None)
    assert not told.loc[[1, 3]].any(axis=None)  # no text, and too few words
    assert list(told.loc[4]) == [name.startswith(("compr", "suff")) for name in NUMBERS]


def test_columns_orders_and_exports_are_there_once_it_was_measured(work, network):
    sets, one = work
    names = {order.name for column in FAITHFUL for order in column.orders}
    assert not names & set(queue.sorts_by(one.columns))
    assert not {column.exported or column.name for column in FAITHFUL} & set(
        export.table(one, tables.read(sets, one).summary, {}, sets.parts(one))
    )
    one = measured(sets, one, network)
    assert names <= set(queue.sorts_by(one.columns))
    summary = tables.read(sets, one).summary
    table = export.table(one, summary, {}, sets.parts(one))
    for column in FAITHFUL:
        name = column.exported or column.name
        assert table[name].equals(summary[column.name])
        assert table[f"{name}{RANDOM}"].equals(summary[column.random])
        for order in column.orders:
            values = summary[column.name][queue.queue(summary, {}, queue.Filter(), order.name)]
            values = -values.dropna() if order.descending else values.dropna()
            assert values.is_monotonic_increasing
            assert len(values) > 1
        assert " of " in column.sentence(summary)


def test_what_was_stopped_goes_on_after_the_parts_that_are_there(work, network, monkeypatch):
    sets, one = work
    jobs = Jobs(sets, running=1, waiting=1)
    real, asked = measuring.evaluating, []

    def stopping(network, texts, *given, **options):
        asked.append(len(texts))
        if len(asked) == 2:
            jobs.stop(one.id)
        return real(network, texts, *given, **options)

    monkeypatch.setattr(measuring, "evaluating", stopping)
    jobs.measure(one, network)
    assert files.finished(jobs, one).state == STOPPED
    assert not sets.find(one.id).measured
    assert sets.measured(one, 0).exists()
    assert not sets.measured(one, 1).exists()
    assert measured(sets, one, network).measured
    assert asked == [2, 2, 2]  # the first part was not measured twice


def test_a_damaged_number_is_named_and_measured_again(work, network):
    sets, one = work
    one = measured(sets, one, network)
    numbers = tables.read(sets, one).summary[list(NUMBERS)]
    path = sets.measured(one, 1)
    path.write_bytes(b"x")
    with pytest.raises(DamagedError, match="what was measured of rows 4 to 5") as told:
        tables.read(sets, one)
    assert told.value.mendable
    jobs = Jobs(sets, running=1, waiting=1)
    jobs.mend(one, network)
    assert files.finished(jobs, one).state == DONE
    one = sets.find(one.id)
    assert one.complete
    assert not one.measured
    tables.read(sets, one)
    one = measured(sets, one, network)
    np.testing.assert_array_equal(tables.read(sets, one).summary[list(NUMBERS)], numbers)


def test_it_goes_with_the_set_and_another_model_is_refused(work, network):
    sets, one = work
    jobs = Jobs(sets, running=1, waiting=1)
    other = lrp_engine.from_weights(eight_arrays(9), vocabulary=WORDS, embeddings=embeddings())
    with pytest.raises(InputError, match="begun with the model"):
        jobs.measure(one, other)
    one = measured(sets, one, network)
    jobs.delete(one)
    assert not list(sets.folder.iterdir())


def test_too_many_classes_are_refused(work, network, monkeypatch):
    sets, one = work
    monkeypatch.setattr(measuring, "NUMBER", 2**20)
    jobs = Jobs(sets, running=1, waiting=1)
    jobs.measure(one, network)
    job = files.finished(jobs, one)
    assert job.state == FAILED
    assert "asking about one text" in job.problem


def test_what_it_costs():
    assert faithful.words_read([10, 0, 600]) == 10 * (20 + 10) + 600 * 20
