"""What all rules have: options, their checks, what a program is traced for. Free of TensorFlow.

Axes: D inputs of a weighted sum, M its outputs.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import numpy as np

from lrp_engine.errors import InputError, choices
from lrp_engine.option import Option

if TYPE_CHECKING:
    from lrp_engine.model.graph import Node
    from lrp_engine.propagation.arithmetic import Tensor

# float32 holds these without becoming 0 or infinity in a step.
SMALLEST_EPS, LARGEST_EPS = 1e-30, 1e6
LARGEST_WEIGHT = 1e6  # of gamma and alpha

COMMON_OPTIONS = ("eps", "bias_factor", "gates")  # of every rule


@dataclass(frozen=True, kw_only=True)
class GateRule:
    """How a product of a gate and a signal shares its relevance, for people.

    Attributes:
        meaning: what it does.
        research: of one that is for research alone, what was measured; else empty.
    """

    meaning: str
    research: str = ""


def _near_noise(fall: float, more: str = "") -> str:
    """By `benchmarks/rules.py`."""
    return (
        "Its order of words is close to noise: without the words ranked first, the probability of "
        f"the class falls by {fall:.3f}; by 0.269 with the gate rule all, by 0.043 without random "
        f"words (125 bundled reviews{more})."
    )


GATES: dict[str, GateRule] = {
    "all": GateRule(meaning="the signal takes all"),
    "half": GateRule(
        meaning="half to the gate, half to the signal",
        research=_near_noise(0.057),
    ),
    "prop": GateRule(
        meaning="in proportion to the values of gate and signal",
        research=_near_noise(0.042, "; the numbers of 30 overflow in float32"),
    ),
    "abs": GateRule(
        meaning="in proportion to the absolute values of gate and signal",
        research=_near_noise(0.058),
    ),
}


class SumRule(Protocol):
    """How one weighted sum z = x W + b of a dense or convolution layer shares its relevance.

    Args:
        x: inputs (..., D); those that do not exist are 0.
        W, b: weights (D, M), bias (M,) or None.
        exists: which inputs exist, (..., D) of ones and zeros; None where all do. Outside of a
            sequence, a convolution's window has no inputs.
        R, z: relevance and value of the outputs, (..., M).
        eps: the stabilizer, a scalar. rule_params: the rule's `parameters` after the first two.

    Returns:
        The message to each input (..., D), which is not read where no input exists; and what is
        absorbed, as `arithmetic.absorbed` states it. Both together add up to the sum of R.
    """

    def __call__(
        self, x: Tensor, W: Tensor, b: Tensor | None, exists: Tensor | None, R: Tensor, z: Tensor,
        eps: Tensor, rule_params: Tensor,
    ) -> tuple[Tensor, Tensor]: ...  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class TraceKey:
    """The part of a layer's rule that decides which operations a program is made of.

    Attributes:
        parameters: how many numbers the rule has, see `LayerRule.parameters`.
        redistributes_bias: whether any of what bias and stabilizer absorbed goes back to the
            inputs.
        gates: key in `GATES`.
        relative: whether the third number is the stabilizer's part in proportion to the sum.
        sum_rule: how dense and convolution layers share; None for the epsilon rule.
    """

    parameters: int
    redistributes_bias: bool
    gates: str
    relative: bool
    sum_rule: SumRule | None


class Rule(ABC):
    """How relevance is redistributed in a network: the same in every layer, or by layer."""

    name: ClassVar[str]
    title: str  # for people

    @property
    @abstractmethod
    def layer_rules(self) -> tuple[LayerRule, ...]:
        """Every rule that a layer may follow."""

    @abstractmethod
    def by_node(self, nodes: Sequence[Node]) -> tuple[LayerRule, ...]:
        """The rule of each node of a network.

        Raises:
            InputError: the rule is made for other layers than these.
        """

    @abstractmethod
    def with_options(self, **options: Any) -> Self:
        """The same with other values of options that all rules have."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Name and options as JSON keeps them; `rules.from_dict` reads it."""

    def common(self, option: str) -> Any:
        """The value of an option in every layer; None where it differs."""
        values = {getattr(rule, option) for rule in self.layer_rules}
        return values.pop() if len(values) == 1 else None


