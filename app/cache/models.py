"""Models and proofs that were read before, and the device they run on."""

from __future__ import annotations

import gc
import hashlib
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

import lrp_engine
from app import settings, streamlit_patches
from app.cache.memory import memory, reading
from app.models import numeric, opening, samples, typical
from app.models.memory import network_bytes
from app.models.model import (
    BUNDLED,
    NAME_CHARACTERS,
    SAMPLE,
    Example,
    Known,
    Model,
    ModelRef,
    class_of,
    read_examples,
)
from app.models.samples import Sample
from app.models.uploads import Upload
from lrp_engine import FormatError, InputError
from lrp_engine.errors import LensError
from lrp_engine.formats.companions.reference import reference_file_of
from lrp_engine.formats.containers.allowance import unfolding

if TYPE_CHECKING:
    from lrp_engine import Network, ProofSheet

NO_MORE_ROOM = (
    "That is what this server has room for now; try again when somebody has closed the page."
)


lrp_engine.limit_passes(megabytes=settings.pass_megabytes(), operations=settings.PASS_OPERATIONS)


def bundled() -> Model:
    """The model that comes with the dashboard."""
    path = settings.model_path()
    files = sorted(f for f in path.iterdir() if f.is_file()) if path.is_dir() else [path]
    stamps = tuple((f.name, f.stat().st_mtime_ns, f.stat().st_size) for f in files)
    return _bundled(str(path), stamps)


@st.cache_resource(max_entries=2, show_spinner=False)
def _bundled(path: str, stamps: tuple) -> Model:
    folder = Path(path)
    loaded = lrp_engine.load(folder)
    examples = read_examples(folder / settings.EXAMPLES_FILE, loaded.labels)
    name = folder.stem.replace("_", " ").capitalize()
    stored = opening.read(folder / settings.OPENING_FILE, loaded)
    files = folder, reference_file_of(folder)
    tested = samples.tested(folder)
    model = Model(loaded.hash, name, loaded, examples, stored, files=files, tested=tested,
                  origin=BUNDLED)  # fmt: skip
    return replace(model, typical=typical.read(folder / settings.TYPICAL_FILE, model))


def sample(chosen: Sample) -> Model:
    """One of the sample models, with its examples."""
    files = (*chosen.arguments.values(), chosen.examples)
    stamps = tuple((f.name, f.stat().st_mtime_ns, f.stat().st_size) for f in files)
    return _sample(chosen.name, stamps, chosen)


def sample_named(ref: ModelRef) -> Model | None:
    """The sample model that a link or a session means; the first to ask reads them all."""
    models = map(sample, samples.samples())
    return next((model for model in models if ref.names(model)), None)


@st.cache_resource(max_entries=settings.SAMPLES_CACHED, show_spinner=False)
def _sample(name: str, stamps: tuple, _chosen: Sample) -> Model:
    network = lrp_engine.load(_chosen.model, vocabulary=_chosen.vocabulary, spec=_chosen.spec)
    words = _chosen.input == "words"
    examples = tuple(
        Example(
            str(one.value) if words else numeric.write(one.value),
            class_of(one.label, network.labels),
            one.facts,
        )
        for one in samples.examples(_chosen)
    )
    files = _chosen.model, reference_file_of(_chosen.model)
    model = Model(network.hash, _chosen.title, network, examples, files=files, units=_chosen.units,
                  known=_known(_chosen, network), tested=samples.tested(_chosen.folder),
                  origin=SAMPLE)  # fmt: skip
    return replace(model, typical=typical.read(_chosen.folder / settings.TYPICAL_FILE, model))


def _known(chosen: Sample, network: Network) -> Known | None:
    known = chosen.known
    if known is None:
        return None
    return Known(
        marks=chosen.units.index(known["marks"]),
        amount=chosen.units.index(known["amount"]),
        target=network.labels.index(known["target"]),
        sentence=known["sentence"],
    )


@st.cache_resource(max_entries=settings.SAMPLES_CACHED, show_spinner=False)
def proof(key: str, _prove: Callable[[], ProofSheet]) -> ProofSheet:
    """The proof sheet of a model from a folder; `_prove` runs when nobody asked before."""
    return _prove()


def proof_key(model: Model) -> str:
    """Of all that the proof of a model from a folder depends on."""
    _, reference = model.files
    if reference is None:
        return model.upload_hash
    return f"{model.upload_hash} {hashlib.sha256(reference.read_bytes()).hexdigest()}"


def text_verdict(model: Model) -> str:
    """Whether texts are read as the source of a model from a folder reads them, see `ProofSheet`.

    Raises:
        FormatError, InputError: the reference beside the model is none, or of another model.
    """
    return _text_verdict(proof_key(model), model.network, model.files[1])


