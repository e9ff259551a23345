"""Several inputs: what methods say of all of them, taken apart by input and joined again.

Axes: B samples, T words, steps and features of a sample.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lrp_engine.attribution.assembly import Assembly, attributed
from lrp_engine.attribution.explanation import Explanation
from lrp_engine.attribution.ledger import HELD, Ledger
from lrp_engine.attribution.methods import Attribution, Method, Run
from lrp_engine.model.joined import JoinedSamples
from lrp_engine.propagation.rules import Rule


class JoinedAssembly:
    """An `Assembly` for each input, of the same passes."""

    def __init__(
        self,
        samples: JoinedSamples,
        methods: Sequence[Method],
        options: Mapping[str, Mapping[str, Any]],
        rule: Rule,
        *,
        units: bool,
    ) -> None:
        self.samples, self.methods, self.options = samples, methods, options
        self.parts = {
            name: Assembly(part, methods, options, rule, units=units)
            for name, part in samples.parts.items()
        }

    def add(self, chunk: np.ndarray, run: Run) -> None:
        samples = self.samples
        made = attributed(self.methods, run, self.options)
        x = samples.numbers_by_input(chunk, run.x)
        for name, assembly in self.parts.items():
            own = {key: _of_input(samples, chunk, name, one) for key, one in made.items()}
            assembly.collect(chunk, replace(run, x=x[name]), own)

    def explanation(self, method: Method, targets: np.ndarray | None) -> Explanation:
        samples = self.samples
        parts = {name: one.explanation(method, targets) for name, one in self.parts.items()}
        shown = {name: part for name, part in parts.items() if name not in samples.held}
        apart = {name: _beside(part, name, parts) for name, part in shown.items()}
        return _joined(samples, apart, parts)


def _of_input(
    samples: JoinedSamples, chunk: np.ndarray, name: str, made: Attribution
) -> Attribution:
    """One input's share of what a method says of all."""

    def numbers(flat: np.ndarray | None) -> np.ndarray | None:
        return None if flat is None else samples.numbers_by_input(chunk, flat)[name]

    def words(values: np.ndarray | None) -> np.ndarray | None:
        return None if values is None else samples.words_by_input(chunk, values)[name]

    return replace(
        made,
        per_unit=numbers(made.per_unit),
        per_token=words(made.per_token),
        standard_error=words(made.standard_error),
    )


def _beside(part: Explanation, name: str, parts: Mapping[str, Explanation]) -> Explanation:
    """One input by itself: what the others received is in its ledger, as held fixed."""
    others = {other: one for other, one in parts.items() if other != name}
    return _with_held(part, others)


def _with_held(explanation: Explanation, held: Mapping[str, Explanation]) -> Explanation:
    """With what inputs received in the ledger, where the method's numbers are parts of a sum."""
    if explanation.method_info.completeness != "score":
        return explanation
    terms = {f"{name}/input/{HELD}": one.token_relevance.sum(axis=1) for name, one in held.items()}
    ledger, count = explanation.ledger, len(explanation)
    return replace(explanation, ledger=Ledger({**ledger, **terms}, dict(ledger.steps), count))


def _joined(
    samples: JoinedSamples, shown: Mapping[str, Explanation], parts: Mapping[str, Explanation]
) -> Explanation:
    """The words of all inputs that are not held, one after the other, with one ledger."""
    first, count = next(iter(shown.values())), len(samples)
    base = next(iter(parts.values()))
    lengths = np.sum([one.lengths for one in shown.values()], axis=0)
    width = int(lengths.max())

    def side_by_side(name: str, dtype: type = float) -> np.ndarray:
        joined: np.ndarray = np.zeros((count, width), dtype)
        for n in range(count):
            rows = [getattr(one, name)[n, : one.lengths[n]] for one in shown.values()]
            joined[n, : lengths[n]] = np.concatenate(rows)
        return joined

    positions = first.positions
    labelled = next((one for one in shown.values() if one.positions is not None), None)
    if labelled is not None and labelled.positions is not None:
        before = np.zeros(count, int)
        for one in shown.values():
            if one is labelled:
                break
            before = before + one.lengths
        positions = before + labelled.positions
    estimates = first.standard_error is not None
    joined = replace(
        first,
        tokens=tuple(
            tuple(token for one in shown.values() for token in one.tokens[n]) for n in range(count)
        ),
        unknown=side_by_side("unknown", bool),
        padding=side_by_side("padding", bool),
        lengths=lengths,
        padded_lengths=np.sum([one.padded_lengths for one in shown.values()], axis=0),
        relevance=None,
        token_values=side_by_side("token_relevance"),
        standard_error=side_by_side("standard_error") if estimates else None,
        ids=None,
        alignment=None,
        unit_names=(),
        positions=positions,
        ledger=Ledger(dict(base.ledger), {}, count),
        token_kind=samples.token_kind,
        warnings=tuple(dict.fromkeys(text for one in shown.values() for text in one.warnings)),
        parts=shown,
        held=tuple(name for name in parts if name in samples.held),
    )
    held = {name: parts[name] for name in joined.held}
    joined = _with_held(joined, held)
    return replace(joined, warnings=joined.with_exploding())
