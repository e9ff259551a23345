"""What only moves axes in a traced PyTorch module: none of it changes a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from lrp_engine.formats.torch.traced import Ref, Step
from lrp_engine.formats.torch.traced_values import (
    Reading,
    Value,
    argument,
    axis_of,
    first,
)

_MOVED = ("ids", "steps", "vector", "weights", "parameter", "top", "product")


def unsqueezed(axes: str, dim: int) -> str:
    at = dim if dim >= 0 else len(axes) + 1 + dim
    return f"{axes[:at]}1{axes[at:]}"


def _unsqueeze(reading: Reading, step: Step) -> Value | None:
    x, dim = first(reading, step), argument(step, 1, "dim")
    fits = x.kind in _MOVED and type(dim) is int and -len(x.axes) - 1 <= dim <= len(x.axes)
    return replace(x, axes=unsqueezed(x.axes, dim)) if fits else None


def _squeeze(reading: Reading, step: Step) -> Value | None:
    x, dim = first(reading, step), argument(step, 1, "dim")
    if x.kind not in _MOVED or x.kind == "ids":
        return None
    if dim is None and "1" in x.axes:
        return replace(x, axes=x.axes.replace("1", ""))
    if axis_of(x, dim) == "1":
        at = dim % len(x.axes)
        return replace(x, axes=x.axes[:at] + x.axes[at + 1 :])
    single = x.axes == "BE" and dim in (None, -1, 1)  # of a single unit, which is the end
    return replace(x, axes="B") if single and x.kind == "vector" else None


def _transpose(reading: Reading, step: Step) -> Value | None:
    x, a, b = first(reading, step), argument(step, 1, "dim0"), argument(step, 2, "dim1")
    if x.kind not in _MOVED or not axis_of(x, a) or not axis_of(x, b):
        return None
    axes = [*x.axes]
    axes[a], axes[b] = axes[b], axes[a]
    return replace(x, axes="".join(axes))


def _turned(reading: Reading, step: Step) -> Value | None:
    x = first(reading, step)
    flat = len(x.axes) == 2 and x.kind in ("ids", "parameter")
    return replace(x, axes=x.axes[::-1]) if flat else None


def _permute(reading: Reading, step: Step) -> Value | None:
    x, dims = first(reading, step), argument(step, 1, "dims")
    dims = dims if isinstance(dims, tuple) else step.args[1:]
    letters = [axis_of(x, dim) for dim in dims]
    if x.kind not in _MOVED or sorted(letters) != sorted(x.axes):
        return None
    return replace(x, axes="".join(letters))


def _expand(reading: Reading, step: Step) -> Value | None:
    """The same for every step, or for every sample."""
    x = first(reading, step)
    sizes = step.args[1] if len(step.args) == 2 else step.args[1:]
    sizes = sizes if isinstance(sizes, tuple) else (sizes,)
    if x.kind not in ("vector", "parameter") or len(sizes) < len(x.axes):
        return None
    axes = x.axes.rjust(len(sizes), "1")
    more = [n for n, size in enumerate(sizes) if axes[n] == "1" and size not in (1, -1)]
    kept = all(size in (1, -1) or isinstance(size, Ref) or step.target == "expand"
               for n, size in enumerate(sizes) if n not in more)  # fmt: skip
    if not kept or len(more) > 1:
        return None
    for n in more:
        axes = axes[:n] + ("B" if "B" not in axes else "T") + axes[n + 1 :]
    return replace(x, axes=axes)


def _expand_as(reading: Reading, step: Step) -> Value | None:
    x, other = first(reading, step), reading.value(argument(step, 1, "other"))
    fits = x.kind in ("vector", "parameter") and len(x.axes) == len(other.axes)
    fits = fits and all(a in (b, "1") for a, b in zip(x.axes, other.axes, strict=True))
    return replace(x, axes=other.axes) if fits else None


def _view(reading: Reading, step: Step) -> Value | None:
    """To (B, -1): of a vector with axes of one, and of final states side by side."""
    x, sizes = first(reading, step), step.args[1:]
    sizes = sizes[0] if len(sizes) == 1 and isinstance(sizes[0], tuple) else sizes
    if len(sizes) == 2 and x.kind == "vector":
        fits = sizes[-1] == -1 and x.axes.replace("1", "") == "BE"
        return replace(x, axes="BE") if fits else None
    if len(sizes) == 2 and x.kind == "top":
        return together(x) if sizes[-1] == -1 else None
    if len(sizes) != 4:
        return None
    if x.kind in ("h", "top") and x.axes == "DBE":
        layers = reading.trace.parts[x.layer].options.get("num_layers", 1)
        fits = sizes[:2] == (layers, reading.directions(x.layer))
        return replace(x, kind="h", axes="LDBE") if fits else None
    name = reading.last_recurrent(x)
    if not name or x.axes not in ("BTE", "TBE") or reading.directions(name) != 2:
        return None
    units = reading.trace.parts[name].options.get("hidden_size")
    fits = sizes[2:] in ((2, -1), (2, units), (-1, units))
    return replace(x, axes=f"{x.axes[:2]}DE", layer=name) if fits else None


def _unflatten(reading: Reading, step: Step) -> Value | None:
    x, sizes = first(reading, step), argument(step, 2, "sizes")
    name = reading.last_recurrent(x)
    if not name or axis_of(x, argument(step, 1, "dim")) != "E" or x.axes[-1] != "E":
        return None
    units = reading.trace.parts[name].options.get("hidden_size")
    fits = reading.directions(name) == 2 and sizes in ((2, -1), (2, units), (-1, units))
    return replace(x, axes=f"{x.axes[:-1]}DE", layer=name) if fits else None


def together(x: Value) -> Value | None:
    """Final states of the directions (B, D, E) side by side."""
    if x.kind != "top" or x.axes != "BDE":
        return None
    return Value("vector", (*x.order, "last"), "BE")


# Function or method -> what it makes; None where it is used in a way that is not known.
SHAPES: Mapping[str, Callable[[Reading, Step], Value | None]] = {
    "unsqueeze": _unsqueeze,
    "squeeze": _squeeze,
    "transpose": _transpose,
    "t": _turned,
    "permute": _permute,
    "expand": _expand,
    "repeat": _expand,
    "expand_as": _expand_as,
    "view": _view,
    "reshape": _view,
    "unflatten": _unflatten,
}
