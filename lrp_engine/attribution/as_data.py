"""One sample of an explanation as plain JSON values, and what its numbers of a step received."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation


def by_unit(explanation: Explanation) -> list[tuple[str, np.ndarray]]:
    """Per named number of a step, what it received at each (B, T); nothing without names."""
    relevance = explanation.relevance
    if relevance is None or relevance.ndim != 3:
        return []
    return [(name, relevance[:, :, n]) for n, name in enumerate(explanation.unit_names)]


def plain(one: Explanation) -> dict[str, Any]:
    """The first sample as plain JSON values: settings, scores, words, ledger, model hash."""
    from lrp_engine.version import __version__

    complete = one.method_info.completeness == "score"
    return {
        "engine": f"lrp-lens {__version__}",
        "model_hash": one.model_hash,
        "dtype": one.dtype,
        "warnings": list(one.warnings),
        **({"hints": list(one.hints)} if one.hints else {}),
        "method": one.method,
        "unit": one.unit,
        **({"method_options": dict(one.method_options)} if one.method_options else {}),
        "rule": one.rule and one.rule.to_dict(),
        "output": one.output,
        **({} if one.positions is None else {"position": int(one.positions[0])}),
        "labels": list(one.labels),
        **({"value_units": list(one.value_units)} if one.value_units else {}),
        "scores": one.scores[0].tolist(),
        "probabilities": None if one.probabilities is None else one.probabilities[0].tolist(),
        "target": one.target[0].tolist(),
        "explained_score": float(one.explained_score[0]),
        "tokens": list(one.tokens[0]),
        "unknown": one.unknown[0].tolist(),
        "padding": one.padding[0].tolist(),
        "padding_relevance": float(one.padding_relevance[0]),
        **_inputs(one),
        **_text(one),
        "substitute": one.substitute,
        "token_relevance": one.token_relevance[0].tolist(),
        **(
            {} if one.standard_error is None else {"standard_error": one.standard_error[0].tolist()}
        ),
        **({"checks": {n: float(a[0]) for n, a in one.checks.items()}} if one.checks else {}),
        **_by_unit(one),
        "initial_states": {name: float(a[0]) for name, a in one.initial_states.items()},
        "ledger": {name: float(a[0]) for name, a in one.ledger.items()},
        "conservation_error": float(one.conservation_error[0]) if complete else None,
    }


def _inputs(one: Explanation) -> dict[str, Any]:
    """Of several inputs, how many of the words are of each, and what else is its own."""
    if not one.parts:
        return {}
    inputs = {
        name: {
            "token_kind": part.token_kind,
            "tokens": len(part.tokens[0]),
            "relevance": float(part.token_relevance[0].sum()),
            "substitute": part.substitute,
            **_by_unit(part),
            **_text(part),
        }
        for name, part in one.parts.items()
    }
    return {"inputs": inputs, "held": list(one.held)}


def _by_unit(one: Explanation) -> dict[str, Any]:
    """What each named number of the steps received; nothing without names."""
    named = {name: values[0].tolist() for name, values in by_unit(one)}
    return {"unit_relevance": named} if named else {}


def _text(one: Explanation) -> dict[str, Any]:
    """What is said of the first sample's text; nothing where there is none."""
    if one.alignment is None:
        return {}
    return {
        **{name: one.settings[name] for name in ("tokenizer", "text")},
        "spans": one.spans[0] and [span and list(span) for span in one.spans[0]],
        "left_out": [asdict(word) for word in one.left_out[0]],
    }
