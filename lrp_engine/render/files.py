"""Explanations as files; the ending of the name says which kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from lrp_engine.attribution.as_frame import frames
from lrp_engine.errors import InputError, choices
from lrp_engine.render.latex import latex
from lrp_engine.render.page import methods_page
from lrp_engine.render.png import png
from lrp_engine.render.svg import svg

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation

ByMethod = Mapping[str, "Explanation"]


def _csv(by_method: ByMethod, index: int) -> str:
    """Every sample's words, by every method."""
    return str(frames(by_method).to_csv(index=False))


def _json(by_method: ByMethod, index: int) -> str:
    ones = [one.to_dict(index) for one in by_method.values()]
    return json.dumps(ones[0] if len(ones) == 1 else ones, ensure_ascii=False, indent=2) + "\n"


# Ending -> what the file holds.
FILES: dict[str, Callable[[ByMethod, int], str | bytes]] = {
    ".html": methods_page,
    ".svg": svg,
    ".png": png,
    ".tex": latex,
    ".json": _json,
    ".csv": _csv,
}


def save(by_method: ByMethod, path: str | PathLike[str], index: int = 0) -> None:
    """See `Explanation.save`."""
    if not isinstance(path, (str, PathLike)) or isinstance(fspath(path), bytes):
        raise InputError(f"The path to save to is {type(path).__name__}; give a text or a Path.")
    file = Path(path)
    if file.suffix.lower() not in FILES:
        raise InputError(f"{file.name!r:.80} does not say what to write; end it in "
                         f"{choices(FILES)}.")  # fmt: skip
    content = FILES[file.suffix.lower()](by_method, index)
    data = content.encode("utf-8") if isinstance(content, str) else content
    file.write_bytes(data)
