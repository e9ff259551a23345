"""What a live PyTorch module does with its input, as plain steps: traced by PyTorch's own `fx`.

PyTorch is reached by the name of the module's package; nothing here imports it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from lrp_engine.formats.torch.live import package_of

_WRAPPED = {"DataParallel": "module", "DistributedDataParallel": "module",
            "OptimizedModule": "_orig_mod"}  # fmt: skip
# Options of modules that decide what they compute.
_OPTIONS = (
    "batch_first", "bidirectional", "num_layers", "nonlinearity", "eps", "stride", "padding",
    "dilation", "groups", "kernel_size", "padding_mode", "output_size", "dim", "mode",
    "approximate", "negative_slope", "alpha", "ceil_mode", "affine", "elementwise_affine",
    "track_running_stats", "p", "start_dim", "beta", "threshold", "min_val", "max_val",
    "out_features", "hidden_size",
)  # fmt: skip


class NotTracedError(Exception):
    """The module's code depends on its input, or does what `fx` cannot follow."""


@dataclass(frozen=True)
class Ref:
    """The result of a step before."""

    name: str


@dataclass(frozen=True)
class Step:
    """One operation.

    Attributes:
        name: of its result.
        op: "placeholder", "call_module", "call", "get_attr" or "output".
        target: the path of a module or parameter, or the name of a function or method.
        args, kwargs: plain values, and `Ref` to results before.
    """

    name: str
    op: str
    target: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """A module within: the name of its class, and the options of it that count."""

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trace:
    """Steps in order, and the modules that they call by path."""

    steps: tuple[Step, ...]
    parts: Mapping[str, Part]


def unwrapped_module(module: Any) -> Any:
    """The author's module within what wraps it for several devices, or for compilation."""
    while (name := _WRAPPED.get(type(module).__name__)) and hasattr(module, name):
        module = getattr(module, name)
    return module


def traced(module: Any) -> Trace:
    """The steps of a module.

    Raises:
        NotTracedError: its code cannot be followed.
    """
    package = package_of(module)
    try:
        fx, packing = import_module(f"{package}.fx"), import_module(f"{package}.nn.utils.rnn")
        graph = _tracer(fx)(autowrap_modules=(math, packing)).trace(module)
    except Exception as error:  # whatever the author's code makes of a stand-in for its input
        raise NotTracedError(f"{type(error).__name__}: {error}".partition("\n")[0]) from error
    steps = tuple(_step(node) for node in graph.nodes)
    called = {step.target for step in steps if step.op == "call_module"}
    parts = {
        path: Part(
            type(part).__name__.removeprefix("Parametrized"),  # as weight_norm calls a layer
            {key: getattr(part, key) for key in _OPTIONS if hasattr(part, key)},
        )
        for path, part in module.named_modules()
        if path in called
    }
    return Trace(steps, parts)


def _tracer(fx: Any) -> Any:
    """PyTorch's tracer, which also goes through the last few of a sequence: `cat([*h[-2:]])`."""

    def of_each(self: Any, proxy: Any) -> Any:
        node = proxy.node
        at = node.args[1] if node.target is operator.getitem else None
        if isinstance(at, slice) and (at.stop, at.step) == (None, None):
            start = at.start
            if type(start) is int and start < 0:
                return iter([proxy[n] for n in range(-start)])
        return fx.Tracer.iter(self, proxy)

    def no_length(self: Any) -> int:
        raise TypeError("the length of an input is not known")  # `[*h]` then goes on without it

    proxy = type("Proxy", (fx.Proxy,), {"__len__": no_length})
    own = {"iter": of_each, "proxy": lambda self, node: proxy(node, self)}
    return type("Tracer", (fx.Tracer,), own)


def _step(node: Any) -> Step:
    op, target = node.op, node.target
    if op == "call_function":
        # `x + y` and x.add(y) are the same operation.
        target = {operator.truediv: "div"}.get(target, getattr(target, "__name__", str(target)))
    op = "call" if op in ("call_function", "call_method") else op
    return Step(node.name, op, str(target), _plain(node.args), _plain(node.kwargs))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return tuple(_plain(one) for one in value)
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, slice):
        return slice(_plain(value.start), _plain(value.stop), _plain(value.step))
    if hasattr(value, "op") and hasattr(value, "target") and hasattr(value, "name"):
        return Ref(value.name)
    return value
