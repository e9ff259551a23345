"""The single checks of a proof: each measures one thing and returns a Line.

Axes: B samples, C classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.attribution.targets import selection
from lrp_engine.model.gate_order import SOURCES
from lrp_engine.proof.differences import STEPS, central
from lrp_engine.proof.probes import Probe, grouped
from lrp_engine.proof.sheet import NOT_CHECKED, PASS, Line, figure
from lrp_engine.propagation.room import ROOM
from lrp_engine.propagation.rules import DEFAULT_RULE, Rule
from lrp_engine.render.conservation import TOLERANCES, conservation_verdict

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation
    from lrp_engine.model.network import Network
    from lrp_engine.model.samples import Samples
    from lrp_engine.proof.twin import Twin
    from lrp_engine.propagation.backward import Backward
    from lrp_engine.propagation.program import Program

TWIN_TOLERANCE = 1e-9  # both compute in float64
ROUNDING_TOLERANCE = 1e-4
GRADIENT_TOLERANCE = 1e-5
_NO_SLOPE = 1e-30  # as of a gelu far below 0, where numbers lose their digits
_SAMPLES, _STRONGEST, _ANY = 2, 3, 3  # coordinates of the gradient that are tried

TITLES = {
    "keras": "Scores equal those of the same layers built in Keras",
    "meaning": "Probabilities or values equal the output that the file ends in",
    "reference": "Scores equal the reference given",
    "text": "Texts are read as the original program reads them",
    "text_layer": "Texts get the ids that Keras' own text layer gives them",
    "rounding": "Rounding in {dtype}",
    "gate_order": "Order of the gates",
    "ledger": "Words, initial states and ledger add up to the score",
    "gradient": "Gradient equals central differences",
}


@dataclass
class Worst:
    """The largest difference seen, the largest value, and where it was.

    NaN counts as infinite.
    """

    absolute: float = 0.0
    scale: float = 0.0
    where: str = ""

    def see(self, ours: np.ndarray, expected: np.ndarray, name: Callable[[int], str]) -> None:
        """Rows (b, n) of our and the expected numbers; `name` says what row n is."""
        off = np.abs(ours.astype(np.float64) - expected)
        off = np.nan_to_num(off, nan=np.inf).reshape(len(off), -1).max(axis=1)
        self.scale = max(self.scale, float(np.abs(expected).max()))
        row = int(off.argmax())
        if off[row] > self.absolute or not self.where:
            self.absolute, self.where = float(off[row]), name(row)

    @property
    def relative(self) -> float:
        """To the largest expected number."""
        return self.absolute / (self.scale or 1.0)


def not_checked(name: str, why: str, **words: str) -> Line:
    return Line(
        name=name, title=TITLES[name].format(**words), verdict=NOT_CHECKED, detail=f"{why}."
    )


def measured(name: str, worst: Worst, tolerance: float, how: str, **words: str) -> Line:
    return Line.measured(
        name,
        TITLES[name].format(**words),
        error=worst.relative,
        absolute=worst.absolute,
        tolerance=tolerance,
        detail=f"{how}; largest difference {figure(worst.absolute)} on {worst.where}.",
    )


def derived(exact: Program, x: np.ndarray, steps: np.ndarray, chosen: np.ndarray) -> Backward:
    """Scores and derivatives of the chosen ones, in float64."""
    passes = exact.backward(("gradient",), x.astype(np.float64), steps, chosen, DEFAULT_RULE)
    return passes["gradient"]


def scores_of(exact: Program, x: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Scores (b, C) in float64."""
    return exact.scores(x.astype(np.float64), steps)


