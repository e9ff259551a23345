"""Files as people bring them: how they are written, what columns hold, labels of their own."""

from __future__ import annotations

import csv
import io

import pytest

from app.review import guess
from app.review.dialect import Dialect, canonical, detect

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


def test_labels_that_name_no_class_are_listed_with_what_they_may_mean():
    values = {"9": 2, "Positive": 1, "pos": 1, "positive": 1, "2.0": 1, "1": 1, "": 2}
    assert guess.unmatched(values, LABELS) == {"9": 2, "Positive": 1, "pos": 1}
    assert [guess.meant(one, LABELS) for one in ("Positive", "pos", "ne", "9", "")] == [
        2, 2, None, None, None]  # fmt: skip
