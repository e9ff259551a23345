"""Chunks of samples put together into Explanations.

Axes: B samples, b of a chunk, T time steps, t of a chunk (or D features), E input units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from lrp_engine.attribution.checks import doubts_of
from lrp_engine.attribution.explanation import Explanation
from lrp_engine.attribution.exploding import least_scale
from lrp_engine.attribution.ledger import Ledger
from lrp_engine.attribution.methods import Method, Run
from lrp_engine.attribution.methods.base import Attribution
from lrp_engine.errors import OverflowInputError
from lrp_engine.layers.ops import ABSORBERS
from lrp_engine.model.chunks import is_all
from lrp_engine.model.samples import Samples
from lrp_engine.model.shapes import WORDS
from lrp_engine.model.text.doubts import of_text
from lrp_engine.propagation.rules import DEFAULT_RULE, Rule, doubts


def attributed(
    methods: Sequence[Method], run: Run, options: Mapping[str, Mapping[str, Any]]
) -> dict[tuple[str], Attribution]:
    """What each method says of a run."""
    with np.errstate(over="ignore", invalid="ignore"):  # found out when they are collected
        return {(m.name,): m.attribute(run, options[m.name]) for m in methods}


class Assembly:
    """Collects the chunks of methods that read the same backward pass into arrays of all samples.

    A part of rank 3 is (b, t, units) and lands in (B, T, units), T the words of the longest sample
    or, where the layer has time steps of its own, its most; a part of rank 2 has no time. Without
    `units` only the values of words are kept.
    """

    def __init__(
        self,
        samples: Samples,
        methods: Sequence[Method],
        options: Mapping[str, Mapping[str, Any]],
        rule: Rule,
        *,
        units: bool,
    ) -> None:
        self.samples, self.methods, self.options, self.rule = samples, methods, options, rule
        self.units = units
        self.shapes = samples.network.shapes
        self.nodes = {node.name: node for node in samples.network.nodes}
        self.parts: dict[str, dict[tuple[str, ...], np.ndarray]] = {
            name: {}
            for name in (
                "scores",
                "units",
                "tokens",
                "errors",
                "checks",
                "sinks",
                "states",
                "layers",
                "values",
            )
        }
        self.padded_lengths = np.zeros(len(samples), int)

    def add(self, chunk: np.ndarray, run: Run) -> None:
        self.collect(chunk, run, attributed(self.methods, run, self.options))

    def collect(self, chunk: np.ndarray, run: Run, made: Mapping[tuple[str], Attribution]) -> None:
        """What methods made of a chunk."""
        if not self.units:
            made = {key: one.without_units() for key, one in made.items()}
        # Chunk by chunk, so that padding to the longest sample is never written to.
        source = self.methods[0].passes[:1]
        backward = run.backward[source[0]] if source else None
        parts: dict[str, dict[tuple[str, ...], np.ndarray]] = {
            "scores": {("scores",): run.scores, ("selection",): run.selection},
            "units": {k: a.per_unit for k, a in made.items() if a.per_unit is not None},
            "tokens": {
                k: self._timed(a.per_token) for k, a in made.items() if a.per_token is not None
            },
            "errors": {
                k: self._timed(a.standard_error)
                for k, a in made.items()
                if a.standard_error is not None
            },
            "checks": {
                (*k, name): values[:, None]
                for k, a in made.items()
                for name, values in a.checks.items()
            },
            "sinks": backward.sinks if backward else {},
            "states": backward.states if backward else {},
        }
        self._check_finite(chunk, [a for part in parts.values() for a in part.values()], run)
        for group in ("layers", "values"):
            parts[group] = {
                key: part if self.shapes[key[0]].units else part[..., None]
                for key, part in (getattr(backward, group) if backward else {}).items()
            }
        self.padded_lengths[chunk] = run.x.shape[1]
        whole = is_all(chunk, len(self.samples))
        for group, arrays in parts.items():
            self._put(group, chunk, arrays, whole=whole)

    def _timed(self, of_words: np.ndarray) -> np.ndarray:
        """Values of words with an axis of units, (b, t, 1), as of all that has time steps."""
        values = of_words.astype(np.float64)
        return values[..., None] if self.samples.timed else values

    def _of_words(self, group: str, method: Method) -> np.ndarray | None:
        """What `_timed` made, (B, T); None where the method has none."""
        values = self.parts[group].get((method.name,))
        return values[..., 0] if values is not None and self.samples.timed else values

    def _check_finite(self, chunk: np.ndarray, arrays: Sequence[np.ndarray], run: Run) -> None:
        """Raise OverflowInputError unless all numbers of the chunk are finite."""
        if all(np.isfinite(array).all() for array in arrays):
            return  # else look sample by sample
        fine = [np.isfinite(array).reshape(len(chunk), -1).all(axis=1) for array in arrays]
        rows = np.sort(chunk[~np.logical_and.reduce(fine)])
        followed = self.rule if any(method.uses_rule for method in self.methods) else DEFAULT_RULE
        gates = doubts.gates_in_use(followed, self.samples.network.nodes)
        if not np.isfinite(run.scores).all():
            gates = ()  # the way forward is to blame
        raise OverflowInputError(rows.tolist(), self.samples.network.dtype, gates)

    def _resampled_time(self, name: str) -> bool:
        """Whether a node has time steps other than the words.

        Of several inputs the words of one are not all that there are.
        """
        if self.samples.network.several:
            return True
        node = self.nodes.get(name)
        around = [self.shapes[name], *(self.shapes[i] for i in node.inputs)] if node else []
        return any(shape.time and shape.steps != WORDS for shape in around)

    def _put(
        self, group: str, chunk: np.ndarray, arrays: Mapping[Any, np.ndarray], *, whole: bool
    ) -> None:
        """Into the group's arrays; `whole`: the chunk is all samples in their order."""
        table = self.parts[group]
        for key, part in arrays.items():
            if whole and (part.ndim == 2 or part.shape[1] == self.samples.width):
                table[key] = part  # nothing to put together
                continue
            if key not in table:
                time = (self.samples.width,) if part.ndim == 3 else ()
                table[key] = np.zeros((len(self.samples), *time, part.shape[-1]), part.dtype)
            if (
                part.ndim == 3
                and group not in ("units", "tokens", "errors")
                and self._resampled_time(key[0])
            ):
                more = part.shape[1] - table[key].shape[1]
                table[key] = np.pad(table[key], [(0, 0), (0, max(0, more)), (0, 0)])
                table[key][chunk, : part.shape[1]] = part
            elif part.ndim == 3:
                length = min(part.shape[1], self.samples.width)  # an empty text is padded to 1
                table[key][chunk, :length] = part[:, :length]
            else:
                table[key][chunk] = part

    def explanation(self, method: Method, targets: np.ndarray | None) -> Explanation:
        samples, network = self.samples, self.samples.network
        unknown = self._over_time(samples.unknown)
        scores, selected = (self.parts["scores"][(name,)] for name in ("scores", "selection"))
        checks = {
            check.name: self.parts["checks"][(method.name, check.name)][:, 0]
            for check in method.checks
        }
        made = Explanation(
            method=method.name,
            rule=self.rule if method.uses_rule else None,
            method_options=self.options[method.name],
            tokens=samples.tokens,
            positions=samples.positions,
            unit_names=samples.reads.unit_names,
            least_scale=least_scale(network),
            unknown=unknown,
            padding=self._over_time(samples.padding) if samples.padding else np.zeros_like(unknown),
            ids=samples.ids,
            alignment=samples.alignment,
            lengths=samples.lengths,
            padded_lengths=self.padded_lengths,
            scores=scores,
            probabilities=(
                network.to_output(scores.astype(np.float64)) if network.has_classes else None
            ),
            output=network.output,
            labels=network.labels,
            value_units=network.value_units,
            target=selected.argmax(axis=1) if targets is None else targets,
            relevance=self.parts["units"].get((method.name,)),
            token_values=self._of_words("tokens", method),
            standard_error=self._of_words("errors", method),
            checks=checks,
            explained_score=(selected * scores).sum(axis=1, dtype=np.float64),
            initial_states={
                "/".join(key): array.sum(axis=1, dtype=np.float64)
                for key, array in self.parts["states"].items()
            },
            ledger=self._ledger(),
            layers={"/".join(key): array for key, array in self.parts["layers"].items()},
            layer_values={"/".join(key): array for key, array in self.parts["values"].items()},
            resampled_time=tuple(filter(self._resampled_time, self.nodes)),
            model_hash=network.hash,
            dtype=network.dtype,
            substitute=samples.reads.substitute,
            warnings=(
                *self._warnings(),
                *(self._doubts if method.uses_rule else ()),
                *doubts_of(method, checks),
            ),
            token_kind=samples.token_kind,
        )
        warnings = made.with_exploding()
        return made if warnings == made.warnings else replace(made, warnings=warnings)

    @cached_property
    def _doubts(self) -> tuple[str, ...]:
        return doubts.of_rule(self.rule, self.samples.network.nodes)

    def _warnings(self) -> tuple[str, ...]:
        """Those of the network, and of a single text its own."""
        samples, network = self.samples, self.samples.network
        if samples.alignment is None:
            return network.warnings
        known = (*network.warnings, *samples.reads.text_doubts)
        return of_text(samples.alignment.why[0], known) if len(samples) == 1 else known

    def _over_time(self, flags: Sequence[np.ndarray]) -> np.ndarray:
        """Flags (n,) of each sample as one array (B, T)."""
        over_time = np.zeros((len(self.samples), self.samples.width), bool)
        real = np.arange(self.samples.width) < self.samples.lengths[:, None]
        over_time[real] = np.concatenate(flags)
        return over_time

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
