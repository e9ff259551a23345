"""ONNX models: the graph as JSON, its tensors as arrays. Parsed by the onnx package, never run.

Only the message is parsed, which opens no other file; `onnx.load` would follow external data.
"""

from __future__ import annotations

import io
import json
import math
from typing import Any, BinaryIO

from .messages import Output, itemsize
from .refusal import RefusalError, quoted

GRAPH = "graph"  # the name of the text
MODULES = ("onnx", "numpy")
_MISSING = (
    "Reading an ONNX model needs the package onnx, which is not installed: "
    "pip install 'onnx>=1.21', or in this project's folder its extra, pip install '.[onnx]'."
)
# The first fields of a model, by tag: producer, its version, domain, version, text, graph, opsets.
_TAGS = b"\x12\x1a\x22\x28\x32\x3a\x42"
# TensorProto.DataType -> how it lies in raw_data; where else its numbers may be, and as what.
_TYPES: dict[int, tuple[str, str, str]] = {
    1: ("<f4", "float_data", "<f4"),
    2: ("|u1", "int32_data", "|u1"),
    3: ("|i1", "int32_data", "|i1"),
    6: ("<i4", "int32_data", "<i4"),
    7: ("<i8", "int64_data", "<i8"),
    9: ("|u1", "int32_data", "|u1"),  # bool
    10: ("<f2", "int32_data", "<u2"),
    11: ("<f8", "double_data", "<f8"),
    16: ("bfloat16", "int32_data", "<u2"),
}


def recognizes(head: bytes) -> bool:
    """Whether the first bytes fit: the version of the format, then a field of a model."""
    return len(head) > 2 and head[0] == 8 and 0 < head[1] < 0x80 and head[2] in _TAGS


def unpack(stream: BinaryIO, size: int, output: Output) -> None:
    """Emit the arrays `weights/NAME` and `constants/N`, and the text `GRAPH`."""
    try:
        import onnx
    except ImportError:
        raise RefusalError(_MISSING) from None
    newest = onnx.defs.onnx_opset_version()
    if size > output.limits.inflated_bytes:
        raise RefusalError(
            f"The ONNX model has {size:,} bytes; at most {output.limits.inflated_bytes:,} are read."
        )
    try:
        model = onnx.ModelProto.FromString(stream.read())
    except Exception:  # noqa: BLE001 - whatever protobuf makes of nonsense
        raise RefusalError(
            "The ONNX model cannot be parsed; it is damaged or incomplete."
        ) from None
    graph = model.graph
    opset = next((entry.version for entry in model.opset_import if not entry.domain), 0)
    if not 7 <= opset <= newest:
        raise RefusalError(f"The ONNX model uses opset {opset}; 7 to {newest} are read.")
    if model.functions:
        raise RefusalError(
            "The ONNX model defines functions of its own, which are not read; export it without "
            "them (torch.onnx.export does by default)."
        )
    if graph.sparse_initializer:
        raise RefusalError("The ONNX model holds sparse tensors; store them densely.")
    output.count(len(graph.node))
    seen: set[str] = set()
    for tensor in graph.initializer:
        if tensor.name in seen:
            raise RefusalError(f"The ONNX model holds two tensors called {quoted(tensor.name)}.")
        seen.add(tensor.name)
        _tensor(tensor, f"weights/{tensor.name}", output)
    constants: list[str] = []
    text = json.dumps(
        {
            "producer": model.producer_name[:80],
            "opset": opset,
            "inputs": [_input(value, output) for value in graph.input if value.name not in seen],
            "outputs": [value.name for value in graph.output],
            "nodes": [_node(node, constants, output) for node in graph.node],
        }
    ).encode()
    output.text(GRAPH, io.BytesIO(text), len(text))


def _input(value: Any, output: Output) -> dict[str, Any]:
    """Name, number of the type, and sizes where known; sizes are None without a shape."""
    tensor = value.type.tensor_type
    output.count(len(tensor.shape.dim))
    sizes = [dim.dim_value if dim.HasField("dim_value") else None for dim in tensor.shape.dim]
    whole = tensor.elem_type in (6, 7)
    return {
        "name": value.name,
        "whole": whole,
        "sizes": sizes if tensor.HasField("shape") else None,
    }