def all_scores(exact: Program, x: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Scores (b, C), or (b, T, C) of each step, in float64."""
    run = exact.step_scores if exact.network.labels_steps else exact.scores
    return run(x.astype(np.float64), steps)


def against_twin(exact: Program, twin: Twin, probes: Sequence[Probe]) -> tuple[Line, Line]:
    """Lines "keras" and "meaning".

    Args:
        exact: of the network from vectors on, in float64.
    """
    scores, meaning, count = Worst(), Worst(), 0
    for probe in probes:
        if not probe.known():
            continue  # an unknown word without a row: Keras has no input for it
        samples = probe.samples
        for rows in grouped([probe.lengths(n) for n in range(len(samples))]):
            count += len(rows)
            x, steps = samples.padded(rows)
            ours = all_scores(exact, x, steps)
            given = [
                fed(part, rows, ids=ids)
                for part, ids in zip(probe.parts.values(), twin.takes_ids, strict=True)
            ]
            logits, output = _of_twin(exact, twin, x, steps, given)
            network = exact.network
            if not network.has_classes:
                logits = output  # what the file ends in is part of what gives the values
            elif network.single_sigmoid:
                logits = np.concatenate([-logits, logits], axis=-1)
                output = np.concatenate([1 - output, output], axis=-1)

            def name(n: int, probe: Probe = probe, rows: np.ndarray = rows) -> str:
                return probe.name(int(rows[n]))

            scores.see(ours, logits, name)
            meaning.see(network.to_output(ours), output, name)
    how = f"{count} inputs in float64"
    line = measured("keras", scores, TWIN_TOLERANCE, how)
    if not twin.ending and exact.network.has_classes:
        why = "The file ends in scores and does not say whether a softmax or a sigmoid follows"
        return line, not_checked("meaning", why)
    how = f"{how}, {f'after {twin.ending}' if twin.ending else 'as values'}"
    return line, measured("meaning", meaning, TWIN_TOLERANCE, how)


def fed(samples: Samples, rows: np.ndarray, *, ids: bool) -> np.ndarray:
    """What a model reads of samples of one length: ids (b, T), vectors (b, T, E) or (b, D)."""
    if ids and samples.ids is not None:
        return np.stack([samples.ids[row] for row in rows]).astype(np.int32)
    x, _ = samples.padded(rows)
    return x.astype(np.float64)


def _of_twin(
    exact: Program, twin: Twin, x: np.ndarray, steps: np.ndarray, given: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """What the twin says, within the room for passes: its own cost about as much as `exact`'s."""
    parts = []
    for piece, nbytes in exact.room.pieces(x, steps):
        with ROOM.taken(nbytes):
            parts.append(twin([one[piece] for one in given]))
    logits, outputs = zip(*parts, strict=True)
    return np.concatenate(logits), np.concatenate(outputs)


def explained(
    network: Network, exact: Program, probes: Sequence[Probe], rule: Rule
) -> list[Explanation]:
    """What the network says of each probe by LRP, in its own precision.

    Args:
        exact: whose time it takes.

    Raises:
        OverflowInputError: the numbers overflow.
    """
    explanations = []
    for probe in probes:
        exact.room.require_time()
        # By the live methods, since that is the trace which explanations need later.
        explanation = network.explain_all(probe.given(), rule=rule).complete
        assert explanation is not None  # the live methods account for the whole score
        explanations.append(explanation)
    return explanations


def rounding(
    network: Network, exact: Program, probes: Sequence[Probe], explanations: Sequence[Explanation]
) -> Line:
    """Line "rounding": the network as it is used against itself in float64."""
    if network.dtype == "float64":
        return not_checked("rounding", "The network computes in float64 already", dtype="float64")
    worst, count = Worst(), 0
    for probe, e in zip(probes, explanations, strict=True):
        for chunk, x, steps in probe.arrays():
            worst.see(
                e.scores[chunk],
                scores_of(exact, x, steps),
                lambda n, probe=probe, chunk=chunk: probe.name(int(chunk[n])),  # type: ignore[misc]
            )
            count += len(chunk)
    how = f"{count} inputs, against float64"
    return measured("rounding", worst, ROUNDING_TOLERANCE, how, dtype=network.dtype)


def gate_order(network: Network, compared: bool) -> Line | None:
    """Line "gate_order"; None for a network without gates.

    Args:
        compared: whether scores were compared with something independent, and equal.
    """
    title, order = TITLES["gate_order"], network.gate_order
    if order is None:
        gated = any("lstm" in kind or "gru" in kind for kind in _kinds(network))
        detail = f"Fixed by the format ({network.source})."
        return Line(name="gate_order", title=title, verdict=PASS, detail=detail) if gated else None
    if order.source == "detected":
        margin = order.margin
        assert margin is not None
        detail = f"{order.sentence()} The next best is {margin:.1e} times worse."
        return Line(name="gate_order", title=title, verdict=PASS, detail=detail)
    how = f"{' '.join(order.order)}, {SOURCES[order.source]}"
    if compared:
        detail = f"{how}; the scores compared confirm it."
        return Line(name="gate_order", title=title, verdict=PASS, detail=detail)
    why = f"{how}; scores of one text from the original program would settle it"
    return not_checked("gate_order", why)


def _kinds(network: Network) -> list[str]:
    """Kinds of all layers, wrapped ones included."""
    kinds, waiting = [], [node.layer for node in network.nodes]
    while waiting:
        layer = waiting.pop()
        kinds.append(layer.kind)
        waiting += [value for value in vars(layer).values() if hasattr(value, "kind")]
    return kinds


def ledger(
    network: Network, probes: Sequence[Probe], explanations: Sequence[Explanation], rule: Rule
) -> Line:
    """Line "ledger": the largest conservation error, relative as `conservation_verdict` says."""
    allowed = TOLERANCES[network.dtype]
    errors = []
    for probe, e in zip(probes, explanations, strict=True):
        for n in range(len(e)):
            one = conservation_verdict(e, n)
            relative = abs(one.error) / one.tolerance * allowed if one.tolerance else 0.0
            errors.append((relative, abs(one.error), probe.name(n)))
    relative, absolute, where = max(errors, key=lambda one: one[0])
    return Line.measured(
        "ledger",
        TITLES["ledger"],
        error=relative,
        absolute=absolute,
        tolerance=allowed,
        detail=f"{_rule_words(rule)}, {len(errors)} "
        f"inputs in {network.dtype}; largest error {figure(absolute)} on {where}.",
    )


def _rule_words(rule: Rule) -> str:
    numbers = {"eps": rule.common("eps"), "bias factor": rule.common("bias_factor")}
    said = (f", {name} {value:g}" for name, value in numbers.items() if value is not None)
    return f"{rule.title} rule" + "".join(said)


def gradient(exact: Program, probes: Sequence[Probe], *, seed: int = 0) -> Line:
    """Line "gradient": derivatives of the predicted class's score, in float64.

    Coordinates are the strongest ones and random ones of a few inputs. At a kink (of ReLU, or where
    the winner of a maximum changes) there is nothing to compare.
    """
    rng, worst, tried, kinks = np.random.default_rng(seed), Worst(), 0, 0
    for probe in probes[:_SAMPLES]:
        chunk, x, steps = next(probe.arrays())
        x, steps = x[-1:].astype(np.float64), steps[-1:]  # the last of equal length has no gaps
        scores = scores_of(exact, x, steps)
        chosen = selection(scores.argmax(axis=1), scores.shape[1])

        def score(moved: np.ndarray, steps: np.ndarray = steps, chosen: Any = chosen) -> np.ndarray:
            return (scores_of(exact, moved, np.repeat(steps, len(moved), axis=0)) * chosen).sum(1)

        slopes = derived(exact, x, steps, chosen).message[0]
        strongest = np.argsort(np.abs(slopes), axis=None)[-_STRONGEST:]
        at = np.unique([*strongest, *rng.integers(slopes.size, size=_ANY)])
        size = max(
            float(np.abs(slopes).max()), 1e-5 * float(np.abs(scores * chosen).sum()), _NO_SLOPE
        )
        differences = central(score, x[0], at, GRADIENT_TOLERANCE * size)
        smooth = ~np.isnan(differences)
        tried, kinks = tried + int(smooth.sum()), kinks + int((~smooth).sum())
        if smooth.any():
            ours, expected = slopes.ravel()[at][smooth], differences[smooth]
            worst.see(ours[:, None], expected[:, None], lambda n: probe.name(int(chunk[-1])))  # noqa: B023
            worst.scale = max(worst.scale, size)
    if not tried:
        return not_checked("gradient", "Every coordinate tried is at a kink")
    how = f"{tried} coordinates in float64, step {STEPS[0]:g}"
    if kinks:
        how += f" (and {kinks} at a kink, where there is no slope)"
    return measured("gradient", worst, GRADIENT_TOLERANCE, how)
