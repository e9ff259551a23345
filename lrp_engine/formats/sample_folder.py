"""A folder of a model with the files that go with it, as `sample_models/` holds them.

`sample.json` names them: "model", "vocabulary", "spec", which are arguments of `load`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from lrp_engine import shipped
from lrp_engine.errors import FormatError
from lrp_engine.formats.input_file import open_file
from lrp_engine.formats.json_texts import NotJsonError, parse_json
from lrp_engine.shipped import MANIFEST

MODEL = "model"
COMPANIONS = ("vocabulary", "spec")
_MOST = 1 << 20  # bytes
_HERE = "."


def sample_files(source: object) -> dict[str, Path]:
    """ "model" and what goes with it -> paths; the model is the folder itself where it says ".".

    Nothing where the source is no folder with a `sample.json`.

    Raises:
        FormatError: `sample.json` is malformed, or names files of other places.
    """
    if not isinstance(source, (str, os.PathLike)):
        return {}
    folder = Path(os.fsdecode(source))
    if not os.path.isfile(folder / MANIFEST):
        return {}
    with open_file(folder / MANIFEST, MANIFEST) as (file, _):
        text = file.read(_MOST)
    try:
        told = parse_json(text.decode("utf-8-sig"), MANIFEST)
    except (UnicodeDecodeError, NotJsonError):
        raise FormatError(f"{MANIFEST} in the folder {folder.name!r:.60} is not JSON.") from None
    if not isinstance(told, dict) or MODEL not in told:
        raise FormatError(
            f"{MANIFEST} in the folder {folder.name!r:.60} names no {MODEL!r}; expected an object "
            f"with the names of files: {MODEL!r}, and where there are such {COMPANIONS}."
        )
    files = {}
    for key in (MODEL, *COMPANIONS):
        name = told.get(key)
        if name is None:
            continue
        plain = isinstance(name, str) and name not in ("", "..") and Path(name).name == name
        if not plain and not (key == MODEL and name == _HERE):
            raise FormatError(
                f"{MANIFEST} in the folder {folder.name!r:.60} says {key}: {name!r:.60}, expected "
                "the name of a file in this folder."
            )
        files[key] = folder / name
    return files


def with_sample_files(source: Any, **given: Any) -> tuple[Any, dict[str, Any]]:
    """A model's file and what goes with it, of a sample's name or folder; else both as they come.

    Args:
        given: arguments of `load` called as in `COMPANIONS`; those that are None are taken from the
            folder.

    Raises:
        FormatError: as of `sample_files`.
    """
    files: dict[str, Any] = {**sample_files(source := shipped.place(source))}
    source = files.pop(MODEL, source)
    return source, {key: files.get(key) if one is None else one for key, one in given.items()}