def _node(
    node: Any, constants: list[str], output: Output, *, inside: bool = False
) -> dict[str, Any]:
    output.count(len(node.input) + len(node.output) + len(node.attribute))
    what = f"The ONNX node {quoted(node.name or node.op_type)}"
    domain = "" if node.domain in ("", "ai.onnx") else f"{node.domain}."
    loops = node.op_type == "Loop" and not inside
    return {
        "name": node.name,
        "op": f"{domain}{node.op_type}",
        "inputs": list(node.input),
        "outputs": list(node.output),
        "attributes": {
            a.name: _body(a.g, constants, output)
            if loops and a.type == a.GRAPH
            else _attribute(a, what, constants, output)
            for a in node.attribute
        },
    }


def _body(graph: Any, constants: list[str], output: Output) -> dict[str, Any]:
    """The graph inside a loop, its tensors by name as those of attributes are."""
    output.count(len(graph.node) + len(graph.initializer))
    arrays = {}
    for tensor in graph.initializer:
        constants.append(f"constants/{len(constants)}")
        _tensor(tensor, constants[-1], output)
        arrays[tensor.name] = constants[-1]
    return {
        "inputs": [value.name for value in graph.input],
        "outputs": [value.name for value in graph.output],
        "arrays": arrays,
        "nodes": [_node(node, constants, output, inside=True) for node in graph.node],
    }


def _attribute(attribute: Any, what: str, constants: list[str], output: Output) -> Any:
    """A plain value; {"array": name} for a tensor."""
    kinds = attribute.AttributeType
    if attribute.type in (kinds.GRAPH, kinds.GRAPHS):
        raise RefusalError(
            f"{what} ({quoted(attribute.name)}) holds a graph of its own, as If and Scan do; a "
            "graph without branches is read, and of loops those that are a layer of Keras. Of a "
            "Keras model give the .keras file itself."
        )
    if attribute.type == kinds.TENSOR:
        constants.append(f"constants/{len(constants)}")
        _tensor(attribute.t, constants[-1], output)
        return {"array": constants[-1]}
    if attribute.type == kinds.STRING:
        return attribute.s.decode("utf-8", "replace")
    if attribute.type == kinds.STRINGS:
        output.count(len(attribute.strings))
        return [text.decode("utf-8", "replace") for text in attribute.strings]
    field = {kinds.FLOAT: "f", kinds.INT: "i", kinds.FLOATS: "floats", kinds.INTS: "ints"}.get(
        attribute.type
    )
    if field is None:
        raise RefusalError(f"{what} has an attribute {quoted(attribute.name)} of an unknown type.")
    value = getattr(attribute, field)
    if field in ("f", "i"):
        return value
    output.count(len(value))
    return list(value)


def _tensor(tensor: Any, path: str, output: Output) -> None:
    import numpy as np

    what = f"The ONNX tensor {quoted(tensor.name or path)}"
    if tensor.data_location == tensor.EXTERNAL or tensor.external_data:
        raise RefusalError(
            f"{what} keeps its data in another file, which is never opened; save the model in one "
            "file: onnx.save(onnx.load(path), 'one.onnx'), or torch.onnx.export(..., "
            "external_data=False)."
        )
    if tensor.HasField("segment"):
        raise RefusalError(f"{what} is one segment of a tensor; store it whole.")
    if tensor.data_type not in _TYPES:
        raise RefusalError(f"{what} is of type {tensor.data_type}, expected real numbers.")
    dtype, field, stored = _TYPES[tensor.data_type]
    shape = list(tensor.dims)
    count = math.prod(shape) if all(length >= 0 for length in shape) else -1
    raw = tensor.raw_data
    if not tensor.HasField("raw_data"):
        values = getattr(tensor, field)
        if len(values) == count:
            wide = np.array(values, "<i8") if field == "int32_data" else np.array(values, stored)
            raw = wide.astype(stored).tobytes()
    if len(raw) != count * itemsize(dtype):
        raise RefusalError(
            f"{what} declares shape {quoted(tuple(shape))}, but its data does not fill it exactly; "
            "the file is damaged."
        )
    output.begin(path, dtype, shape)
    if raw:
        output.data(raw)
