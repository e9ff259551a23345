"""Verdicts in SQLite and in PostgreSQL: nothing is lost, the second of two writers is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from app import settings
from app.review.store import ConflictError, Store
from app.review.verdicts import Review, Verdict
from lrp_engine import InputError
from tests.app import writers
from tests.app.databases import postgresql

SET = "A" * 22
AGREE = Verdict(choice="agree", tags=("irony", "ünicode 😀"), note="a note\n*x* '; --",
                reviewer="Ana")  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path, monkeypatch) -> str:
    given = f"sqlite:///{tmp_path / 'reviews.db'}"
    if request.param == "postgresql":
        given = request.getfixturevalue("server")
    monkeypatch.setenv(settings.DATABASE_VARIABLE, given)
    return settings.database_url()


@pytest.fixture
def engine(url: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(url)
    yield engine
    with engine.begin() as connection:
        connection.execute(sa.text("drop table if exists review_versions"))
    engine.dispose()


@pytest.fixture
def store(engine: sa.Engine) -> Store:
    return Store(engine)


def test_what_was_saved_is_there_after_a_restart(store, url):
    saved = store.save(SET, 3, AGREE, seen=0)
    assert saved.version == 1
    engine = sa.create_engine(url)
    found = Store(engine).of(SET)
    engine.dispose()
    assert found == {3: saved}
    assert found[3].saved.tzinfo is not None
    assert store.of("B" * 22) == {}


def test_every_version_is_kept_and_the_newest_counts(store):
    first = store.save(SET, 0, AGREE, seen=0)
    second = store.save(SET, 0, Verdict(choice="wrong"), seen=first.version)
    assert store.of(SET) == {0: second}
    assert store.history(SET, 0) == [second, first]


def test_what_was_saved_without_a_name_joins_what_its_reviewer_said(store):
    mine = store.save(SET, 0, AGREE, seen=0)
    nameless = store.save(
        SET, 0, Verdict(choice="wrong", tags=("irony", "slang"), note="more"), seen=0
    )
    assert store.sign(SET, 0, "Ana", seen=mine.version) is None  # another version was saved since
    signed = store.sign(SET, 0, "Ana", seen=nameless.version)
    assert store.given(SET)[0]["Ana"] == signed
    assert signed.verdict == Verdict(choice="agree", tags=("irony", "ünicode 😀", "slang"),
                                     note=f"{AGREE.note}\nmore", reviewer="Ana")  # fmt: skip
    assert store.given(SET)[0][""].verdict == Verdict()
    assert [one.version for one in store.history(SET, 0)] == [4, 3, 2, 1]
    assert store.sign(SET, 0, "Ana", seen=3) is None  # nothing is left to sign


def test_the_second_of_two_windows_sees_the_conflict_and_may_choose(store):
    store.save(SET, 0, AGREE, seen=0)
    mine = Verdict(choice="wrong", reviewer="Ana")
    with pytest.raises(ConflictError, match="Ana saved another version") as told:
        store.save(SET, 0, mine, seen=0)
    assert told.value.theirs.verdict == AGREE
    assert store.of(SET)[0].verdict == AGREE  # nothing was overwritten
    assert store.save(SET, 0, mine, seen=told.value.theirs.version).version == 2
    assert [review.verdict.choice for review in store.history(SET, 0)] == ["wrong", "agree"]


def test_two_reviewers_both_keep_what_they_say(store):
    ana = store.save(SET, 0, AGREE, seen=0)
    ben = store.save(SET, 0, Verdict(choice="wrong", reviewer="Ben"), seen=0)
    again = store.save(SET, 0, Verdict(choice="unclear", reviewer="Ana"), seen=ana.version)
    assert (ana.version, ben.version, again.version) == (1, 2, 3)
    assert store.given(SET) == {0: {"Ana": again, "Ben": ben}}
    assert store.of(SET) == {0: again}
    assert store.given("B" * 22) == {}


def test_saving_the_same_again_is_no_conflict_and_no_new_version(store):
    store.save(SET, 0, AGREE, seen=0)
    assert store.save(SET, 0, AGREE, seen=0).version == 1


def test_of_many_at_the_same_moment_one_wins_and_all_others_are_told(store):
    writers = 8
    start, outcomes = threading.Barrier(writers), []

    def write(n: int) -> None:
        start.wait()
        try:
            outcomes.append(store.save(SET, 0, Verdict(note=f"note {n}"), seen=0).version)
        except ConflictError:
            outcomes.append("told")

    threads = [threading.Thread(target=write, args=(n,)) for n in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == [1, *["told"] * (writers - 1)]
    assert len(store.history(SET, 0)) == 1


def _in_processes(what: str, url: str, count: int) -> Any:
    """What `tests.app.writers` says."""
    command = [sys.executable, "-m", "tests.app.writers", what, url, str(count)]
    done = subprocess.run(command, cwd=settings.REPOSITORY, capture_output=True, timeout=120,
                          check=True, env={**os.environ, "PYTHONPATH": "."})  # fmt: skip
    return json.loads(done.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_many_processes_open_a_new_database_at_the_same_moment(engine, url):
    """`engine` removes the table afterwards."""
    assert _in_processes("open", url, 16) == [""] * 16
    assert set(Store(engine).of(SET)) == set(range(16))


@pytest.mark.skipif(sys.platform == "win32", reason="forks and kills")
def test_two_writers_that_are_killed_lose_nothing_and_leave_nothing_half_written(store, url):
    told = _in_processes("kill", url, 6)
    assert len({writer for _, _, writer, _ in told}) == 12
    assert writers.lost(store, told, killed=12) == []


def test_a_full_disk_is_said(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'reviews.db'}")

    @sa.event.listens_for(engine, "connect")
    def small(connection, _):
        connection.execute("PRAGMA max_page_count=20")

    store = Store(engine)
    saved: list[int] = []

    def fill() -> None:
        for row in range(100):
            store.save(SET, row, Verdict(note="x" * settings.REVIEW_NOTE), seen=0)
            saved.append(row)

    with pytest.raises(InputError, match=r"the disk is full\. Nothing was saved just now"):
        fill()
    assert list(store.of(SET)) == saved != []
    engine.dispose()


def test_sets_are_apart_and_can_be_forgotten(store):
    other = "B" * 22
    store.save(SET, 0, AGREE, seen=0)
    store.save(other, 0, AGREE, seen=0)
    store.delete(SET)
    assert store.of(SET) == {}
    assert set(store.of(other)) == {0}


def test_hostile_text_is_only_text(store):
    note = "Robert'); DROP TABLE review_versions;-- \0 \ud83d <script>"
    saved = store.save(SET, 0, Verdict(note=note, tags=("  ", "a", "a")), seen=0)
    assert store.of(SET)[0] == saved
    assert saved.verdict.note == "Robert'); DROP TABLE review_versions;--  ? <script>"
    assert saved.verdict.tags == ("a",)


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        (Verdict(choice="maybe"), "no verdict 'maybe'"),
        (Verdict(note="x" * (settings.REVIEW_NOTE + 1)), "The note has"),
        (Verdict(tags=("x" * (settings.REVIEW_TAG + 1),)), "The longest tag has"),
        (Verdict(tags=tuple(map(str, range(settings.REVIEW_TAGS + 1)))), "There are 21 tags"),
        (Verdict(reviewer="x" * (settings.REVIEW_NAME + 1)), "The reviewer's name has"),
    ],
)
def test_what_a_database_cannot_keep_is_refused_in_a_sentence(verdict, told):
    with pytest.raises(InputError, match=told):
        verdict.checked()


def test_a_database_that_is_gone_is_a_sentence_without_its_password():
    pytest.importorskip("psycopg")
    engine = sa.create_engine("postgresql+psycopg://lens:secret@127.0.0.1:1/none")
    with pytest.raises(InputError, match="cannot be used") as told:
        Store(engine)
    assert "secret" not in str(told.value)
    engine.dispose()


def test_a_postgresql_address_names_the_driver_that_is_declared(monkeypatch):
    for scheme in ("postgres", "postgresql"):
        monkeypatch.setenv(settings.DATABASE_VARIABLE, f"{scheme}://host/name")
        assert settings.database_url() == "postgresql+psycopg://host/name"
    monkeypatch.delenv(settings.DATABASE_VARIABLE)
    assert settings.database_url().startswith("sqlite:///")
    assert Review().version == 0
