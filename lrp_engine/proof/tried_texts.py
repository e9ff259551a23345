"""Texts whose outputs somebody knows, tried on a network that was read and proven before.

Which ids a text becomes is found by them, or chosen; of the proof only the line about texts is made
anew, since weights do not change.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lrp_engine.attribution.scores import scores_of
from lrp_engine.formats.companions.reference import Reference
from lrp_engine.model.network import Network
from lrp_engine.proof.against import text_pipeline
from lrp_engine.proof.sheet import LAYER, PASS, TEXT, ProofSheet
from lrp_engine.proof.text_detection import UndecidedTextError, read_by, with_detected_text
from lrp_engine.proof.text_search import TextCandidate
from lrp_engine.propagation.passes import Passes

OTHER_WAYS = "other ways to read texts give the same numbers"
CHOSEN = "How texts are read was chosen by a person, from the ways nearest to the outputs of {}."


@dataclass(frozen=True, kw_only=True)
class TriedTexts:
    """What came of it.

    Attributes:
        network: that reads texts as was found or chosen; the one given where neither was.
        sheet: with the line about these texts.
        expected, outputs: what the author's program says and what the network does, (B, C).
        candidates: ways to read texts, the nearest first, where the texts do not decide.
        deciding: texts in words that would, see `UndecidedTextError`.
    """

    network: Network
    sheet: ProofSheet
    expected: np.ndarray
    outputs: np.ndarray
    candidates: tuple[TextCandidate, ...] = ()
    deciding: tuple[str, ...] = ()


def reads_by_file(sheet: ProofSheet) -> bool:
    """Whether the layer in the file that makes ids of texts was compared and gave the same."""
    return any(line.name == LAYER and line.verdict == PASS for line in sheet.lines)


def try_texts(
    network: Network,
    sheet: ProofSheet,
    reference: Reference,
    *,
    chosen: TextCandidate | None = None,
    seconds: float = math.inf,
) -> TriedTexts:
    """Find how texts are read by their outputs, unless the file says it; or take what was chosen.

    Args:
        sheet: of the network. reference: texts with numbers.
        seconds: no pass begins later than that.

    Raises:
        InputError: the network reads no text, or the reference holds no texts with numbers.
        OutOfTimeError: the time is over.
    """
    candidates: tuple[TextCandidate, ...] = ()
    deciding: tuple[str, ...] = ()
    # The warning of an earlier comparison makes another hash, but reads texts alike.
    sheet = replace(sheet, model_hash=network.hash)
    count, passes = len(reference.texts), Passes(network, seconds=seconds)
    if chosen is not None:
        texts = f"{count} text{'s' * (count > 1)}"
        network = read_by(network, chosen, (CHOSEN.format(texts),))
    elif not reads_by_file(sheet):
        try:
            network = with_detected_text(network, reference, before_pass=passes.require_time)
        except UndecidedTextError as error:
            candidates, deciding = error.candidates, error.deciding
    sheet = with_text_line(sheet, network, reference, passes)
    if candidates:
        sheet = _with_other_ways(sheet, deciding)
    scores = scores_of(reference.text_samples(network)).astype(np.float64)
    read = {
        kind: (expected, network.to_output(scores) if kind == "probabilities" else scores)
        for kind, expected in reference.readings(network, count).items()
    }
    expected, outputs = min(read.values(), key=lambda pair: float(np.abs(pair[0] - pair[1]).max()))
    return TriedTexts(
        network=sheet.marked(network),
        sheet=sheet,
        expected=expected,
        outputs=outputs,
        candidates=candidates,
        deciding=deciding,
    )


def _with_other_ways(sheet: ProofSheet, deciding: Sequence[str]) -> ProofSheet:
    """A sheet whose line about texts, where it passed, says that other settings pass as well."""
    told = f", which {' or '.join(deciding)} with its output would tell apart" if deciding else ""
    lines = tuple(
        replace(line, detail=f"{line.detail}; {OTHER_WAYS}{told}")
        if line.name == TEXT and line.verdict == PASS
        else line
        for line in sheet.lines
    )
    return replace(sheet, lines=lines)


def with_text_line(
    sheet: ProofSheet, network: Network, reference: Reference, passes: Passes | None = None
) -> ProofSheet:
    """The sheet of a network that differs from its own in how texts are read alone."""
    line = text_pipeline(network, reference, passes)
    lines = tuple(
        line if one.name == TEXT and line is not None else one
        for one in sheet.lines
        if one.name != LAYER or network.hash == sheet.model_hash  # it was about other settings
    )
    return replace(sheet, lines=lines, model_hash=network.hash, assumptions=network.assumptions)
