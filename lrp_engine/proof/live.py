"""Comparison with a live model: it is called on the inputs that the network is tried with.

Axes: b inputs of one length, T time steps, E units, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.errors import InputError
from lrp_engine.formats.companions.reference import Reference
from lrp_engine.proof.against import TOLERANCE, text_pipeline
from lrp_engine.proof.checks import Worst, all_scores, fed, measured, not_checked
from lrp_engine.proof.live_models import LIVE_MODELS, Live, NoAnswerError
from lrp_engine.proof.probes import grouped
from lrp_engine.proof.text_twin import made_texts

if TYPE_CHECKING:
    from lrp_engine.model.network import Network
    from lrp_engine.proof.probes import Probe
    from lrp_engine.proof.sheet import Line
    from lrp_engine.propagation.program import Program

_SPECIAL = 2  # padding and unknown words come before a text layer's own


def live_model(value: Any) -> Live | None:
    """What calls a live model, or a function of arrays; None where a reference is no such thing."""
    return next((live for make in LIVE_MODELS if (live := make(value)) is not None), None)


def against_live(network: Network, live: Live, exact: Program, tried: Sequence[Probe]) -> Line:
    """Line "reference": the outputs of a live model on the inputs tried.

    Args:
        exact: of the network from vectors on, in float64.
    """
    if live.texts is not None:
        return not_checked("reference", f"{live.title} reads texts, which are compared below")
    lines, why = [], ""
    for arrangement in live.arrangements:
        try:
            lines.append(_arranged(network, live, arrangement, exact, tried))
        except (NoAnswerError, InputError) as error:
            why = why or str(error).rstrip(".")
    compared = [line for line in lines if line.error is not None]
    if compared:
        return min(compared, key=lambda line: line.error)  # type: ignore[arg-type,return-value]
    return lines[0] if lines else not_checked("reference", f"{live.title} gave no answer: {why}")


def _arranged(
    network: Network, live: Live, arrangement: str, exact: Program, tried: Sequence[Probe]
) -> Line:
    """The line where inputs are handed over in one of the ways that the model may expect."""
    worst: dict[str, Worst] = {}
    count = 0
    for probe in tried:
        if not probe.known():
            continue  # an unknown word without a row: the model has no input for it
        samples = probe.samples
        for rows in grouped([probe.lengths(n) for n in range(len(samples))]):
            x, steps = samples.padded(rows)
            parts = probe.parts.values()
            given = [fed(part, rows, ids=part.ids is not None) for part in parts]
            answer = live(given, network, arrangement)
            ours = all_scores(exact, x, steps)
            if network.labels_steps and answer.shape[:2] == ours.shape[:2]:
                rows = np.repeat(rows, ours.shape[1])
                ours = ours.reshape(len(rows), -1)
                answer = answer.reshape(len(rows), -1)
            reference = Reference(inputs=None, outputs=answer, kind="outputs")
            for kind, expected in reference.readings(network, len(rows)).items():
                outputs = network.to_output(ours) if kind == "probabilities" else ours

                def name(n: int, probe: Probe = probe, rows: np.ndarray = rows) -> str:
                    return probe.name(int(rows[n]))

                worst.setdefault(kind, Worst()).see(outputs, expected, name)
            count += len({*rows.tolist()})
    if not count:
        return not_checked("reference", f"There is no input to try {live.title} with")
    kind, largest = min(worst.items(), key=lambda item: item[1].relative)
    how = f"{kind} of {count} inputs from {live.title}{arrangement}"
    return measured("reference", largest, TOLERANCE, how)


def texts_against_live(network: Network, live: Live | None, examples: Sequence[str]) -> Line | None:
    """Line "text": the outputs of a live model that reads texts itself; None for another one."""
    if live is None or live.texts is None or network.vocabulary is None:
        return None
    words = network.vocabulary.tokens[_SPECIAL:]
    made = [*examples, *made_texts(words, network.tokenizer.length)]
    texts = tuple(text for text in made if network.tokenizer(text))
    try:
        outputs = np.concatenate([live.texts(text, network) for text in texts])
    except NoAnswerError as error:
        why = str(error).rstrip(".")
        return not_checked("text", f"{live.title} gave no answer: {why}")
    source = Reference(inputs=None, outputs=outputs, kind="outputs", texts=texts, name=live.title)
    return text_pipeline(network, source)
