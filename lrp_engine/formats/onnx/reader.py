"""Reads ONNX models: the graph is followed name by name and turned into layers, never run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.companions.companions import Companions
from lrp_engine.formats.companions.spec import (
    INPUTS,
    OUTPUT_NAME,
    about_outputs,
    about_unread,
    chosen_output,
    output_name_of,
)
from lrp_engine.formats.containers.onnx_files import GRAPH
from lrp_engine.formats.containers.sandbox import Contents
from lrp_engine.formats.json_texts import parse_json
from lrp_engine.formats.onnx import loops
from lrp_engine.formats.onnx.folding import fold, folds
from lrp_engine.formats.onnx.graph import Op, PartialGraph, finished, single
from lrp_engine.formats.onnx.operations import OPERATIONS
from lrp_engine.formats.onnx.values import (
    BATCH,
    TIME,
    UNITS,
    AxesError,
    Ids,
    Lengths,
    Step,
    Value,
    View,
)
from lrp_engine.formats.plain import about_output
from lrp_engine.formats.reader import Reader
from lrp_engine.layers import Activation, Dense, Softmax
from lrp_engine.layers.recurrent import Recurrent
from lrp_engine.model.assumption import Assumption
from lrp_engine.model.graph import INPUT, Node, find_shapes
from lrp_engine.model.network import Network
from lrp_engine.model.reads import Input
from lrp_engine.model.text import Tokenizer

# Of constants so many times their bytes may be computed, and so much in any case.
_FOLDED, _FOLDED_FLOOR = 8, 2**20
TITLE = "ONNX model"


def _read(contents: Contents, given: Companions) -> Network:
    graph = parse_json(contents.texts[GRAPH], "The graph")
    wanted = output_name_of(given.options)
    try:
        partial, last, chosen = _followed(graph, contents.arrays, (BATCH, TIME), wanted)
    except AxesError as error:
        try:  # batch_first=False: ids and vectors come time first
            partial, last, chosen = _followed(graph, contents.arrays, (TIME, BATCH), wanted)
        except AxesError:
            raise error from None
    last, output = _ending(partial, last)
    starts, described = finished(partial.steps, last)
    nodes = [Node(*parts) for parts in described]
    if not nodes:
        raise FormatError("The ONNX model has no layers.")
    several = _several(starts, nodes) if len(starts) > 1 else ()
    outputs = tuple(dict.fromkeys(graph["outputs"]))
    names = outputs if len(outputs) > 1 else ()
    unread = [s.name for s in partial.steps if s.layer is None and s not in starts]
    assumptions: list[str] = [*about_outputs(chosen, names), *about_unread(unread, chosen)]
    parts = {} if several else _of_one_length(nodes, partial, *starts)
    if parts and nodes[0].layer.reads_ids:
        parts |= _padded(parts["length"], given, graph["producer"])
        assumptions += parts.pop("assumptions")
    elif any(isinstance(node.layer, Recurrent) or node.layer.kind == "bidirectional"
             for node in nodes):  # fmt: skip
        said = "Every text is read at its own length, without padding."
        assumptions.append(Assumption(said, "tokenizer.length", "tokenizer.pad"))
    if output is None:
        output = "sigmoid" if last.units == 1 else "softmax"
        if given.output is None:
            assumptions.append(about_output(last.units))
    producer = f" by {graph['producer']}" if graph["producer"].isprintable() else ""
    return given.network(
        nodes=nodes,
        output=output,
        several=several,
        assumptions=assumptions,
        output_names=names,
        output_name=chosen if names else "",
        **parts,
        source=f"ONNX model, opset {graph['opset']}{producer}".removesuffix(" by "),
    )


def _of_one_length(nodes: list[Node], partial: PartialGraph, start: Step) -> dict[str, Any]:
    """The steps of every input and their units, where the layers are made for so many.

    Raises:
        FormatError: the layers do not fit each other.
    """
    length, units = partial.static.get(TIME), start.units
    try:
        find_shapes(nodes)
        return {}
    except FormatError:
        if not length:
            raise
    sizes: dict[str, Any] = {"length": length}
    if units > 0 and not any(
        INPUT in node.inputs and node.layer.input_shape() is not None for node in nodes
    ):
        sizes["units"] = units
    find_shapes(nodes, **sizes)
    return sizes


def _padded(length: int, given: Companions, producer: str) -> dict[str, Any]:
    """How texts get the length that the layers need; on which side no file says."""
    side, where = ("pre", "in front") if producer == "tf2onnx" else ("post", "behind")
    parts: dict[str, Any] = {"tokenizer": Tokenizer(length=length, truncate=side, pad=side)}
    said = (
        f"The model was built for {length} tokens: shorter texts are filled up {where} and longer "
        f"ones are cut {where}, which the file does not say. Compare a text with the original "
        'program\'s output, or say it in the spec: "tokenizer": {"pad": ..., "truncate": ...}.'
    )
    left = {"pad", "truncate"} - {*given.tokenizer, *given.words.options}
    keys = sorted(f"tokenizer.{name}" for name in left)
    assumed = (Assumption(said, *keys),) if left else ()
    parts["assumptions"] = assumed
    if given.vocabulary is not None:
        parts["warnings"] = assumed
    return parts


def _followed(
    graph: Any, arrays: Mapping[str, np.ndarray], order: tuple[str, str], wanted: str | int | None
) -> tuple[PartialGraph, Step, str]:
    """Everything read, the step that gives the output, and the output's name.

    Raises:
        AxesError: batch and time are probably the other way round.
        FormatError: something cannot be read.
    """
    values: dict[str, Value] = {
        name.removeprefix("weights/"): array
        for name, array in arrays.items()
        if name.startswith("weights/")
    }
    starts: list[Step] = []
    static: dict[str, int | None] = {}
    for entry in graph["inputs"]:
        value, fixed = _input(entry, order)
        if entry["name"] in values:
            raise FormatError(f"The ONNX model has two inputs called {entry['name']!r:.60}.")
        values[entry["name"]] = value
        if not isinstance(value, Lengths):
            starts.append(value.start if isinstance(value, Ids) else value.only)
            for axis, size in fixed.items():  # one size for all, or none
                static[axis] = size if static.get(axis, size) == size else None
    if not starts or not graph["outputs"]:
        raise FormatError(
            f"The ONNX model has {len(starts)} inputs for words, vectors or features and "
            f"{len(graph['outputs'])} outputs, expected one or several of both."
        )
    chosen = chosen_output(wanted, tuple(dict.fromkeys(graph["outputs"])), TITLE)
    room = _FOLDED_FLOOR + _FOLDED * sum(array.nbytes for array in arrays.values())
    partial = PartialGraph(values, arrays, graph["opset"], static, starts, room)
    some = len(graph["outputs"]) > 1 or any(node["op"] == "Loop" for node in graph["nodes"])
    for node in _needed(graph["nodes"], chosen) if some else graph["nodes"]:
        _follow(partial, node)
    result = partial.values.get(chosen)
    if not isinstance(result, View):
        raise FormatError("The ONNX model's output is computed by none of its layers.")
    result = single(partial, result)
    if result.axes not in ((BATCH, UNITS), (BATCH, TIME, UNITS)) and not (
        result.axes == (BATCH,) and result.units == 1
    ):
        raise FormatError(
            f"The ONNX model's output has the axes {result}, expected (batch, units), or "
            "(batch, time, units) where every word gets a label."
        )
    return partial, result.only, chosen


def _needed(nodes: list[Any], output: str) -> list[Any]:
    """The nodes that one output is computed from, in their order; others may be of any kind."""
    read, kept = {output}, []
    for node in reversed(nodes):
        if not read.isdisjoint(node["outputs"]):
            read.update(loops.reads(node))
            kept.append(node)
    return kept[::-1]


def _several(starts: Mapping[Step, str], nodes: list[Node]) -> tuple[Input, ...]:
    """The inputs of a model that has several.

    Raises:
        FormatError: one of numbers does not say how many.
    """
    inputs = []
    for step, name in starts.items():
        ids = any(node.layer.reads_ids for node in nodes if name in node.inputs)
        if not ids and step.units < 0:
            raise FormatError(
                f"The ONNX input {name!r:.60} does not say its last axis; export the model with "
                "that size fixed."
            )
        units = 0 if ids else step.units
        inputs.append(Input(name=name, units=units, time=ids or step.timed, ids=ids))
    return tuple(inputs)


def _input(
    entry: Any, order: tuple[str, str]
) -> tuple[Ids | View | Lengths, dict[str, int | None]]:
    shape = entry["sizes"]
    rank = len(shape) if shape is not None else -1
    if entry["whole"] and rank == 1:
        return Lengths(), {}
    if entry["whole"] and rank == 2:
        return Ids(order, Step(entry["name"], None)), dict(zip(order, shape, strict=True))
    if not entry["whole"] and rank in (2, 3):
        axes = (*order, UNITS) if rank == 3 else (BATCH, UNITS)
        units = shape[-1] if isinstance(shape[-1], int) and shape[-1] > 0 else -1
        start = Step(entry["name"], None, units=units, timed=rank == 3)
        return View(axes, (start,)), dict(zip(axes[:-1], shape[:-1], strict=True))
    raise FormatError(
        f"The ONNX input {entry['name']!r:.60} has "
        f"{'no shape' if rank < 0 else f'{rank} axes'} of {'whole' if entry['whole'] else 'other'} "
        "numbers; expected ids (batch, time), vectors (batch, time, units) or features (batch, "
        "units)."
    )


def _follow(partial: PartialGraph, node: Any) -> None:
    kind = node["op"]
    label = f"The ONNX node {node['name'] or kind!r:.60} ({kind:.40})"
    if kind not in OPERATIONS:
        raise FormatError(
            f"{label} is not supported; supported: {', '.join(OPERATIONS)}. Of a Keras model give "
            "the .keras file itself, of a PyTorch model its state dict."
        )
    for name in loops.reads(node):
        if name and name not in partial.values:
            raise FormatError(
                f"{label} reads {name!r:.60}, which nothing before it computes; the graph is "
                "damaged or runs in a circle."
            )
    op = Op(
        kind=kind,
        name=node["name"],
        inputs=tuple(partial.values.get(name) if name else None for name in node["inputs"]),
        names=tuple(node["inputs"]),
        attributes=node["attributes"],
        outputs=tuple(node["outputs"]),
    )
    try:
        results = fold(partial, op) if folds(op) else OPERATIONS[kind].follow(partial, op)
    except AxesError as error:
        raise AxesError(f"{label}: {error}") from None
    except FormatError as error:
        raise FormatError(f"{label}: {error}") from None
    for name, value in zip(op.outputs, results, strict=False):
        if name in partial.values:
            raise FormatError(f"{label} computes {name!r:.60}, which is computed already.")
        if name:
            partial.values[name] = value


def _ending(partial: PartialGraph, last: Step) -> tuple[Step, str | None]:
    """The step that gives the logits, and what the model made of them."""
    if isinstance(last.layer, Softmax):
        return last.inputs[0], "softmax"
    if isinstance(last.layer, Activation) and last.layer.activation == "sigmoid":
        return last.inputs[0], "sigmoid"
    if isinstance(last.layer, Dense) and last.layer.activation == "sigmoid":
        logits = replace(last.layer, activation="linear")
        return partial.step(last.name, logits, *last.inputs, units=last.units), "sigmoid"
    return last, None


ONNX = Reader(
    name="onnx",
    title="ONNX model (Embedding, LSTM, GRU, RNN, Gemm, MatMul, Conv, pooling over time)",
    recognizes=lambda contents: contents.kind == "onnx",
    read=_read,
    options=(OUTPUT_NAME, INPUTS),
)
