"""A gate times a signal, sent back by the engine's own two meanings of "backward"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shares:
    """What gate and signal receive of a product.

    Attributes:
        product: gate * signal, which is also the relevance that is handed back.
        gate, signal: by LRP.
        gate_gi, signal_gi: by Gradient x Input.
    """

    product: float
    gate: float
    signal: float
    gate_gi: float
    signal_gi: float

    def parts(self) -> dict[str, list[tuple[str, float]]]:
        """By method: who receives how much."""
        return {
            "LRP": [("gate", self.gate), ("signal", self.signal)],
            "GI": [("gate", self.gate_gi), ("signal", self.signal_gi)],
        }


def shares(gate: float, signal: float) -> Shares:
    """Both ways back through one product."""
    import tensorflow as tf

    from lrp_engine.propagation.calculus import Calculus
    from lrp_engine.propagation.gradient import Gradient
    from lrp_engine.propagation.relevance import Relevance

    pair = [tf.constant([value], tf.float64) for value in (gate, signal)]

    def back(calculus: Calculus, start: tf.Tensor | None) -> tuple[float, list[float]]:
        with tf.GradientTape() as tape:
            tape.watch(pair)
            product = calculus.product(*pair)
        arrived = tape.gradient(
            product,
            pair,
            product if start is None else start,
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )
        return float(product[0]), [float(value[0]) for value in arrived]

    number = tf.constant(0.0, tf.float64)  # a product asks for neither eps nor a bias factor
    product, relevance = back(Relevance(eps=number, bias_factor=number), None)
    _, slopes = back(Gradient(), tf.ones(1, tf.float64))
    return Shares(product, relevance[0], relevance[1], slopes[0] * gate, slopes[1] * signal)
