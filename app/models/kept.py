"""Uploaded models on disk, under a key: their files as they came, and what was said of them.

<key>/model.json   names, the spec, the SHA-256 of each file, texts that were tried
<key>/weights, vocabulary, embeddings, reference, tokenizer, labels   where there are such
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from app import settings
from app.kept.folders import Folders, Room, new_key
from app.models.uploads import Upload
from lrp_engine.errors import InputError, LensError
from lrp_engine.formats.companions.reference import Reference

_FACTS = "model.json"
_DELETED = "This model was deleted from the server meanwhile."
_PARTS = ("weights", "vocabulary", "embeddings", "reference", "tokenizer", "labels")


@dataclass(frozen=True, kw_only=True)
class KeptModel:
    """What is known of a model under a key without reading its files.

    Attributes:
        name: of its weight file. created: ISO time. until: when it goes unless somebody opens it.
    """

    key: str
    name: str
    created: str
    until: datetime


class KeptModels:
    """Uploads by key; `folder` is made where it does not exist."""

    def __init__(self, folder: Path) -> None:
        self.folders = Folders(folder, listed=_FACTS, days=settings.MODEL_DAYS)

    def keep(self, upload: Upload) -> str:
        """Keep an upload that was read; returns its key.

        Raises:
            InputError: it is too large to be kept, or the server keeps no more.
            LensError: the disk refuses.
        """
        parts = _parts(upload)
        size = sum(map(len, parts.values()))
        if size > settings.MODEL_KEPT_MEGABYTES * 2**20:
            raise InputError(
                f"Its files have {size / 2**20:,.0f} MB; up to {settings.MODEL_KEPT_MEGABYTES} MB "
                "are kept."
            )
        room = Room(
            most=settings.MODELS_KEPT,
            megabytes=settings.MODELS_KEPT_MEGABYTES,
            full="This server keeps no more models: each stays until it is deleted, or until "
            f"nobody has opened it for {settings.MODEL_DAYS} days.",
        )
        key = new_key()
        created = datetime.now(UTC).isoformat(timespec="seconds")
        self.folders.add(key, {**parts, _FACTS: _facts(upload, parts, created)}, room)
        return key

    def change(self, key: str, upload: Upload) -> None:
        """Keep the same model with something else said of it, of which no texts were tried.

        Raises:
            LensError: it is not kept any more, or the disk refuses.
        """
        facts = self._facts(key)
        if facts is None:
            raise LensError(_DELETED)
        parts, files = _parts(upload), self.folders.files(key)
        for name, data in parts.items():
            if facts["parts"].get(name) != sha256(data).hexdigest():
                files.write(name, data)
        files.write(_FACTS, _facts(upload, parts, facts["created"]))
        for name in facts["parts"].keys() - parts.keys():
            (self.folders.path(key) / name).unlink(missing_ok=True)

    def keep_tried(
        self, key: str, reference: Reference, way: str = "", *, output: str = ""
    ) -> None:
        """Keep texts with numbers that showed how a model reads texts.

        Args:
            way: of several that give these numbers, the one that a person chose, in words.
            output: whose numbers they are, of the outputs beside the one that was brought; "" for
                that one.

        Raises:
            LensError: as `change`.
        """
        facts = self._facts(key)
        if facts is None:
            raise LensError(_DELETED)
        said = {
            "texts": list(reference.texts), "outputs": reference.outputs.tolist(),
            "kind": reference.kind, "columns": list(reference.columns), "way": way,
        }  # fmt: skip
        if output:
            facts["others_tried"] = {**facts.get("others_tried", {}), output: said}
        else:
            facts["tried"] = said
        self.folders.files(key).write(_FACTS, json.dumps(facts, indent=1).encode("utf-8"))

    def tried(self, key: str, output: str = "") -> Reference | None:
        """The texts that were kept, `output` as for `keep_tried`; None where there are none."""
        said = self._tried(key, output)
        if not said:
            return None
        return Reference(
            inputs=None, outputs=np.array(said["outputs"]), kind=said["kind"],
            texts=tuple(said["texts"]), columns=tuple(said["columns"]),
        )  # fmt: skip

    def chosen_way(self, key: str, output: str = "") -> str:
        """How a person chose that texts are read; "" where nobody did."""
        return str(self._tried(key, output).get("way", ""))

    def _tried(self, key: str, output: str) -> dict[str, Any]:
        facts = self._facts(key) or {}
        said = facts.get("others_tried", {}).get(output) if output else facts.get("tried")
        return said or {}

    def find(self, key: str) -> Upload | None:
        """The upload under a key; None where there is none. Its days begin anew.

        Raises:
            LensError: a file is not what was written.
        """
        facts = self._facts(key)
        if facts is None:
            return None
        files, parts = self.folders.files(key), {}
        for name in facts["parts"]:
            data = files.read(name)
            if data is None:
                raise LensError(
                    f"The model {facts['name']!r} is damaged on the server's disk ({name}); upload "
                    "it again."
                )
            parts[name] = data
        self.folders.opened(key)
        return Upload(
            name=facts["name"], files=tuple(facts["files"]), spec=facts["spec"], more=facts["more"],
            **parts,
        )  # fmt: skip

    def described(self, key: str) -> KeptModel | None:
        """What is known of a model; nothing of its files is read."""
        facts = self._facts(key)
        if facts is None:
            return None
        last = datetime.fromtimestamp(self.folders.last_opened(key), UTC)
        return KeptModel(
            key=key, name=facts["name"], created=facts["created"],
            until=last + timedelta(days=settings.MODEL_DAYS),
        )  # fmt: skip

    def delete(self, key: str) -> None:
        """Remove its bytes from the disk.

        Raises:
            LensError: the disk refuses.
        """
        self.folders.delete(key)

    def _facts(self, key: str) -> dict[str, Any] | None:
        data = self.folders.facts(key)
        if data is None:
            return None
        try:
            facts: dict[str, Any] = json.loads(data)
        except ValueError:
            return None
        return facts


def _parts(upload: Upload) -> dict[str, bytes]:
    contents = {name: getattr(upload, name) for name in _PARTS}
    return {name: data for name, data in contents.items() if data is not None}


def _facts(upload: Upload, parts: Mapping[str, bytes], created: str) -> bytes:
    facts = {
        "name": upload.name, "files": list(upload.files), "spec": dict(upload.spec),
        "more": upload.more, "created": created,
        "parts": {name: sha256(data).hexdigest() for name, data in parts.items()},
    }  # fmt: skip
    return json.dumps(facts, indent=1).encode("utf-8")
