"""`parity`: does this network compute what its source computes?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lrp_engine.errors import InputError, OutOfTimeError, OverflowInputError
from lrp_engine.formats.companions.companions import read_companions
from lrp_engine.formats.companions.reference import Reference
from lrp_engine.formats.companions.reference_files import read_reference
from lrp_engine.formats.companions.spec import DETECT
from lrp_engine.formats.input_file import ModelFile, is_model_file
from lrp_engine.formats.keras.reader import KERAS, Parsed, parse
from lrp_engine.formats.readers import contents_of, read
from lrp_engine.formats.sample_folder import with_sample_files
from lrp_engine.model.network import Network
from lrp_engine.proof import checks
from lrp_engine.proof.against import against_reference, text_pipeline
from lrp_engine.proof.live import against_live, live_model, texts_against_live
from lrp_engine.proof.live_models import Live
from lrp_engine.proof.probes import Probe, probes, without_embedding
from lrp_engine.proof.sheet import (
    FAIL,
    INDEPENDENT,
    NO_TEXT,
    PASS,
    TEXT_VERDICTS,
    Line,
    ProofSheet,
)
from lrp_engine.propagation.passes import require_weights
from lrp_engine.propagation.program import Program
from lrp_engine.propagation.rules import DEFAULT_RULE, Rule, checked


def parity(
    network_or_source: Network | ModelFile,
    *,
    source: ModelFile | None = None,
    reference: Any = None,
    examples: Sequence[str] = (),
    vocabulary: Any = None,
    embeddings: Any = None,
    labels: Any = None,
    spec: Any = None,
    tokenizer: Any = None,
    dtype: str = "float32",
    rule: Rule = DEFAULT_RULE,
    seconds: float = math.inf,
) -> ProofSheet:
    """Check a network against its source, on random inputs and examples.

    The layers of a Keras file are rebuilt as Keras layers from white-listed options, never
    deserialized, and must give the same scores. For any file, outputs of the original program can
    be given. The ledger and the gradient are checked in any case.

    Args:
        network_or_source: a network, or a file as `load` takes it.
        source: the file that a given network was read from; a `formats.SharedFile` that `load`
            read before is not unpacked again.
        reference: what the original program said, of texts or of arrays: a pair (texts, outputs)
            with a probability or score of each text, or one per class; the same as a CSV or JSON
            Lines file; a pair (arrays, logits); or a dictionary or `.npz` file with "texts" (B,),
            one of "ids" (B, T), "vectors" (B, T, E), "features" (B, D) and optional "lengths"
            (B,), or both, and one of "logits" or "probabilities" (B, C), "outputs" (either), or
            "labels" (B,), the predicted classes, which are weak: they can fail, never verify.
            Or a live model: a `keras.Model`, a module of PyTorch (called without gradients, in
            evaluation) or a function of arrays, called on the inputs tried; it may give scores or
            probabilities. A Keras model that begins with a text layer is called on texts.
        examples: texts to try besides random inputs, where there is a vocabulary.
        vocabulary, embeddings, labels, spec, tokenizer, dtype: as in `load`, for a file.
        rule: of the relevance whose account is checked.
        seconds: no pass begins later than that; what is left then is not checked.

    Returns:
        The sheet; `weights`, `text` and `verdict` are "verified", "failed" or "unverified".

    Raises:
        FormatError: the file cannot be read. InputError: the reference does not fit the network.
        CostError: a pass costs more than passes may, see `limit_passes`.
    """
    live = live_model(reference)
    given = read_reference(reference if live is None else None)
    network_or_source, own = with_sample_files(network_or_source, vocabulary=vocabulary, spec=spec)
    parts = read_companions(
        **own,
        embeddings=embeddings,
        labels=labels,
        tokenizer=tokenizer,
        dtype=dtype,
    )
    if isinstance(network_or_source, Network):
        network = network_or_source
        contents = None if source is None else contents_of(source)
    elif not is_model_file(network_or_source) or source is not None:
        raise InputError(
            "Give a network (and the file it was read from as `source`), or the path or bytes of "
            "a file."
        )
    else:
        if parts.gate_order == DETECT or parts.detects_text:
            parts = replace(parts, reference=given)
        contents = contents_of(network_or_source)
        network = read(contents, parts)
    parsed = None
    if contents is not None and KERAS.recognizes(contents):
        parsed = parse(contents, parts)
    return _sheet(network, parsed, given, live, examples, rule, seconds)


def text_verdict(network: Network, reference: Any) -> str:
    """`ProofSheet.text` alone, which takes one pass; nothing is computed where no text is given.

    Raises:
        FormatError, InputError: as of `parity`.
    """
    line = text_pipeline(network, read_reference(reference))
    return NO_TEXT if line is None else TEXT_VERDICTS[line.verdict]


def _sheet(
    network: Network,
    parsed: Parsed | None,
    reference: Reference | None,
    live: Live | None,
    examples: Sequence[str],
    rule: Rule,
    seconds: float,
) -> ProofSheet:
    checked(rule, network.nodes)
    require_weights(network, dtype="float64")
    exact = Program(without_embedding(network), traced=False, seconds=seconds)
    about: dict[str, Any] = {"examples": examples, **_about_inputs(network, parsed)}
    try:
        tried = probes(network, exact=exact, **about)
    except OutOfTimeError:  # nothing will be checked
        tried = probes(network, **about)
    with np.errstate(all="ignore"):  # what overflows is a line of the sheet
        lines = _in_time(
            network.dtype, ["keras", "meaning"], lambda: _scores(network, exact, parsed, tried)
        )
        if live is not None:
            lines += _in_time(
                network.dtype,
                ["reference"],
                lambda: [against_live(network, live, exact, tried)],
            )
        elif reference is None:
            lines.append(checks.not_checked("reference", "No reference was given"))
        elif reference.inputs is None:
            lines.append(
                checks.not_checked("reference", "It holds texts, which are compared below")
            )
        else:
            lines += _in_time(
                network.dtype,
                ["reference"],
                lambda: [against_reference(network, reference, exact.room)],
            )
        lines += _in_time(
            network.dtype,
            ["text"],
            lambda: [
                texts_against_live(network, live, examples)
                or text_pipeline(network, reference, exact.room)
            ],
        )
        lines += _text_layer(network, parsed, examples)
        compared = any(line.verdict == PASS for line in lines if line.name in INDEPENDENT)
        order = checks.gate_order(network, compared)
        lines += [] if order is None else [order]
        lines += _in_time(
            network.dtype,
            ["rounding", "ledger", "gradient"],
            lambda: _inside(network, exact, tried, rule),
        )
    return ProofSheet(
        model_hash=network.hash,
        source=network.source,
        dtype=network.dtype,
        lines=tuple(lines),
        gate_order=network.gate_order,
        assumptions=network.assumptions,
        inputs=sum(len(probe.samples) for probe in tried),
    )


def _in_time(
    dtype: str, names: Sequence[str], check: Callable[[], Iterable[Line | None]]
) -> list[Line]:
    """The lines of a check; where the time is over, that they were not checked."""
    try:
        return [line for line in check() if line is not None]
    except OutOfTimeError as error:
        why = str(error).rstrip(".")
        return [checks.not_checked(name, why, dtype=dtype) for name in names]


def _scores(
    network: Network, exact: Program, parsed: Parsed | None, tried: Sequence[Probe]
) -> tuple[Line, ...]:
    """Lines "keras" and "meaning"."""
    why = "There is no Keras file whose layers could be rebuilt"
    if parsed is not None:
        from lrp_engine.proof.twin import NoTwinError, build

        shapes = [network.shapes[name] for name in network.inputs]
        vectors = [(s.length, s.units) if s.time else (s.units,) for s in shapes]
        try:
            twin = build(parsed, input_shapes=vectors, dtype=network.dtype)
            return checks.against_twin(exact, twin, tried)
        except NoTwinError as error:
            why = f"{str(error)[:1].upper()}{str(error)[1:]}"
    return checks.not_checked("keras", why), checks.not_checked("meaning", why)


def _text_layer(network: Network, parsed: Parsed | None, examples: Sequence[str]) -> list[Line]:
    """Line "text_layer", of a file that holds a TextVectorization."""
    entry = None if parsed is None else parsed.text_layer
    if entry is None or entry.kind != "TextVectorization":
        return []
    from lrp_engine.proof.text_twin import text_layer

    return [text_layer(network, entry, examples)]


def _inside(
    network: Network, exact: Program, tried: Sequence[Probe], rule: Rule
) -> tuple[Line, ...]:
    """Lines that need no source: "rounding", "ledger" and "gradient"."""
    try:
        explanations = checks.explained(network, exact, tried, rule)
    except OverflowInputError as error:
        title = checks.TITLES["ledger"]
        return (Line(name="ledger", title=title, verdict=FAIL, detail=str(error)),)
    return (
        checks.rounding(network, exact, tried, explanations),
        checks.ledger(network, tried, explanations, rule),
        checks.gradient(exact, tried),
    )


def _about_inputs(network: Network, parsed: Parsed | None) -> dict[str, Any]:
    """What the file says of inputs: a fixed length, the value of padding."""
    if parsed is not None and network.several:
        starts = zip(network.inputs, parsed.graph.inputs.values(), strict=True)
        return {"lengths_of": {name: start.length for name, start in starts}}
    if parsed is None or not network.input_shape.time:
        return {}
    masking = [entry for entry in parsed.graph.entries if entry.kind == "Masking"]
    blank = masking[0].config.get("mask_value", 0.0) if masking else None
    return {
        "length": parsed.graph.first.length,
        "blank": float(blank) if isinstance(blank, (int, float)) else None,
    }
