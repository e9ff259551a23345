"""Probes: the inputs that checks run on, random ones and examples, as every part reads them.

Random inputs are such as the model could see: ids of words that the vocabulary holds, and vectors
scaled to what the first layer takes. Far outside of that a right network can fail by rounding
alone: a recurrent one with ReLU can grow at every step.

Axes: B samples, T time steps, E input units, D features.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.attribution.positions import resolve_positions
from lrp_engine.layers import BatchNormalization
from lrp_engine.model import inputs as samples_of
from lrp_engine.model.graph import INPUT, Node
from lrp_engine.model.joined import JoinedSamples
from lrp_engine.model.samples import READ, Samples
from lrp_engine.model.text import Tokenizer

if TYPE_CHECKING:
    from lrp_engine.model.network import Network
    from lrp_engine.model.reads import Reads
    from lrp_engine.propagation.program import Program

LENGTHS = (1, 9, 25)  # one word alone shows the first step, the others recurrence and masks
ORDINARY = 6
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
        if self.title and len(self.parts) > 1:
            counts = " + ".join(map(str, self.lengths(position)))
            return f"{self.title} of {counts} steps and features"
        if self.title:
            steps = len(self.samples.masks[position])
            timed = f" of {steps} step{'s' if steps > 1 else ''}" if self.samples.timed else ""
            return f"{self.title}{timed}"
        text = " ".join(filter(None, self.samples.tokens[position]))  # without padding
        return f"“{text[:_TITLE]}{'…' if len(text) > _TITLE else ''}”"

    @property
    def parts(self) -> Mapping[str, Samples]:
        """The samples of each input."""
        samples = self.samples
        return samples.parts if isinstance(samples, JoinedSamples) else {INPUT: samples}

    def lengths(self, position: int) -> tuple[int, ...]:
        """Steps or features of a sample, by input."""
        return tuple(len(part.masks[position]) for part in self.parts.values())

    def given(self) -> Any:
        """The samples as `Network.explain` takes them."""
        arrays: dict[str, Any] = {
            name: part.values if part.ids is None else list(part.ids)
            for name, part in self.parts.items()
        }
        if not self.known():
            return self.samples.tokens
        return arrays if isinstance(self.samples, JoinedSamples) else arrays[INPUT]

    def arrays(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Positions (b,), values (b, t, E) or (b, D) and kinds of steps, chunk by chunk."""
        for chunk in self.samples.chunks():
            yield chunk, *self.samples.padded(chunk)

    def known(self) -> bool:
        """Whether every id is a row of the embedding, and none an unknown word."""
        return all((ids >= 0).all() for part in self.parts.values() for ids in part.ids or ())


def probes(
    network: Network,
    *,
    exact: Program | None = None,
    examples: Sequence[str] = (),
    length: int | None = None,
    blank: float | None = None,
    lengths_of: Mapping[str, int | None] = MappingProxyType({}),
    seed: int = 0,
) -> list[Probe]:
    """Random inputs of several lengths, padded where the network masks, and texts.

    Args:
        exact: the network from vectors on, in float64, to find vectors that it can tell apart.
        examples: texts for a network with a vocabulary; others are left out.
        length: the one length that the source was built for.
        blank: the value of vectors that the source's Masking layer takes for padding.
        lengths_of: as `length`, of several inputs by their names.
    """
    rng = np.random.default_rng(seed)
    if network.several:
        return _of_several(network, rng, exact, lengths_of)
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


