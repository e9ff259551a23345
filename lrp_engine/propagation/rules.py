"""Rules: how sums and products hand relevance back to their inputs. Free of TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from lrp_engine.errors import InputError, choices
from lrp_engine.option import Option
from lrp_engine.propagation.rule import GATES, LARGEST_WEIGHT, Rule, TraceKey

__all__ = [
    "DEFAULT_RULE",
    "GATES",
    "RULES",
    "AlphaBeta",
    "Epsilon",
    "Gamma",
    "Option",
    "Rule",
    "TraceKey",
    "ZPlus",
    "from_plain",
]


@dataclass(frozen=True, kw_only=True)
class Epsilon(Rule):
    """The epsilon rule for every sum, Bach et al. 2015 (doi 10.1371/journal.pone.0130140, eq. 58).

    Attributes:
        eps, bias_factor, gates: see `Rule`.

    Raises:
        InputError: an option is outside its range.
    """

    name = "epsilon"
    title = "epsilon"
    source = "Bach et al. 2015, doi 10.1371/journal.pone.0130140, eq. 58"
    meaning = "Contributions to a sum share its relevance in proportion. The usual choice."


@dataclass(frozen=True, kw_only=True)
class Gamma(Rule):
    """The gamma rule for dense and convolution layers, the epsilon rule elsewhere.

    Contributions a_kj = x_k W_kj and b_j of the sign of z_j count 1 + gamma times, in the messages
    and in their denominator. Montavon et al. 2019 (doi 10.1007/978-3-030-28954-6_10, section 10.2)
    for positive inputs and z; the form for both signs follows from symmetry.

    Attributes:
        gamma: 0 or more (at most 1e6); 0 is the epsilon rule.
        eps, bias_factor, gates: see `Rule`.

    Raises:
        InputError: an option is outside its range.
    """

    name = "gamma"
    title = "gamma"
    source = "Montavon et al. 2019, doi 10.1007/978-3-030-28954-6_10"
    meaning = "Contributions that agree with the sign of their sum count more."
    sum_rule = "gamma"
    options = (
        Option(name="gamma", title="γ", smallest=0, largest=LARGEST_WEIGHT,
               suggested=(0.1, 0.25, 0.5, 1.0, 2.0, 10.0),
               meaning="How much more the agreeing contributions count; 0 is the epsilon rule."),
    )  # fmt: skip

    gamma: float = 0.25

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("gamma", 0)

    @property
    def parameters(self) -> tuple[float, ...]:
        return *super().parameters, self.gamma


@dataclass(frozen=True, kw_only=True)
class AlphaBeta(Rule):
    """The alpha-beta rule for dense and convolution layers, the epsilon rule elsewhere.

    Positive contributions share alpha R, negative ones -beta R. Bach et al. 2015
    (doi 10.1371/journal.pone.0130140, eq. 60).

    Attributes:
        alpha, beta: alpha - beta = 1, beta 0 or more.
        eps, bias_factor, gates: see `Rule`.

    Raises:
        InputError: an option is outside its range.
    """

    name = "alpha_beta"
    title = "alpha-beta"
    source = "Bach et al. 2015, doi 10.1371/journal.pone.0130140, eq. 60"
    meaning = "Contributions for and against are shared out apart, with weights α and −β."
    sum_rule = "alpha_beta"
    options = (
        Option(name="alpha", title="α", smallest=1, largest=LARGEST_WEIGHT,
               suggested=(1.0, 1.5, 2.0, 3.0, 5.0),
               meaning="Weight of positive contributions; negative ones have −β = 1 − α."),
    )  # fmt: skip

    alpha: float = 2.0
    beta: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        alpha, beta = self._check("alpha", 1), self._check("beta", 0)
        if abs(alpha - beta - 1) > 1e-12 * alpha:
            raise InputError(
                f"alpha - beta must be 1, found alpha {alpha:g} and beta {beta:g}; "
                f"alpha {beta + 1:g} belongs to beta {beta:g}."
            )

    @classmethod
    def of(cls, **options: Any) -> Self:
        if "alpha" in options and "beta" not in options:
            options["beta"] = options["alpha"] - 1
        return cls(**options)

    @property
    def parameters(self) -> tuple[float, ...]:
        # What alpha hands out beyond R is what beta takes back, to the last digit.
        return *super().parameters, 1 + self.beta, self.beta


@dataclass(frozen=True, kw_only=True)
class ZPlus(Rule):
    """The z-plus rule for dense and convolution layers, the epsilon rule elsewhere.

    Positive contributions share all of R: alpha-beta with alpha 1 and beta 0. Montavon et al. 2017
    (doi 10.1016/j.patcog.2016.11.008, eq. 14).

    Attributes:
        eps, bias_factor, gates: see `Rule`.

    Raises:
        InputError: an option is outside its range.
    """

    name = "z_plus"
    title = "z-plus"
    source = "Montavon et al. 2017, doi 10.1016/j.patcog.2016.11.008"
    meaning = "Only positive contributions receive relevance: nothing speaks against."
    sum_rule = "alpha_beta"

    @property
    def parameters(self) -> tuple[float, ...]:
        return *super().parameters, 1.0, 0.0


DEFAULT_RULE = Epsilon()

# Name -> rule; the command line, the dashboard and the tests read it.
RULES: dict[str, type[Rule]] = {rule.name: rule for rule in (Epsilon, Gamma, AlphaBeta, ZPlus)}


def from_plain(settings: Mapping[str, Any]) -> Rule:
    """The rule that `Rule.to_dict` described.

    Raises:
        InputError: there is no such rule or option, or an option is outside its range.
    """
    options = dict(settings)
    name = options.pop("name", None)
    if not isinstance(name, str) or name not in RULES:
        raise InputError(f"There is no rule {name!r:.40}; choose from {choices(RULES)}.")
    try:
        return RULES[name](**options)
    except TypeError:
        raise InputError(f"The rule {name!r} has no options {choices(options)}.") from None
