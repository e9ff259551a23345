"""What functions and methods make of the states of a traced PyTorch module: a table of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from lrp_engine.formats.torch.traced import Part, Ref, Step
from lrp_engine.formats.torch.traced_attention import (
    PRODUCTS,
    contracted,
    side_by_side,
    with_context,
    with_query,
)
from lrp_engine.formats.torch.traced_directions import (
    getitem,
    joined_directions,
    over_directions,
    split,
)
from lrp_engine.formats.torch.traced_modules import acted, ended, flattened, windows
from lrp_engine.formats.torch.traced_shapes import SHAPES
from lrp_engine.formats.torch.traced_values import (
    ASIDE,
    FUNCTIONS,
    MASK,
    NO_CHANGE,
    RNN,
    SIZE,
    LayoutError,
    Reading,
    Value,
    argument,
    axis_of,
    first,
    pooled,
)


def _reduced(name: str, kind: str = "vector") -> Callable[[Reading, Step], Value | None]:
    def reduce(reading: Reading, step: Step) -> Value | None:
        x, dim = first(reading, step), argument(step, 1, "dim", "axis")
        kept = argument(step, 2, "keepdim", default=False)
        letter = axis_of(x, dim)
        if not letter or kept:
            return None
        if letter == "D":
            return over_directions(reading, x, dim, name)
        at = (dim[0] if isinstance(dim, tuple) else dim) % len(x.axes)
        rest = x.axes[:at] + x.axes[at + 1 :]
        if letter == "1" and x.kind == "vector" and kind == "vector":
            return replace(x, axes=rest)
        if x.kind == "product" and name == "sum":
            return contracted(reading, x.factors, letter, rest)
        if x.kind != "steps" or x.score is not None or letter != "T":
            return None
        return replace(pooled(x, name, rest), kind=kind)

    return reduce


def _getattr(reading: Reading, step: Step) -> Value | None:
    x, name = first(reading, step), step.args[1]
    if x.kind == "pair" and name == "values":
        return replace(x, kind="vector")
    if name == "shape":
        return SIZE
    return ASIDE if name in ("device", "dtype", "ndim") else None


def _cat(reading: Reading, step: Step) -> Value | None:
    given, dim = argument(step, 0, "tensors"), argument(step, 1, "dim", "axis", default=0)
    values = [reading.value(one) for one in given] if isinstance(given, tuple) else []
    if len(values) == 1:
        return values[0]
    if values and axis_of(values[0], dim) == "E" and (beside := side_by_side(values)) is not None:
        return beside
    if not values or any(value.kind != values[0].kind for value in values):
        return None
    if values[0].kind == "half":
        same = {value.layer for value in values} == {values[0].layer}
        if not same or [value.at for value in values] != [0, 1] or dim not in (1, -1):
            return None
        return Value("vector", (*values[0].order, "last"), "BE")
    if (both := with_context(reading, values)) is not None:
        return both
    if values[0].kind != "vector" or any(v.axes != values[0].axes for v in values):
        return None
    return _side_by_side(reading, values) if axis_of(values[0], dim) == "E" else None


def _side_by_side(reading: Reading, values: list[Value]) -> Value | None:
    """Convolutions that read the same, or poolings of the same states."""
    orders = [value.order for value in values]
    length = len(orders[0])
    if len(values) < 2 or any(len(order) != length for order in orders):
        return None
    differing = [n for n in range(length) if len({order[n] for order in orders}) > 1]
    if len(differing) != 1:
        return None
    at = differing[0]
    names = tuple(order[at] for order in orders)
    if all(name in reading.convs for name in names):
        return replace(values[0], order=(*orders[0][:at], names, *orders[0][at + 1 :]))
    before = orders[0][at - 1] if at else ""
    recurrent = reading.trace.parts.get(before, Part("")).kind in RNN
    if at == length - 1 and recurrent and "pooling" not in reading.spec:
        reading.spec["pooling"] = [*names]
        return replace(values[0], order=orders[0][:at])
    return None


def _add(reading: Reading, step: Step) -> Value | None:
    values = [reading.value(one) for one in step.args[:2]]
    if {value.kind for value in values} == {"steps", "vector"}:
        x, query = sorted(values, key=lambda value: value.kind)
        return with_query(x, query)
    return joined_directions(reading, values, "sum")


def _over_all(name: str) -> Callable[[Reading, Step], Value | None]:
    """F.max_pool1d(x, x.size(2)): the window is as long as the text; else it is a window."""

    def pool(reading: Reading, step: Step) -> Value | None:
        x, size = first(reading, step), argument(step, 1, "kernel_size", "output_size")
        size = size[0] if isinstance(size, tuple) and len(size) == 1 else size
        if x.axes != "BET":
            return None
        if isinstance(size, Ref) or ("adaptive" in step.target and size == 1):
            return pooled(x, name, "BE1")
        if type(size) is not int or "adaptive" in step.target:
            return None
        stride = argument(step, 2, "stride", default=size)
        return windows(reading, x, step.target, {"kernel_size": size, "stride": stride})

    return pool


def _packed(reading: Reading, step: Step) -> Value | None:
    x = first(reading, step)
    expected = "BTE" if argument(step, 2, "batch_first", default=False) else "TBE"
    if x.axes != expected:
        if reading.ids == "BT" and sorted(x.axes) == sorted(expected):
            raise LayoutError
        return None
    return replace(x, axes="packed")


def _unpacked(reading: Reading, step: Step) -> Value | None:
    x = reading.value(argument(step, 0, "sequence"))
    axes = "BTE" if argument(step, 1, "batch_first", default=False) else "TBE"
    return replace(x, kind="packed", axes=axes) if x.axes == "packed" else None


def _activation(name: str) -> Callable[[Reading, Step], Value | None]:
    return lambda reading, step: acted(reading, first(reading, step), name, step.target)


def _softmax(reading: Reading, step: Step) -> Value | None:
    x = first(reading, step)
    dim = argument(step, 1, "dim")
    return ended(reading, x, "softmax", -1 if dim is None and x.axes == "BE" else dim)


def _aside(reading: Reading, step: Step) -> Value | None:
    return ASIDE


def _mask(reading: Reading, step: Step) -> Value | None:
    return MASK if first(reading, step).kind == "ids" else None


def _unchanged(reading: Reading, step: Step) -> Value | None:
    return first(reading, step)


# Function or method -> what it makes; None where it is used in a way that is not known.
OPERATIONS: Mapping[str, Callable[[Reading, Step], Value | None]] = {
    **{name: _activation(activation) for name, activation in FUNCTIONS.items()},
    **dict.fromkeys(NO_CHANGE, _unchanged),
    "softmax": _softmax,
    "log_softmax": _softmax,
    **SHAPES,
    **PRODUCTS,
    "getitem": getitem,
    "chunk": split,
    "split": split,
    "getattr": _getattr,
    "cat": _cat,
    "concat": _cat,
    "add": _add,
    "mean": _reduced("mean"),
    "sum": _reduced("sum"),
    "max": _reduced("max", "pair"),
    "amax": _reduced("max"),
    "flatten": lambda reading, step: flattened(reading, first(reading, step)),
    "max_pool1d": _over_all("max"),
    "avg_pool1d": _over_all("mean"),
    "adaptive_max_pool1d": _over_all("max"),
    "adaptive_avg_pool1d": _over_all("mean"),
    "pack_padded_sequence": _packed,
    "pad_packed_sequence": _unpacked,
    "size": lambda reading, step: SIZE,
    "dim": _aside,
    "len": _aside,
    "zeros_like": _aside,
    "new_zeros": _aside,
    **dict.fromkeys(("ne", "eq", "gt"), _mask),
}
