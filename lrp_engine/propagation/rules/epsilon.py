"""The epsilon rule."""

from __future__ import annotations

from dataclasses import dataclass

from lrp_engine.propagation.rule import LayerRule


@dataclass(frozen=True, kw_only=True)
class Epsilon(LayerRule):
    """The epsilon rule for every sum, Bach et al. 2015 (doi 10.1371/journal.pone.0130140, eq. 58).

    Attributes:
        eps, bias_factor, gates: see `LayerRule`.

    Raises:
        InputError: an option is outside its range.
    """

    name = "epsilon"
    title = "epsilon"
    source = "Bach et al. 2015, doi 10.1371/journal.pone.0130140, eq. 58"
    meaning = "Contributions to a sum share its relevance in proportion. The usual choice."
