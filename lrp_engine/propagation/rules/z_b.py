"""The z-B rule, for inputs that lie within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lrp_engine.option import Option
from lrp_engine.propagation.rule import LARGEST_WEIGHT, LayerRule

if TYPE_CHECKING:
    from lrp_engine.propagation.arithmetic import Tensor


def share_z_b(
    x: Tensor, W: Tensor, b: Tensor | None, exists: Tensor | None, R: Tensor, z: Tensor,
    eps: Tensor, rule_params: Tensor,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """c_kj = x_k W_kj - l W+_kj - h W-_kj = (x_k - l) W+_kj + (x_k - h) W-_kj of existing inputs;

    with Z = sum_k c_k and s = R / (Z + eps sign Z), R_k = sum_j c_kj s_j.
    """
    import tensorflow as tf

    from lrp_engine.propagation import by_sign
    from lrp_engine.propagation.arithmetic import absorbed, linear, signed

    above, below = x - rule_params[0], x - rule_params[1]
    if exists is not None:
        above, below = above * exists, below * exists
    W_plus, W_minus = by_sign.parts(W)
    Z = linear(tf.concat([above, below], axis=-1), tf.concat([W_plus, W_minus], axis=0))
    stabilizer = eps * signed(Z)
    s = R / (Z + stabilizer)
    message = above * linear(s, W_plus, back=True) + below * linear(s, W_minus, back=True)
    return message, absorbed(
        bias=None if b is None else tf.zeros_like(s), stabilizer=stabilizer * s
    )


@dataclass(frozen=True, kw_only=True)
class ZB(LayerRule):
    """The z-B rule for dense and convolution layers, the epsilon rule elsewhere.

    For inputs with low <= x <= high. Contributions c_kj = x_k W_kj - low W+_kj - high W-_kj, none
    of them negative, share R_j in proportion: for a first layer whose inputs are bounded. Montavon
    et al. 2017 (doi 10.1016/j.patcog.2016.11.008). As there, the bias is no part of the sum and
    absorbs nothing. An input outside the bounds is not refused: its contributions may be negative.

    Attributes:
        low: smallest value an input can have, 0 or less (at least -1e6).
        high: largest value an input can have, 0 or more (at most 1e6).
        eps, bias_factor, gates: see `LayerRule`.

    Raises:
        InputError: an option is outside its range.
    """

    name = "z_b"
    title = "z-B"
    source = "Montavon et al. 2017, doi 10.1016/j.patcog.2016.11.008"
    meaning = (
        "Distances of the inputs from their bounds share the relevance: meant for a first layer "
        "with inputs between low and high."
    )
    for_inputs = True
    sum_rule = staticmethod(share_z_b)
    options = (
        Option(name="low", title="low", smallest=-LARGEST_WEIGHT, largest=0,
               suggested=(-10.0, -3.0, -1.0, -0.5, 0.0),
               meaning="The smallest value an input can have, 0 or less."),
        Option(name="high", title="high", smallest=0, largest=LARGEST_WEIGHT,
               suggested=(0.0, 0.5, 1.0, 3.0, 10.0),
               meaning="The largest value an input can have, 0 or more."),
    )  # fmt: skip

    low: float = -1.0
    high: float = 1.0
