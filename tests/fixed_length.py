"""A Keras file of the fixtures, built for another length; its author numbered words from 1."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

FIXTURES = Path(__file__).resolve().parent / "fixtures"
KERAS = FIXTURES / "keras3" / "imdb.keras"
NINE = ("<pad>", "<unk>", "good", "bad", "film", "not", "a", "the", ".")
WORD_INDEX = json.dumps({word: n for n, word in enumerate(NINE[2:], 1)}).encode()


def of_length(steps: int | None, *, masked: bool = False, activation: str = "sigmoid") -> bytes:
    """The bidirectional Keras model of the fixtures, built for so many steps."""
    made = io.BytesIO()
    with zipfile.ZipFile(KERAS) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json":
                config = json.loads(data)
                for layer in config["config"]["layers"]:
                    inside = layer["config"]
                    if layer["class_name"] == "InputLayer":
                        inside["batch_shape"] = [None, steps]
                    elif layer["class_name"] == "Embedding":
                        inside["mask_zero"] = masked
                config["config"]["layers"][-1]["config"]["activation"] = activation
                data = json.dumps(config).encode()
            new.writestr(name, data)
    return made.getvalue()
