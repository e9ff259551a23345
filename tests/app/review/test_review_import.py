"""Files as people bring them: how they are written, what columns hold, labels of their own."""

from __future__ import annotations

import csv
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.review import dialect, export, guess, own_columns, tables
from app.review.dialect import Dialect, canonical, detect
from app.review.preview import labels, preview, text_key
from app.review.sets import Sets
from lrp_engine.corpora.tables import open_table
from tests.app import sets as files

LABELS = ("negative", "neutral", "positive")
ROWS = (
    ("text", "label", "id"),
    ("Das war schön, wirklich; sehr schön.", "positive", "17"),
    ("Überhaupt nicht gut.", "negative", "18"),
    ("zwei\nZeilen “voller” Wörter", "neutral", "19"),
)


def written(delimiter: str = ",", encoding: str = "utf-8", rows=ROWS) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue().encode(encoding, "replace")


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_how_a_file_is_written_is_found_and_it_reads_the_same(delimiter, encoding, header):
    rows = ROWS if header else ROWS[1:]
    data = written(delimiter, encoding, rows)
    found = detect(data, LABELS)
    plain = "utf-8" if encoding.startswith("utf-8") else encoding
    assert found == Dialect(encoding=plain, delimiter=delimiter, header=header)
    again = csv.reader(io.StringIO(canonical(data, found).decode("utf-8-sig"), ""))
    first = ROWS[0] if header else ("column_1", "column_2", "column_3")
    assert list(map(tuple, again)) == [first, *ROWS[1:]]


def test_a_file_as_it_is_expected_is_not_touched():
    data = b"\xef\xbb\xbftext,label\r\ngood \xff film,yes\r\n" + "schön,no\r\n".encode() * 3
    assert detect(data) == Dialect()
    assert canonical(data, Dialect()) is data


def test_prose_with_commas_is_one_column():
    data = b"text\nwell, that was good, really\nno\nyes, it was\n"
    assert detect(data) == Dialect()
    assert detect(b"") == Dialect()


@pytest.mark.parametrize("text", ["Это был хороший фильм", "Nie było to złe, że się śmiałem"])
def test_other_alphabets_are_found(text):
    codec = "cp1251" if "фильм" in text else "cp1250"
    data = "\n".join(["text;label", *[f"{text} {n};a" for n in range(30)]]).encode(codec)
    assert text in canonical(data, detect(data)).decode()


SAMPLE = {
    "id": ["1", "2", "3", "4"],
    "title": ["One film", "Two films", "A third", "Fourth"],
    "body": ["it was a very good film", "bad", None, "I did not like this film at all"],
    "grade": ["positive", "negative", "", "neutral"],
}


def test_columns_are_told_by_their_values():
    assert guess.text_column(SAMPLE) == "body"
    assert guess.label_column(SAMPLE, "body", LABELS) == "grade"
    assert guess.label_column({"body": SAMPLE["body"], "id": ["1", "2", "0", "4"]}, "body",
                              LABELS) is None  # fmt: skip
    numbered = {"a b": ["good film"] * 6, "n": ["0", "1", "2", "0", "1", "2"]}
    assert guess.label_column(numbered, "a b", LABELS) == "n"


def test_names_count_where_values_do_not_tell():
    assert guess.text_column({"note": ["x y"], "Text": ["good film"]}) == "Text"
    assert guess.text_column({"text": ["7"], "long": ["so many more words here"]}) == "long"
    sample = {"text": ["good film"], "other": ["x"], "Label": ["pos"]}
    assert guess.label_column(sample, "text", LABELS) == "Label"
    assert guess.label_column({"text": ["good"]}, "text", LABELS) is None


@pytest.mark.parametrize(
    "name",
    ["predicted", "Prediction", "predicted_class", "y_pred", "pred_label", "pred_class", "preds",
     "label_pred", "model_prediction", "pred_sentiment", "y hat", "y_hat", "yHat", "yhat",
     "predLabel", "modelPREDClass", "pred1", "ŷ"],
)  # fmt: skip
def test_predictions_are_not_taken_for_true_classes(name):
    said = ["positive", "negative"] * 2
    sample = {"text": ["a", "b", "c", "d"], "label": ["positive", "stars 5", "negative", ""]}
    assert guess.label_column(sample | {name: said}, "text", LABELS) == "label"
    assert guess.label_column({"text": ["a"] * 4, name: said}, "text", LABELS) is None


@pytest.mark.parametrize("name", ["prediabetes", "predator", "hat", "spread", "Predecessor", "why"])
def test_other_words_with_the_same_letters_are_no_predictions(name):
    said = ["positive", "negative"] * 2
    assert guess.label_column({"text": ["a"] * 4, name: said}, "text", LABELS) == name


