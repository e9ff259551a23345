"""Verdicts in a database: SQLite or PostgreSQL, through SQLAlchemy.

Versions are only ever added. A reviewer who saves says which own version was on the screen; the new
one is the row's next number, and the primary key lets each number exist once. So of two windows in
which the same reviewer saves, the second one is told; what others say stands beside it; and nothing
that was ever saved is lost.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from app import settings
from app.review.verdicts import Review, Verdict
from lrp_engine.errors import InputError, LensError

_metadata = sa.MetaData()
_versions = sa.Table(
    "review_versions",
    _metadata,
    sa.Column("set_id", sa.String(22), primary_key=True),
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("verdict", sa.String(16), nullable=False),
    sa.Column("tags", sa.JSON, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("reviewer", sa.String(settings.REVIEW_NAME), nullable=False),
    sa.Column("saved", sa.DateTime(timezone=True), nullable=False),
)


WAIT_SECONDS = 10  # for other writers of a database
# What drivers call a disk without room: sqlite3 by name, psycopg by number.
_FULL = ("SQLITE_FULL", "53100")


class ConflictError(LensError):
    """Somebody else saved first.

    Attributes:
        theirs: what is saved now.
    """

    def __init__(self, theirs: Review) -> None:
        super().__init__(
            f"{theirs.verdict.reviewer or 'Somebody without a name'} saved another version (number "
            f"{theirs.version}) while this one was open."
        )
        self.theirs = theirs


class Store:
    """Reviews by set and row; the table is made where it is missing.

    Raises (every method):
        InputError: the database cannot be reached or written.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "connect", _patient)
        with self._sentences():
            _create(engine)

    def of(self, set_id: str) -> dict[int, Review]:
        """The newest review of every row that has one, by row."""
        with self._sentences(), self.engine.connect() as connection:
            lines = connection.execute(
                sa.select(_versions)
                .where(_versions.c.set_id == set_id)
                .order_by(_versions.c.row, _versions.c.version)
            )
            return {line.row: _review(line) for line in lines}  # the last one of a row stays

    def given(self, set_id: str) -> dict[int, dict[str, Review]]:
        """Row -> reviewer -> this reviewer's newest review."""
        found: dict[int, dict[str, Review]] = {}
        with self._sentences(), self.engine.connect() as connection:
            for line in connection.execute(
                sa.select(_versions)
                .where(_versions.c.set_id == set_id)
                .order_by(_versions.c.row, _versions.c.version)
            ):
                found.setdefault(line.row, {})[line.reviewer] = _review(line)
        return found

    def history(self, set_id: str, row: int) -> list[Review]:
        """Every version of a row's review, the newest first."""
        with self._sentences(), self.engine.connect() as connection:
            return [_review(line) for line in connection.execute(_newest_first(set_id, row))]

    def save(self, set_id: str, row: int, verdict: Verdict, *, seen: int) -> Review:
        """Keep a verdict as the next version; one that says nothing new is not kept twice.

        Reviewers do not get in each other's way: each has a newest version of their own.

        Args:
            seen: the reviewer's own version that was on the screen, 0 for none.

        Raises:
            ConflictError: it is not the newest any more, as where two windows are open.
            InputError: the verdict is too long.
        """
        verdict = verdict.checked()
        while True:
            versions = self.history(set_id, row)
            own = next((one for one in versions if one.verdict.reviewer == verdict.reviewer),
                       Review())  # fmt: skip
            if own.verdict == verdict:
                return own
            if own.version > seen:
                raise ConflictError(own)
            newest = versions[0].version if versions else 0
            review = Review(verdict=verdict, version=newest + 1, saved=datetime.now(UTC))
            if self._added(set_id, row, review):
                return review
            # Somebody was faster; a version more each time, so that this ends.

    def sign(self, set_id: str, row: int, reviewer: str, *, seen: int) -> Review | None:
        """Make what was saved without a name this reviewer's; it joins what they said of the row.

        Args:
            seen: the version that was saved without a name.

        Returns:
            The reviewer's; None where nothing is left of it, or somebody else saved without a name
            meanwhile.

        Raises:
            InputError: as `save`.
        """
        while True:
            versions = self.history(set_id, row)
            newest = {one.verdict.reviewer: one for one in reversed(versions)}
            nameless, own = newest.get("", Review()), newest.get(reviewer, Review())
            if nameless.version != seen or nameless.verdict.is_blank:
                return None
            verdict = replace(own.verdict, reviewer=reviewer).joined(nameless.verdict).checked()
            now = datetime.now(UTC)
            back = Review(verdict=Verdict(), version=versions[0].version + 1, saved=now)
            signed = Review(verdict=verdict, version=back.version + 1, saved=now)
            if self._added(set_id, row, back, signed):
                return signed

    def delete(self, set_id: str) -> None:
        """Forget all reviews of a set, their history included."""
        with self._sentences(), self.engine.begin() as connection:
            connection.execute(sa.delete(_versions).where(_versions.c.set_id == set_id))

    def _added(self, set_id: str, row: int, *reviews: Review) -> bool:
        """Whether the versions were still free; all of them are kept, or none."""
        values: list[dict[str, Any]] = [
            {
                "set_id": set_id, "row": row, "version": review.version, "saved": review.saved,
                "verdict": review.verdict.choice, "tags": list(review.verdict.tags),
                "note": review.verdict.note, "reviewer": review.verdict.reviewer,
            }
            for review in reviews
        ]  # fmt: skip
        try:
            with self._sentences(), self.engine.begin() as connection:
                connection.execute(sa.insert(_versions), values)
        except sa.exc.IntegrityError:
            return False
        return True

    @contextlib.contextmanager
    def _sentences(self) -> Iterator[None]:
        """Failures of the database as a sentence; addresses hold passwords and are not shown."""
        try:
            yield
        except sa.exc.IntegrityError:
            raise
        except sa.exc.SQLAlchemyError as error:
            database = f"The database of verdicts ({self.engine.dialect.name})"
            after = "Nothing was saved just now; what was saved before is not touched."
            if _is_full(error):
                raise InputError(
                    f"{database} has no room: the disk is full. {after} Make room, then try again."
                ) from error
            raise InputError(
                f"{database} cannot be used ({type(error).__name__}). {after} Check that it runs "
                f"and that {settings.DATABASE_VARIABLE} names it, then try again."
            ) from error


