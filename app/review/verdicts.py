"""A verdict, with tags and a note: what a reviewer says of a row, and how it was saved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from app import settings
from lrp_engine.errors import InputError, choices

# What a reviewer can choose -> how it reads.
VERDICTS = {
    "agree": "agree",
    "wrong": "model wrong",
    "reasons": "right for the wrong reason",
    "unclear": "unclear",
}
NO_VERDICT = ""
# A verdict that does not go with the label of its row: (choice, whether the model is right by it).
_CONTRADICTIONS = {
    ("agree", False): "By its label, the model is wrong on this row, and you agree with the model.",
    ("wrong", True): "By its label, the model is right on this row, and you say that it is wrong.",
    ("reasons", False): "By its label, the model is wrong on this row: it cannot be right for the "
    "wrong reason.",
}


def contradiction(choice: str, right: bool | None) -> str:
    """What does not go together, a sentence; "" where all does.

    Args:
        right: whether the model is, by the row's label; None where no label says.
    """
    return "" if right is None else _CONTRADICTIONS.get((choice, right), "")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a reviewer says of a row.

    Attributes:
        choice: a name in `VERDICTS`, or NO_VERDICT.
        reviewer: a name, "" where nobody gave one.
    """

    choice: str = NO_VERDICT
    tags: tuple[str, ...] = ()
    note: str = ""
    reviewer: str = ""

    def checked(self) -> Verdict:
        """The same, without what a database cannot keep.

        Raises:
            InputError: it is too long, or there is no such choice.
        """
        if self.choice not in (NO_VERDICT, *VERDICTS):
            raise InputError(
                f"There is no verdict {self.choice!r}; choose from {choices(VERDICTS)}."
            )
        tags = tuple(dict.fromkeys(tag for given in self.tags if (tag := _text(given).strip())))
        clean = replace(
            self, tags=tags, note=_text(self.note), reviewer=_text(self.reviewer).strip()
        )
        for what, length, most in (
            ("The note", len(clean.note), settings.REVIEW_NOTE),
            ("The longest tag", max(map(len, tags), default=0), settings.REVIEW_TAG),
            ("The reviewer's name", len(clean.reviewer), settings.REVIEW_NAME),
        ):
            if length > most:
                raise InputError(f"{what} has {length:,} characters; up to {most:,} are kept.")
        if len(tags) > settings.REVIEW_TAGS:
            raise InputError(
                f"There are {len(tags)} tags; up to {settings.REVIEW_TAGS} are kept for a row."
            )
        return clean

    @property
    def is_blank(self) -> bool:
        """Whether it says nothing: it was never given, or taken back."""
        return not (self.choice or self.tags or self.note)

    def joined(self, more: Verdict) -> Verdict:
        """The same reviewer's, with what was said before their name was known."""
        notes = dict.fromkeys(note for note in (self.note, more.note) if note)
        return replace(
            self,
            choice=self.choice or more.choice,
            tags=tuple(dict.fromkeys((*self.tags, *more.tags))),
            note="\n".join(notes),
        )


@dataclass(frozen=True, kw_only=True)
class Review:
    """A verdict as it was saved; version 0 stands for none yet."""

    verdict: Verdict = Verdict()
    version: int = 0
    saved: datetime | None = None


def _text(text: str) -> str:
    """Text without NUL, which PostgreSQL refuses, and without halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def tags_in(reviews: Iterable[Review]) -> list[str]:
    """All tags that are used, each once, in alphabetical order."""
    return sorted({tag for review in reviews for tag in review.verdict.tags}, key=str.casefold)
