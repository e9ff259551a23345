"""Files that came together: what each is taken for, and the upload they make."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.models.uploads import MORE, Upload
from lrp_engine.errors import FormatError
from lrp_engine.formats.question import Question
from lrp_engine.formats.questions import joined
from lrp_engine.formats.roles import ROLES, Taken

NOT_USED = ""  # a role

# How an error of the library names one of its arguments -> what that is on the page.
_MENDS = {
    re.compile(r"\b(?:pass|as|into)\s`vocabulary`"): "Drop that file beside the others.",
    re.compile(r"\b(?:pass|as|into)\s`embeddings`"): "Drop that file beside the others.",
    re.compile(r"\bas\s`labels`"): "Choose that it is taken for names of the classes.",
    re.compile(r"\bleave\s`\w+`\sout"): "Choose “not used” for that file.",
    re.compile(r"the embedding has only"): "Drop the vocabulary that belongs to these weights.",
    re.compile(r"`spec`|\bspec\b"): f"The spec is written into “{MORE}”.",
}


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """One file.

    Attributes:
        taken: what it was taken for by what it holds.
        role: what it is used for, of `ROLES`; `NOT_USED`.
    """

    name: str
    data: bytes
    taken: Taken
    role: str


@dataclass(frozen=True, kw_only=True)
class Brought:
    """Files that are on the page now, and what was written beside them.

    Attributes:
        key: tells them from other files, and from other uses of the same.
        more: see `Upload`.
    """

    key: tuple[tuple[str, str], ...]
    files: tuple[Dropped, ...]
    more: str = ""

    @property
    def reference(self) -> Dropped | None:
        """The file of outputs to compare with."""
        return next((file for file in self.files if file.role == "reference"), None)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The model that was read last from files on the page, and what was asked about it.

    Attributes:
        upload_hash: of the model; `key` of `Brought`.
        asked: questions that it left open.
        answers: key of a question -> what the spec says for it.
    """

    upload_hash: str
    key: tuple[tuple[str, str], ...]
    asked: tuple[Question, ...] = ()
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def upload_of(brought: Brought, answers: Iterable[Mapping[str, Any]] = ()) -> Upload:
    """The upload that files make.

    Args:
        answers: what the spec says for each answered question.

    Raises:
        FormatError: there are no weights, or two files for one thing; names the files.
    """
    files, more = brought.files, brought.more
    by_role: dict[str, Dropped] = {}
    for file in files:
        if file.role == NOT_USED:
            continue
        if file.role in by_role:
            raise FormatError(
                f"“{by_role[file.role].name}” and “{file.name}” are both taken for "
                f"{ROLES[file.role]}. Remove one, or choose what else it is."
            )
        by_role[file.role] = file
    if "weights" not in by_role:
        raise FormatError(f"No file of weights is among these. {_held(files)}")
    described = by_role.pop("spec", None)
    if described is not None and more.strip():
        raise FormatError(
            f"“{described.name}” and “{MORE}” both say what the file does not; use one of them."
        )
    weights = by_role["weights"]
    contents: dict[str, Any] = {role: file.data for role, file in by_role.items()}
    return Upload(
        name=weights.name,
        files=tuple(file.name for file in files if file.role and file is not weights),
        **contents,
        spec=joined(answers),
        more=_text(described) if described else more,
    )


def mend(sentence: str) -> str:
    """What to do here about an error of the library; empty where it says so itself."""
    return " ".join(dict.fromkeys(how for name, how in _MENDS.items() if name.search(sentence)))


def _held(files: Sequence[Dropped]) -> str:
    held = [
        f"“{one.name}” holds {one.taken.what}." if one.taken.role
        else f"“{one.name}”: {one.taken.what}"
        for one in files
    ]  # fmt: skip
    return " ".join([*held, "Add the file that your program saved the model in."])


def _text(file: Dropped) -> str:
    try:
        return file.data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FormatError(f"“{file.name}” is not text in UTF-8; save it in UTF-8.") from None