def _create(engine: sa.Engine) -> None:
    """Make the table where it is missing; any number of processes may do so at the same time."""
    try:
        with engine.begin() as connection:
            connection.execute(sa.schema.CreateTable(_versions, if_not_exists=True))
    except (sa.exc.IntegrityError, sa.exc.ProgrammingError):
        # Of those who come together, PostgreSQL tells all but one that the name is taken.
        if not sa.inspect(engine).has_table(_versions.name):
            raise


def _is_full(error: sa.exc.SQLAlchemyError) -> bool:
    """Whether the database had no room on its disk."""
    cause = getattr(error, "orig", None)
    names = (getattr(cause, "sqlite_errorname", None), getattr(cause, "sqlstate", None))
    return any(name in _FULL for name in names)


def _newest_first(set_id: str, row: int) -> sa.Select:
    return (
        sa.select(_versions)
        .where(_versions.c.set_id == set_id, _versions.c.row == row)
        .order_by(_versions.c.version.desc())
    )


def _review(line: Any) -> Review:
    saved = line.saved if line.saved.tzinfo else line.saved.replace(tzinfo=UTC)  # SQLite: UTC
    verdict = Verdict(
        choice=line.verdict, tags=tuple(line.tags), note=line.note, reviewer=line.reviewer
    )
    return Review(verdict=verdict, version=line.version, saved=saved)


def _patient(connection: Any, record: Any) -> None:
    """SQLite: readers do not block writers, and a writer waits for another one."""
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={1000 * WAIT_SECONDS}")
    end = time.monotonic() + WAIT_SECONDS
    while True:  # no timeout is heeded while a new database is turned to this mode
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > end:
                raise
            time.sleep(0.02)
    cursor.close()