def ordinary(network: Network, seed: int = 0) -> list[Probe]:
    """Random inputs without anything that a program may treat apart.

    Ids are from the upper half of the embedding: padding and marks stand at its beginning.
    """
    rng, steps = np.random.default_rng(seed), network.length or ORDINARY
    if network.embedding is None:
        array = _numbers(network, rng, steps)
    else:
        rows = len(network.embedding.table)
        array = rng.integers(rows // 2, rows, size=(EACH, steps))
    return [Probe("random input", _samples(network, array))]


def _samples(network: Network, inputs: Any) -> Samples:
    samples = samples_of.read(network, inputs)
    return samples.labelled_at(resolve_positions(samples.labelled, None))


def _of_several(
    network: Network,
    rng: np.random.Generator,
    exact: Program | None,
    lengths_of: Mapping[str, int | None],
) -> list[Probe]:
    """Random inputs, of different lengths where they are not read step by step together."""
    tied = len({shape.steps for shape in map(network.shapes.get, network.inputs) if shape}) == 1
    made = []
    for n in range(len(LENGTHS)):
        arrays = {}
        for at, (name, one) in enumerate(network.inputs.items()):
            fixed = one.length or lengths_of.get(name)
            steps = min(fixed, LONGEST) if fixed else LENGTHS[(n + (not tied) * at) % len(LENGTHS)]
            arrays[name] = _ids(one, rng, steps) if one.ids else _numbers(one, rng, steps)
        for _ in range(TRIES):
            samples = _samples(network, arrays)
            x, kinds = samples.padded(np.arange(len(samples)))
            if exact is None or _steady(exact, x.astype(np.float64), kinds):
                break
            for name, one in network.inputs.items():
                arrays[name] = arrays[name] if one.ids else arrays[name] / CALMER
        made.append(Probe("random input", samples))
    return made


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
            if exact is None or _steady(exact, center + x, _all_read(x)):
                break
            x /= CALMER
        x += center
        if shape.time and blank is not None and steps > 2:
            x[0, -2:] = x[1, 1] = blank
        return x
    return _ids(network, rng, steps)


def _numbers(reads: Reads, rng: np.random.Generator, steps: int) -> np.ndarray:
    """Vectors (B, T, E), or features (B, D)."""
    shape, (center, scale) = reads.input_shape, input_range(reads)
    size = (EACH, steps, shape.units) if shape.time else (EACH, shape.units)
    return center + rng.normal(size=size) * scale


def _ids(reads: Reads, rng: np.random.Generator, steps: int) -> np.ndarray:
    """Ids (B, T) of words that were trained, with padding where it is masked."""
    embedding = reads.embedding
    assert embedding is not None
    masked, rows = embedding.mask_zero, len(embedding.table)
    if reads.vocabulary is not None:
        rows = min(rows, len(reads.vocabulary))  # nobody trained the rows beyond it
    ids = rng.integers(1 if masked and rows > 1 else 0, rows, size=(EACH, steps))
    if masked and steps > 2:
        ids[0, -2:] = ids[1, steps // 2 :] = 0  # padding as Keras writes it
        ids[2, 1] = 0  # and a gap
    return ids


def input_range(reads: Reads) -> tuple[np.ndarray, np.ndarray]:
    """Center and spread (E,) or (D,) of numbers that an input without an embedding could have.

    A normalization says what it saw in training. Otherwise the spread is 1, less where weights of
    the first sum are so large that its standard deviation would be beyond `REACH`.
    """
    units = reads.input_shape.units
    center, scale = np.zeros(units), np.ones(units)
    for layer in _first_layers(reads):
        if isinstance(layer, BatchNormalization):
            return np.asarray(layer.mean, float), np.sqrt(np.asarray(layer.variance, float))
        kernel = np.asarray(getattr(layer, "kernel", np.zeros((units, 1))), float)
        kernel = kernel.reshape(-1, units, kernel.shape[-1])  # windows have several steps
        share = np.sqrt((kernel**2).sum(0).mean(1) * units)
        scale = np.minimum(scale, REACH / np.maximum(share, REACH))
    return center, scale


def _all_read(x: np.ndarray) -> np.ndarray:
    """The kinds of steps of vectors (B, T, E) or features (B, D)."""
    return np.full(x.shape[:2] if x.ndim == 3 else (len(x), 1), READ, np.int8)


def _steady(exact: Program, x: np.ndarray, read: np.ndarray) -> bool:
    """Whether scores hardly change where the numbers of inputs are rounded to float32."""
    with np.errstate(all="ignore"):  # what overflows is not steady
        scores = exact.scores(x, read)
        off = np.abs(exact.scores(x.astype(np.float32).astype(np.float64), read) - scores).max()
        return bool(off <= ROUNDED * np.abs(scores).max())


def _first_layers(reads: Reads) -> Iterator[object]:
    """Layers that read the input, both directions of one that has two."""
    for node in reads.network.nodes:
        if reads.signal in node.inputs:
            directions = ("forward_layer", "backward_layer")
            yield from [getattr(node.layer, name, node.layer) for name in directions]


def without_embedding(network: Network, dtype: str = "float64") -> Any:
    """The network from vectors on, in another precision: tables of words can be large."""
    if network.several:
        return _several_without_embeddings(network, dtype)
    nodes, units, time = network.nodes, network.units, network.time
    if network.embedding is not None:
        time = True  # which a dense layer alone would not say
        units = network.input_shape.units if network.length is not None else None
        first = nodes[0].name
        nodes = tuple(
            replace(node, inputs=tuple(INPUT if i == first else i for i in node.inputs))
            for node in nodes[1:]
        )
    return replace(network, nodes=nodes, units=units, time=time, vocabulary=None, dtype=dtype)


def _several_without_embeddings(network: Network, dtype: str) -> Network:
    tables = {node.name: node.inputs[0] for node in network.nodes if node.layer.reads_ids}
    nodes = tuple(
        Node(node.name, node.layer, tuple(tables.get(name, name) for name in node.inputs))
        for node in network.nodes
        if node.name not in tables
    )
    several = tuple(
        replace(one, ids=False, vocabulary=None, tokenizer=Tokenizer()) for one in network.several
    )
    return replace(network, nodes=nodes, several=several, dtype=dtype)


def grouped(lengths: Sequence[Hashable]) -> list[np.ndarray]:
    """Positions of samples of the same length: Keras is given no padding but the model's own."""
    by_length: dict[Hashable, list[int]] = {}
    for position, length in enumerate(lengths):
        by_length.setdefault(length, []).append(position)
    return [np.array(positions) for positions in by_length.values()]
