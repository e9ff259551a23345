"""The epsilon rule with a stabilizer that goes with the size of the sum."""

from __future__ import annotations

from dataclasses import dataclass

from lrp_engine.option import Option
from lrp_engine.propagation.rule import LayerRule

LARGEST_RELATIVE = 100.0


@dataclass(frozen=True, kw_only=True)
class RelativeEpsilon(LayerRule):
    """The epsilon rule with the stabilizer (eps + relative rms(z)) sign(z) in sums with a matrix.

    rms(z) is the root mean square of the sum's units at one place, (sum_j z_j^2 / M)^(1/2): one
    number means the same in every layer and network, and units that are small beside the others
    hand on little. Sums in which each unit adds up by itself (a cell's f c + i g, means, attention
    over time, merging, normalization) have eps alone: their units share no scale. After the
    tutorial by G. Montavon (https://git.tu-berlin.de/gmontavon/lrp-tutorial) to Montavon et al.
    2019 (doi 10.1007/978-3-030-28954-6_10), which adds a share of that root mean square in middle
    layers.

    Attributes:
        relative: 0 or more (at most 100); 0 is the epsilon rule.
        eps, bias_factor, gates: see `LayerRule`.

    Raises:
        InputError: an option is outside its range.
    """

    name = "relative_epsilon"
    title = "relative epsilon"
    source = "after Montavon et al. 2019, doi 10.1007/978-3-030-28954-6_10"
    meaning = (
        "Epsilon with a stabilizer that goes with the size of the sum: it means the same in every "
        "layer."
    )
    relative_stabilizer = True
    options = (
        Option(name="relative", title="relative ε", smallest=0, largest=LARGEST_RELATIVE,
               suggested=(0.003, 0.01, 0.03, 0.1),
               meaning="The stabilizer as a share of the root mean square of the units of a sum; 0 "
               "is the epsilon rule."),
    )  # fmt: skip

    relative: float = 0.03
