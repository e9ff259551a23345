"""Functions among the layers of a functional model: of keras.ops, or of TensorFlow in Keras 2.

Each becomes an entry of the class `ops.NAME`, whose configuration holds its arguments:
`operands`, in which None stands for the next input, and `key` of a slice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from lrp_engine.errors import FormatError
from lrp_engine.formats.keras.calls import is_tensor, producer
from lrp_engine.formats.keras.graph import OPERATIONS, PREFIX, Entry

# Functions of TensorFlow as Keras 2 writes them -> names of keras.ops.
_OF_TENSORFLOW = {
    "__operators__.getitem": "GetItem",
    "__operators__.add": "Add",
    "math.add": "Add",
    "math.subtract": "Subtract",
    "math.multiply": "Multiply",
    "math.truediv": "TrueDivide",
    "math.divide": "TrueDivide",
    "math.negative": "Negative",
    "math.maximum": "Maximum",
    "math.reduce_sum": "Sum",
    "math.reduce_mean": "Mean",
    "math.reduce_max": "Max",
    "concat": "Concatenate",
    "expand_dims": "ExpandDims",
    "squeeze": "Squeeze",
    "compat.v1.squeeze": "Squeeze",
    "reshape": "Reshape",
    "transpose": "Transpose",
    "compat.v1.transpose": "Transpose",
    "nn.softmax": "Softmax",
    "nn.relu": "Relu",
    "math.tanh": "Tanh",
    "nn.tanh": "Tanh",
    "math.sigmoid": "Sigmoid",
    "nn.sigmoid": "Sigmoid",
    "nn.silu": "Silu",
    "nn.gelu": "Gelu",
}
_LAMBDAS = ("TFOpLambda", "SlicingOpLambda")
# Other names of the same argument.
_ARGUMENTS = {"shape": "newshape", "perm": "axes", "a": "operands", "slice_spec": "key"}


def is_operation(entry: Entry) -> bool:
    """Whether an entry is a function and no layer."""
    return str(entry.package).startswith(OPERATIONS) or entry.kind in _LAMBDAS


def read_operation(entry: Entry, nodes: Any) -> Entry:
    """The entry with the inputs and arguments of its only call.

    Raises:
        FormatError: it is called more often, or its arguments cannot be read.
    """
    if not isinstance(nodes, list) or len(nodes) != 1:
        raise FormatError(f"The function {entry.name!r} is used more than once.")
    kind, config = entry.kind, dict(entry.config)
    if isinstance(nodes[0], Mapping):
        arguments, keywords = nodes[0].get("args", []), nodes[0].get("kwargs", {})
    else:
        arguments, keywords = _of_keras_2(nodes[0])
    if kind in _LAMBDAS:
        function = str(config.pop("function", ""))
        kind = _OF_TENSORFLOW.get(function, function)
    if kind == "GetItem" and len(arguments) == 2:
        arguments, config["key"] = arguments[:1], arguments[1]
    operands, inputs = [*arguments], []
    for name, value in keywords.items() if isinstance(keywords, Mapping) else ():
        if name in ("x", "y", "x1", "x2", "values"):
            operands.append(value)
        elif name != "name":
            config[_ARGUMENTS.get(str(name), str(name))] = value
    said: list[Any] = []
    for value in _flat(operands):
        if is_tensor(value):
            inputs.append(producer(value))
        said.append(None if is_tensor(value) else value)
    config["operands"] = said
    return replace(entry, kind=f"{PREFIX}{kind}", config=config, inputs=tuple(inputs))


def _of_keras_2(node: Any) -> tuple[list[Any], dict[str, Any]]:
    """Arguments of [layer, call, output, {options}], or of a list of those."""
    tensors = node if isinstance(node, list) and node and isinstance(node[0], list) else [node]
    arguments: list[Any] = []
    options: dict[str, Any] = {}
    for tensor in tensors:
        if not isinstance(tensor, list) or len(tensor) < 3:
            raise FormatError("The Keras model has a connection that cannot be read.")
        constant = tensor[0] == "_CONSTANT_VALUE"
        arguments.append(tensor[2] if constant else tensor[:3])
        if len(tensor) > 3 and isinstance(tensor[3], Mapping):
            options |= tensor[3]
    return arguments, options


def _flat(values: list[Any]) -> Iterator[Any]:
    """The values; those of lists of tensors one by one."""
    for value in values:
        if isinstance(value, list) and not is_tensor(value) and any(map(is_tensor, value)):
            yield from value
        else:
            yield value