def test_labels_that_name_no_class_are_listed_with_what_they_may_mean():
    values = {"9": 2, "Positive": 1, "pos": 1, "positive": 1, "2.0": 1, "1": 1, "": 2}
    assert guess.unmatched(values, LABELS) == {"9": 2, "Positive": 1, "pos": 1}
    assert [guess.meant(one, LABELS) for one in ("Positive", "pos", "ne", "9", "")] == [
        2, 2, None, None, None]  # fmt: skip


LINES = (
    '{"text": "A good film.", "label": 1.0, "meta": {"year": 1994}, "id": 7}',
    "{not json}",
    '["text"]',
    '{"text": ["not", "good"], "label": true}',
    '{"text": "' + "x" * 300 + '", "label": "' + "y" * 101 + '"}',
)


def test_bad_lines_are_told_by_number_and_nested_values_shown_as_json(tmp_path):
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(LINES))
    found = preview(open_table(str(path), format="jsonl", text_column=None), "jsonl")
    assert (found.rows, found.bad) == (5, 2)
    assert found.reasons == (
        "Row 2: Line 2 is not JSON, at character 2 (found 'not json}'): Expecting property name "
        "enclosed in double quotes.",
        "Row 3: Line 3 holds a list, expected an object {…}.",
    )
    assert found.nested == {"text", "meta"}
    assert found.flat == ["label", "id"]
    assert found.sample["text"][1] == '["not", "good"]'
    assert len(found.sample["text"][2]) == 200
    assert found.sample["meta"] == ['{"year": 1994}', None, None]
    assert found.values["label"] == {"1.0": 1, "true": 1}
    table = open_table(str(path), format="jsonl", text_column="text")
    read = labels(table.blocks(2), "label")
    assert read["labels"] == ["1.0", None, None, "true", None]
    assert read["keys"][0] == text_key("A  good\nfilm.")


def test_bad_rows_of_csv_are_told_by_number(tmp_path):
    path = tmp_path / "set.csv"
    path.write_text("text,label\ngood,1\ngood,bad,1\n" + "x,0\n" * 30)
    found = preview(open_table(str(path), format="csv", text_column=None), "csv")
    assert (found.rows, found.bad) == (32, 1)
    (reason,) = found.reasons
    assert reason == (
        "Row 2 has 3 fields instead of 2; put text that contains the delimiter in quotes. "
        "Its fields: good | bad | 1"
    )
    assert " contains a semicolon in quotes." in dialect.named(reason, ";")
    assert found.values["label"] == {"0": 30, "1": 1}


def test_what_was_read_of_a_broken_row_is_kept(network, tmp_path):
    sets = Sets(tmp_path / "sets")
    one = files.new(network, rows=3, delimiter=";")
    sets.add(one, b"id,text,label\nr1,good film,yes\nr2,bad film, only good,no\nr3,bad\n")
    jobs = files.Jobs(sets, running=1, waiting=1)
    jobs.start(one, network)
    assert files.finished(jobs, one).problem == ""
    read = tables.read(sets, one)
    assert list(read.own["id"]) == ["r1", "r2", "r3"]
    assert own_columns.identifier(read.own) == "id"
    assert own_columns.identifier(read.own.assign(id="r1")) is None
    table = export.table(one, read.summary, {}, sets.parts(one))
    assert list(table["id"]) == ["r1", "r2", "r3"]
    assert list(table["problem"].fillna("")) == [
        "",
        "The row has 4 fields instead of 3; put text that contains a semicolon in quotes. "
        "Its fields: r2 | bad film | only good | no",
        "The row has 2 fields instead of 3; add what is missing, or the delimiters of empty "
        "fields. Its fields: r3 | bad",
    ]


def test_parquet_of_any_types_is_shown(tmp_path):
    path = tmp_path / "set.parquet"
    columns = {
        "text": pa.array(["good", None, b"\xff"], pa.binary()),
        "when": pa.array([0, 2**50, None], pa.timestamp("s")),
        "words": pa.array([["a", "b"], [], None]),
        "label": pa.array(["no", "yes", "no"]).dictionary_encode(),
    }
    pq.write_table(pa.table(columns), path)
    found = preview(open_table(str(path), format="parquet", text_column=None), "parquet")
    assert found.flat == ["text", "when", "label"]
    assert found.sample["text"] == ["good", None, "\ufffd"]
    assert found.sample["words"] == ['["a", "b"]', "[]", None]
    assert found.sample["when"] == [None] * 3  # one of them is beyond all calendars
    assert found.values["label"] == {"no": 2, "yes": 1}
