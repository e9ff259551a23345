"""Comparison with what another program said of its own inputs and texts.

Axes: B inputs, C classes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from lrp_engine.attribution.scores import scores_of, step_scores_of
from lrp_engine.errors import InputError
from lrp_engine.formats.companions.reference import DIGITS
from lrp_engine.proof.checks import TITLES, Worst, measured, not_checked
from lrp_engine.proof.probes import Probe
from lrp_engine.proof.sheet import FAIL, Line

if TYPE_CHECKING:
    from lrp_engine.formats.companions.reference import Reference
    from lrp_engine.model.network import Network
    from lrp_engine.model.samples import Samples
    from lrp_engine.propagation.passes import Passes

# Other programs write float32, or a few digits.
TOLERANCE = 1e-4


def against_reference(network: Network, reference: Reference, passes: Passes | None = None) -> Line:
    """Line "reference": what another program said of its own inputs.

    Args:
        passes: whose time it takes; None where there is no limit.

    Raises:
        InputError: the reference does not fit the network.
    """
    probe = Probe("", reference.samples(network))
    return _against(network, reference, probe, "reference", "input", passes)


def text_pipeline(
    network: Network, reference: Reference | None, passes: Passes | None = None
) -> Line | None:
    """Line "text": what another program said of texts; None for a network that reads none.

    Args:
        passes: whose time it takes; None where there is no limit.

    Raises:
        InputError: the reference does not fit the network.
    """
    if network.vocabulary is None:
        return None
    if reference is None or not reference.texts:
        return not_checked("text", "No texts with the outputs of the original program were given")
    probe = Probe("", reference.text_samples(network))
    return _against(network, reference, probe, "text", "text", passes)


def _against(
    network: Network,
    reference: Reference,
    probe: Probe,
    line: str,
    noun: str,
    passes: Passes | None,
) -> Line:
    count = len(probe.samples)
    timed = {} if passes is None else {"before_pass": passes.require_time}
    run = step_scores_of if network.labels_steps else scores_of
    scores = run(probe.samples, **timed).astype(np.float64)
    name: Callable[[int], str] = probe.name if noun == "text" else "input {}".format
    if network.labels_steps:
        reference, scores, rows = _by_step(reference, probe.samples, scores)
        name = partial(_of_row, name, rows)
    elif reference.kind == "labels" and network.has_classes:
        return _classes(network, reference, scores, line, name)
    tried = []
    for kind, expected in reference.readings(network, len(scores)).items():
        worst = Worst()
        outputs = network.to_output(scores) if kind == "probabilities" else scores
        worst.see(outputs, expected, name)
        how = f"{kind} of {count} {noun}{'s' * (count > 1)}{reference.source}"
        tried.append((worst, how))
    worst, how = min(tried, key=lambda one: one[0].relative)
    if worst.relative > TOLERANCE and worst.absolute <= reference.rounding:
        why = (
            f"{how} agree as far as they are written; with {DIGITS} decimals and more they "
            "would decide"
        )
        return not_checked(line, why)
    return measured(line, worst, TOLERANCE, how)


def _by_step(
    reference: Reference, samples: Samples, scores: np.ndarray
) -> tuple[Reference, np.ndarray, np.ndarray]:
    """The outputs and the scores (n, C) of every real step, and the input (n,) that it is of.

    Raises:
        InputError: there are no numbers for each step.
    """
    real = np.arange(scores.shape[1]) < samples.labelled.lengths[:, None]
    outputs = reference.outputs
    if outputs.ndim < 2 or outputs.shape[:2] != scores.shape[:2]:
        raise InputError(
            f"The reference {reference.kind} have shape {outputs.shape}, but the network labels "
            f"every {samples.token_kind}: expected {scores.shape}, numbers for each."
        )
    return replace(reference, outputs=outputs[real]), scores[real], np.nonzero(real)[0]


def _of_row(name: Callable[[int], str], rows: np.ndarray, n: int) -> str:
    """What the input of a step is called."""
    return name(int(rows[n]))


def _classes(
    network: Network,
    reference: Reference,
    scores: np.ndarray,
    line: str,
    name: Callable[[int], str],
) -> Line:
    """Predicted classes alone: another one shows a mistake, the same ones prove little."""
    expected = reference.classes(network)
    if len(expected) != len(scores):
        raise InputError(
            f"The reference has {len(expected)} labels for {len(scores)} inputs; expected as many."
        )
    wrong = np.flatnonzero(scores.argmax(axis=1) != expected)
    how = f"predicted classes of {len(expected)} inputs{reference.source}"
    if len(wrong):
        first = int(wrong[0])
        return Line(
            name=line, title=TITLES[line], verdict=FAIL,
            detail=f"{how}: {len(wrong)} differ, the first one on {name(first)}.",
        )  # fmt: skip
    return not_checked(line, f"{how} agree, which is weak: with probabilities they would decide")
