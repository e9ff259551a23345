"""What comes along with the engine: the dashboard and the sample models.

They lie beside the engine in a checkout, and in the folder `lrp_lens` of an installed wheel, where
their plain names would meet those of other people's packages.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

MANIFEST = "sample.json"  # of a model's folder: which of its files belong together


def dashboard() -> Path | None:
    """The entry of the dashboard, where it came along."""
    return _found("app/main.py")


def sample_folders() -> dict[str, Path]:
    """Name -> folder of every sample model, in the order in which they are listed."""
    folder = _found("sample_models")
    if folder is None:
        return {}
    folders = [path.parent for path in folder.glob(f"*/{MANIFEST}")]
    folders.sort(key=lambda path: (manifest(path)["order"], path.name))
    return {path.name: path for path in folders}


def samples() -> tuple[str, ...]:
    """Names of the sample models that came along; `load` takes each in place of a path."""
    return tuple(sample_folders())


def manifest(folder: Path) -> dict[str, Any]:
    """What a sample model says of itself; `app/models/samples.py` explains its keys."""
    said: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return said


def place(source: Any) -> Any:
    """The folder of a sample model where `source` is its name and nothing else is called so; else
    `source` itself."""
    if not isinstance(source, str) or os.path.exists(source):
        return source
    return sample_folders().get(source, source)


def _found(path: str) -> Path | None:
    root = Path(__file__).resolve().parents[1]
    places = (root / "lrp_lens" / path, root / path)
    return next((found for found in places if found.exists()), None)
