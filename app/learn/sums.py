"""One weighted sum of three inputs: a real network of one dense layer, explained by the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from lrp_engine import Epsilon, Network
from lrp_engine.layers import Dense
from lrp_engine.model.graph import Node

WEIGHTS = (2.0, -1.0, 0.5)
BIAS = 0.5


@cache
def network() -> Network:
    """Three inputs, one output: z = x W + b, as float64."""
    layer = Dense(np.array(WEIGHTS)[:, None], np.array([BIAS]))
    return Network(nodes=(Node("sum", layer),), output="sigmoid", dtype="float64")


@dataclass(frozen=True)
class Account:
    """Where the sum's relevance goes.

    Attributes:
        x: the inputs; products: x_k w_k of each.
        z: the sum, which is also the relevance R that is handed back.
        divisor: z + eps sign(z); s: R / divisor.
        R: relevance of each input.
        bias, stabilizer: what both keep.
    """

    x: tuple[float, ...]
    products: tuple[float, ...]
    z: float
    divisor: float
    s: float
    R: tuple[float, ...]
    bias: float
    stabilizer: float

    @property
    def total(self) -> float:
        """Everything handed out, which is z again."""
        return sum(self.R) + self.bias + self.stabilizer

    def parts(self) -> list[tuple[str, float]]:
        inputs = [(f"x{n}", value) for n, value in enumerate(self.R, start=1)]
        return [*inputs, ("the bias keeps", self.bias), ("stabilizer keeps", self.stabilizer)]


def account(x: Sequence[float], *, eps: float, bias_factor: float) -> Account:
    """Explain the sum of three inputs by the engine's epsilon rule."""
    rule = Epsilon(eps=eps, bias_factor=bias_factor)
    # A single unit z stands for two classes with the scores -z and z.
    explanation = network().explain(np.array([x]), target=1, rule=rule)
    z = float(explanation.explained_score[0])
    divisor = z + (eps if z >= 0 else -eps)
    kept = explanation.ledger.by("kind")
    return Account(
        x=tuple(x),
        products=tuple(value * weight for value, weight in zip(x, WEIGHTS, strict=True)),
        z=z,
        divisor=divisor,
        s=z / divisor,
        R=tuple(explanation.unit_relevance[0].tolist()),
        bias=float(kept["bias"][0]),
        stabilizer=float(kept["stabilizer"][0]),
    )
