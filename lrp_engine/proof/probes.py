"""Probes: the inputs that checks run on, random ones and examples, as every part reads them.

Random inputs are such as the model could see: ids of words that the vocabulary holds, and vectors
scaled to what the first layer takes. Far outside of that a right network can fail by rounding
alone: a recurrent one with ReLU can grow at every step.

Axes: B samples, T time steps, E input units, D features.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.attribution.positions import resolve_positions
from lrp_engine.layers import BatchNormalization
from lrp_engine.model import inputs as samples_of
from lrp_engine.model.graph import INPUT
from lrp_engine.model.samples import READ, Samples

if TYPE_CHECKING:
    from lrp_engine.model.network import Network
    from lrp_engine.propagation.program import Program

LENGTHS = (1, 9, 25)  # one word alone shows the first step, the others recurrence and masks
LONGER = (32, 50)  # where layers look through windows
EACH = 4
LONGEST = 2_000  # of a model built for one length
EXAMPLES = 8
REACH = 2.0  # standard deviation of the first layer's sums, at most
ROUNDED = 1e-5  # what rounding the inputs to float32 may do to the scores, relative
CALMER, TRIES = 4.0, 5  # vectors for which it does more are made smaller
_TITLE = 40


@dataclass(frozen=True, eq=False)
class Probe:
    """Samples of one kind, and what each is called."""

    title: str
    samples: Samples

    def name(self, position: int) -> str:
        """A sample for people: "random input of 9 steps", or the text."""
        if self.title:
            steps = len(self.samples.masks[position])
            timed = f" of {steps} step{'s' if steps > 1 else ''}" if self.samples.timed else ""
            return f"{self.title}{timed}"
        text = " ".join(filter(None, self.samples.tokens[position]))  # without padding
        return f"“{text[:_TITLE]}{'…' if len(text) > _TITLE else ''}”"

    def arrays(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Positions (b,), values (b, t, E) or (b, D) and kinds of steps, chunk by chunk."""
        for chunk in self.samples.chunks():
            yield chunk, *self.samples.padded(chunk)

    def known(self) -> bool:
        """Whether every id is a row of the embedding, and none an unknown word."""
        return self.samples.ids is None or all((ids >= 0).all() for ids in self.samples.ids)


def probes(
    network: Network,
    *,
    exact: Program | None = None,
    examples: Sequence[str] = (),
    length: int | None = None,
    blank: float | None = None,
    seed: int = 0,
) -> list[Probe]:
    """Random inputs of several lengths, padded where the network masks, and texts.

    Args:
        exact: the network from vectors on, in float64, to find vectors that it can tell apart.
        examples: texts for a network with a vocabulary; others are left out.
        length: the one length that the source was built for.
        blank: the value of vectors that the source's Masking layer takes for padding.
    """
    rng = np.random.default_rng(seed)
    shape = network.input_shape
    windows = any(kind in node.layer.kind for node in network.nodes for kind in ("conv", "pool"))
    lengths: tuple[int, ...] = LONGER if windows else LENGTHS
    length = network.length or length
    if length is not None:
        lengths = (min(length, LONGEST),)
    made = []
    for steps in lengths if shape.time else (0,):
        array = _random(network, rng, steps, blank, exact)
        made.append(Probe("random input", _samples(network, array)))
    if network.vocabulary is not None and length is None:
        texts = [text for text in examples if network.tokenizer(text)][:EXAMPLES]
        for text in texts:
            made.append(Probe("", _samples(network, [text])))
    return made


def _samples(network: Network, inputs: Any) -> Samples:
    samples = samples_of.read(network, inputs)
    return replace(samples, positions=resolve_positions(samples, None))


def _random(
    network: Network,
    rng: np.random.Generator,
    steps: int,
    blank: float | None,
    exact: Program | None,
) -> np.ndarray:
    shape = network.input_shape
    if network.embedding is None:
        center, scale = input_range(network)
        size = (EACH, steps, shape.units) if shape.time else (2 * EACH, shape.units)
        x = rng.normal(size=size) * scale
        for _ in range(TRIES):
            if exact is None or _steady(exact, center + x):
                break
            x /= CALMER
        x += center
        if shape.time and blank is not None and steps > 2:
            x[0, -2:] = x[1, 1] = blank
        return x
    masked, rows = network.embedding.mask_zero, len(network.embedding.table)
    if network.vocabulary is not None:
        rows = min(rows, len(network.vocabulary))  # nobody trained the rows beyond it
    ids = rng.integers(1 if masked and rows > 1 else 0, rows, size=(EACH, steps))
    if masked and steps > 2:
        ids[0, -2:] = ids[1, steps // 2 :] = 0  # padding as Keras writes it
        ids[2, 1] = 0  # and a gap
    return ids


def input_range(network: Network) -> tuple[np.ndarray, np.ndarray]:
    """Center and spread (E,) or (D,) of inputs that a network without an embedding could see.

    A normalization says what it saw in training. Otherwise the spread is 1, less where weights of
    the first sum are so large that its standard deviation would be beyond `REACH`.
    """
    units = network.input_shape.units
    center, scale = np.zeros(units), np.ones(units)
    for layer in _first_layers(network):
        if isinstance(layer, BatchNormalization):
            return np.asarray(layer.mean, float), np.sqrt(np.asarray(layer.variance, float))
        kernel = np.asarray(getattr(layer, "kernel", np.zeros((units, 1))), float)
        kernel = kernel.reshape(-1, units, kernel.shape[-1])  # windows have several steps
        share = np.sqrt((kernel**2).sum(0).mean(1) * units)
        scale = np.minimum(scale, REACH / np.maximum(share, REACH))
    return center, scale


def _steady(exact: Program, x: np.ndarray) -> bool:
    """Whether scores hardly change where vectors (B, T, E) or (B, D) are rounded to float32."""
    read = np.full(x.shape[:2] if x.ndim == 3 else (len(x), 1), READ, np.int8)
    with np.errstate(all="ignore"):  # what overflows is not steady
        scores = exact.scores(x, read)
        off = np.abs(exact.scores(x.astype(np.float32).astype(np.float64), read) - scores).max()
        return bool(off <= ROUNDED * np.abs(scores).max())


def _first_layers(network: Network) -> Iterator[object]:
    """Layers that read the input, both directions of one that has two."""
    for node in network.nodes:
        if INPUT in node.inputs:
            directions = ("forward_layer", "backward_layer")
            yield from [getattr(node.layer, name, node.layer) for name in directions]


def without_embedding(network: Network, dtype: str = "float64") -> Any:
    """The network from vectors on, in another precision: tables of words can be large."""
    nodes, units = network.nodes, network.units
    if network.embedding is not None:
        units = network.input_shape.units if network.length is not None else None
        first = nodes[0].name
        nodes = tuple(
            replace(node, inputs=tuple(INPUT if i == first else i for i in node.inputs))
            for node in nodes[1:]
        )
    return replace(network, nodes=nodes, units=units, vocabulary=None, dtype=dtype)