@dataclass(frozen=True, kw_only=True)
class LayerRule(Rule):
    """What a layer follows: options that all rules have. By itself, every layer follows it.

    Sums of dense and convolution layers follow `sum_rule`; all other sums follow the epsilon rule.

    Attributes:
        eps: stabilizer added to every pre-activation, away from zero; greater than 0
            (1e-30 to 1e6, which float32 can work with).
        bias_factor: share in [0, 1] of what bias and stabilizer absorbed that goes back to the
            inputs, equally to each unit (Arras et al. 2017, doi 10.18653/v1/W17-5221, eq. 1).
            0 is recommended; with 1 the relevances of words and initial states add up to the
            score exactly, which makes it a sanity check.
        gates: how z_g z_s, a gate's value times a signal's, shares its relevance R (Arras et al.
            2019, arXiv 1909.12114). "all": R_g = 0. "half": R_g = R / 2. "prop": R_g =
            R z_g / (z_g + z_s). "abs": R_g = R |z_g| / (|z_g| + |z_s|). Always R_s = R - R_g.
            Denominators are stabilized by eps as those of sums are, at the signal's expense. The
            gate's share flows on through the gate's own weighted sum. Attention weights are no
            gates: they receive nothing.

    Raises:
        InputError: an option is outside its range.
    """

    source: ClassVar[str]
    meaning: ClassVar[str]  # a sentence for people
    research: ClassVar[str] = ""  # of a rule for research alone: what was measured
    for_inputs: ClassVar[bool] = False  # meant for the layer that reads the inputs themselves
    sum_rule: ClassVar[SumRule | None] = None  # None: as all other sums
    relative_stabilizer: ClassVar[bool] = False  # its first own number goes with the size of z
    options: ClassVar[tuple[Option, ...]] = ()  # numbers that not every rule has

    eps: float = 1e-3
    bias_factor: float = 0.0
    gates: str = "all"

    def __post_init__(self) -> None:
        eps, bias_factor = _number(self.eps), _number(self.bias_factor)
        if not SMALLEST_EPS <= eps <= LARGEST_EPS:
            raise InputError(
                f"eps must be a finite number greater than 0, from {SMALLEST_EPS:g} to "
                f"{LARGEST_EPS:g}, found {self.eps!r:.40}."
            )
        if not 0 <= bias_factor <= 1:
            raise InputError(
                f"bias_factor must be between 0 and 1, found {self.bias_factor!r:.40}."
            )
        if not isinstance(self.gates, str) or self.gates not in GATES:
            raise InputError(
                f"There is no gate rule {self.gates!r:.40}; choose from {choices(GATES)}."
            )
        object.__setattr__(self, "eps", eps)
        object.__setattr__(self, "bias_factor", bias_factor)
        for option in self.options:
            self._check(option.name, option.smallest, option.largest)

    @property
    def trace_key(self) -> TraceKey:
        """What a program is traced for."""
        return TraceKey(
            parameters=len(self.parameters),
            redistributes_bias=self.bias_factor > 0,
            gates=self.gates,
            relative=self.relative_stabilizer,
            sum_rule=self.sum_rule,
        )

    @property
    def parameters(self) -> tuple[float, ...]:
        """The numbers a traced program takes as arguments, so that a new eps needs no new trace."""
        return self.eps, self.bias_factor, *(getattr(self, one.name) for one in self.options)

    @property
    def layer_rules(self) -> tuple[LayerRule, ...]:
        return (self,)

    def by_node(self, nodes: Sequence[Node]) -> tuple[LayerRule, ...]:
        return (self,) * len(nodes)

    def with_options(self, **options: Any) -> Self:
        return replace(self, **options)

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, **{f.name: getattr(self, f.name) for f in fields(self)}}

    @classmethod
    def of(cls, **options: Any) -> Self:
        """The rule with these options; those that follow from others may be left out.

        Raises:
            InputError: an option is outside its range.
        """
        return cls(**options)

    @classmethod
    def own_options(cls) -> tuple[str, ...]:
        """Names of the numbers that this rule has and not every rule."""
        return tuple(item.name for item in fields(cls) if item.name not in COMMON_OPTIONS)

    def _check(self, option: str, smallest: float, largest: float) -> float:
        """Set an option to its value as a number within its range."""
        value = _number(getattr(self, option))
        if not smallest <= value <= largest:
            raise InputError(
                f"{option} must be a number from {smallest:g} to {largest:g}, found "
                f"{getattr(self, option)!r:.40}."
            )
        object.__setattr__(self, option, value)
        return value


def _number(value: object) -> float:
    """As a Python float; NaN, which is in no range, for anything that is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf
