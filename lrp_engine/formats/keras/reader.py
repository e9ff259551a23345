"""Reads whole Keras models: .keras archives and HDF5 files with a configuration inside."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lrp_engine.errors import FormatError
from lrp_engine.formats.companions.companions import Companions
from lrp_engine.formats.containers.sandbox import Contents
from lrp_engine.formats.keras.architecture import (
    NEEDED,
    SPEC_KEYS,
    Architecture,
    read_architecture,
    with_sizes,
)
from lrp_engine.formats.keras.folding import fold
from lrp_engine.formats.keras.graph import Graph
from lrp_engine.formats.keras.layers import build
from lrp_engine.formats.keras.nested import parse_model
from lrp_engine.formats.keras.text import first_text_layer, read_text, without
from lrp_engine.formats.keras.weights import (
    Weights,
    archive_folders,
    archive_weights,
    legacy_weights,
)
from lrp_engine.formats.plain import parse_json, unused_name
from lrp_engine.formats.reader import Reader
from lrp_engine.layers import Activation, Conv1D, Dense, Embedding, Layer, Shape, Softmax
from lrp_engine.layers.activations import check_activation
from lrp_engine.model.graph import INPUT, Node, find_shapes
from lrp_engine.model.network import OUTPUTS, Network
from lrp_engine.model.text import Vocabulary

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_ROOT, _VERSION = "", "keras_version"


def _recognizes(contents: Contents) -> bool:
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
    """

    graph: Graph
    weights: Weights
    version: str
    text: Mapping[str, Any]
    vocabulary: Vocabulary | None

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
    graph = parse_model(source.config)
    start, asset, text = _START[contents.kind], None, first_text_layer(graph)
    if contents.kind == "zip" or _is_archive(contents):
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
    return Parsed(graph, weights, version, parts, vocabulary)


def _read(contents: Contents, given: Companions) -> Network:
    parsed = parse(contents, given)
    given = replace(given, vocabulary=parsed.vocabulary)
    found = _assemble(fold(parsed.graph), parsed.weights, given, old=parsed.old)
    text = dict(parsed.text)
    found["assumptions"] = [
        *text.pop("assumptions", ()),
        *found["assumptions"],
        *_about_precision(parsed.graph, given.dtype),
    ]
    source = f"Keras {parsed.version} file".replace("  ", " ")
    return given.network(**found, **text, source=source)


# Where the weights lie in what was unpacked.
_START = {"zip": f"{_WEIGHTS}/", "hdf5": ""}


def _is_archive(contents: Contents) -> bool:
    """Whether an HDF5 file is a .weights.h5 of Keras 3, and not one of the older kinds."""
    root = contents.attributes.get(_ROOT, {})
    return "model_config" not in root and "layer_names" not in root


def _described(contents: Contents, given: Companions) -> Architecture:
    """What the file, or else the caller, says of the layers."""
    told = read_architecture(given.options)
    root = contents.attributes.get(_ROOT, {})
    if contents.kind == "zip":
        metadata = parse_json(contents.texts.get(_METADATA, "{}"), _METADATA)
        config, version = parse_json(contents.texts[_CONFIG], _CONFIG), metadata.get(_VERSION)
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
    return Architecture(config, version)


def _about_precision(graph: Graph, dtype: str) -> list[str]:
    """What the model computes in, where it is not what we compute in."""
    found: dict[str, None] = {}
    for entry in graph.entries:
        policy = entry.config.get("dtype")
        if isinstance(policy, Mapping):
            policy = (policy.get("config") or {}).get("name")
        if policy in _PRECISIONS and policy != dtype:
            found[policy] = None
    return [
        f"Layers compute in {policy} in Keras; here their weights are cast to {dtype}, so scores "
        "agree only to that precision."
        for policy in found
    ]


_PRECISIONS = ("mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float64")


@dataclass(frozen=True, eq=False)
class _Step:
    """A layer and what reads it in place of the entries that became part of it."""

    node: Node
    activation: str = "linear"


