"""Inputs to results: chunks through the program and the methods, into Explanations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from lrp_engine.attribution.assembly import Assembly
from lrp_engine.attribution.explanations import Explanations
from lrp_engine.attribution.joined import JoinedAssembly
from lrp_engine.attribution.kept_layers import Layers, kept_layers
from lrp_engine.attribution.methods import (
    LIVE_METHODS,
    METHODS,
    Method,
    Run,
    Variant,
    methods_listed,
    options_of,
)
from lrp_engine.attribution.positions import resolve_positions
from lrp_engine.attribution.scores import (
    program_of,
    scores_of,
    scores_of_variants,
    step_scores_of,
)
from lrp_engine.attribution.targets import resolve, selection
from lrp_engine.attribution.work import Cancel, PassCount, Work, require_callbacks
from lrp_engine.errors import InputError, OverflowInputError, choices
from lrp_engine.model import inputs as samples_of
from lrp_engine.model.baselines import baseline_of, masked_values
from lrp_engine.model.joined import JoinedSamples
from lrp_engine.model.removals import DROP
from lrp_engine.model.samples import Samples
from lrp_engine.propagation import rules

if TYPE_CHECKING:
    from lrp_engine.model.network import Network
    from lrp_engine.propagation.backward import Backward
    from lrp_engine.propagation.rules import Rule

# Where a path begins instead of 0 in a network that skips steps of the baseline's value: a step
# that is read near the baseline would be skipped in it.
BESIDE_A_MASK = 1e-6

A = TypeVar("A")
B = TypeVar("B")


def predict(network: Network, inputs: Any, *, lengths: Any) -> np.ndarray:
    """Scores (B, C), or (B, T, C) of each step; the inputs are checked as `explain` checks them.

    Raises:
        InputError: an input does not fit, or its numbers overflow.
    """
    samples = samples_of.read(network, inputs, lengths)
    resolve_positions(samples.labelled, None)
    with np.errstate(over="ignore", invalid="ignore"):  # found out below
        scores = step_scores_of(samples) if network.labels_steps else scores_of(samples)
    fine = np.isfinite(scores).reshape(len(samples), -1).all(axis=1)
    if not fine.all():
        raise OverflowInputError(np.flatnonzero(~fine).tolist(), network.dtype)
    return scores


def explain(
    network: Network,
    inputs: Any,
    *,
    methods: Sequence[str] | None,
    target: Any,
    rule: Rule | None,
    method_options: Mapping[str, Mapping[str, Any] | None] | None,
    lengths: Any,
    layers: Layers,
    units: bool = True,
    hold: str | Sequence[str] = (),
    position: Any = None,
    progress: Callable[[int, int], object] | None = None,
    cancel: Cancel | None = None,
) -> Explanations:
    """One Explanation per method; each calculus runs once, however many methods read it."""
    require_callbacks(progress, cancel)
    kept = kept_layers(network, layers)
    asked = _methods(methods, layers=bool(kept))
    options = options_of(asked, method_options)
    rule = rules.checked(rule, network.nodes)
    samples = samples_of.read(network, inputs, lengths, hold=hold)
    targets = resolve(network, target, len(samples))
    samples = samples.labelled_at(resolve_positions(samples.labelled, position))
    calculi = tuple(dict.fromkeys(calculus for method in asked for calculus in method.passes))
    assemblies = {
        source: _assembly(
            samples, [m for m in asked if m.passes[:1] == source], options, rule, units=units
        )
        for source in dict.fromkeys(method.passes[:1] for method in asked)
    }

    work = Work(passes_of(samples, asked, options).total, progress, cancel)

    def run(chunk: np.ndarray) -> tuple[np.ndarray, Run]:
        work.begin()
        chosen = None if targets is None else selection(targets[chunk], network.classes)
        return chunk, _run(samples, chunk, calculi, chosen, rule, work, kept=kept, units=units)

    for chunk, made in _one_ahead(run, samples.chunks()):
        for assembly in assemblies.values():
            assembly.add(chunk, made)
    return Explanations({m.name: assemblies[m.passes[:1]].explanation(m, targets) for m in asked})


def _assembly(
    samples: Samples,
    methods: list[Method],
    options: dict[str, dict[str, Any]],
    rule: Rule,
    *,
    units: bool,
) -> Assembly | JoinedAssembly:
    kind = JoinedAssembly if isinstance(samples, JoinedSamples) else Assembly
    return kind(samples, methods, options, rule, units=units)  # type: ignore[arg-type]


def count_passes(
    network: Network,
    inputs: Any,
    *,
    methods: Sequence[str] | None,
    method_options: Mapping[str, Mapping[str, Any] | None] | None,
    lengths: Any,
) -> PassCount:
    """The passes that methods ask for, see `Network.count_passes`."""
    asked = _methods(methods, layers=False)
    samples = samples_of.read(network, inputs, lengths)
    return passes_of(samples, asked, options_of(asked, method_options))


def passes_of(
    samples: Samples, asked: Sequence[Method], options: Mapping[str, Mapping[str, Any]]
) -> PassCount:
    """The passes over all samples that methods ask for, besides those that they share."""
    on_request = [method for method in asked if not method.live]
    if not on_request:
        return PassCount()
    words = np.concatenate([samples.droppable(chunk).sum(axis=1) for chunk in samples.chunks()])
    counts = (
        method.count(count, options[method.name])
        for method in on_request
        for count in words.tolist()
    )
    return sum(counts, PassCount())


def _methods(names: Sequence[str] | None, *, layers: bool) -> list[Method]:
    """The methods asked for, the live ones where there is no list."""
    asked = methods_listed(LIVE_METHODS if names is None else names)
    for method in asked:
        if layers and not method.passes:
            able = choices(name for name, other in METHODS.items() if other.passes)
            raise InputError(
                f"{method.title} makes no backward pass, so it brings nothing to the layers; "
                f"leave `layers` out, or choose from {able}."
            )
    return asked


def _run(
    samples: Samples,
    chunk: np.ndarray,
    calculi: tuple[str, ...],
    chosen: np.ndarray | None,
    rule: Rule,
    work: Work,
    *,
    kept: frozenset[str],
    units: bool,
) -> Run:
    """The passes that all methods share, and the means to make more."""
    network = samples.network
    x, steps = samples.padded(chunk)

    def forward(x: np.ndarray, steps: np.ndarray) -> np.ndarray:
        work.begin()
        with network.lock:
            found = program_of(network).scores(x.astype(network.dtype, copy=False), steps)
        work.done(len(x))
        return found

    def back(calculus: str, x: np.ndarray, steps: np.ndarray, selection: np.ndarray) -> Backward:
        work.begin()
        with network.lock:
            made = program_of(network).backward(
                (calculus,), x.astype(network.dtype, copy=False), steps, selection, rule
            )
        work.done(len(x))
        return made[calculus]

    def predict(variants: Iterable[Variant], removal: str = DROP) -> np.ndarray:
        mine = ((int(chunk[row]), kept) for row, kept in variants)
        return scores_of_variants(samples, mine, removal=removal, work=work)

    droppable = samples.droppable(chunk)
    skipped = any(masked_values(one) for one in network.inputs.values())

    def baseline(name: str) -> np.ndarray:
        if isinstance(samples, JoinedSamples):
            return samples.baseline(chunk, name)
        return baseline_of(samples, chunk, x, name)

    passes: dict[str, Backward] = {}
    if calculi:
        with network.lock:
            program = program_of(network)
            passes = program.backward(
                calculi, x, steps, chosen, rule, units=units,
                layers=any("/" not in name for name in kept),
                over_time=any("/" in name for name in kept),
            )  # fmt: skip
        passes = {name: one.with_layers(kept) for name, one in passes.items()}
        first = passes[calculi[0]]
        scores, chosen = first.scores, first.selection
    else:
        with network.lock:
            scores = program_of(network).scores(x, steps)
        if chosen is None:
            chosen = selection(scores.argmax(axis=1), network.classes)
        chosen = chosen.astype(network.dtype)
    return Run(
        x=x,
        steps=steps,
        lengths=samples.lengths[chunk],
        droppable=droppable,
        scores=scores,
        selection=chosen,
        backward=passes,
        forward=forward,
        back=back,
        predict=predict,
        baseline=baseline,
        start=BESIDE_A_MASK if skipped else 0.0,
    )


def _one_ahead(run: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
    """Like map; while one result is put away, a thread is at work on the next."""
    first, *rest = items
    if not rest:
        yield run(first)
        return
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(run, first)
        for item in rest:
            done, running = running, thread.submit(run, item)
            yield done.result()
        yield running.result()
