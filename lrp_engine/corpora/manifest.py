"""The manifest: what a folder's parts were made from, and whether a run may go on with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lrp_engine.corpora.urls import shown
from lrp_engine.errors import InputError
from lrp_engine.version import __version__

if TYPE_CHECKING:
    import pyarrow as pa

    from lrp_engine.corpora.settings import CorpusSettings
    from lrp_engine.model.network import Network

MANIFEST = "_manifest.json"
FORMAT = "lrp-lens corpus"

_COMPARED = (
    *("format", "engine", "model", "dtype", "device"),
    *("input", "settings", "columns", "rows"),
)  # fmt: skip
# What is compared -> how a sentence calls it.
_NAMES = {
    "engine": "the version of lrp-lens",
    "model": "the model",
    "dtype": "--dtype",
    "device": "--device",
    "columns": "the columns",
    "format": "the kind of the folder",
    "rows": "the number of rows",
    "input.path": "the input",
    "input.size": "the size of the input",
    "input.version": "the time or content of the input",
    "input.format": "--format",
}


# What a manifest means that does not say it.
_LEFT_OUT = {"settings.shard-bytes": 0}


def made_by(network: Network) -> dict[str, Any]:
    """What decides the numbers beside settings and inputs, as plain JSON values."""
    return {
        "engine": __version__,
        "model": network.hash,
        "dtype": network.dtype,
        "device": network.device and network.device.partition(":")[0],  # CPU and GPU round apart
    }


def new_manifest(
    network: Network, settings: CorpusSettings, source: dict[str, Any], schema: pa.Schema, rows: int
) -> dict[str, Any]:
    """The manifest of a run, as plain JSON values.

    Args:
        source: identity of the input.
        schema: columns of the result.
        rows: of the input.
    """
    return {
        "format": FORMAT,
        **made_by(network),
        "labels": list(network.labels),
        "settings": settings.to_dict(),
        "input": source,
        "columns": {field.name: str(field.type) for field in schema},
        "rows": rows,
        "complete": False,
    }


def check_same(found: dict[str, Any], wanted: dict[str, Any], url: str) -> None:
    """Stop where the parts in a folder were made otherwise.

    Raises:
        InputError: the text names the first setting that differs, and both values.
    """
    ours, theirs = _flat(wanted), _flat(found)
    # A setting that nobody chose is left out: what one side says counts for both.
    for key in dict.fromkeys((*ours, *(key for key in theirs if key.startswith("settings.")))):
        there, now = (one.get(key, _LEFT_OUT.get(key)) for one in (theirs, ours))
        if there != now:
            what = _NAMES.get(key) or f"--{key.removeprefix('settings.')}"
            raise InputError(
                f"The folder {url!r} holds another run: {what} differs, {_shown(there)} "
                f"there and {_shown(now)} now. Choose another folder, or add --restart to "
                f"remove that run's parts first{_as_there(key, there)}."
            )


def _flat(manifest: dict[str, Any]) -> dict[str, Any]:
    """What must be equal, by dotted name."""
    flat: dict[str, Any] = {}
    for key in _COMPARED:
        value = manifest.get(key)
        if key in ("input", "settings") and isinstance(value, dict):
            flat |= {f"{key}.{name}": one for name, one in value.items()}
            if key == "input":  # manifests of earlier releases kept the whole URL
                flat["input.path"] = shown(str(value.get("path")))
        else:
            flat[key] = value
    return flat


def _as_there(key: str, there: Any) -> str:
    """How to go on with the parts that are there, where one option is all that has to be said."""
    if key not in ("device", "settings.shard-rows", "settings.shard-bytes") or there is None:
        return ""
    return f"; to go on with them, give --{key.removeprefix('settings.')} {there}"


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:80]} ..."