def _assemble(graph: Graph, weights: Weights, given: Companions, *, old: bool) -> dict[str, Any]:
    """The arguments of Network: entries without a layer vanish, activations join their layer."""
    steps: list[_Step] = []
    where: dict[str, int] = {graph.input: -1}  # entry -> position of the step that computes it
    used: set[str] = {INPUT}
    reads = Counter(name for entry in graph.entries for name in entry.inputs)
    shared: dict[str, bool] = {graph.input: True}  # whether others see what an entry passes on

    def append(name: str, layer: Layer, sources: list[int]) -> int:
        inputs = tuple(INPUT if s < 0 else steps[s].node.name for s in sources)
        steps.append(_Step(Node(unused_name(name, used), layer, inputs)))
        return len(steps) - 1

    for entry in graph.entries:
        built = build(entry, weights(entry.path), old=old)
        sources = [where[name] for name in entry.inputs]
        if built.layer is not None:
            where[entry.name] = append(entry.name, built.layer, sources)
        else:
            where[entry.name] = sources[0]
        at = where[entry.name]
        first = entry.inputs[0]
        shared[entry.name] = built.layer is None and (shared[first] or reads[first] > 1)
        if built.activation != "linear":
            if at < 0 or steps[at].activation != "linear" or shared[entry.name]:
                layer = _activation(entry.name, built.activation)
                where[entry.name] = append(entry.name, layer, [at])
            else:
                steps[at] = replace(steps[at], activation=built.activation)
    if not steps:
        raise FormatError("The Keras model has no layers with weights.")
    if where[graph.output] != len(steps) - 1:
        raise FormatError("The Keras model's output is not computed by its last layer.")
    nodes = [node for step in steps[:-1] for node in _with_activation(step, used)]
    last = steps[-1]
    if isinstance(last.node.layer, (Softmax, Activation)):  # of a layer that others read, too
        raise FormatError(f"The Keras model ends in {last.node.name!r}, which is not supported.")
    nodes += [last.node] if last.activation in OUTPUTS else _with_activation(last, used)
    shapes = find_shapes(nodes)
    _check_input(graph, nodes[0].layer, shapes[INPUT])
    output, assumptions = _output(last, shapes[nodes[-1].name], given)
    assumptions += _about_padding(graph, nodes[0].layer)
    return {"nodes": nodes, "output": output, "assumptions": assumptions}


def _with_activation(step: _Step, used: set[str]) -> list[Node]:
    """The layer with its activation inside, or else as a layer of its own under the same name."""
    node, layer = step.node, _activation(step.node.name, step.activation)
    if step.activation == "linear":
        return [node]
    if isinstance(node.layer, (Dense, Conv1D)) and isinstance(layer, Activation):
        return [replace(node, layer=replace(node.layer, activation=step.activation))]
    before = replace(node, name=unused_name(f"{node.name}_linear", used))
    return [before, Node(node.name, layer, (before.name,))]


def _activation(name: str, activation: str) -> Layer:
    if activation == "softmax":
        return Softmax()
    check_activation(f"Layer {name!r}", activation)
    return Activation(activation)


def _output(last: _Step, shape: Shape, given: Companions) -> tuple[str, list[str]]:
    """What the last layer's numbers mean, and what had to be assumed for it."""
    if last.activation in OUTPUTS:
        if given.output not in (None, last.activation):
            raise FormatError(
                f"The spec has output {given.output!r}, but the file's last activation is "
                f"{last.activation!r}."
            )
        return last.activation, []
    single = shape.units == 1
    output = "sigmoid" if single else "softmax"
    if given.output is not None:
        return given.output, []
    ends = f"The file's last activation is {last.activation!r}, so its "
    if single:
        return output, [ends + "single output is taken as the logit of a sigmoid: two classes."]
    return output, [ends + "outputs are taken as the logits of a softmax: one class is right."]


def _check_input(graph: Graph, first: Layer, wanted: Shape) -> None:
    """An input of another rank than the layers are made for would be read as something else."""
    axes = graph.input_axes
    expected = 2 if isinstance(first, Embedding) or not wanted.time else 3
    if axes is not None and axes != expected:
        raise FormatError(
            f"The Keras model takes an input with {axes} axes, expected {expected}: "
            "(batch, time) of word ids, (batch, time, units) or (batch, features)."
        )


def _about_padding(graph: Graph, first: Layer) -> list[str]:
    if isinstance(first, Embedding) and not first.mask_zero and graph.input_length is not None:
        return [
            f"The model was built for {graph.input_length} tokens and does not mask padding; here "
            "a text is read without padding, so scores may differ from those of padded texts."
        ]
    return []


KERAS = Reader(
    name="keras",
    title="a Keras model, .keras or HDF5 (model.save), or its weights with the layers as `spec`",
    recognizes=_recognizes,
    read=_read,
    options=SPEC_KEYS,
)
