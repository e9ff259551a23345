"""What a row of the comparison explains, and by which words rows are told apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from lrp_engine import METHODS, Explanation
from lrp_engine.wording import exact, visible


@dataclass(frozen=True, kw_only=True)
class Row:
    """One explanation of the text.

    Attributes:
        method: name in `METHODS`.
        target: a class; None for the predicted one.
        eps, bias_factor: of the rule; None for those of the sidebar. Methods that propagate no
            relevance have none.
        model: first digits of a model's hash; "" for the model of the sidebar.
    """

    method: str
    target: int | None = None
    eps: float | None = None
    bias_factor: float | None = None
    model: str = ""


DEFAULT = tuple(Row(method=name) for name in METHODS)


def has_rule(method: str) -> bool:
    return METHODS[method].calculus == "relevance"


def combinations(
    methods: Iterable[str],
    targets: Sequence[int],
    eps: Sequence[float],
    bias_factors: Sequence[float],
    models: Sequence[str],
) -> tuple[Row, ...]:
    """Every combination, each once; where nothing is listed, what `Row` stands for by itself."""
    classes: Sequence[int | None] = targets or (None,)
    stabilizers: Sequence[float | None] = eps or (None,)
    factors: Sequence[float | None] = bias_factors or (None,)
    found = [
        Row(method=method, target=target, model=model, eps=one, bias_factor=factor)
        if has_rule(method)
        else Row(method=method, target=target, model=model)
        for model, target, method, one, factor in product(
            models or [""], classes, methods, stabilizers, factors
        )
    ]
    return tuple(dict.fromkeys(found))


def joined(rows: Sequence[Row], more: Sequence[Row], *, most: int) -> tuple[tuple[Row, ...], int]:
    """The rows with more below them, each once, up to so many; and how many found no place."""
    found = tuple(dict.fromkeys((*rows, *more)))
    return found[:most], max(0, len(found) - most)


def names(
    explanations: Sequence[Explanation], models: Sequence[str], index: int = 0
) -> tuple[list[str], str]:
    """A name per row made of what differs between them, and what all of them share.

    Args:
        explanations, models: of each row; models by name.
    """
    methods = [e.facts.short for e in explanations]
    facts: dict[str, list[str]] = {
        "method": methods,
        "class": [visible(e.target_label(index)) for e in explanations],
        "ε": ["" if e.rule is None else exact(e.rule.eps, signed=False) for e in explanations],
        "bias factor": [
            "" if e.rule is None else exact(e.rule.bias_factor, signed=False) for e in explanations
        ],
        "model": [visible(name) for name in models],
    }
    # The class belongs to the method: "LRP for “positive”, ε 0.1".
    said = {"method": "{}", "class": " for “{}”", "ε": ", ε {}", "bias factor": ", bias factor {}",
            "model": ", model {}"}  # fmt: skip
    found = [""] * len(explanations)
    shared = []
    for fact, values in facts.items():
        there = {value for value in values if value}
        if len(there) == 1 and len(explanations) > 1:
            shared.append(said[fact].format(*there).strip(" ,"))
        if len(there) > 1 or fact == "method":
            found = [
                name + said[fact].format(value) if value else name
                for name, value in zip(found, values, strict=True)
            ]
    if len(set(found)) < len(found):
        found = [f"{name} (row {n})" for n, name in enumerate(found, 1)]
    return found, f"All rows: {', '.join(shared)}." if shared else ""
