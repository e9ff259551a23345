"""Scores of samples, and of what is left of them without some of their words.

Axes: B samples, n variants, T time steps, C classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lrp_engine import lazy
from lrp_engine.attribution.methods import Variant
from lrp_engine.attribution.work import Work
from lrp_engine.model.chunks import CHUNK_NUMBERS, CHUNK_ROWS, CHUNK_TOKENS
from lrp_engine.model.joined import JoinedSamples
from lrp_engine.model.removals import DROP, removal_named
from lrp_engine.model.samples import Samples
from lrp_engine.model.variants import only_shorter, shortened

if TYPE_CHECKING:
    from lrp_engine.model.network import Network
    from lrp_engine.propagation.program import Program

# Variants read ahead, so that those of equal length share a pass; and numbers of their masks.
AHEAD, AHEAD_NUMBERS = 1 << 16, 1 << 22
# Steps of a pass forward, which keeps nothing for a way back.
MOST_STEPS = 4 * CHUNK_TOKENS
# Numbers of the masks of one pass: long samples of which little is left.
MASKS = 16 * CHUNK_TOKENS


def step_scores_of(
    samples: Samples, *, before_pass: Callable[[], None] = lambda: None
) -> np.ndarray:
    """Scores (B, T, C) of each step, 0 where a sample has none; `before_pass` may raise to stop."""
    network, words = samples.network, samples.labelled
    scores = np.zeros((len(samples), words.width, network.classes), network.dtype)
    for chunk in samples.chunks():
        before_pass()
        with network.lock:
            made = program_of(network).step_scores(*samples.padded(chunk))
        real = np.arange(words.width) < words.lengths[chunk][:, None]
        part = np.zeros((len(chunk), words.width, network.classes), network.dtype)
        part[:, : made.shape[1]] = made[:, : words.width]
        scores[chunk] = np.where(real[..., None], part, 0)
    return scores


def scores_of(samples: Samples, *, before_pass: Callable[[], None] = lambda: None) -> np.ndarray:
    """Scores (B, C); `before_pass` may raise to stop."""
    network = samples.network
    scores = np.zeros((len(samples), network.classes), network.dtype)
    for chunk in samples.chunks():
        before_pass()
        with network.lock:
            scores[chunk] = program_of(network).scores(*samples.padded(chunk))
    return scores


def scores_of_variants(
    samples: Samples,
    variants: Iterable[Variant],
    *,
    removal: str = DROP,
    work: Work | None = None,
) -> np.ndarray:
    """Scores (n, C) of samples without some of their parts, in batches of bounded memory.

    Args:
        variants: see `Samples.variants`; read as it goes.
        removal: a name in `REMOVALS`, how parts are left out.
        work: told of each batch; it may raise to stop.
    """
    leave_out, work = removal_named(removal), work or Work(0)
    network = samples.network
    shorter = removal == DROP
    direct = shorter and not isinstance(samples, JoinedSamples) and only_shorter(samples)
    most = (
        min(MOST_STEPS, CHUNK_NUMBERS // samples.reads.input_shape.units)
        if direct
        else CHUNK_TOKENS
    )
    found = []
    for ahead in _ahead(variants):
        scores = np.zeros((len(ahead), network.classes), network.dtype)
        for part in _alike(ahead, most, shorter=shorter):
            chosen = [ahead[n] for n in part]
            if direct:
                work.begin()
                with network.lock:
                    scores[part] = program_of(network).scores(*shortened(samples, chosen))
            else:
                left: Samples = (
                    samples.without(leave_out, chosen)
                    if isinstance(samples, JoinedSamples)
                    else leave_out(samples, chosen)
                )
                scores[part] = scores_of(left, before_pass=work.begin)
            work.done(len(part))
        found.append(scores)
    return np.concatenate(found or [np.zeros((0, network.classes), network.dtype)])


def _ahead(variants: Iterable[Variant]) -> Iterator[list[Variant]]:
    """Variants in the order given, as many as may be held."""
    held: list[Variant] = []
    numbers = 0
    for one in variants:
        held.append(one)
        numbers += len(one[1])
        if len(held) == AHEAD or numbers >= AHEAD_NUMBERS:
            yield held
            held, numbers = [], 0
    if held:
        yield held


def _alike(variants: Sequence[Variant], most: int, *, shorter: bool) -> Iterator[np.ndarray]:
    """Positions of variants of about equal length, few enough for one pass.

    Args:
        most: steps of a pass. shorter: whether a sample without some parts is shorter.
    """
    given = np.array([len(kept) for _, kept in variants])
    lengths = given
    if shorter:
        ends = np.cumsum(given)
        so_far = np.concatenate([[0], np.cumsum(np.concatenate([kept for _, kept in variants]))])
        lengths = so_far[ends] - so_far[ends - given]
    order = np.argsort(lengths, kind="stable")
    ascending, numbers = lengths[order].tolist(), given[order].tolist()
    start = held = 0
    for end, longest in enumerate(ascending):
        rows = end + 1 - start
        full = rows > CHUNK_ROWS or rows * longest > most or held + numbers[end] > MASKS
        if end > start and full:
            yield order[start:end]
            start, held = end, 0
        held += numbers[end]
    yield order[start:]


def program_of(network: Network) -> Program:
    """The network's program."""
    program: Program = lazy.load("propagation.program:program_of")(network)  # loads TensorFlow
    return program
