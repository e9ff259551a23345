"""Reads ONNX models: the graph is followed name by name and turned into layers, never run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.companions.companions import Companions
from lrp_engine.formats.companions.spec import (
    OUTPUT_NAME,
    about_outputs,
    chosen_output,
    listed,
    output_name_of,
)
from lrp_engine.formats.containers.onnx_files import GRAPH
from lrp_engine.formats.containers.sandbox import Contents
from lrp_engine.formats.json_texts import parse_json
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
    nodes = [Node(*parts) for parts in finished(partial.steps, last)]
    if not nodes:
        raise FormatError("The ONNX model has no layers.")
    outputs = tuple(dict.fromkeys(graph["outputs"]))
    names = outputs if len(outputs) > 1 else ()
    assumptions: list[str] = [*about_outputs(chosen, names)]
    parts = _of_one_length(nodes, partial)
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
        assumptions=assumptions,
        output_names=names,
        output_name=chosen if names else "",
        **parts,
        source=f"ONNX model, opset {graph['opset']}{producer}".removesuffix(" by "),
    )


def _of_one_length(nodes: list[Node], partial: PartialGraph) -> dict[str, Any]:
    """The steps of every input and their units, where the layers are made for so many.

    Raises:
        FormatError: the layers do not fit each other.
    """
    length, units = partial.static.get(TIME), partial.steps[0].units
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
    parts["assumptions"] = [Assumption(said, *keys)] if left else []
    if left and given.vocabulary is not None:
        parts["warnings"] = (said,)
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
    start = Step(INPUT, None)
    static: dict[str, int | None] = {}
    signals = []
    for entry in graph["inputs"]:
        value, fixed = _input(entry, order)
        if isinstance(value, View):
            start = value.only
        values[entry["name"]] = value
        if not isinstance(value, Lengths):
            signals.append(entry["name"])
            static = fixed
    if len(signals) != 1 or not graph["outputs"]:
        names = f" ({listed(signals)})" if signals else ""
        raise FormatError(
            f"The ONNX model has {len(signals)} inputs for words, vectors or features{names} and "
            f"{len(graph['outputs'])} outputs, expected one input and an output; several inputs "
            "are not explained together, and initial states as inputs are not supported."
        )
    chosen = chosen_output(wanted, tuple(dict.fromkeys(graph["outputs"])), TITLE)
    room = _FOLDED_FLOOR + _FOLDED * sum(array.nbytes for array in arrays.values())
    partial = PartialGraph(values, arrays, graph["opset"], static, [start], room)
    several = len(graph["outputs"]) > 1
    for node in _needed(graph["nodes"], chosen) if several else graph["nodes"]:
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
            read.update(node["inputs"])
            kept.append(node)
    return kept[::-1]


def _input(entry: Any, order: tuple[str, str]) -> tuple[Value, dict[str, int | None]]:
    shape = entry["sizes"]
    rank = len(shape) if shape is not None else -1
    if entry["whole"] and rank == 1:
        return Lengths(), {}
    if entry["whole"] and rank == 2:
        return Ids(order), dict(zip(order, shape, strict=True))
    if not entry["whole"] and rank in (2, 3):
        axes = (*order, UNITS) if rank == 3 else (BATCH, UNITS)
        start = Step(INPUT, None, units=shape[-1] if (shape[-1] or 0) > 0 else -1)
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
        raise FormatError(f"{label} is not supported; supported: {', '.join(OPERATIONS)}.")
    for name in node["inputs"]:
        if name and name not in partial.values:
            raise FormatError(
                f"{label} reads {name!r:.60}, which nothing before it computes; the graph is "
                "damaged or runs in a circle."
            )
    op = Op(
        kind=kind,
        name=node["name"],
        inputs=tuple(partial.values[name] if name else None for name in node["inputs"]),
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
    options=(OUTPUT_NAME,),
)