@st.cache_resource(max_entries=settings.SAMPLES_CACHED, show_spinner=False)
def _text_verdict(key: str, _network: Network, _reference: Path | None) -> str:
    from lrp_engine.proof.parity import text_verdict

    return text_verdict(_network, _reference)


def uploaded(upload: Upload, tell: Callable[[int], object] = int) -> Model:
    """The model of an upload's files and its proof; read and proven where nobody has it.

    So is each other output of the files; why one is not stands in `Model.unread`. Nothing of a
    refused upload is kept.

    Args:
        tell: called with the number of uploads that are read first, while there are such.

    Raises:
        FormatError: a file is too large, malformed or not supported.
        InputError: the reference does not fit, or does not decide the order of the gates; or the
            server has no room for the model.
    """
    upload.check()
    unread: list[tuple[str, str]] = []
    found = _held(upload)
    if found is None:
        with reading().take(tell):
            found = _held(upload)  # who was before may have brought the same
            if found is None:
                found, unread = _read(upload)
    name, *others = map(_name, (upload.name, *upload.files))
    model, *more = (
        Model(one.upload_hash, name, network, proof=sheet, sent=(name, *others))
        for one, network, sheet in found
    )
    return replace(model, others=tuple(more), unread=tuple(unread))


def _name(path: str) -> str:
    """How a file is called to people."""
    return PurePath(path).name[:NAME_CHARACTERS]


class _Found(NamedTuple):
    """An upload that explains one output, with its network and proof."""

    upload: Upload
    network: Network
    sheet: ProofSheet


def _outputs(upload: Upload, network: Network) -> list[Upload]:
    """The same files for their other outputs, the first of many."""
    names = [name for name in network.output_names if name != network.output_name]
    return [upload.with_output(name) for name in names[: settings.OTHER_OUTPUTS]]


def _held(upload: Upload) -> list[_Found] | None:
    """What somebody has of an upload and its other outputs; None where any of them is missing."""
    first = memory().find(upload.upload_hash)
    if first is None:
        return None
    held = [(upload, first)]
    for one in _outputs(upload, first[0]):
        found = memory().find(one.upload_hash)
        if found is None:
            return None
        held.append((one, found))
    return [_Found(one, *found) for one, found in held]


def _read(upload: Upload) -> tuple[list[_Found], list[tuple[str, str]]]:
    """An upload and its other outputs, read in the memory that is free; and why some are not.

    The weight file is unpacked once for all of them, and forgotten afterwards.
    """
    found: list[_Found] = []
    unread: list[tuple[str, str]] = []
    with memory().reserved(upload.most_unfolded) as room:
        try:
            found.append(_proven(upload, room))
            for one in _outputs(upload, found[0].network):
                beside = sum(network_bytes(before.network) for before in found)
                try:
                    found.append(_proven(one, room, beside))
                except LensError as error:  # the first one is worth having without it
                    unread.append((one.output_name, str(error)))
        finally:
            upload.close()
    kept: list[_Found] = []
    for read in found:
        upload_hash = read.upload.upload_hash
        try:
            if memory().find(upload_hash) is None:
                memory().add(upload_hash, _name(upload.name), read.network, read.sheet)
        except InputError as error:
            if not kept:
                raise
            unread.append((read.network.output_name, str(error)))
        else:
            kept.append(read)
    return kept, unread


def _proven(upload: Upload, room: int, beside: int = 0) -> _Found:
    """The network of one output, and its proof; `room` and `beside` as for `require`."""
    known = memory().find(upload.upload_hash)
    if known is not None:
        return _Found(upload, *known)
    with unfolding(room) as allowance:
        try:
            network = upload.read()
            memory().require(network, upload.name, room, beside)
            sheet = upload.prove(network)
        except FormatError as error:
            if allowance.refused(error):
                raise FormatError(f"{error} {NO_MORE_ROOM}") from None
            raise
        finally:
            gc.collect()  # the programs of a proof are circles, and larger than the model
    return _Found(upload, sheet.marked(network), sheet)


@st.cache_resource(show_spinner=False)
def device() -> str:
    """What TensorFlow computes on."""
    from lrp_engine import device

    name = device.current()
    streamlit_patches.exempt_from_collection()
    return name


@st.cache_resource(max_entries=settings.SAMPLES_CACHED, show_spinner=False)
def _warmed(model_hash: str, _network: Network) -> threading.Thread:
    thread = threading.Thread(target=_first_pass, args=(_network,), daemon=True)
    thread.start()
    return thread


def warm(model: Model) -> None:
    """Trace a model's programs while the user reads, where a stored answer came first."""
    if model.opening:
        _warmed(model.model_hash, model.network)


def _first_pass(network: Network) -> None:
    network.explain_all([settings.DEFAULT_TEXT])
    streamlit_patches.exempt_from_collection()
