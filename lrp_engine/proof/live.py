"""Comparison with a live model: it is called on the inputs that the network is tried with.

Axes: b inputs of one length, T time steps, E units, C classes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine import lazy
from lrp_engine.errors import InputError
from lrp_engine.formats.companions.reference import Reference
from lrp_engine.proof.against import TOLERANCE, text_pipeline
from lrp_engine.proof.checks import Worst, all_scores, fed, measured, not_checked
from lrp_engine.proof.live_models import LIVE_MODELS, Live, NoAnswerError, OtherShapeError
from lrp_engine.proof.probes import grouped, ordinary, without_embedding
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


def live_error(network: Network, model: Any) -> float | None:
    """How far scores are off those of a live model, relative to the largest.

    Infinite where it answers with another shape; None where it gives no answer.
    """
    live = live_model(model)
    if live is None or live.texts is not None:
        return None
    exact = lazy.load("propagation.program:Program")(without_embedding(network), traced=False)
    ours, errors = _scored(exact, ordinary(network)), list[float | None]()
    for arrangement in live.arrangements:
        try:
            errors.append(_arranged(network, live, arrangement, ours).error)
        except (OtherShapeError, InputError):
            errors.append(math.inf)
        except NoAnswerError:
            continue
    return min((error for error in errors if error is not None), default=None)


def against_live(network: Network, live: Live, exact: Program, tried: Sequence[Probe]) -> Line:
    """Line "reference": the outputs of a live model on the inputs tried.

    Args:
        exact: of the network from vectors on, in float64.
    """
    if live.texts is not None:
        return not_checked("reference", f"{live.title} reads texts, which are compared below")
    ours, lines, why = _scored(exact, tried), [], ""
    for arrangement in live.arrangements:
        try:
            lines.append(_arranged(network, live, arrangement, ours))
        except (NoAnswerError, InputError) as error:
            why = why or str(error).rstrip(".")
    compared = [line for line in lines if line.error is not None]
    if compared:
        return min(compared, key=lambda line: line.error)  # type: ignore[arg-type,return-value]
    return lines[0] if lines else not_checked("reference", f"{live.title} gave no answer: {why}")


def _scored(exact: Program, tried: Sequence[Probe]) -> list[tuple[Probe, np.ndarray, np.ndarray]]:
    """Inputs of one length each: where they are in their probe (b,), and the network's scores.

    An unknown word without a row is left out: the model has no input for it.
    """
    found = []
    for probe in (one for one in tried if one.known()):
        for rows in grouped([probe.lengths(n) for n in range(len(probe.samples))]):
            found.append((probe, rows, all_scores(exact, *probe.samples.padded(rows))))
    return found


def _arranged(
    network: Network,
    live: Live,
    arrangement: str,
    scored: Sequence[tuple[Probe, np.ndarray, np.ndarray]],
) -> Line:
    """The line where inputs are handed over in one of the ways that the model may expect."""
    worst: dict[str, Worst] = {}
    count = 0
    for probe, rows, ours in scored:
        parts = probe.parts.values()
        given = [fed(part, rows, ids=part.ids is not None) for part in parts]
        answer = live(given, network, arrangement)
        count += len(rows)
        if network.labels_steps:
            if answer.shape[:2] != ours.shape[:2]:
                raise OtherShapeError(
                    f"it gave an array of shape {answer.shape}, expected {ours.shape}"
                )
            rows = np.repeat(rows, ours.shape[1])
            ours, answer = (one.reshape(len(rows), -1) for one in (ours, answer))
        reference = Reference(inputs=None, outputs=answer, kind="outputs")
        for kind, expected in reference.readings(network, len(rows)).items():
            outputs = network.to_output(ours) if kind == "probabilities" else ours

            def name(n: int, probe: Probe = probe, rows: np.ndarray = rows) -> str:
                return probe.name(int(rows[n]))

            worst.setdefault(kind, Worst()).see(outputs, expected, name)
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
