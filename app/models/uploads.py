"""Uploaded files: sizes checked, contents hashed, a Model read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import lrp_engine
from app import settings
from lrp_engine import FormatError, Network, ProofSheet
from lrp_engine.formats.companions.spec import DETECT, OUTPUT_NAME, is_model_config
from lrp_engine.formats.containers.limits import LIMITS
from lrp_engine.formats.containers.messages import HEAD
from lrp_engine.formats.input_file import SharedFile
from lrp_engine.formats.json_texts import parse_json
from lrp_engine.formats.questions import joined
from lrp_engine.formats.sniff import looks_like

MORE = "Anything else, as JSON"  # the field of the form
SEVERAL = (
    "This model has several inputs, {}. These pages ask for one; the Python library explains all "
    "of them together: lrp_engine.load(FILE).explain({{name: values, ...}}), and so does the "
    "command line: python -m lrp_engine explain FILE --input NAME=VALUE, once for each."
)


@dataclass(frozen=True, kw_only=True)
class Upload:
    """Files as bytes, and what the user said about them.

    Attributes:
        name: the weight file's own name; files: those of the others. Only for people.
        weights, vocabulary, embeddings: contents of the files; None where not given.
        reference: inputs and what the original program said of them, see `lrp_engine.parity`.
        tokenizer: a file of settings of the text pipeline. labels: a file of names of the classes.
        spec: what the file does not say, see `lrp_engine.load`.
        more: further keys of the spec as JSON, or what `model.to_json()` says; empty for none.
    """

    name: str
    weights: bytes
    files: tuple[str, ...] = ()
    vocabulary: bytes | None = None
    embeddings: bytes | None = None
    reference: bytes | None = None
    tokenizer: bytes | None = None
    labels: bytes | None = None
    spec: Mapping[str, Any] = field(default_factory=dict)
    more: str = ""

    def check(self) -> None:
        """Raise FormatError for a part larger than allowed."""
        for what, data, megabytes in (
            ("The weight file", self.weights, settings.UPLOAD_MEGABYTES),
            ("The embeddings file", self.embeddings, settings.UPLOAD_MEGABYTES),
            ("The vocabulary file", self.vocabulary, settings.VOCABULARY_MEGABYTES),
            ("The reference file", self.reference, settings.REFERENCE_MEGABYTES),
            ("The tokenizer file", self.tokenizer, settings.VOCABULARY_MEGABYTES),
            ("The file of class names", self.labels, settings.LABELS_MEGABYTES),
        ):
            if data is not None and len(data) > megabytes * 2**20:
                raise FormatError(
                    f"{what} has {len(data) / 2**20:,.0f} MB; at most {megabytes} MB are read."
                )
        if len(self.more) > settings.SPEC_CHARACTERS:
            raise FormatError(
                f"“{MORE}” has {len(self.more):,} characters; at most {settings.SPEC_CHARACTERS:,} "
                "are read."
            )

    @property
    def _contents(self) -> tuple[bytes | None, ...]:
        return (self.weights, self.vocabulary, self.embeddings, self.reference, self.tokenizer,
                self.labels)  # fmt: skip

    @property
    def most_unfolded(self) -> int:
        """Bytes that the files can unfold to at most, by their sizes alone."""
        return sum(unfolded(data) for data in self._contents if data is not None)

    @property
    def upload_hash(self) -> str:
        """SHA-256 over everything that decides what is read."""
        parts = [
            hashlib.sha256(data).hexdigest() if data is not None else "" for data in self._contents
        ]
        plain = json.dumps([*parts, dict(self.spec), self.more], sort_keys=True)
        return hashlib.sha256(plain.encode()).hexdigest()

    def whole_spec(self) -> dict[str, Any]:
        """The spec with what was written as JSON, of which answers of the form count first.

        Raises:
            FormatError: the text is no JSON object.
        """
        more = parse_json(self.more, f"“{MORE}”") if self.more.strip() else {}
        if is_model_config(more):
            more = {"architecture": more}
        if not isinstance(more, Mapping):
            raise FormatError(
                f"“{MORE}” is {type(more).__name__}, expected an object such as "
                '{"activation": "tanh"}.'
            )
        return joined((more, self.spec))

    def with_output(self, name: str) -> Upload:
        """The same files for another of their outputs.

        What was said of the first one, its classes, values and what the program gave, is left out.
        """
        about = ("labels", "value_units", "output", OUTPUT_NAME)
        spec = {key: value for key, value in self.whole_spec().items() if key not in about}
        other = replace(
            self, spec={**spec, OUTPUT_NAME: name}, more="", labels=None, reference=None
        )
        vars(other)["_file"] = self._file  # unpacked once for all outputs
        return other

    @property
    def output_name(self) -> str:
        """Which output it explains, where it says so; else ""."""
        return str(self.whole_spec().get(OUTPUT_NAME, ""))

    @cached_property
    def _file(self) -> SharedFile:
        """The weight file, unpacked once for `read` and `prove`."""
        return SharedFile(self.weights)

    def close(self) -> None:
        """Forget what was unpacked."""
        self._file.close()

    def read(self) -> Network:
        """The network.

        Raises:
            FormatError: it cannot be read, or has several inputs.
        """
        spec = self.whole_spec()
        network = lrp_engine.load(
            self._file,
            vocabulary=self.vocabulary,
            embeddings=self.embeddings,
            tokenizer=self.tokenizer,
            labels=None if "labels" in spec else _labels(self.labels),
            spec=spec or None,
            reference=self.reference
            if DETECT in (spec.get("gate_order"), spec.get("tokenizer"))
            else None,
        )
        if network.several:
            raise FormatError(SEVERAL.format(", ".join(map(repr, network.inputs))))
        return network

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


def unfolded(data: bytes) -> int:
    """Bytes that a file can unfold to at most."""
    return min(LIMITS.output_bytes, max(LIMITS.ratio_floor, LIMITS.ratio * len(data)))


def _labels(data: bytes | None) -> bytes | str | list[str] | None:
    """A file of names as `load` takes it: one a line, JSON, or a pickled encoder."""
    if data is None or looks_like(data[:HEAD], len(data))[0] != "text":
        return data
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FormatError("The file of class names is not in UTF-8; save it in UTF-8.") from None
    if text.lstrip()[:1] in ("[", "{"):
        return text
    return [line.strip() for line in text.splitlines() if line.strip()]
