"""Attention in PyTorch as layers: scores, a softmax over time, the weighted sum of the states."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.torch.attention_options import QUERY, AttentionOptions
from lrp_engine.formats.torch.named_weights import Weight, weight
from lrp_engine.formats.torch.names import Arrays, says_attention
from lrp_engine.layers import (
    AdditiveAttention,
    AttentionPooling,
    Dense,
    Dot,
    Flatten,
    Layer,
    Reshape,
    Softmax,
)

# Adds a layer that reads nodes, and says how it is called.
Add = Callable[..., str]


@dataclass(frozen=True, kw_only=True)
class Attention:
    """What a spec describes, with its weights.

    Attributes:
        name: of its nodes.
    """

    options: AttentionOptions
    weights: tuple[Weight, ...]
    name: str

    def outputs(self, units: int) -> int:
        """Units that go on, of so many per state."""
        return units * len(self.options.joined)

    @property
    def has_query(self) -> bool:
        return self.options.query is not None

    def context(self, add: Add, states: str, query: str | None, units: int) -> str:
        """The node with the weighted sum of the states (B, D)."""
        return _SCORED[self.options.score](self, add, states, query, units)

    def wrong(self, what: str) -> FormatError:
        shapes = ", ".join(str(one.matrix.shape) for one in self.weights) or "none"
        return FormatError(
            f"The attention ({self.options.score}) has weights of shapes {shapes} (inputs, units); "
            f"{what}."
        )


def read_attention(
    arrays: Arrays, options: AttentionOptions
) -> tuple[Attention, dict[str, np.ndarray]]:
    """The attention, and the arrays that are left.

    Raises:
        FormatError: a name is not in the file.
    """
    names: Sequence[str] = options.layers if options.layers is not None else _said(arrays)
    weights = tuple(weight(arrays, name, "attention") for name in names)
    used = {name for one in weights for name in one.names}
    name = names[0].removesuffix(".weight").partition(".")[0] if names else "attention"
    rest = {name: array for name, array in arrays.items() if name not in used}
    attention = Attention(options=options, weights=weights, name=name)
    fewest, most, expected = _COUNTS[options.score, attention.has_query]
    if not fewest <= len(weights) <= most:
        raise attention.wrong(f"expected {expected}")
    return attention, rest


# Score, whether there is a query -> how many weights there are at least and at most.
_COUNTS = {
    ("additive", False): (1, 2, "W and v, or one to a single unit"),
    ("additive", True): (2, 3, "W, U and v, or W of both side by side and v"),
    ("multiplicative", True): (1, 1, "one"),
    ("dot", True): (0, 0, 'none; set "layers" to []'),
}


def _said(arrays: Arrays) -> list[str]:
    """Modules and parameters whose names say attention, in the order of the file."""
    paths = [name.rpartition(".")[0] if name.endswith((".weight", ".bias")) else name
             for name in arrays]  # fmt: skip
    return [path for path in dict.fromkeys(paths) if says_attention(path)]


def _column(one: Weight) -> np.ndarray | None:
    """A vector v (A,) of weights that make one unit; None where they make more."""
    row = one.parameter and one.matrix.shape[0] == 1
    flat = one.matrix.ndim == 1 or one.matrix.shape[1] == 1 or row
    return one.matrix.reshape(-1) if flat else None


def _additive(self: Attention, add: Add, states: str, query: str | None, units: int) -> str:
    """v activation(W h + b), alone or with U q within."""
    before = self.weights[:-1]
    v = _column(self.weights[-1])
    if v is None:
        raise self.wrong("expected the last one to make a single unit")
    if query is None:
        return add(self.name, _alone(self, before, v, units), states)
    activation = self.options.activation or "tanh"
    if activation != "tanh":
        raise self.wrong("with a query the activation is tanh")
    W, U, bias = _of_both(self, before, units, len(v))
    key = add(f"{self.name}.keys", Dense(W, bias), states)
    asked = add(f"{self.name}.query", Dense(U), query)
    asked = add(f"{self.name}.step", Reshape(len(v), 1), asked)
    found = add(self.name, AdditiveAttention(v), asked, states, key)
    return add(f"{self.name}.context", Flatten(), found)


def _alone(self: Attention, before: Sequence[Weight], v: np.ndarray, units: int) -> Layer:
    activation = self.options.activation
    if before:
        W, bias = before[0].matrix, before[0].bias
        activation = activation or "tanh"
    elif self.weights[-1].parameter:  # v tanh(h), Zhou et al. 2016
        W, bias, activation = np.eye(len(v)), None, activation or "tanh"
    else:
        W, v, bias = v[:, None], np.ones(1), self.weights[-1].bias
        activation = activation or "linear"
    if W.shape != (units, len(v)):
        raise self.wrong(f"expected them to take {units} units")
    return AttentionPooling(W, v, bias, activation)


def _of_both(
    self: Attention, before: Sequence[Weight], units: int, hidden: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """W of a state, U of the query, the bias of their sum."""
    biases = [one.bias.astype(np.float64) for one in before if one.bias is not None]
    bias = np.add.reduce(biases) if biases else None
    if len(before) == 2:
        W, U = (one.matrix for one in before)
    else:
        halves = np.array_split(before[0].matrix, 2)
        W, U = halves[::-1] if self.options.query_first else halves
    if W.shape != (units, hidden) or U.shape != (units, hidden):
        raise self.wrong(f"expected {units} units of a state and of the query to {hidden}")
    return W, U, bias


def _multiplicative(self: Attention, add: Add, states: str, query: str | None, units: int) -> str:
    """q W h."""
    if self.weights[0].matrix.shape != (units, units):
        raise self.wrong(f"expected ({units}, {units})")
    W, bias = self.weights[0].matrix, self.weights[0].bias
    if self.options.on == "query":
        assert query is not None
        return _dot(self, add, states, add(f"{self.name}.query", Dense(W, bias), query), units)
    return _dot(self, add, states, query, units, add(f"{self.name}.keys", Dense(W, bias), states))


def _dot(
    self: Attention, add: Add, states: str, query: str | None, units: int, keys: str | None = None
) -> str:
    """The context by softmax(q k): in a product with the root of the units for `scaled`."""
    assert query is not None
    if self.options.scaled:
        query = add(f"{self.name}.scaled", Dense(np.eye(units) / units**0.5), query)
    scores = add(f"{self.name}.scores", Dot(2, 1), keys or states, query)
    weights = add(f"{self.name}.softmax", Softmax(1), scores)
    return add(self.name, Dot(1, 1), weights, states)


_SCORED: Mapping[str, Callable[[Attention, Add, str, str | None, int], str]] = {
    "additive": _additive,
    "multiplicative": _multiplicative,
    "dot": _dot,
}


def joined(self: Attention, context: str, query: str | None) -> list[str]:
    """The nodes that go on side by side."""
    return [query if name == QUERY and query else context for name in self.options.joined]
