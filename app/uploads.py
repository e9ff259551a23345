"""Uploaded files: sizes checked, contents hashed, a Model read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import lrp_engine
from app import cache, settings
from app.models import Model
from lrp_engine import FormatError, Network

NAME_CHARACTERS = 60


@dataclass(frozen=True, kw_only=True)
class Upload:
    """Files as bytes, and what the user said about them.

    Attributes:
        name: the weight file's own name; only for people.
        weights, vocabulary, embeddings: contents of the files; None where not given.
        labels: one class name a line, or JSON; empty for none.
        spec: what the file does not say, see `lrp_engine.load`.
    """

    name: str
    weights: bytes
    vocabulary: bytes | None = None
    embeddings: bytes | None = None
    labels: str = ""
    spec: Mapping[str, Any] = field(default_factory=dict)

    def check(self) -> None:
        """Raise FormatError for a part larger than allowed."""
        for what, data, megabytes in (
            ("The weight file", self.weights, settings.UPLOAD_MEGABYTES),
            ("The embeddings file", self.embeddings, settings.UPLOAD_MEGABYTES),
            ("The vocabulary file", self.vocabulary, settings.VOCABULARY_MEGABYTES),
        ):
            if data is not None and len(data) > megabytes * 2**20:
                raise FormatError(
                    f"{what} has {len(data) / 2**20:,.0f} MB; at most {megabytes} MB are read."
                )
        if len(self.labels) > settings.LABELS_CHARACTERS:
            raise FormatError(
                f"The class names have {len(self.labels):,} characters; "
                f"at most {settings.LABELS_CHARACTERS:,} are read."
            )

    @property
    def digest(self) -> str:
        """SHA-256 over everything that decides what is read."""
        parts = [
            hashlib.sha256(data).hexdigest() if data is not None else ""
            for data in (self.weights, self.vocabulary, self.embeddings)
        ]
        plain = json.dumps([*parts, self.labels, dict(self.spec)], sort_keys=True)
        return hashlib.sha256(plain.encode()).hexdigest()

    def read(self) -> Network:
        return lrp_engine.load(
            self.weights,
            vocabulary=self.vocabulary,
            embeddings=self.embeddings,
            labels=_labels(self.labels),
            spec=dict(self.spec) or None,
        )

    def model(self) -> Model:
        """The model of these files, from the cache where it was read before.

        Raises:
            FormatError: a file is too large, malformed or not supported.
        """
        self.check()
        network = cache.read_network(self.digest, self.read)
        return Model(self.digest, PurePath(self.name).name[:NAME_CHARACTERS], network)


def _labels(text: str) -> str | list[str] | None:
    if text.lstrip()[:1] in ("[", "{"):
        return text
    return [line.strip() for line in text.splitlines() if line.strip()] or None
