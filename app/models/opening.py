"""The explanation the dashboard opens with, kept beside the model: `python -m app.models.opening`.

Loading TensorFlow and tracing the first pass takes seconds; reading this file takes none. It holds
what the engine computed, is used only for exactly the same question to exactly the same model and
engine, and a test compares it with a fresh result. Without the file everything works, later.
"""

from __future__ import annotations

import json
import sys
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import lrp_engine
from app import settings
from lrp_engine import Explanation, Explanations, Ledger
from lrp_engine.attribution.methods import LIVE_METHODS
from lrp_engine.model import inputs

if TYPE_CHECKING:
    from lrp_engine import Network

RULE = lrp_engine.Epsilon(eps=settings.EPS_DEFAULT, bias_factor=settings.BIAS_FACTOR_DEFAULT)
_QUESTION = "facts"  # the array of the file that holds the question and what is no array
# What follows from the text and the model without a pass.
_READ_AGAIN = ("ids", "alignment")
# What numpy, zip and JSON raise on a damaged file.
_DAMAGED = (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error)


def question(network: Network) -> dict[str, Any]:
    """What the stored answer answers; another question has no stored answer."""
    return {
        "engine": lrp_engine.__version__,
        "model": network.hash,
        "text": settings.DEFAULT_TEXT,
        "rule": {"eps": RULE.eps, "bias_factor": RULE.bias_factor},
        "methods": list(LIVE_METHODS),
    }


def answer(network: Network) -> Explanations:
    """What the engine says, by method."""
    return network.explain_all([settings.DEFAULT_TEXT], rule=RULE)


def write(path: Path, network: Network) -> None:
    """Store the answer as plain arrays and JSON."""
    arrays: dict[str, np.ndarray] = {}
    plain: dict[str, dict[str, Any]] = {}
    for name, explanation in answer(network).items():
        plain[name] = {"rule": explanation.rule is not None}
        for item in fields(explanation):
            value = getattr(explanation, item.name)
            if item.name in _READ_AGAIN:
                continue
            if isinstance(value, np.ndarray):
                arrays[f"{name}:{item.name}"] = value
            elif isinstance(value, Mapping):
                arrays |= {f"{name}:{item.name}:{key}": array for key, array in value.items()}
            elif item.name != "rule":
                plain[name][item.name] = value
        for key, array in explanation.ledger.steps.items():
            arrays[f"{name}:steps:{key}"] = array
    stored = json.dumps({"question": question(network), "plain": plain})
    np.savez_compressed(path, allow_pickle=False, **{_QUESTION: np.array(stored)}, **arrays)


def read(path: Path, network: Network) -> Explanations | None:
    """The stored answer; None where there is none to this question, or none that can be read."""
    if not path.is_file():
        return None
    try:
        return _read(path, network)
    except _DAMAGED:
        return None


def _read(path: Path, network: Network) -> Explanations | None:
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        stored = json.loads(str(file[_QUESTION]))
        if stored["question"] != question(network):
            return None
        arrays = {name: file[name] for name in file.files if name != _QUESTION}
    samples = inputs.read(network, [settings.DEFAULT_TEXT])
    again = {name: getattr(samples, name) for name in _READ_AGAIN}
    return Explanations(
        {name: _explanation(name, plain, arrays, again) for name, plain in stored["plain"].items()}
    )


def _explanation(
    name: str, plain: dict[str, Any], arrays: Mapping[str, np.ndarray], again: dict[str, Any]
) -> Explanation:
    def table(kind: str) -> dict[str, np.ndarray]:
        start = f"{name}:{kind}:"
        return {key.removeprefix(start): a for key, a in arrays.items() if key.startswith(start)}

    single: dict[str, Any] = {
        item.name: arrays[f"{name}:{item.name}"]
        for item in fields(Explanation)
        if f"{name}:{item.name}" in arrays
    }
    return Explanation(
        **single,
        **again,
        **{key: _tuples(value) for key, value in plain.items() if key != "rule"},
        rule=RULE if plain["rule"] else None,
        initial_states=table("initial_states"),
        layers=table("layers"),
        ledger=Ledger(table("ledger"), table("steps"), len(plain["tokens"])),
    )


def _tuples(value: Any) -> Any:
    """JSON has lists only."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else settings.model_path()
    write(folder / settings.OPENING_FILE, lrp_engine.load(folder))
