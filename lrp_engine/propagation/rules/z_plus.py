"""The z-plus rule: only positive contributions receive relevance."""

from __future__ import annotations

from dataclasses import dataclass

from lrp_engine.propagation.rule import LayerRule
from lrp_engine.propagation.rules.alpha_beta import share_alpha_beta, told_apart


@dataclass(frozen=True, kw_only=True)
class ZPlus(LayerRule):
    """The z-plus rule for dense and convolution layers, the epsilon rule elsewhere.

    Positive contributions share all of R: alpha-beta with alpha 1 and beta 0. Montavon et al. 2017
    (doi 10.1016/j.patcog.2016.11.008, eq. 14).

    Attributes:
        eps, bias_factor, gates: see `LayerRule`.

    Raises:
        InputError: an option is outside its range.
    """

    name = "z_plus"
    title = "z-plus"
    source = "Montavon et al. 2017, doi 10.1016/j.patcog.2016.11.008"
    meaning = "Only positive contributions receive relevance: nothing opposes the class."
    research = told_apart(69)
    sum_rule = staticmethod(share_alpha_beta)

    @property
    def parameters(self) -> tuple[float, ...]:
        return *super().parameters, 1.0, 0.0
