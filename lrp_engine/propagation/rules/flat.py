"""The flat rule: all inputs receive the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lrp_engine.propagation.rule import LayerRule

if TYPE_CHECKING:
    from lrp_engine.propagation.arithmetic import Tensor


def share_flat(
    x: Tensor, W: Tensor, b: Tensor | None, exists: Tensor | None, R: Tensor, z: Tensor,
    eps: Tensor, rule_params: Tensor,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """R_k = sum_j R_j / N for each of N inputs that exist; where N is 0, all is absorbed."""
    import tensorflow as tf

    from lrp_engine.propagation.arithmetic import absorbed

    ones = tf.ones_like(x) if exists is None else exists
    count = tf.reduce_sum(ones, axis=-1, keepdims=True)
    message = ones * tf.math.divide_no_nan(tf.reduce_sum(R, axis=-1, keepdims=True), count)
    return message, absorbed(
        bias=None if b is None else tf.zeros_like(R),
        stabilizer=tf.where(count > 0, tf.zeros_like(R), R),
    )


@dataclass(frozen=True, kw_only=True)
class Flat(LayerRule):
    """The flat rule for dense and convolution layers, the epsilon rule elsewhere.

    R_k = sum_j R_j / N for each of the N inputs of a sum, whatever inputs and weights are: for a
    first layer, where only the region that relevance comes from is of interest. Lapuschkin et al.
    2019 (doi 10.1038/s41467-019-08987-4). Bias and stabilizer are no parts of the sum and absorb
    nothing; only a window without any input absorbs all.

    Attributes:
        eps, bias_factor, gates: see `LayerRule`; eps is for sums that follow the epsilon rule.

    Raises:
        InputError: an option is outside its range.
    """

    name = "flat"
    title = "flat"
    source = "Lapuschkin et al. 2019, doi 10.1038/s41467-019-08987-4"
    meaning = (
        "All inputs of a sum receive the same, whatever they and the weights are: meant for a "
        "first layer."
    )
    for_inputs = True
    sum_rule = staticmethod(share_flat)
