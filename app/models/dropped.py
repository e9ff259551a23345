"""Files that came together: what each is taken for, and the upload they make."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.models.model import Model
from app.models.uploads import MORE, Upload
from lrp_engine.errors import FormatError
from lrp_engine.formats.question import Question
from lrp_engine.formats.questions import TOKENIZER, joined, open_questions
from lrp_engine.formats.roles import ROLES, Taken
from lrp_engine.model.assumption import about
from lrp_engine.proof.sheet import PASS, TEXT, VERIFIED, ProofSheet

NOT_USED = ""  # a role
UNUSED = "not used"  # how it is called

# How an error of the library names one of its arguments -> what that is on the page.
_MENDS = {
    re.compile(r"\b(?:pass|as|into)\s`vocabulary`"): "Drop that file beside the others.",
    re.compile(r"\b(?:pass|as|into)\s`embeddings`"): "Drop that file beside the others.",
    re.compile(r"\bas\s`labels`"): "Choose that it is taken for names of the classes.",
    re.compile(r"\bleave\s`\w+`\sout"): f"Choose “{UNUSED}” for that file.",
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
    by_role: dict[str, list[Dropped]] = {}
    for file in files:
        if file.role == NOT_USED:
            continue
        by_role.setdefault(file.role, []).append(file)
    if any(len(same) > 1 for same in by_role.values()):
        raise FormatError(_twice(by_role))
    alone = {role: same[0] for role, same in by_role.items()}
    if "weights" not in alone:
        raise FormatError(f"No file of weights is among these. {_held(files)}")
    described = alone.pop("spec", None)
    if described is not None and more.strip():
        raise FormatError(
            f"“{described.name}” and “{MORE}” both say what the file does not; use one of them."
        )
    weights = alone["weights"]
    contents: dict[str, Any] = {role: file.data for role, file in alone.items()}
    return Upload(
        name=weights.name,
        files=tuple(file.name for file in files if file.role and file is not weights),
        **contents,
        spec=joined(answers),
        more=_text(described) if described else more,
    )


def unused(brought: Brought) -> list[str]:
    """Every file that could not be used, a sentence with why; not those that somebody left out."""
    return [
        f"“{one.name}” is not used. {one.taken.what}"
        for one in brought.files
        if one.role == NOT_USED == one.taken.role
    ]


def settled(question: Question, sheet: ProofSheet | None) -> bool:
    """Whether a proof has shown what a question asks: by texts whose numbers are the author's all
    but what the classes are called, by the file's own text layer what is about texts.
    """
    if sheet is None or sheet.text != VERIFIED:
        return False
    by_texts = any(line.name == TEXT and line.verdict == PASS for line in sheet.lines)
    return question.key != "labels" if by_texts else question.key.startswith(f"{TOKENIZER}.")


def left_open(model: Model) -> list[Question]:
    """What the files of a model leave open, and its proof."""
    return [one for one in open_questions(model.network) if not settled(one, model.proof)]


def doubts(model: Model) -> list[str]:
    """Warnings of a model about which nothing is asked."""
    asked = {question.key for question in open_questions(model.network)} if model.sent else set()
    return [one for one in model.network.warnings if not asked & {*about(one)}]


def mend(sentence: str) -> str:
    """What to do here about an error of the library; empty where it says so itself."""
    return " ".join(dict.fromkeys(how for name, how in _MENDS.items() if name.search(sentence)))


def _twice(by_role: Mapping[str, Sequence[Dropped]]) -> str:
    """Every two or more files for one thing, and what to do."""
    told = []
    for role, same in by_role.items():
        if len(same) > 1:
            *first, last = (f"“{file.name}”" for file in same)
            every = "both" if len(same) == 2 else "all"
            told.append(f"{', '.join(first)} and {last} are {every} taken for {ROLES[role]}.")
    return " ".join([*told, f"Keep one for each: remove the others, or choose “{UNUSED}”."])


def _held(files: Sequence[Dropped]) -> str:
    held = [
        f"“{one.name}” holds {one.taken.what}." if one.taken.role
        else f"“{one.name}”: {one.taken.what}"
        for one in files
    ]  # fmt: skip
    add = "Add the file that your program saved the model in, as .h5, .keras, .pt or .onnx."
    return " ".join([*held, add])


def _text(file: Dropped) -> str:
    try:
        return file.data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FormatError(f"“{file.name}” is not text in UTF-8; save it in UTF-8.") from None
