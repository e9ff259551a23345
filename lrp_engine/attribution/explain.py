"""Inputs to results: chunks through the program, messages back into Explanations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from lrp_engine.attribution.explanation import Explanation
from lrp_engine.attribution.ledger import Ledger
from lrp_engine.attribution.methods import METHODS, Method
from lrp_engine.attribution.targets import resolve, selection
from lrp_engine.errors import InputError, OverflowInputError, choices
from lrp_engine.layers.ops import ABSORBERS
from lrp_engine.model import inputs as samples_of
from lrp_engine.model.inputs import Samples
from lrp_engine.model.shapes import WORDS
from lrp_engine.propagation.rules import DEFAULT_RULE, RULES, Rule

if TYPE_CHECKING:
    from lrp_engine.model.network import Network
    from lrp_engine.propagation.program import Backward, Program

A = TypeVar("A")
B = TypeVar("B")


def predict(network: Network, inputs: Any, *, lengths: Any) -> np.ndarray:
    """Class scores (B, C)."""
    samples = samples_of.read(network, inputs, lengths)
    scores = np.zeros((len(samples), network.classes), network.dtype)
    for chunk in samples.chunks():
        with network.lock:
            scores[chunk] = _program_of(network).scores(*samples.padded(chunk))
    return scores


def explain(
    network: Network,
    inputs: Any,
    *,
    methods: Sequence[str] | None,
    target: Any,
    rule: Rule | None,
    lengths: Any,
    layers: bool,
) -> dict[str, Explanation]:
    """One Explanation per method; each calculus runs once, however many methods read it."""
    if isinstance(methods, str):
        methods = [methods]
    if methods is not None and not (isinstance(methods, Sequence) and methods):
        raise InputError(f"methods is {methods!r}; list some of {choices(METHODS)}.")
    asked = [_method(name) for name in (METHODS if methods is None else methods)]
    rule = DEFAULT_RULE if rule is None else rule
    if not isinstance(rule, Rule):
        raise InputError(
            f"rule is {rule!r:.80}, expected one of "
            + ", ".join(f"lrp_engine.{kind.__name__}(...)" for kind in RULES.values())
        )
    samples = samples_of.read(network, inputs, lengths)
    targets = resolve(network, target, len(samples))
    found = {
        calculus: _Assembly(samples, [m for m in asked if m.calculus == calculus])
        for calculus in dict.fromkeys(method.calculus for method in asked)
    }

    def run(chunk: np.ndarray) -> tuple[np.ndarray, np.ndarray, dict[str, Backward]]:
        x, steps = samples.padded(chunk)
        chosen = None if targets is None else selection(targets[chunk], network.classes)
        with network.lock:
            program = _program_of(network)
            passes = program.backward(tuple(found), x, steps, chosen, rule, layers=layers)
        return chunk, x, passes

    for chunk, x, passes in _one_ahead(run, samples.chunks()):
        for calculus, backward in passes.items():
            found[calculus].add(chunk, x, backward)
    return {
        method.name: found[method.calculus].explanation(method, targets, rule) for method in asked
    }


def _program_of(network: Network) -> Program:
    from lrp_engine.propagation.program import program_of  # loads TensorFlow

    return program_of(network)


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


def _method(name: object) -> Method:
    if not isinstance(name, str) or name not in METHODS:
        raise InputError(f"There is no method {name!r}; choose from {choices(METHODS)}.")
    return METHODS[name]


class _Assembly:
    """Collects the chunks of one calculus into arrays over all samples.

    A part of rank 3 is (b, t, units) and lands in (B, T, units), T the words of the longest sample
    or, where the layer has time steps of its own, its most; a part of rank 2 has no time.
    """

    def __init__(self, samples: Samples, methods: Sequence[Method]) -> None:
        self.samples, self.methods = samples, methods
        self.shapes = samples.network.shapes
        self.nodes = {node.name: node for node in samples.network.nodes}
        self.parts: dict[str, dict[tuple[str, ...], np.ndarray]] = {
            name: {} for name in ("scores", "relevance", "sinks", "states", "layers")
        }
        self.padded_lengths = np.zeros(len(samples), int)

    def add(self, chunk: np.ndarray, x: np.ndarray, backward: Backward) -> None:
        # Chunk by chunk, so that padding to the longest sample is never written to.
        with np.errstate(over="ignore", invalid="ignore"):  # found out below
            values = {(m.name,): m.per_unit(x, backward.message) for m in self.methods}
        arrays = (backward.sinks, backward.states, values)
        self._check_finite(chunk, [backward.scores, *(a for part in arrays for a in part.values())])
        self.padded_lengths[chunk] = x.shape[1]
        scores = {("scores",): backward.scores, ("selection",): backward.selection}
        self._put("scores", chunk, scores)
        self._put("relevance", chunk, values)
        layers = {
            key: part if self.shapes[key[0]].units else part[..., None]
            for key, part in backward.layers.items()
        }
        self._put("layers", chunk, layers)
        for group in ("sinks", "states"):
            self._put(group, chunk, getattr(backward, group))

    def _check_finite(self, chunk: np.ndarray, arrays: Sequence[np.ndarray]) -> None:
        """Raise OverflowInputError unless all numbers of the chunk are finite."""
        if all(np.isfinite(array).all() for array in arrays):
            return  # else look sample by sample
        fine = [np.isfinite(array).reshape(len(chunk), -1).all(axis=1) for array in arrays]
        rows = np.sort(chunk[~np.logical_and.reduce(fine)])
        raise OverflowInputError(rows.tolist(), self.samples.network.dtype)

    def _resampled_time(self, name: str) -> bool:
        """Whether a node has time steps other than the words."""
        node = self.nodes.get(name)
        around = [self.shapes[name], *(self.shapes[i] for i in node.inputs)] if node else []
        return any(shape.time and shape.steps != WORDS for shape in around)

    def _put(self, group: str, chunk: np.ndarray, found: Mapping[Any, np.ndarray]) -> None:
        table = self.parts[group]
        whole = len(chunk) == len(self.samples) and bool((np.diff(chunk) > 0).all())
        for key, part in found.items():
            if whole and (part.ndim == 2 or part.shape[1] == self.samples.width):
                table[key] = part  # nothing to put together
                continue
            if key not in table:
                time = (self.samples.width,) if part.ndim == 3 else ()
                table[key] = np.zeros((len(self.samples), *time, part.shape[-1]), part.dtype)
            if part.ndim == 3 and group != "relevance" and self._resampled_time(key[0]):
                more = part.shape[1] - table[key].shape[1]
                table[key] = np.pad(table[key], [(0, 0), (0, max(0, more)), (0, 0)])
                table[key][chunk, : part.shape[1]] = part
            elif part.ndim == 3:
                length = min(part.shape[1], self.samples.width)  # an empty text is padded to 1
                table[key][chunk, :length] = part[:, :length]
            else:
                table[key][chunk] = part

    def explanation(self, method: Method, targets: np.ndarray | None, rule: Rule) -> Explanation:
        samples, network = self.samples, self.samples.network
        unknown = np.zeros((len(samples), samples.width), bool)
        unknown[np.arange(samples.width) < samples.lengths[:, None]] = np.concatenate(
            samples.unknown
        )
        scores, selected = (self.parts["scores"][(name,)] for name in ("scores", "selection"))
        return Explanation(
            method=method.name,
            rule=rule if method.calculus == "relevance" else None,
            tokens=samples.tokens,
            unknown=unknown,
            lengths=samples.lengths,
            padded_lengths=self.padded_lengths,
            scores=scores,
            probabilities=network.to_probabilities(scores.astype(np.float64)),
            labels=network.labels,
            target=selected.argmax(axis=1) if targets is None else targets,
            relevance=self.parts["relevance"][(method.name,)],
            explained_score=(selected * scores).sum(axis=1, dtype=np.float64),
            initial_states={
                "/".join(key): array.sum(axis=1, dtype=np.float64)
                for key, array in self.parts["states"].items()
            },
            ledger=self._ledger(),
            layers={"/".join(key): array for key, array in self.parts["layers"].items()},
            resampled_time=tuple(filter(self._resampled_time, self.nodes)),
            model_hash=network.hash,
            dtype=network.dtype,
            substitute=network.vocabulary.unknown if network.vocabulary else None,
            warnings=network.warnings,
            token_kind=samples.token_kind,
        )

    def _ledger(self) -> Ledger:
        terms: dict[str, np.ndarray] = {}
        steps: dict[str, np.ndarray] = {}
        for key, absorbed in self.parts["sinks"].items():
            for column, kind in enumerate(ABSORBERS[absorbed.shape[-1] == 2]):
                name, array = "/".join((*key, kind)), absorbed[..., column].astype(np.float64)
                if array.ndim == 2:
                    if not self._resampled_time(key[0]):
                        steps[name] = array
                    array = array.sum(axis=1)
                terms[name] = array
        return Ledger(terms, steps, len(self.samples))
