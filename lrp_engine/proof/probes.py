"""Probes: the inputs that checks run on, random ones and examples, as every part reads them.

Axes: B samples, T time steps, E input units, D features.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.model import inputs as samples_of
from lrp_engine.model.samples import Samples

if TYPE_CHECKING:
    from lrp_engine.model.network import Network

LENGTHS = (1, 9, 25)  # one word alone shows the first step, the others recurrence and masks
LONGER = (32, 50)  # where layers look through windows
EACH = 4
LONGEST = 2_000  # of a model built for one length
EXAMPLES = 8
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
        text = " ".join(self.samples.tokens[position])
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
    examples: Sequence[str] = (),
    length: int | None = None,
    blank: float | None = None,
    seed: int = 0,
) -> list[Probe]:
    """Random inputs of several lengths, padded where the network masks, and texts.

    Args:
        examples: texts for a network with a vocabulary; others are left out.
        length: the one length that the source was built for.
        blank: the value of vectors that the source's Masking layer takes for padding.
    """
    rng = np.random.default_rng(seed)
    shape = network.input_shape
    windows = any(kind in node.layer.kind for node in network.nodes for kind in ("conv", "pool"))
    lengths: tuple[int, ...] = LONGER if windows else LENGTHS
    if length is not None:
        lengths = (min(length, LONGEST),)
    made = []
    for steps in lengths if shape.time else (0,):
        array = _random(network, rng, steps, blank)
        made.append(Probe("random input", samples_of.read(network, array)))
    if network.vocabulary is not None and length is None:
        texts = [text for text in examples if network.tokenizer(text)][:EXAMPLES]
        for text in texts:
            made.append(Probe("", samples_of.read(network, [text])))
    return made


def _random(
    network: Network, rng: np.random.Generator, steps: int, blank: float | None
) -> np.ndarray:
    shape = network.input_shape
    if not shape.time:
        return rng.normal(size=(2 * EACH, shape.units))
    if network.embedding is None:
        x = rng.normal(size=(EACH, steps, shape.units))
        if blank is not None and steps > 2:
            x[0, -2:] = x[1, 1] = blank
        return x
    masked, rows = network.embedding.mask_zero, len(network.embedding.table)
    ids = rng.integers(1 if masked and rows > 1 else 0, rows, size=(EACH, steps))
    if masked and steps > 2:
        ids[0, -2:] = ids[1, steps // 2 :] = 0  # padding as Keras writes it
        ids[2, 1] = 0  # and a gap
    return ids


def without_embedding(network: Network, dtype: str = "float64") -> Any:
    """The network from vectors on, in another precision: tables of words can be large."""
    from dataclasses import replace

    from lrp_engine.model.graph import INPUT

    nodes = network.nodes
    if network.embedding is not None:
        first = nodes[0].name
        nodes = tuple(
            replace(node, inputs=tuple(INPUT if i == first else i for i in node.inputs))
            for node in nodes[1:]
        )
    return replace(network, nodes=nodes, vocabulary=None, dtype=dtype)
