"""Adding and subtracting: networks whose right explanation is known, trained here.

A sequence of numbers, two of them marked; the network says their sum, or the first one less the
second. All relevance belongs to the marked steps, and each should get its number, the second one of
a difference with the other sign. After Arras et al. 2019, doi 10.1007/978-3-030-28954-6_11 and
doi 10.18653/v1/W19-4813. All networks are trained side by side, each with weights of its own.

Axes: S networks, B sequences, T steps, H hidden units.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

import lrp_engine
from benchmarks.papers import results
from benchmarks.papers.arithmetic_names import ERROR, PART, SQUARED_ERROR
from benchmarks.papers.stabilizers import CANDIDATES
from lrp_engine import Epsilon, Evaluation, Network
from lrp_engine.layers import LSTM, Dense
from lrp_engine.model.graph import Node
from sample_models.addition.train import BATCH, HIDDEN, LEARNING_RATE, LENGTHS, sequences

SEEDS = range(1, 9)
# Task -> what the number of the second marked step counts.
SIGNS = {"addition": 1.0, "subtraction": -1.0}
STEPS = 8_000
TEST = 500
METHODS = ("lrp", "gradient_x_input", "sensitivity", "integrated_gradients", "occlusion")
RULES = {
    **CANDIDATES,
    "epsilon 0.1": Epsilon(eps=0.1),
    "gates half": Epsilon(gates="half"),
    "gates prop": Epsilon(gates="prop"),
    "gates abs": Epsilon(gates="abs"),
}


def answers(x: np.ndarray, sign: float) -> np.ndarray:
    """The right relevance (B, T) of sequences (B, T, 2), NaN at steps without a mark."""
    marked = x[..., 1] == 1
    second = np.cumsum(marked, axis=1) == 2
    return np.where(marked, x[..., 0] * np.where(second, sign, 1.0), np.nan)


def trained(signs: np.ndarray, seeds: np.ndarray) -> Iterator[Network]:
    """A network for each pair of a sign and a seed (S,)."""
    import keras
    import tensorflow as tf

    count = len(signs)
    drawn = [np.random.default_rng([seed, int(sign > 0)])
             for seed, sign in zip(seeds.tolist(), signs.tolist(), strict=True)]  # fmt: skip
    shapes = {"W": (2, 4 * HIDDEN), "U": (HIDDEN, 4 * HIDDEN), "out": (HIDDEN, 1)}
    first = {name: np.stack([rng.normal(size=shape) / np.sqrt(shape[0]) for rng in drawn])
             for name, shape in shapes.items()}  # fmt: skip
    first["b"] = np.zeros((count, 4 * HIDDEN))
    first["b"][:, HIDDEN : 2 * HIDDEN] = 1  # the forget gate begins open
    first["c"] = np.zeros((count, 1))
    weights = {name: tf.Variable(value, dtype="float32") for name, value in first.items()}

    def outputs(x: tf.Tensor) -> tf.Tensor:
        """(S, B) of sequences (T, S, B, 2)."""
        h = c = tf.zeros([count, BATCH, HIDDEN])
        for now in tf.unstack(x):
            z = now @ weights["W"] + h @ weights["U"] + weights["b"][:, None]
            i, f, o, g = tf.split(z, 4, axis=-1)
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            h = tf.sigmoid(o) * tf.tanh(c)
        return (h @ weights["out"])[..., 0] + weights["c"]

    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, STEPS)
    adam = keras.optimizers.Adam(schedule)
    variables = list(weights.values())
    adam.build(variables)

    def learn(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            # The sum over networks: none of them sees the others.
            loss = tf.reduce_sum(tf.reduce_mean(tf.square(outputs(x) - y), axis=1))
        adam.apply(tape.gradient(loss, variables), variables)
        return loss / count

    learners = {length: tf.function(learn) for length in LENGTHS}  # each is traced once

    rng = np.random.default_rng(0)
    for n in range(STEPS):
        length = int(rng.integers(LENGTHS.start, LENGTHS.stop))
        x, _ = sequences(rng, count * BATCH, length)
        x = x.reshape(count, BATCH, length, 2)
        y = np.stack([np.nansum(answers(part, sign), axis=1)
                      for part, sign in zip(x, signs.tolist(), strict=True)])  # fmt: skip
        loss = learners[length](tf.constant(x.transpose(2, 0, 1, 3), tf.float32),
                                tf.constant(y, tf.float32))  # fmt: skip
        if (n + 1) % 1_000 == 0:
            print(f"step {n + 1}: mean squared error {float(loss):.2g}", flush=True)
    learned = {name: value.numpy() for name, value in weights.items()}
    for n in range(count):
        lstm = LSTM(learned["W"][n], learned["U"][n], learned["b"][n])
        dense = Dense(learned["out"][n], learned["c"][n])
        nodes = (Node("lstm", lstm, ("input",)), Node("sum", dense, ("lstm",)))
        yield Network(nodes=nodes, output="linear", labels=("sum",))


def test_sequences() -> tuple[np.ndarray, np.ndarray]:
    """Sequences that no network saw (B, T, 2), padded with zeros, and their lengths (B,)."""
    rng = np.random.default_rng(12_345)
    lengths = np.array([LENGTHS[n % len(LENGTHS)] for n in range(TEST)])
    x = np.zeros((TEST, int(lengths.max()), 2))
    for row, length in enumerate(lengths.tolist()):
        x[row, :length] = sequences(rng, 1, length)[0][0]
    return x, lengths


def run() -> Iterator[pd.DataFrame]:
    """Of each network a row per explainer and measure."""
    x, lengths = test_sequences()
    named = [(task, seed) for task in SIGNS for seed in SEEDS]
    signs = np.array([SIGNS[task] for task, _ in named])
    seeds = np.array([seed for _, seed in named])
    for (task, seed), sign, network in zip(named, signs, trained(signs, seeds), strict=True):
        right = answers(x, float(sign))
        made = lrp_engine.evaluate(
            network, x, lengths=lengths, methods=METHODS, rules=RULES,
            measures=("marked_share", "marked_correlation"),
            answers=[row[:length] for row, length in zip(right, lengths, strict=True)],
            method_options={"occlusion": {"removal": "zero"}},
        )  # fmt: skip
        model = f"{task} {seed}"
        error = network.predict(x, lengths=lengths)[:, 0] - np.nansum(right, axis=1)
        print(f"{model}: root mean squared error {np.sqrt(np.mean(error**2)):.4f}", flush=True)
        row = ("", "", ERROR, float(np.sqrt(np.mean(error**2))), TEST)
        parts = results.rows_of(made, PART, model), _squared_errors(made, model)
        yield pd.concat([*parts, results.frame([row], PART, model)], ignore_index=True)


def _squared_errors(made: Evaluation, model: str) -> pd.DataFrame:
    """Mean of (relevance - answer)^2 over the marked steps, of what the correlation is made of."""
    n, _, _, rr, aa, ra = np.moveaxis(made.counted("marked_correlation"), 2, 0).sum(axis=1)
    error = (rr - 2 * ra + aa) / n
    return results.frame(
        [(one.method, one.rule, SQUARED_ERROR, float(error[j]), TEST)
         for j, one in enumerate(made.explainers)],
        PART, model,
    )  # fmt: skip
