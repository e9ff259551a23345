"""What all parts of the page share: the set on the desk, and names as they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from html import escape

from app import cache
from app.components import scale
from app.components.scale import Asked
from app.figures import scales
from app.models.model import Model
from app.navigation import View
from app.review import own_columns, queue, reviewers
from app.review.queue import Sort
from app.review.reviewers import Given
from app.review.sets import Set
from app.review.tables import SetTables
from app.review.verdicts import Review
from app.state import session
from app.state.choices import CHOICES
from lrp_engine.errors import LensError
from lrp_engine.propagation.rules import from_dict
from lrp_engine.render.wording import visible


@dataclass(frozen=True, eq=False)
class Desk:
    """A set that is being reviewed.

    Attributes:
        tables: summary and words. given: every reviewer's newest review of each row.
        model: the set's own, None where this session does not have it.
    """

    set: Set
    tables: SetTables
    given: Given
    model: Model | None

    @cached_property
    def sorts(self) -> dict[str, Sort]:
        """Every order that this set has."""
        return queue.sorts_by(self.set.columns) | queue.own_sorts(list(self.tables.own.columns))

    @property
    def shown_columns(self) -> list[str]:
        """The file's own columns that are shown."""
        own = list(self.tables.own.columns)
        return [own[n] for n in session.get("columns") if n < len(own)]

    @cached_property
    def identifier(self) -> str | None:
        """The column of the file that says which row is which."""
        return own_columns.identifier(self.tables.own)

    def key_of(self, row: int) -> str:
        """What that column says of a row; "" for nothing."""
        return "" if self.identifier is None else self.tables.own[self.identifier].iloc[row] or ""

    @cached_property
    def reviews(self) -> dict[int, Review]:
        """What was saved last of each row, by whomever."""
        return reviewers.newest_of(self.given)

    @cached_property
    def verdicts(self) -> dict[int, dict[str, str]]:
        """Row -> reviewer -> verdict."""
        return reviewers.choices_in(self.given)

    @property
    def asked(self) -> Asked | None:
        """What is asked to find out which scale of colour is typical; None without the model."""
        return None if self.model is None else (self.model, from_dict(self.set.rule), None)

    def typical(self, method: str) -> float | str:
        """As `scale.typical`, of this set's model and rule."""
        return scales.NO_MODEL if self.asked is None else scale.typical(method, self.asked)

    def label(self, c: int) -> str:
        """The name of a class, as HTML."""
        return f"<bdi>{escape(visible(self.set.labels[c]))}</bdi>"


def open_set(key: str) -> None:
    """Turn to another set, "" for none: what was filtered and picked in the last one is over."""
    session.used()
    for name, choice in CHOICES.items():
        if choice.view is View.REVIEW:
            session.put(name, choice.default)
    for name in (
        "seen",
        "clash",
        "neighbours",
        "asked",
        "doubted",
        "judged",
        "count_chosen",
        "unnamed",
    ):
        session.put(name, session.REVIEWING[name])
    session.put("set", key)


def delete_set(one: Set) -> None:
    """Callback: a set is deleted with its verdicts, and another one can be begun.

    The set goes first: on a full disk it makes the room that the database needs.
    """
    try:
        reviews = cache.reviews()
        reviews.of(one.id)  # nothing goes where the database cannot be reached
        cache.jobs().delete(one)
    except LensError as error:
        session.notify(str(error))
        return
    cache.answers().forget(one.id)
    open_set("")
    try:
        reviews.delete(one.id)
    except LensError as error:
        session.notify(f"The texts and explanations are deleted, the verdicts are not. {error}")
