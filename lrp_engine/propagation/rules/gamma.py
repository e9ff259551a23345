"""The gamma rule: contributions that agree with the sign of their sum count more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lrp_engine.option import Option
from lrp_engine.propagation.rule import LARGEST_WEIGHT, LayerRule

if TYPE_CHECKING:
    from lrp_engine.propagation.arithmetic import Tensor


def share_gamma(
    x: Tensor, W: Tensor, b: Tensor | None, exists: Tensor | None, R: Tensor, z: Tensor,
    eps: Tensor, rule_params: Tensor,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """With G = P where z >= 0 and N elsewhere, s = R / (z + gamma G + eps sign z):

    contributions of the sign of z receive (1 + gamma) a s, the others a s.
    """
    import tensorflow as tf

    from lrp_engine.propagation import by_sign
    from lrp_engine.propagation.arithmetic import absorbed, signed

    gamma = rule_params[0]
    P, N = by_sign.totals(x, W, b)
    sign = signed(z)
    s = R / (z + gamma * tf.where(z >= 0, P, N) + eps * sign)
    more, zero = gamma * s, tf.zeros_like(s)
    factors = by_sign.Factors(s + tf.where(z >= 0, more, zero), s + tf.where(z >= 0, zero, more))
    message = by_sign.message(x, W, factors)
    return message, absorbed(bias=by_sign.bias_part(b, factors), stabilizer=eps * sign * s)


@dataclass(frozen=True, kw_only=True)
class Gamma(LayerRule):
    """The gamma rule for dense and convolution layers, the epsilon rule elsewhere.

    Contributions a_kj = x_k W_kj and b_j of the sign of z_j count 1 + gamma times, in the messages
    and in their denominator. Montavon et al. 2019 (doi 10.1007/978-3-030-28954-6_10, section 10.2)
    for positive inputs and z; the form for both signs follows from symmetry.

    Attributes:
        gamma: 0 or more (at most 1e6); 0 is the epsilon rule.
        eps, bias_factor, gates: see `LayerRule`.

    Raises:
        InputError: an option is outside its range.
    """

    name = "gamma"
    title = "gamma"
    source = "Montavon et al. 2019, doi 10.1007/978-3-030-28954-6_10"
    meaning = "Contributions that agree with the sign of their sum count more."
    sum_rule = staticmethod(share_gamma)
    options = (
        Option(name="gamma", title="γ", smallest=0, largest=LARGEST_WEIGHT,
               suggested=(0.1, 0.25, 0.5, 1.0, 2.0, 10.0),
               meaning="How much more the agreeing contributions count; 0 is the epsilon rule."),
    )  # fmt: skip

    gamma: float = 0.25
