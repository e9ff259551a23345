"""Reads the project's own format: network.json, weights.safetensors, vocabulary.txt."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lrp_engine.errors import FormatError
from lrp_engine.formats.companions.companions import Companions
from lrp_engine.formats.companions.spec import INPUTS
from lrp_engine.formats.containers.limits import LIMITS, megabytes
from lrp_engine.formats.containers.sandbox import Contents, unpack
from lrp_engine.formats.input_file import open_file
from lrp_engine.formats.json_texts import parse_json
from lrp_engine.formats.native.description import parts
from lrp_engine.formats.plain import lines
from lrp_engine.formats.reader import Reader
from lrp_engine.model.network import Network
from lrp_engine.model.serialization import (
    DESCRIPTION,
    VOCABULARIES,
    VOCABULARY,
    VOCABULARY_JSON,
    WEIGHTS,
)


def read_folder(path: Path) -> Contents:
    """The three files of a folder, as if they were members of a zip.

    Raises:
        FormatError: the folder has no description, or a file is damaged.
    """
    if not (path / DESCRIPTION).is_file():
        raise FormatError(
            f"The folder {path.name or str(path)!r} holds no {DESCRIPTION}; expected a folder "
            "written by Network.save, or give one file."
        )
    names = (DESCRIPTION, WEIGHTS, VOCABULARY, VOCABULARY_JSON, VOCABULARIES)
    contents = Contents("folder", names)
    for name in (DESCRIPTION, VOCABULARY, VOCABULARY_JSON, VOCABULARIES):
        if (path / name).exists():
            contents.texts[name] = _text(path / name)
    with open_file(path / WEIGHTS, WEIGHTS) as (file, size):
        weights = unpack(file, size)
    if weights.kind != "safetensors":
        raise FormatError(f"{WEIGHTS} in the folder {path.name!r} is not a safetensors file.")
    contents.arrays.update({f"{WEIGHTS}/{name}": a for name, a in weights.arrays.items()})
    return contents


def _text(path: Path) -> str:
    with open_file(path, path.name) as (file, size):
        if size > LIMITS.text_bytes:
            raise FormatError(
                f"{path.name} has {megabytes(size)}; at most {megabytes(LIMITS.text_bytes)} are "
                "read."
            )
        try:
            return file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise FormatError(f"{path.name} is not text in UTF-8.") from None


def _prefix(contents: Contents) -> str | None:
    """The one folder in which all members lie, "" without one, None for another format."""
    if contents.kind not in ("zip", "folder"):
        return None
    if DESCRIPTION in contents.names:
        return ""
    tops = {name.split("/", 1)[0] for name in contents.names}
    only = f"{next(iter(tops))}/" if len(tops) == 1 else ""
    return only if f"{only}{DESCRIPTION}" in contents.names else None


def _recognizes(contents: Contents) -> bool:
    return _prefix(contents) is not None


def _read(contents: Contents, given: Companions) -> Network:
    prefix = _prefix(contents)
    description = parse_json(contents.texts[f"{prefix}{DESCRIPTION}"], DESCRIPTION)
    start = f"{prefix}{WEIGHTS}/"
    arrays = {
        name.removeprefix(start): array
        for name, array in contents.arrays.items()
        if name.startswith(start)
    }
    words = _words(contents.texts, prefix or "")
    several = contents.texts.get(f"{prefix}{VOCABULARIES}")
    vocabularies = parse_json(several, VOCABULARIES) if several is not None else {}
    if not isinstance(vocabularies, Mapping):
        raise FormatError(f"{VOCABULARIES} is no object with the words of each input.")
    return given.network(**parts(description, arrays, words, vocabularies))


def _words(texts: Mapping[str, str], prefix: str) -> tuple[str, ...] | None:
    plain, listed = texts.get(f"{prefix}{VOCABULARY}"), texts.get(f"{prefix}{VOCABULARY_JSON}")
    if plain is not None and listed is not None:
        raise FormatError(
            f"The model holds {VOCABULARY} and {VOCABULARY_JSON}; remove the one that is not meant."
        )
    if listed is None:
        return None if plain is None else tuple(lines(plain))
    words = parse_json(listed, VOCABULARY_JSON)
    if not isinstance(words, list):
        raise FormatError(f"{VOCABULARY_JSON} is {type(words).__name__}, expected a list of words.")
    return tuple(words)


NATIVE = Reader(
    name="native",
    title=f"LRP Lens model, a folder or a zip with {DESCRIPTION}",
    recognizes=_recognizes,
    read=_read,
    options=(INPUTS,),
)
