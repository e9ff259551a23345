"""The queue, the words, the table and the report of a reviewed set, as plain functions."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import lrp_engine
from app.review import explained_rows, export, outcomes, queue, report, tables, words
from app.review.outcomes import NO_CLASS
from app.review.queue import SORTS, Filter
from app.review.sets import Sets
from app.review.true_classes import TrueClasses
from app.review.verdicts import VERDICTS, Review, Verdict, tags_in
from lrp_engine.attribution.targets import selection
from tests.app import sets as files

SUMMARY = pd.DataFrame(
    {
        "row": [0, 1, 2, 3, 4],
        "text": ["Good film", "a bad FILM (really)", "nothing", None, "good bad"],
        "label": ["yes", "no", "yes", "no", None],
        "truth": [1, 0, 1, 0, NO_CLASS],
        "said": [1, 1, 0, -1, 0],
        "off": [0, 1, 1, NO_CLASS, NO_CLASS],
        "confidence": [0.9, 0.6, 0.7, np.nan, 0.6],
        "margin": [0.8, 0.2, 0.4, np.nan, 0.2],
        "leak": [0.1, 0.3, 0.2, np.nan, 0.0],
        "error": [1e-8, 3e-8, 2e-8, np.nan, 0.0],
        "gradient_x_input": [0.5, -0.5, np.nan, np.nan, 0.1],
        "sensitivity": [0.1, 0.2, 0.3, np.nan, -1.0],
        "comprehensiveness": [0.4, 0.1, np.nan, np.nan, 0.2],
        "sufficiency": [0.1, 0.3, np.nan, np.nan, -0.1],
        "occlusion": [0.9, -0.2, np.nan, np.nan, 0.1],
        "problem": [None, None, None, "The text is empty.", None],
    }
)
CLASSES = TrueClasses(("no", "yes"))
GIVEN = {0: {"Ana": "agree", "Ben": "unclear"}, 2: {}, 4: {"Ben": "wrong"}}


def rows_of(sort: str = "file", **asked) -> list[int]:
    return queue.queue(SUMMARY, GIVEN, Filter(**asked), sort)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("file", [0, 1, 2, 3, 4]),
        ("margin", [1, 4, 2, 0, 3]),
        ("unsure", [1, 4, 2, 0, 3]),
        ("sure", [0, 2, 1, 4, 3]),
        ("leak", [1, 2, 0, 4, 3]),
        ("error", [1, 2, 0, 4, 3]),
        ("gradient_x_input", [1, 4, 0, 2, 3]),
        ("sensitivity", [4, 0, 1, 2, 3]),
        ("comprehensiveness", [1, 4, 0, 2, 3]),
        ("sufficiency", [1, 0, 4, 2, 3]),
        ("occlusion", [1, 4, 0, 2, 3]),
    ],
)
def test_every_order_puts_what_has_no_value_last(sort, order):
    assert rows_of(sort) == order


def test_every_order_is_tested():
    marks = test_every_order_puts_what_has_no_value_last.pytestmark
    assert {case[0] for case in marks[0].args[1]} == set(SORTS)


@pytest.mark.parametrize(
    ("asked", "order"),
    [
        ({"truth": 1}, [0, 2]),
        ({"truth": NO_CLASS}, [4]),
        ({"predicted": 0}, [2, 4]),
        ({"truth": 0, "predicted": 1}, [1]),
        ({"outcome": "right"}, [0]),
        ({"outcome": "wrong"}, [1, 2]),
        ({"outcome": "not explained"}, [3]),
        ({"marked": "reviewed"}, [0, 4]),
        ({"marked": "unreviewed"}, [1, 2, 3]),
        ({"marked": "wrong"}, [4]),
        ({"marked": "unclear"}, [0]),
        ({"marked": "not_mine"}, [0, 1, 2, 3, 4]),
        ({"marked": "not_mine", "reviewer": "Ana"}, [1, 2, 3, 4]),
        ({"marked": "split"}, [0]),
        ({"find": " film "}, [0, 1]),
        ({"find": "(really"}, [1]),
        ({"find": ".*"}, []),
        ({"rows": frozenset({1, 4}), "find": "good"}, [4]),
        ({"truth": 99}, []),
    ],
)
def test_filters_narrow_the_queue(asked, order):
    assert rows_of(**asked) == order


def test_the_matrix_counts_every_explained_text_once():
    confusion = outcomes.confusion(SUMMARY, CLASSES)
    assert (confusion.down, confusion.across) == ([0, 1, outcomes.NO_CLASS], [0, 1])
    assert confusion.counts.tolist() == [[0, 1], [1, 1], [1, 0]]
    for truth, said in np.ndindex(2, 2):
        assert confusion.counts[truth, said] == len(rows_of(truth=truth, predicted=said))
    unlabelled = outcomes.confusion(SUMMARY.assign(truth=outcomes.NO_CLASS), CLASSES)
    assert (unlabelled.down, unlabelled.counts.tolist()) == ([outcomes.NO_CLASS], [[2, 2]])


def test_of_very_many_classes_those_with_texts_are_shown():
    classes = 40_000  # squared: 12.8 GB
    summary = pd.DataFrame({"truth": [7, 7, 39_999, 7, 5], "said": [7, 7, 7, 39_999, 30_000]})
    confusion = outcomes.confusion(summary, TrueClasses(("",) * classes), most=2)
    assert confusion.down == confusion.across == [7, 39_999]
    assert confusion.counts.tolist() == [[2, 1], [1, 0]]
    assert confusion.left_out == classes - 2
    chosen = selection(np.array([39_999, 0]), classes)
    assert (chosen.shape, chosen.sum(), chosen[0, -1], chosen[1, 0]) == ((2, classes), 2, 1, 1)


def test_rows_around_one():
    assert queue.around([5, 3, 9], 3) == ([5, 3, 9], 1)
    assert queue.around([5], 7) == ([5], -0.5)
    assert queue.around([], 7) == ([], -0.5)
    explained_rows = list(range(10_000, 0, -1))
    for row in (10_000, 5_000, 1):
        near, at = queue.around(explained_rows, row)
        assert near[at] == row
        assert len(near) <= 2 * queue.NEAR + 1
    assert near == list(range(queue.NEAR + 1, 0, -1))


def test_a_row_that_left_the_queue_stands_between_those_that_are_still_there():
    assert queue.without([5, 3, 9, 4], 1, {5, 9}) == ([5, 9], 0.5)
    assert queue.without([5, 3, 9, 4], 2, {4}) == ([4], -0.5)
    assert queue.without([5, 3, 9, 4], 3, {5, 3, 9}) == ([5, 3, 9], 2.5)


# Words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("not a very good film", "a very good"),
        ("good , not bad", "bad"),
        ("it isn't good", "good"),
        ("it isn’t good", "good"),
        ("did n't like it", "like it"),
        ("neither funny nor good", "funny nor good"),
        ("notable film", ""),
        ("Not good", "good"),
        ("", ""),
    ],
)
def test_a_negation_reaches_three_words(text, marked):
    found = words.negated(text.split())
    assert [w for w, hit in zip(text.split(), found, strict=True) if hit] == marked.split()


OCCURRENCES = pd.DataFrame(
    [
        (0, 1, "good", False, 2.0),
        (0, 1, "good", False, 1.0),
        (1, 1, "good", True, -1.0),
        (2, 1, "good", False, 3.0),
        (2, 1, "bad", False, -4.0),
        (3, 0, "good", False, 9.0),
    ],
    columns=["row", "said", "word", "negated", "relevance"],
)


def test_words_are_averaged_for_a_class_and_negated_ones_apart():
    found = words.table(OCCURRENCES, 1)
    assert found.to_dict("records") == [
        {"word": "good", "negated": False, "mean": 2.0, "count": 3, "sentences": 2},
        {"word": "good", "negated": True, "mean": -1.0, "count": 1, "sentences": 1},
        {"word": "bad", "negated": False, "mean": -4.0, "count": 1, "sentences": 1},
    ]
    assert words.table(OCCURRENCES, 5).empty


def test_every_count_leads_to_its_sentences():
    for line in words.table(OCCURRENCES, 1).to_dict("records"):
        found = words.rows_with(OCCURRENCES, 1, line["word"], line["negated"])
        assert len(found) == line["sentences"]
    assert words.rows_with(OCCURRENCES, 1, "good", False) == {0, 2}


def test_the_strongest_words_of_either_sign():
    found = words.strongest(words.table(OCCURRENCES, 1), at_least=1, most=2)
    assert list(found["mean"]) == [2.0, -4.0]
    assert words.strongest(words.table(OCCURRENCES, 1), at_least=4, most=2).empty


@pytest.mark.parametrize(("counts", "least"), [
    ([9] * 19, 1), ([2] * 20, 2), ([2] * 20 + [3] * 19, 2), ([3] * 20, 3), ([9] * 40, 3), ([], 1),
])  # fmt: skip
def test_the_minimum_count_fits_the_set(counts, least):
    assert words.fitting_count(pd.DataFrame({"count": counts}), most=3) == least


# To take along -----------------------------------------------------------------------------

EVIL = Verdict(choice="reasons", tags=("=cmd()", "irony"), reviewer="@Ana",
               note="+1 \x1b[2J<script>alert(1)</script>")  # fmt: skip


@pytest.fixture(scope="module")
def work(network, tmp_path_factory):
    """A reviewed set: (sets, set, summary, words, reviews)."""
    sets = Sets(tmp_path_factory.mktemp("work"))
    one = files.explained(sets, network, name="<b>rows</b>.csv")
    reviews = {
        1: {"": Review(verdict=Verdict(choice="wrong"), version=1, saved=datetime.now(UTC))},
        5: {
            "Ben": Review(
                verdict=Verdict(choice="wrong", reviewer="Ben", note="<i>"),
                version=2,
                saved=datetime(2026, 1, 1, tzinfo=UTC),
            ),
            "@Ana": Review(verdict=EVIL, version=3, saved=datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
        },
    }
    return (sets, one, tables.read(sets, one).summary, pd.read_parquet(sets.words(one)),
            reviews)  # fmt: skip


def test_words_of_a_set_add_up_to_its_texts(work, network):
    _, one, summary, occurrences, _ = work
    assert len(occurrences) == summary["words"].sum()
    found = network.explain([files.ROWS[4][0]])
    mine = occurrences[occurrences["row"] == 4]
    assert list(mine["word"]) == ["not", "one", "good", "film"]
    assert list(mine["negated"]) == [False, True, True, True]
    np.testing.assert_allclose(mine["relevance"], found.token_relevance[0], atol=1e-6)
    assert one.rows == len(summary)


def test_the_table_has_what_the_model_and_the_people_said(work):
    sets, one, summary, _, reviews = work
    found = export.table(one, summary, reviews, sets.parts(one)).set_index("row")
    assert list(found.index) == list(range(1, len(files.ROWS) + 1))
    assert found.loc[6, "verdict"] == "reasons"
    assert found.loc[6, "verdict_text"] == "right for the wrong reason"
    assert found["verdict_text"].isna().tolist() == [True, False, *[True] * 3, False, *[True] * 2]
    words = {"right": "correct", "wrong": "incorrect", "not explained": "not explained"}
    assert list(found["outcome_text"].fillna("")) == [words.get(n, "") for n in found["outcome"]]
    assert found.loc[6, "note"] == EVIL.note
    assert found.loc[6, "reviewed_at"] == "2026-01-02T03:04:00+00:00"
    assert found.loc[6, "verdict of @Ana"] == "right for the wrong reason"
    assert found.loc[6, "verdict of Ben"] == "model wrong"
    assert found.loc[2, "verdict of unnamed"] == "model wrong"
    assert found["reviewers_agree"].tolist() == [None] * 5 + [False] + [None] * 2
    assert found.loc[1, "true_class"] == "yes"
    assert found.loc[7, "problem"] == "The text is empty."
    assert set(found["model_hash"]) == {one.model_hash}
    assert set(found["engine"]) == {f"lrp-lens {lrp_engine.__version__}"}


def test_parquet_gives_the_table_back(work):
    sets, one, summary, _, reviews = work
    found = export.table(one, summary, reviews, sets.parts(one))
    back = pd.read_parquet(io.BytesIO(export.to_parquet(found)))
    pd.testing.assert_frame_equal(back, found, check_dtype=False)


def test_csv_holds_no_formula(work):
    sets, one, summary, _, reviews = work
    data = export.to_csv(export.table(one, summary, reviews, sets.parts(one)))
    lines = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert lines[5]["text"] == "'=1+1 good <b>film</b>"
    assert lines[5]["tags"] == "'=cmd(), irony"
    assert lines[5]["reviewer"] == "'@Ana"
    assert float(lines[5]["confidence"]) == pytest.approx(summary["confidence"][5])
    for line in lines:
        for value in line.values():
            number = value.lstrip("-").replace(".", "", 1).replace("e-", "", 1).isdigit()
            assert number or value.lstrip()[:1] not in set("=+-@")


def test_csv_has_the_delimiter_of_the_file(work):
    sets, one, summary, _, reviews = work
    data = export.to_csv(export.table(one, summary, reviews, sets.parts(one)), ";")
    first = data.decode("utf-8-sig").splitlines()[0]
    assert first.startswith("row;text;label;true_class;predicted;outcome;outcome_text;")


def test_columns_of_the_file_come_along_under_free_names(network, tmp_path):
    sets = Sets(tmp_path / "sets")
    one = files.new(network, rows=2)
    header = ("text", "label", "note", "source")
    sets.add(one, files.as_csv([("good film", "yes", "n1", "s1"), ("", "no", "n2", "s2")], header))
    jobs = files.Jobs(sets, running=1, waiting=1)
    jobs.start(one, network)
    assert files.finished(jobs, one).problem == ""
    found = export.table(one, tables.read(sets, one).summary, {}, sets.parts(one))
    assert list(found["source"]) == ["s1", "s2"]
    assert list(found["input_note"]) == ["n1", "n2"]
    assert not found["note"].notna().any()


class Reader(HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


def test_the_report_stands_alone_and_escapes_everything(work):
    sets, one, summary, occurrences, reviews = work
    texts = explained_rows.read(sets, one, reviews)
    page = report.page(one, summary, occurrences, reviews, texts, made="today")
    reader = Reader()
    reader.feed(page)
    assert "script" not in reader.tags
    assert not {"img", "link", "iframe", "b-", "form"} & set(reader.tags)
    assert not [n for n, _ in reader.attributes if n in ("src", "href") or n.startswith("on")]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;b&gt;rows&lt;/b&gt;.csv" in page
    assert "␛[2J" in page
    allowed = "\n\t\N{NO-BREAK SPACE}"
    assert all(character.isprintable() or character in allowed for character in page)
    assert reader.tags.count("article") == 2
    assert "model wrong by Ben: &lt;i&gt;" in page
    assert page.count('class="lrp-words"') == 2
    for part in (one.model_hash, f"lrp-lens {lrp_engine.__version__}", "0.001", "default-src",
                 *VERDICTS.values()):  # fmt: skip
        assert part in page
    accuracy = (summary["truth"] == summary["said"]).sum()
    assert f"The model is right on {accuracy} of 5 labelled ones" in page


def test_the_report_of_an_unreviewed_set_says_so(work):
    _, one, summary, occurrences, _ = work
    assert "None yet." in report.page(one, summary, occurrences, {}, {}, made="today")


def test_tags_are_listed_once():
    reviews = [Review(verdict=Verdict(tags=tags)) for tags in (("b", "A"), ("b",), ())]
    assert tags_in(reviews) == ["A", "b"]
