"""Uploaded files: sizes checked, contents hashed, a Model read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import lrp_engine
from app import settings
from lrp_engine import FormatError, Network, ProofSheet
from lrp_engine.formats.companions.spec import DETECT, is_model_config
from lrp_engine.formats.containers.limits import LIMITS
from lrp_engine.formats.input_file import SharedFile
from lrp_engine.formats.json_texts import parse_json

MORE = "Anything else, as JSON"  # the field of the form


@dataclass(frozen=True, kw_only=True)
class Upload:
    """Files as bytes, and what the user said about them.

    Attributes:
        name: the weight file's own name; files: those of the others. Only for people.
        weights, vocabulary, embeddings: contents of the files; None where not given.
        reference: inputs and what the original program said of them, see `lrp_engine.parity`.
        labels: one class name a line, or JSON; empty for none.
        spec: what the file does not say, see `lrp_engine.load`.
        more: further keys of the spec as JSON, or what `model.to_json()` says; empty for none.
    """

    name: str
    weights: bytes
    files: tuple[str, ...] = ()
    vocabulary: bytes | None = None
    embeddings: bytes | None = None
    reference: bytes | None = None
    labels: str = ""
    spec: Mapping[str, Any] = field(default_factory=dict)
    more: str = ""

    def check(self) -> None:
        """Raise FormatError for a part larger than allowed."""
        for what, data, megabytes in (
            ("The weight file", self.weights, settings.UPLOAD_MEGABYTES),
            ("The embeddings file", self.embeddings, settings.UPLOAD_MEGABYTES),
            ("The vocabulary file", self.vocabulary, settings.VOCABULARY_MEGABYTES),
            ("The reference file", self.reference, settings.REFERENCE_MEGABYTES),
        ):
            if data is not None and len(data) > megabytes * 2**20:
                raise FormatError(
                    f"{what} has {len(data) / 2**20:,.0f} MB; at most {megabytes} MB are read."
                )
        for what, text, most in (
            ("The class names have", self.labels, settings.LABELS_CHARACTERS),
            (f"“{MORE}” has", self.more, settings.SPEC_CHARACTERS),
        ):
            if len(text) > most:
                raise FormatError(f"{what} {len(text):,} characters; at most {most:,} are read.")

    @property
    def most_unfolded(self) -> int:
        """Bytes that the files can unfold to at most, by their sizes alone."""
        files = self.weights, self.vocabulary, self.embeddings, self.reference
        sizes = [len(file) for file in files if file is not None]
        return sum(min(LIMITS.output_bytes, max(LIMITS.ratio_floor, LIMITS.ratio * size))
                   for size in sizes)  # fmt: skip

    @property
    def upload_hash(self) -> str:
        """SHA-256 over everything that decides what is read."""
        parts = [
            hashlib.sha256(data).hexdigest() if data is not None else ""
            for data in (self.weights, self.vocabulary, self.embeddings, self.reference)
        ]
        plain = json.dumps([*parts, self.labels, dict(self.spec), self.more], sort_keys=True)
        return hashlib.sha256(plain.encode()).hexdigest()

    def whole_spec(self) -> dict[str, Any]:
        """The spec with what was written as JSON.

        Raises:
            FormatError: the text is no JSON object, or says again what a field says.
        """
        more = parse_json(self.more, f"“{MORE}”") if self.more.strip() else {}
        if is_model_config(more):
            more = {"architecture": more}
        if not isinstance(more, Mapping):
            raise FormatError(
                f"“{MORE}” is {type(more).__name__}, expected an object such as "
                '{"activation": "tanh"}.'
            )
        for key in more:
            if key in self.spec:
                raise FormatError(
                    f"{key!r} is chosen in the form and written as JSON; once will do."
                )
        return {**self.spec, **more}

    @cached_property
    def _file(self) -> SharedFile:
        """The weight file, unpacked once for `read` and `prove`."""
        return SharedFile(self.weights)

    def close(self) -> None:
        """Forget what was unpacked."""
        self._file.close()

    def read(self) -> Network:
        spec = self.whole_spec()
        return lrp_engine.load(
            self._file,
            vocabulary=self.vocabulary,
            embeddings=self.embeddings,
            labels=_labels(self.labels),
            spec=spec or None,
            reference=self.reference
            if DETECT in (spec.get("gate_order"), spec.get("tokenizer"))
            else None,
        )

    def prove(self, network: Network) -> ProofSheet:
        return lrp_engine.parity(
            network,
            source=self._file,
            reference=self.reference,
            vocabulary=self.vocabulary,  # these belong to what the file says
            spec=self.whole_spec() or None,
            examples=[settings.DEFAULT_TEXT],
            seconds=settings.PROOF_SECONDS,
        )


def _labels(text: str) -> str | list[str] | None:
    if text.lstrip()[:1] in ("[", "{"):
        return text
    return [line.strip() for line in text.splitlines() if line.strip()] or None
