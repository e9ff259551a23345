"""What a traced PyTorch module says of itself, as the keys of a spec.

An operation without an entry in `OPERATIONS`, or a module that `traced_modules` does not know, is
named, with the key of the spec that says what it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrp_engine.errors import FormatError
from lrp_engine.formats.torch.traced import Step, Trace
from lrp_engine.formats.torch.traced_modules import of_module
from lrp_engine.formats.torch.traced_operations import OPERATIONS
from lrp_engine.formats.torch.traced_values import (
    ACTIVATIONS,
    ASIDE,
    ATTENTION,
    BEHIND_THE_END,
    MASK,
    MOST,
    RNN,
    SIZE,
    LayoutError,
    Reading,
    Value,
    Window,
)


def spec_of(trace: Trace, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a spec that a trace settles.

    Args:
        arrays: the state dict; what no step reads of it is "unused".

    Raises:
        FormatError: an operation is not known; it names the key of the spec that says it.
    """
    if len(trace.steps) > MOST:
        raise FormatError(f"The module has {len(trace.steps)} steps, at most {MOST} are read.")
    try:
        return _spec(Reading(trace, "BT", arrays=arrays), arrays)
    except LayoutError:
        return _spec(Reading(trace, "TB", arrays=arrays), arrays)


def _spec(reading: Reading, arrays: Mapping[str, Any]) -> dict[str, Any]:
    result: Value | None = None
    for step in reading.trace.steps:
        if step.op == "output":
            found = step.args[0]
            found = next(iter(found.values())) if isinstance(found, Mapping) else found
            result = reading.value(found[0] if isinstance(found, tuple) and found else found)
        else:
            reading.values[step.name] = _of(reading, step)
    if result is None or result.kind not in ("vector", "steps") or result.score is not None:
        kind = result.kind if result else "nothing"
        raise reading.unknown("return", f" of {kind}")
    return {**reading.spec, **_told(reading, result), **_unused(reading, result, arrays)}


def _of(reading: Reading, step: Step) -> Value:
    if step.op == "placeholder":
        first = not any(value.kind == "ids" for value in reading.values.values())
        return Value("ids", (), reading.ids) if first else MASK  # or lengths
    if step.op == "get_attr":
        return _parameter(reading, step.target)
    inputs = [reading.value(one) for one in _flat(step)]
    if all(value.kind == "aside" for value in inputs):
        return _number(step, inputs)
    if any(value.end == "softmax" for value in inputs) and step.target not in BEHIND_THE_END:
        raise reading.unknown("softmax", " before other layers")
    if step.op == "call_module":
        return of_module(reading, step)
    found = OPERATIONS.get(step.target)
    made = found(reading, step) if found else None
    if made is None:
        raise reading.unknown(step.target)
    return made


def _parameter(reading: Reading, name: str) -> Value:
    shape = getattr(reading.arrays.get(name), "shape", None)
    if shape is None or not 0 < len(shape) < 3:
        return ASIDE
    axes = "".join("1" if size == 1 else "E" for size in shape)
    return Value("parameter", (name,), axes if "E" in axes else f"E{axes}"[: len(axes)])


def _number(step: Step, inputs: list[Value]) -> Value:
    """What is made of sizes and masks: a size, its root, a mask."""
    marks = {value.layer for value in inputs}
    if "mask" in marks:
        return MASK
    if "size" in marks and step.target in ("getitem", "getattr", "float", "int"):
        return SIZE
    exponent = {"sqrt": 0.5, "rsqrt": -0.5}.get(step.target)
    if step.target == "pow" and len(step.args) == 2:
        exponent = step.args[1]
    if "size" in marks and exponent in (0.5, -0.5):
        return Value("aside", layer="root" if exponent > 0 else "inverse root")
    return ASIDE


def _flat(step: Step) -> list[Any]:
    waiting, found = [*step.args, *step.kwargs.values()], []
    while waiting:
        one = waiting.pop(0)
        waiting = [*one, *waiting] if isinstance(one, tuple) else waiting
        found.append(one)
    return found


def _told(reading: Reading, result: Value) -> dict[str, Any]:
    """ "order", and what belongs to it."""
    order, told = [*result.order], dict[str, Any]()
    if result.end:
        told["output"] = result.end
        if order[-1] == result.end:  # a sigmoid, which stands among the activations
            order.pop()
    parts = reading.trace.parts
    acts = {name for name, _ in ACTIVATIONS.values()} | {"gelu_tanh"}
    if not any(entry in acts for entry in order):  # else ReLU would be assumed
        for at in range(len(order) - 2, -1, -1):
            names = order[at] if isinstance(order[at], tuple) else (order[at],)
            kinds = {parts[name].kind for name in names if name in parts}
            if kinds & {"Linear", "Conv1d"}:
                order.insert(at + 1, "linear")
    if result.kind == "steps":
        made = [n for n, e in enumerate(order) if e in parts and parts[e].kind in RNN]
        order.insert(made[-1] + 1 if made else len(order) - 1, "every_step")
    told["order"] = [_written(entry) for entry in order]
    convs = [
        name
        for entry in result.order
        for name in (entry if isinstance(entry, tuple) else (entry,))
        if isinstance(name, str) and name in reading.convs
    ]
    if convs:
        told["conv"] = {
            key: [_single(reading.convs[name].options.get(key, usual)) for name in convs]
            for key, usual in (("padding", 0), ("stride", 1), ("dilation", 1))
        }
    return told


def _written(entry: Any) -> Any:
    if isinstance(entry, Window):
        return {entry.name: entry.size, "stride": entry.stride}
    return [*entry] if isinstance(entry, tuple) else entry


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value


def _unused(reading: Reading, result: Value, arrays: Mapping[str, Any]) -> dict[str, Any]:
    used = {
        name
        for entry in result.order
        for name in (entry if isinstance(entry, tuple) else (entry,))
        if isinstance(name, str)
    }
    used |= {*reading.spec.get(ATTENTION, {}).get("layers", ())}
    left = {
        name.rpartition(".")[0] or name
        for name in arrays
        if not any(f"{name}.".startswith(f"{one}.") for one in used)
    }
    return {"unused": sorted(left)} if left else {}
