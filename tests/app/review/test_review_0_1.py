"""A set that the first version 0.1.0 reviewed opens unchanged: rows, verdicts, orders, export.

The fixture and what that version said of it: `tests/fixtures/make_review_0_1.py`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

import lrp_engine
from app import cache, settings
from app.navigation import View
from app.review import explained_rows, export, queue, tables
from app.review.jobs import Jobs
from app.review.measures import MEASURES
from app.review.reviewers import choices_in
from app.review.sets import Set, Sets
from app.review.store import Store
from tests.app.reading import healthy, html, messages, widget
from tests.app.sets import finished

OLD = Path(__file__).resolve().parents[2] / "fixtures" / "review_0_1"
KEY = "review-of-version-0_1x"
ORDERS: dict[str, list[int]] = json.loads((OLD / "orders.json").read_text())
SCREEN: dict[str, list[str]] = json.loads((OLD / "screen.json").read_text("utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder of this test, as the old version left it."""
    return Path(shutil.copytree(OLD / "data", tmp_path / "old"))


@pytest.fixture
def sets(folder: Path) -> Sets:
    return Sets(folder / "sets")


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    engine = sa.create_engine(f"sqlite:///{folder / 'reviews.db'}")
    yield Store(engine)
    engine.dispose()


def old_set(sets: Sets) -> Set:
    one = sets.find(KEY)
    assert one is not None
    return one


def test_the_set_and_its_model_are_found(sets):
    one = old_set(sets)
    assert one.complete
    assert (one.name, one.rows, one.step, one.engine) == ("films.csv", 8, 5, "0.1.0")
    assert one.corpus.rule == lrp_engine.Epsilon()
    assert lrp_engine.load(OLD / "model").hash == one.model_hash


def test_verdicts_and_their_history_are_read(store):
    reviews = store.of(KEY)
    assert {row: review.version for row, review in reviews.items()} == {1: 2, 4: 1, 6: 1}
    newest, first = store.history(KEY, 1)
    assert newest == reviews[1]
    assert newest.verdict.tags == ("irony", "short")
    assert (newest.verdict.choice, newest.verdict.note) == ("wrong", "not *good*")
    assert (first.verdict.choice, first.verdict.reviewer) == ("agree", "Ben")
    assert newest.saved.tzinfo is UTC


def test_explained_rows_are_read(sets):
    texts = explained_rows.read(sets, old_set(sets), range(8))
    assert set(texts) == {0, 1, 2, 3, 4, 5, 7}
    assert texts[4].tokens == ("not", "one", "good", "film")
    assert {len(values) for values in texts[4].relevance.values()} == {4}


def test_the_tables_are_made_anew_once_from_the_parts(sets):
    one = old_set(sets)
    paths = [sets.summary(one), sets.words(one)]
    then, old = [path.read_bytes() for path in paths], [pd.read_parquet(path) for path in paths]
    made = tables.read(sets, one)
    now = [path.read_bytes() for path in paths]
    assert all(new != before for new, before in zip(now, then, strict=True))
    assert old_set(sets) == one
    pd.testing.assert_frame_equal(made.summary[list(old[0])], old[0], rtol=1e-12)
    pd.testing.assert_frame_equal(made.words, old[1])
    again = tables.read(sets, one)
    assert [path.read_bytes() for path in paths] == now  # nobody wrote them a second time
    pd.testing.assert_frame_equal(again.summary, made.summary)
    assert one.methods == ("lrp", "sensitivity", "gradient_x_input")


def test_an_unfinished_set_is_explained_to_the_same_end(sets, store, folder):
    one = old_set(sets)
    for path in (sets.parts(one)[1], sets.summary(one), sets.words(one)):
        path.unlink()
    sets.update(replace(one, complete=False))
    facts = json.loads((sets.path(one) / "set.json").read_text("utf-8"))
    del facts["methods"]  # as the old version wrote it
    (sets.path(one) / "set.json").write_text(json.dumps(facts))
    jobs = Jobs(sets, running=1, waiting=1)
    jobs.start(old_set(sets), lrp_engine.load(OLD / "model"))
    assert finished(jobs, one).problem == ""
    one = old_set(sets)
    table = export.table(one, tables.read(sets, one).summary, store.given(KEY), sets.parts(one))
    table["row"] -= 1
    (folder / "now.csv").write_bytes(export.to_csv(table))
    now, then = (pd.read_csv(path) for path in (folder / "now.csv", OLD / "export.csv"))
    columns = [name for name in then if name != "conservation_error_share"]  # rounding
    pd.testing.assert_frame_equal(now[columns], then[columns], rtol=1e-4, atol=1e-6)


def test_every_order_of_then_is_the_order_of_now(sets, store):
    summary = tables.read(sets, old_set(sets)).summary
    verdicts = choices_in(store.given(KEY))
    now = {sort: queue.queue(summary, verdicts, queue.Filter(), sort) for sort in ORDERS}
    assert now == ORDERS
    assert [sort for sort in queue.SORTS if sort in ORDERS] == list(ORDERS)


def test_the_export_of_then_is_the_export_of_now(sets, store):
    one = old_set(sets)
    summary = tables.read(sets, one).summary
    table = export.table(one, summary, store.given(KEY), sets.parts(one))
    then = (OLD / "export.csv").read_bytes()
    columns = then.decode("utf-8-sig").splitlines()[0].split(",")
    table["row"] -= 1  # they are counted from 1 since
    assert export.to_csv(table[columns]) == then
    reviewers = {"verdict of Ana", "verdict of Ben", "reviewers_agree"}
    since = set(table) - set(columns) - reviewers
    words = {"outcome_text", "verdict_text"}
    assert since == words | (since & {one.exported or one.name for one in MEASURES.values()})


@pytest.fixture
def visit(folder, monkeypatch):
    """Opens the old set on the Review page of today."""
    monkeypatch.setenv(settings.DATA_VARIABLE, str(folder))
    monkeypatch.setenv(settings.MODEL_VARIABLE, str(OLD / "model"))

    def open_page(**parameters: str) -> AppTest:
        app = AppTest.from_file(str(settings.REPOSITORY / "app" / "main.py"), default_timeout=60)
        for name, value in {"set": KEY, **parameters}.items():
            app.query_params[name] = value
        return app.switch_page(View.REVIEW.file).run()

    return open_page


@pytest.mark.parametrize("row", SCREEN)
def test_the_page_says_of_each_row_what_it_said(visit, row):
    app = visit(row=row)
    assert healthy(app)
    said = html(app) + messages(app)
    bare = said.replace("<b>", "").replace("</b>", "").replace("<bdi>", "").replace("</bdi>", "")
    bare = bare.replace("&lt;", "<").replace("&gt;", ">")
    bare = bare.replace("not attributed to words", "outside the words")  # its name of then
    bare = bare.replace("\N{NO-BREAK SPACE}", " ")  # lines could end between a number and "%" then
    assert SCREEN[row]
    for sentence in SCREEN[row]:
        assert sentence in bare


def test_a_link_of_then_restores_order_and_filters(visit):
    app = visit(sort="leak", outcome="wrong", said="0")
    assert healthy(app)
    assert "ignored" not in messages(app)
    kept = [row for row in ORDERS["leak"] if row in (0, 5)]
    assert [int(row) - 1 for row in app.dataframe[0].value["row"]] == kept
    assert "unattributed" in app.dataframe[0].value
    assert widget(app, "sort").value == "leak"
    assert "this set is not loaded" not in " ".join(c.value for c in app.caption)
    assert cache.reviews().of(KEY)[1].version == 2
