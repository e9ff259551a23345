"""Labels given to a set after it was explained, and the columns that came with its file."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest

from app.review import export, labelling, own_columns, tables
from app.review.damage import DamagedError
from app.review.outcomes import NO_CLASS
from app.review.preview import text_key
from app.review.queue import Filter, own_sorts, queue
from app.review.sets import Set, Sets
from app.review.true_classes import TrueClasses
from lrp_engine.errors import InputError
from tests.app import sets as files

LABELS = ("no", "maybe", "yes")
HEADER = ("text", "grade", "year", "input_text")
ROWS = (
    ("good film .", "yes", "1994", "Ä one"),
    ("bad film .", "no", "9", "b"),
    ("good bad .", "", "", "C [x]"),
    ("", "3", "2001", "a"),
)


@pytest.fixture(scope="module")
def explained(network, tmp_path_factory) -> tuple[Sets, Set]:
    """A set without labels, with columns of its own."""
    sets = Sets(tmp_path_factory.mktemp("sets"))
    one = files.new(network, label_column=None, rows=len(ROWS))
    sets.add(one, files.as_csv(ROWS, HEADER))
    jobs = files.Jobs(sets, running=1, waiting=1)
    jobs.start(one, network)
    assert files.finished(jobs, one).problem == ""
    return sets, sets.find(one.id)


@pytest.fixture
def unlabelled(explained) -> tuple[Sets, Set]:
    """The same before any label was given."""
    sets, one = explained
    sets.update(one)
    return sets, one


def digests(sets: Sets, one: Set) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sets.path(one).iterdir()
        if path.name not in ("set.json", "digests.json") and "labels-" not in path.name
    }


def test_labels_are_given_later_and_nothing_else_changes(unlabelled):
    sets, one = unlabelled
    before, summary = digests(sets, one), tables.read(sets, one).summary
    assert set(summary["truth"]) == {NO_CLASS}
    labelling.save(sets, one, ["yes", None, "no", "3"], origin="a.csv", mapping={"3": (1,)})
    one = sets.find(one.id)
    after = tables.read(sets, one)
    assert list(after.summary["truth"]) == [2, NO_CLASS, 0, 1]
    assert list(after.summary["label"].fillna("")) == ["yes", "", "no", "3"]
    assert digests(sets, one) == before
    same = [name for name in summary if name not in ("truth", "label", "off")]
    pd.testing.assert_frame_equal(after.summary[same], summary[same])
    # A few more: the others keep what they have. A label may stand for another class than its own.
    more = labelling.merged(after.summary, [None, "no", None, "yes"])
    labelling.save(sets, one, more, origin="b.csv", mapping={"no": (2,)})
    labelling.remap(sets, one, {"yes": ()})
    one = sets.find(one.id)
    assert one.labels_from == labelling.origin(one) == "b.csv"
    assert list(tables.read(sets, one).summary["truth"]) == [NO_CLASS, 2, 2, NO_CLASS]
    table = export.table(one, tables.read(sets, one).summary, {}, sets.parts(one))
    assert list(table["label"]) == ["yes", "no", "no", "yes"]
    assert list(table["true_class"].fillna("")) == ["", "yes", "yes", ""]
    assert list(table["grade"]) == [row[1] for row in ROWS]
    # A label that stands for several classes; the file keeps it.
    labelling.remap(sets, one, {"no": (0, 1, 2)})
    one = sets.find(one.id)
    rows = tables.read(sets, one).summary
    assert list(rows["off"]) == [NO_CLASS, 0, 0, NO_CLASS]
    table = export.table(one, rows, {}, sets.parts(one))
    assert list(table["true_class"].fillna("")) == ["", "no + so so + yes", "no + so so + yes", ""]
    assert list(table["outcome"]) == ["", "right", "right", "not explained"]


def test_a_damaged_file_of_labels_is_named_and_mended_without_it(unlabelled, network):
    sets, one = unlabelled
    labelling.save(sets, one, ["yes"] * 4, origin="a.csv", mapping={})
    one = sets.find(one.id)
    (sets.path(one) / one.labels_file).write_bytes(b"PAR1")
    with pytest.raises(DamagedError, match="labels that were given later; give them again") as told:
        tables.read(sets, one)
    assert told.value.mendable
    jobs = files.Jobs(sets, running=1, waiting=1)
    jobs.mend(one, network)
    assert files.finished(jobs, one).problem == ""
    assert set(tables.read(sets, sets.find(one.id)).summary["truth"]) == {NO_CLASS}


def test_the_files_own_labels_become_a_column_where_others_are_given(network, tmp_path):
    sets = Sets(tmp_path / "sets")
    one = files.explained(sets, network)
    assert list(tables.read(sets, one).own.columns) == []
    labelling.save(sets, one, ["no"] * len(files.ROWS), origin="a.csv", mapping={})
    one = sets.find(one.id)
    read = tables.read(sets, one)
    assert list(read.own["label"]) == [label for _, label in files.ROWS]
    table = export.table(one, read.summary, {}, sets.parts(one))
    assert set(table["label"]) == {"no"}
    assert list(table["input_label"]) == [label for _, label in files.ROWS]


def test_labels_are_matched_by_text_or_by_position():
    texts = ["good  film", "bad film", None, "other"]
    keys = [text_key(text) for text in ("bad film", "good film\n", "good film", "new", "bad film")]
    found = labelling.by_text(keys, ["no", "yes", None, "no", "no"], texts, "a.csv")
    assert (found.labels, found.found, found.unclear) == (("yes", "no", None, None), 2, 0)
    unclear = labelling.by_text(keys, ["no", "yes", None, "no", "yes"], texts, "a.csv")
    assert (unclear.labels, unclear.unclear) == (("yes", None, None, None), 1)
    with pytest.raises(InputError, match=r"No labelled text of 'a.csv' is among the 4 texts"):
        labelling.by_text([text_key("new")], ["no"], texts, "a.csv")
    assert labelling.by_row(["no", None], 2, "a.csv").labels == ("no", None)
    with pytest.raises(InputError, match=r"'a.csv' has 1 rows, and this set 2; .* Match rows by"):
        labelling.by_row(["no"], 2, "a.csv")


def test_a_mapping_goes_before_names():
    labels = [" yes", "1", "1.0", "other", None, float("nan"), "9"]
    found = labelling.truths(labels, TrueClasses(LABELS), {"1": (0,), "other": (), "9": (2,)})
    assert found.tolist() == [2, 0, 1, NO_CLASS, NO_CLASS, NO_CLASS, 2]
    assert found.dtype == np.int32


@pytest.mark.parametrize(
    ("sort", "rows"),
    [
        ("own-1-up", [1, 0, 3, 2]),  # as numbers, what is missing last
        ("own-1-down", [3, 0, 1, 2]),
        ("own-2-up", [3, 1, 2, 0]),
        ("own-0-up", [3, 1, 0, 2]),
    ],
)
def test_own_columns_are_sorted_by_and_searched(explained, sort, rows):
    sets, one = explained
    read = tables.read(sets, one)
    assert list(read.own.columns) == ["grade", "year", "input_text"]
    assert list(own_sorts(["a"])) == ["own-0-up", "own-0-down"]
    assert queue(read.summary, {}, Filter(), sort, read.own) == rows
    assert queue(read.summary, {}, Filter(find="c [X"), sort, read.own) == [2]
    assert queue(read.summary, {}, Filter(find="good"), "file", read.own) == [0, 2]
    assert own_columns.containing(read.own, "199").tolist() == [True, False, False, False]
