"""Reads whole Keras models: .keras archives and HDF5 files with a configuration inside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lrp_engine.errors import FormatError
from lrp_engine.formats.companions.companions import Companions
from lrp_engine.formats.companions.given_words import GivenWords
from lrp_engine.formats.companions.spec import (
    INPUTS,
    OUTPUT_NAME,
    about_outputs,
    about_unread,
    output_name_of,
)
from lrp_engine.formats.containers.sandbox import Contents
from lrp_engine.formats.json_texts import parse_json
from lrp_engine.formats.keras.architecture import (
    NEEDED,
    SPEC_KEYS,
    Architecture,
    read_architecture,
    with_sizes,
)
from lrp_engine.formats.keras.assembly import assemble
from lrp_engine.formats.keras.folding import fold
from lrp_engine.formats.keras.graph import Entry, Graph
from lrp_engine.formats.keras.losses import loss_of
from lrp_engine.formats.keras.nested import parse_model
from lrp_engine.formats.keras.saved_model import (
    is_saved_model,
    saved_description,
    saved_weights,
)
from lrp_engine.formats.keras.text import first_text_layer, read_text, without
from lrp_engine.formats.keras.weights import (
    Weights,
    archive_folders,
    archive_weights,
    legacy_weights,
)
from lrp_engine.formats.reader import Reader
from lrp_engine.model.network import Network
from lrp_engine.model.text import Vocabulary

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_ROOT, _VERSION = "", "keras_version"


def _recognizes(contents: Contents) -> bool:
    if is_saved_model(contents):
        return True
    if contents.kind == "zip":
        return _CONFIG in contents.names and _WEIGHTS in contents.names
    root = contents.attributes.get(_ROOT, {})
    weights_only = any(
        name.replace("\\", "/").startswith(("layers/", "_layer_checkpoint_dependencies/"))
        for name in contents.arrays
    )
    return contents.kind == "hdf5" and (
        "model_config" in root or "layer_names" in root or weights_only
    )


NOTHING_GIVEN = Companions()


@dataclass(frozen=True, eq=False)
class Parsed:
    """A file as plain data: what layers are built from, here and in the proof.

    Attributes:
        graph: without inner models and text layers.
        text: tokenizer and assumptions of a text layer, where the file has one.
        vocabulary: the text layer's, or the one given.
        text_layer: the text layer itself.
        loss: that the model was trained by, "" where the file does not say it.
    """

    graph: Graph
    weights: Weights
    version: str
    text: Mapping[str, Any]
    vocabulary: Vocabulary | None
    text_layer: Entry | None = None
    loss: str = ""

    @property
    def old(self) -> bool:
        """Whether Keras 2 or older wrote it."""
        return self.version.startswith(("1.", "2."))


def parse(contents: Contents, given: Companions = NOTHING_GIVEN) -> Parsed:
    """The graph and the arrays of a Keras model.

    Raises:
        FormatError: it is damaged, or holds weights whose layers nobody describes.
    """
    source = _described(contents, given)
    version = source.version if isinstance(source.version, str) else ""
    if not re.fullmatch(r"[\w.+-]{1,20}", version):
        version = ""
    graph = parse_model(source.config, output_name_of(given.options))
    start = f"{_WEIGHTS}/" if contents.kind == "zip" else ""  # of the arrays' names
    asset, text = None, first_text_layer(graph)
    if is_saved_model(contents):
        weights = saved_weights(contents)
    elif contents.kind == "zip" or _is_archive(contents):
        folders = archive_folders(contents, start, graph, strict=contents.kind == "zip")
        weights = archive_weights(contents, start, folders)
        if text is not None:
            asset = contents.texts.get(f"assets/{folders.get(text.path)}/vocabulary.txt")
    else:
        whole = "model_config" in contents.attributes.get(_ROOT, {})
        weights = legacy_weights(contents, "model_weights/" if whole else "", graph)
    parts: dict[str, Any] = {}
    vocabulary = given.vocabulary
    if text is not None:
        graph = without(graph, text)
        masked = any(e.kind == "Embedding" and e.config.get("mask_zero") for e in graph.entries)
        read = read_text(text, asset, vocabulary, masked=masked)
        vocabulary = read.vocabulary
        parts = {"tokenizer": read.tokenizer, "assumptions": read.assumptions}
    if not source.sized:
        entries = tuple(with_sizes(entry, weights(entry.path)) for entry in graph.entries)
        graph = replace(graph, entries=entries)
    at = graph.outputs.index(graph.chosen) if graph.outputs else 0
    compiled = _compiled(contents, source)
    loss = loss_of(compiled, graph.title, at) or loss_of(compiled, graph.chosen, at)
    return Parsed(graph, weights, version, parts, vocabulary, text, loss)


_OWN = (
    "The model's own text layer says how texts are cut; the settings of the tokenizer's file that "
    "was given are not used."
)


def _read(contents: Contents, given: Companions) -> Network:
    parsed = parse(contents, given)
    if parsed.text:  # the words of the text layer, which are those of the rows
        given = replace(given, words=GivenWords(assumptions=(_OWN,) if given.words.options else ()))
    else:
        given = replace(given, words=given.words.of_keras())
    parts = assemble(fold(parsed.graph), parsed.weights, given, old=parsed.old, loss=parsed.loss)
    text = dict(parsed.text)
    outputs = parsed.graph.titles
    parts |= {"output_names": outputs, "output_name": parsed.graph.title if outputs else ""}
    parts["assumptions"] = [
        *about_outputs(parsed.graph.title, outputs),
        *about_unread(parsed.graph.unread, parsed.graph.title),
        *text.pop("assumptions", ()),
        *parts["assumptions"],
        *_about_precision(parsed.graph, given.dtype),
        *_about_states(parsed.graph),
    ]
    source = f"Keras {parsed.version} file".replace("  ", " ")
    return given.network(**parts, **text, vocabulary=parsed.vocabulary, source=source)


def _is_archive(contents: Contents) -> bool:
    """Whether an HDF5 file is a .weights.h5 of Keras 3, and not one of the older kinds."""
    root = contents.attributes.get(_ROOT, {})
    return "model_config" not in root and "layer_names" not in root


def _described(contents: Contents, given: Companions) -> Architecture:
    """What the file, or else the caller, says of the layers."""
    told, compiled = read_architecture(given.options), None
    root = contents.attributes.get(_ROOT, {})
    if is_saved_model(contents):
        saved = saved_description(contents)
        config, version = saved["model_config"], saved.get(_VERSION)
        compiled = saved.get("training_config")
    elif contents.kind == "zip":
        metadata = parse_json(contents.texts.get(_METADATA, "{}"), _METADATA)
        config, version = parse_json(contents.texts[_CONFIG], _CONFIG), metadata.get(_VERSION)
        compiled = config.get("compile_config") if isinstance(config, Mapping) else None
    elif "model_config" in root:
        config, version = parse_json(root["model_config"], "The model"), root.get(_VERSION)
    elif told is None:
        raise FormatError(NEEDED)
    else:
        return replace(told, version=told.version or root.get(_VERSION))
    if told is not None:
        raise FormatError(
            "The spec describes layers, but this Keras file holds its whole model; leave them out."
        )
    return Architecture(config, version, compiled=compiled)


def _about_states(graph: Graph) -> list[str]:
    """That states are not carried from text to text, where layers do so in Keras."""
    keep = [entry.name for entry in graph.entries if _is_stateful(entry.config)]
    listed = ", ".join(f"{name!r:.60}" for name in keep[:3])
    return [
        f"Layers keep their states from batch to batch in Keras (stateful: {listed}); here every "
        "input starts from zeros, as after reset_states()."
    ] * bool(keep)


def _is_stateful(config: Mapping[str, Any]) -> bool:
    inner = config.get("layer")
    own = inner.get("config") if isinstance(inner, Mapping) else None
    return bool(config.get("stateful")) or (isinstance(own, Mapping) and bool(own.get("stateful")))


def _compiled(contents: Contents, source: Architecture) -> Any:
    """What `compile` left in the file; None where it left nothing."""
    if contents.kind != "hdf5":
        return source.compiled
    told = contents.attributes.get(_ROOT, {}).get("training_config")
    return None if told is None else parse_json(told, "The training configuration")


def _about_precision(graph: Graph, dtype: str) -> list[str]:
    """What the model computes in, where it is not what we compute in."""
    policies: dict[str, None] = {}
    for entry in graph.entries:
        policy = entry.config.get("dtype")
        if isinstance(policy, Mapping):
            policy = (policy.get("config") or {}).get("name")
        if policy in _PRECISIONS and policy != dtype:
            policies[policy] = None
    return [
        f"Layers compute in {policy} in Keras; here their weights are cast to {dtype}, so scores "
        "agree only to that precision."
        for policy in policies
    ]


_PRECISIONS = ("mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float64")


KERAS = Reader(
    name="keras",
    title="a Keras model, .keras, HDF5 or SavedModel (model.save), or its weights with the layers "
    "as `spec`",
    recognizes=_recognizes,
    read=_read,
    options=(*SPEC_KEYS, OUTPUT_NAME, INPUTS),
)
