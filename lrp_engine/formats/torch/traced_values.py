"""A value on the way through a traced PyTorch module, and what is read of the trace so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lrp_engine.errors import FormatError
from lrp_engine.formats.torch.traced import Part, Ref, Step, Trace
from lrp_engine.formats.torch.traced_score import Score

RNN = ("LSTM", "GRU", "RNN")
# Class of a module -> the activation that it is; with options that must be the usual ones.
ACTIVATIONS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "ReLU": ("relu", {}), "Tanh": ("tanh", {}), "Sigmoid": ("sigmoid", {}), "SELU": ("selu", {}),
    "SiLU": ("silu", {}), "ELU": ("elu", {"alpha": 1.0}), "Softsign": ("softsign", {}),
    "Softplus": ("softplus", {"beta": 1.0, "threshold": 20.0}), "Mish": ("mish", {}),
    "ReLU6": ("relu6", {}), "Hardswish": ("hard_silu", {}),
    "Hardtanh": ("hard_tanh", {"min_val": -1.0, "max_val": 1.0}),
    "GELU": ("gelu", {"approximate": "none"}),
}  # fmt: skip
FUNCTIONS = {"relu": "relu", "tanh": "tanh", "sigmoid": "sigmoid", "selu": "selu", "silu": "silu",
              "softsign": "softsign", "mish": "mish", "relu6": "relu6", "relu_": "relu",
              "tanh_": "tanh", "sigmoid_": "sigmoid"}  # fmt: skip
NOTHING = ("Dropout", "Dropout1d", "AlphaDropout", "FeatureAlphaDropout", "Identity")
NO_CHANGE = ("dropout", "dropout1d", "alpha_dropout", "contiguous", "clone", "detach", "float",
              "double", "to", "long", "int", "type_as", "flatten_parameters", "cpu")  # fmt: skip
ENDS = {"softmax": "softmax", "log_softmax": "softmax", "sigmoid": "sigmoid"}
# Operation -> the key of the spec that says what it does, where it is not "order".
_KEYS = {"matmul": "attention", "bmm": "attention", "softmax": "attention", "mul": "attention",
         "einsum": "attention", "MultiheadAttention": "attention", "getitem": "pooling",
         "baddbmm": "attention", "scaled_dot_product_attention": "attention",
         "sum": "pooling", "LSTMCell": "cell", "GRUCell": "cell", "RNNCell": "cell"}  # fmt: skip
BEHIND_THE_END = ("squeeze", *NO_CHANGE)
ATTENTION = "attention"  # in an order, and as a key of the spec
MOST = 5_000  # steps


@dataclass(frozen=True)
class Value:
    """What a step gives.

    Attributes:
        kind: "ids", "steps" (some axis is T), "vector"; of a recurrent layer "rnn" (its pair),
            "final" (h and c), "h" (all layers), "top" (the last layer's directions), "cells" (c),
            "half" (one direction), "halves" (both in a tuple); "pair" (largest, and where),
            "packed" (states and lengths); "parameter", "weights" (of attention), "product" (of two,
            to be summed); or "aside" (a length, a size).
        order: the layers that made it, as entries of an order.
        axes: letters, one for each: B samples, T steps, E units, D layers and directions, L layers,
            1 where there is one; of ids "BT" or "TB".
        end: the function at its end that makes probabilities.
        layer: the recurrent layer of "rnn", "final", "h", "top" and "half"; of "aside" what it is:
            "size", "root" of a size, "inverse root", "mask" (what words there are, and how many).
        at: which direction.
        score: what has been found of a score that compares states with a query.
        factors: of a product.
    """

    kind: str
    order: tuple[Any, ...] = ()
    axes: str = ""
    end: str = ""
    layer: str = ""
    at: int = 0
    score: Score | None = None
    factors: tuple[Value, ...] = ()

    def then(self, entry: Any) -> Value:
        """Behind another layer."""
        if self.score is not None:
            return replace(self, score=self.score.then(entry))
        return replace(self, order=(*self.order, entry), end="")


ASIDE, MASK, SIZE = Value("aside"), Value("aside", layer="mask"), Value("aside", layer="size")


class LayoutError(Exception):
    """Samples and time steps stand in the other order than was supposed."""


@dataclass
class Reading:
    """A trace as it is read."""

    trace: Trace
    ids: str
    spec: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    convs: dict[str, Part] = field(default_factory=dict)
    arrays: Mapping[str, Any] = field(default_factory=dict)

    def directions(self, layer: str) -> int:
        return 2 if self.trace.parts[layer].options.get("bidirectional") else 1

    def last_recurrent(self, x: Value) -> str:
        """The recurrent layer whose states these are, as it gives them; "" of others."""
        name = x.order[-1] if x.order and isinstance(x.order[-1], str) else ""
        return name if x.kind == "steps" and self._kind(name) in RNN else ""

    def _kind(self, name: str) -> str:
        return self.trace.parts[name].kind if name in self.trace.parts else ""

    def value(self, given: Any) -> Value:
        return self.values.get(given.name, ASIDE) if isinstance(given, Ref) else ASIDE

    def unknown(self, operation: str, why: str = "") -> FormatError:
        key = _KEYS.get(operation, "order")
        return FormatError(
            f"The module calls {operation!r:.60}{why}, and what that does to the states is not "
            f"read from its code. Say it in the spec by {key!r}, see docs/formats.md, PyTorch; "
            "with it the module's weights are read as those of a state dict."
        )

    def says(self, key: str, value: Any) -> None:
        """A key of the spec that several modules may say, alike."""
        if self.spec.setdefault(key, value) != value:
            raise FormatError(
                f"Modules differ in {key!r}: {self.spec[key]!r:.40} and {value!r:.40}; one is read "
                "for all of them."
            )


@dataclass(frozen=True)
class Window:
    name: str
    size: int
    stride: int


def argument(step: Step, at: int, *names: str, default: Any = None) -> Any:
    for name in names:
        if name in step.kwargs:
            return step.kwargs[name]
    return step.args[at] if len(step.args) > at else default


def first(reading: Reading, step: Step) -> Value:
    return reading.value(argument(step, 0, "input"))


def axis_of(x: Value, dim: Any) -> str:
    """The letter of an axis; "" where it is none."""
    if isinstance(dim, tuple) and len(dim) == 1:
        dim = dim[0]
    return x.axes[dim] if type(dim) is int and -len(x.axes) <= dim < len(x.axes) else ""


def pooled(x: Value, name: str, axes: str | None = None) -> Value:
    rest = "".join(a for a in x.axes if a != "T") if axes is None else axes
    return Value("vector", (*x.order, name), rest)
