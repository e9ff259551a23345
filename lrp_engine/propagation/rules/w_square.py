"""The w-square rule: squared weights share relevance, whatever the inputs are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lrp_engine.propagation.rule import LayerRule

if TYPE_CHECKING:
    from lrp_engine.propagation.arithmetic import Tensor


def share_w_square(
    x: Tensor, W: Tensor, b: Tensor | None, exists: Tensor | None, R: Tensor, z: Tensor,
    eps: Tensor, rule_params: Tensor,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """s_j = R_j / (sum_k W_kj^2 + eps) over the inputs that exist; R_k = sum_j W_kj^2 s_j."""
    import tensorflow as tf

    from lrp_engine.propagation.arithmetic import absorbed, linear

    squares = tf.square(W)
    total = tf.reduce_sum(squares, axis=0) if exists is None else linear(exists, squares)
    s = R / (total + eps)
    return linear(s, squares, back=True), absorbed(
        bias=None if b is None else tf.zeros_like(s), stabilizer=eps * s
    )


@dataclass(frozen=True, kw_only=True)
class WSquare(LayerRule):
    """The w-square rule for dense and convolution layers, the epsilon rule elsewhere.

    R_k = sum_j W_kj^2 / (sum_k' W_k'j^2 + eps) R_j, whatever the inputs x are: for a first layer
    whose inputs know no bounds. Montavon et al. 2017 (doi 10.1016/j.patcog.2016.11.008). As there,
    the bias is no part of the sum and absorbs nothing; the stabilizer absorbs what eps withholds.

    Attributes:
        eps, bias_factor, gates: see `LayerRule`.

    Raises:
        InputError: an option is outside its range.
    """

    name = "w_square"
    title = "w-square"
    source = "Montavon et al. 2017, doi 10.1016/j.patcog.2016.11.008"
    meaning = (
        "Squared weights share the relevance, whatever the inputs are: meant for a first layer."
    )
    for_inputs = True
    sum_rule = staticmethod(share_w_square)
