"""A session as one JSON file: what is written, and how a file is read with suspicion.

schema, version   `SCHEMA`, `VERSION`
engine            the version that wrote it; nothing depends on it
view              the page that was open
model, models     the model in use, and all that were loaded: hash, name, origin, files; of an
                  upload that is kept also its key, which whoever has the file can use
choices           by name, as an address says them; null for what nobody chose
undo              steps back of the edited text, each a text and the position picked
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import lrp_engine
from app import settings
from app.models.model import ORIGINS, RIGHT, WRONG, Model, ModelRef
from app.navigation import BY_PATH
from app.state.choice import Choice
from app.state.choices import ANY, CHOICES
from lrp_engine.errors import FormatError
from lrp_engine.formats.json_texts import parse_json

SCHEMA, VERSION = "lrp-lens-session", 1
VIEWS = sorted(BY_PATH)
# What older versions wrote and nothing asks for any more.
GONE = ("precision",)
PARTS = ("schema", "version", "engine", "view", "model", "models", "choices", "undo")


def _known(*words: str) -> Callable[[str], str]:
    return dict(zip(words, words, strict=True)).__getitem__


# What is no part of an address, but of a session. Not the reviewer's name: a file may be handed on.
BESIDE: dict[str, Choice] = {
    "true_class": Choice(ANY, CHOICES["said"].read, expected="the number of a class"),
    "said_class": Choice(ANY, CHOICES["said"].read, expected="the number of a class"),
    "verdict": Choice(ANY, _known(ANY, RIGHT, WRONG), expected=f"{ANY}, {RIGHT} or {WRONG}"),
}
ALL = {**CHOICES, **BESIDE}


@dataclass(frozen=True)
class Session:
    """What a file says.

    Attributes:
        values: of every choice in `ALL`.
        undo: see `app.state.history`.
        unknown: parts and choices of the file that nobody here knows.
    """

    view: str
    model: ModelRef
    models: tuple[ModelRef, ...]
    values: Mapping[str, Any]
    undo: tuple[tuple[str, int | None], ...]
    unknown: tuple[str, ...] = ()


def write(get: Callable[[str], Any], view: str, model: Model, models: tuple[Model, ...]) -> str:
    """The file of a session whose choices `get` tells."""
    return json.dumps(
        {
            "schema": SCHEMA,
            "version": VERSION,
            "engine": lrp_engine.__version__,
            "view": view,
            "model": _described(model),
            "models": [_described(one) for one in models],
            "choices": {name: _written(choice, get(name)) for name, choice in ALL.items()},
            "undo": [list(step) for step in get("undo")],
        },
        ensure_ascii=False,
        indent=1,
    )


def _described(model: Model) -> dict[str, Any]:
    key = {"key": model.key} if model.key else {}
    return {"hash": model.model_hash, "name": model.name, "origin": model.origin,
            "files": list(model.sent), **key}  # fmt: skip


def _written(choice: Choice, value: Any) -> str | None:
    if value != choice.default:
        return choice.write(value)
    try:
        text = choice.write(value)
        return text if choice.read(text) == value else None
    except (ValueError, KeyError, TypeError):  # an address never says that nothing is chosen
        return None


def read(data: bytes) -> Session:
    """What a file says.

    Raises:
        FormatError: it is too large, or is no session that this version can read.
    """
    if len(data) > settings.SESSION_MEGABYTES * 2**20:
        raise FormatError(
            f"The file has {len(data) / 2**20:,.0f} MB; a session has at most "
            f"{settings.SESSION_MEGABYTES} MB."
        )
    try:
        parsed = parse_json(data.decode("utf-8-sig"), "The file", values=settings.SESSION_VALUES)
        json.dumps(parsed, ensure_ascii=False).encode()
    except (UnicodeError, RecursionError):
        raise FormatError("The file is not valid JSON in UTF-8.") from None
    if not isinstance(parsed, dict) or parsed.get("schema") != SCHEMA:
        raise FormatError(
            f'This is no session of LRP Lens: such a file says "schema": "{SCHEMA}". Choose a file '
            "that “Save session” made."
        )
    if parsed.get("version") != VERSION:
        raise FormatError(
            f"The session has version {parsed.get('version')!r:.20}, expected {VERSION}: another "
            "version of LRP Lens made it."
        )
    choices = _part(parsed, "choices", dict, {})
    view = _part(parsed, "view", str, VIEWS[0])
    if view not in VIEWS:
        raise FormatError(f"The session's “view” is {view!r:.40}, expected {' or '.join(VIEWS)}.")
    return Session(
        view=view,
        model=_model_ref(_part(parsed, "model", dict)),
        models=tuple(map(_model_ref, _part(parsed, "models", list, [])[: settings.SESSION_MODELS])),
        values={name: _value(name, choice, choices) for name, choice in ALL.items()},
        undo=tuple(map(_step, _part(parsed, "undo", list, [])[-settings.UNDO_STEPS :])),
        unknown=tuple(
            str(name)[:40] for name in (*parsed, *choices) if name not in (*PARTS, *ALL, *GONE)
        ),
    )


_NAMES = {dict: "an object", list: "a list", str: "text", int: "a number", bool: "true or false",
          float: "a number", type(None): "null"}  # fmt: skip


def _part(parsed: dict, name: str, kind: type, default: Any = None) -> Any:
    value = parsed.get(name, default)
    if not isinstance(value, kind):
        raise FormatError(
            f"The session's “{name}” is {_NAMES[type(value)]}, expected {_NAMES[kind]}."
        )
    return value


def _value(name: str, choice: Choice, choices: dict) -> Any:
    value = choices.get(name)
    if value is None:
        return choice.default
    try:
        if isinstance(value, str):
            return choice.read(value)
    except (ValueError, KeyError):
        pass
    raise FormatError(
        f"The session's “{name}” is {value!r:.40}, expected {choice.expected or 'text'}."
    )


def _step(step: Any) -> tuple[str, int | None]:
    match step:
        case [str(text), None]:
            at = None
        case [str(text), int(at)] if not isinstance(at, bool) and at >= 0:
            pass
        case _:
            raise FormatError(
                f"The session's “undo” holds {step!r:.40}, expected a text and a position."
            )
    if len(text) > settings.TEXT_CHARACTERS:
        raise FormatError("The session's “undo” holds a text that is longer than texts may be.")
    return text, at


def _model_ref(described: Any) -> ModelRef:
    match described:
        case {
            "hash": str(model_hash), "name": str(name), "origin": str(origin), "files": [*files],
        } if origin in ORIGINS and all(isinstance(file, str) for file in files):  # fmt: skip
            key = described.get("key", "")
            key = key if isinstance(key, str) else ""
            return ModelRef(model_hash, name, tuple(files), what="session", key=key).checked()
    raise FormatError(
        "A model of the session is described by hash, name, origin and files; found "
        f"{described!r:.60}."
    )
