"""Reads whole Keras models: .keras archives and HDF5 files with a configuration inside."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from lrp_engine.errors import FormatError
from lrp_engine.formats.companions import Companions
from lrp_engine.formats.containers.sandbox import Contents
from lrp_engine.formats.keras_graph import Graph, parse_graph
from lrp_engine.formats.keras_layers import build
from lrp_engine.formats.keras_weights import Weights, archive_weights, legacy_weights
from lrp_engine.formats.plain import parse_json
from lrp_engine.formats.reader import Reader
from lrp_engine.layers import Dense, Embedding, Layer
from lrp_engine.layers.activations import check_activation
from lrp_engine.network import INPUT, OUTPUTS, Network, Node

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_ROOT = ""


def _recognizes(contents: Contents) -> bool:
    if contents.kind == "zip":
        return _CONFIG in contents.names and _WEIGHTS in contents.names
    root = contents.attributes.get(_ROOT, {})
    weights_only = any(name.startswith("layers/") for name in contents.arrays)
    return contents.kind == "hdf5" and (
        "model_config" in root or "layer_names" in root or weights_only
    )


@dataclass(frozen=True, eq=False)
class Parsed:
    """A file as plain data: what layers are built from, here and in the proof."""

    graph: Graph
    weights: Weights
    version: str

    @property
    def old(self) -> bool:
        """Whether Keras 2 or older wrote it."""
        return self.version.startswith(("1.", "2."))


def parse(contents: Contents) -> Parsed:
    """The graph and the arrays of a whole Keras model.

    Raises:
        FormatError: it is damaged, or holds weights without layers.
    """
    if contents.kind == "zip":
        metadata = parse_json(contents.texts.get(_METADATA, "{}"), _METADATA)
        version = metadata.get("keras_version")
        config = parse_json(contents.texts[_CONFIG], _CONFIG)
    else:
        root = contents.attributes.get(_ROOT, {})
        if "model_config" not in root:
            raise FormatError(
                "This Keras file holds weights without the layers they belong to (it was written "
                "by save_weights). Save the whole model: model.save('model.keras')."
            )
        version, config = root.get("keras_version"), parse_json(root["model_config"], "The model")
    if not isinstance(version, str) or not re.fullmatch(r"[\w.+-]{1,20}", version):
        version = ""
    graph = parse_graph(config)
    if contents.kind == "zip":
        weights = archive_weights(contents, _WEIGHTS, graph)
    else:
        weights = legacy_weights(contents)
    return Parsed(graph, weights, version)


def _read(contents: Contents, given: Companions) -> Network:
    parsed = parse(contents)
    parts = _assemble(parsed.graph, parsed.weights, given, old=parsed.old)
    return given.network(**parts, source=f"Keras {parsed.version} file".replace("  ", " "))


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
    readers: dict[int, int] = {}
    for entry in graph.entries:
        built = build(entry, weights(entry.name), old=old)
        sources = [where[name] for name in entry.inputs]
        if built.layer is not None:
            for source in sources:
                readers[source] = readers.get(source, 0) + 1
            inputs = tuple(INPUT if s < 0 else steps[s].node.name for s in sources)
            name = _unused(entry.name, used)
            steps.append(_Step(Node(name, built.layer, inputs)))
            where[entry.name] = len(steps) - 1
        else:
            where[entry.name] = sources[0]
        at = where[entry.name]
        if built.activation != "linear":
            if at < 0 or steps[at].activation != "linear" or readers.get(at):
                raise FormatError(
                    f"Layer {entry.name!r} applies {built.activation!r} to something other than "
                    "the output of one linear layer, which is not supported."
                )
            steps[at] = replace(steps[at], activation=built.activation)
    if not steps:
        raise FormatError("The Keras model has no layers with weights.")
    if where[graph.output] != len(steps) - 1:
        raise FormatError("The Keras model's output is not computed by its last layer.")
    _check_input(graph, steps[0].node.layer)
    output, assumptions = _output(steps[-1], given)
    nodes = [_with_activation(step) for step in steps[:-1]]
    last = steps[-1]
    nodes.append(last.node if last.activation in OUTPUTS else _with_activation(last))
    assumptions += _about_padding(graph, nodes[0].layer)
    return {"nodes": nodes, "output": output, "assumptions": assumptions}


def _with_activation(step: _Step) -> Node:
    if step.activation == "linear":
        return step.node
    if not isinstance(step.node.layer, Dense):
        raise FormatError(
            f"An activation {step.activation!r} after layer {step.node.name!r} is not supported; "
            "activations may follow Dense layers."
        )
    check_activation(f"Layer {step.node.name!r}", step.activation)
    return replace(step.node, layer=replace(step.node.layer, activation=step.activation))


def _output(last: _Step, given: Companions) -> tuple[str, list[str]]:
    """What the last layer's numbers mean, and what had to be assumed for it."""
    if last.activation in OUTPUTS:
        if given.output not in (None, last.activation):
            raise FormatError(
                f"The spec has output {given.output!r}, but the file's last activation is "
                f"{last.activation!r}."
            )
        return last.activation, []
    single = isinstance(last.node.layer, Dense) and last.node.layer.kernel.shape[-1] == 1
    output = "sigmoid" if single else "softmax"
    if given.output is not None:
        return given.output, []
    ends = f"The file's last activation is {last.activation!r}, so its "
    if single:
        return output, [ends + "single output is taken as the logit of a sigmoid: two classes."]
    return output, [ends + "outputs are taken as the logits of a softmax: one class is right."]


def _check_input(graph: Graph, first: Layer) -> None:
    """An input of another rank than the layers are made for would be read as something else."""
    axes = graph.input_axes
    expected = 2 if isinstance(first, Embedding) else 3 if first.input_shape().time else 2
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


def _unused(name: str, used: set[str]) -> str:
    """A node name close to the file's: no slashes, not empty, not taken."""
    base = name.replace("/", "_") or "layer"
    found, number = base, 1
    while found in used:
        number += 1
        found = f"{base}_{number}"
    used.add(found)
    return found


READER = Reader(
    name="keras",
    title="a whole Keras model, .keras or HDF5 (model.save)",
    recognizes=_recognizes,
    read=_read,
)
