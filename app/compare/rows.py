"""What a row of the comparison explains, and by which words rows are told apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from lrp_engine import METHODS, Epsilon, Explanation
from lrp_engine.rules import Rule
from lrp_engine.wording import exact, visible


@dataclass(frozen=True, kw_only=True)
class Row:
    """One explanation of the text.

    Attributes:
        method: name in `METHODS`.
        target: a class; None for the predicted one.
        rule, gates: names in `RULES` and `GATES`; None for those of the sidebar, which also says
            the numbers that only some rules have.
        eps, bias_factor: of the rule; None for those of the sidebar. Methods that propagate no
            relevance have none of all these.
        model: first digits of a model's hash; "" for the model of the sidebar.
    """

    method: str
    target: int | None = None
    eps: float | None = None
    bias_factor: float | None = None
    model: str = ""
    rule: str | None = None
    gates: str | None = None


UNSAID = {Epsilon.title, Epsilon().gates}  # what rows share unless somebody chose
DEFAULT = tuple(Row(method=name) for name in METHODS)


def has_rule(method: str) -> bool:
    return METHODS[method].calculus == "relevance"


def combinations(
    methods: Iterable[str],
    targets: Sequence[int],
    eps: Sequence[float],
    bias_factors: Sequence[float],
    models: Sequence[str],
    rules: Sequence[str] = (),
    gates: Sequence[str] = (),
) -> tuple[Row, ...]:
    """Every combination, each once; where nothing is listed, what `Row` stands for by itself."""
    classes: Sequence[int | None] = targets or (None,)
    stabilizers: Sequence[float | None] = eps or (None,)
    factors: Sequence[float | None] = bias_factors or (None,)
    found = [
        Row(method=method, target=target, model=model, eps=one, bias_factor=factor, rule=rule,
            gates=gate)
        if has_rule(method)
        else Row(method=method, target=target, model=model)
        for model, target, method, rule, gate, one, factor in product(
            models or [""], classes, methods, rules or (None,), gates or (None,), stabilizers,
            factors,
        )
    ]  # fmt: skip
    return tuple(dict.fromkeys(found))


def joined(rows: Sequence[Row], more: Sequence[Row], *, most: int) -> tuple[tuple[Row, ...], int]:
    """The rows with more below them, each once, up to so many; and how many found no place."""
    found = tuple(dict.fromkeys((*rows, *more)))
    return found[:most], max(0, len(found) - most)


def rule_words(rule: Rule) -> str:
    """A rule by its name and the numbers that it has of its own: "gamma (γ 0.25)"."""
    own = ", ".join(
        f"{option.title} {exact(getattr(rule, option.name), signed=False)}" for option in rule.asks
    )
    return f"{rule.title} ({own})" if own else rule.title


def names(
    explanations: Sequence[Explanation], models: Sequence[str], index: int = 0
) -> tuple[list[str], str]:
    """A name per row made of what differs between them, and what all of them share.

    Args:
        explanations, models: of each row; models by name.
    """
    methods = [e.facts.short for e in explanations]
    ruled = [e.rule for e in explanations]
    facts: dict[str, list[str]] = {
        "method": methods,
        "class": [visible(e.target_label(index)) for e in explanations],
        "rule": ["" if rule is None else rule_words(rule) for rule in ruled],
        "gates": ["" if rule is None else rule.gates for rule in ruled],
        "ε": ["" if e.rule is None else exact(e.rule.eps, signed=False) for e in explanations],
        "bias factor": [
            "" if e.rule is None else exact(e.rule.bias_factor, signed=False) for e in explanations
        ],
        "model": [visible(name) for name in models],
    }
    # The class belongs to the method: "LRP for “positive”, ε 0.1".
    said = {"method": "{}", "class": " for “{}”", "rule": ", rule {}", "gates": ", gates {}",
            "ε": ", ε {}", "bias factor": ", bias factor {}",
            "model": ", model {}"}  # fmt: skip
    found = [""] * len(explanations)
    shared = []
    for fact, values in facts.items():
        there = {value for value in values if value}
        if len(there) == 1 and len(explanations) > 1 and not there <= UNSAID:
            shared.append(said[fact].format(*there).strip(" ,"))
        if len(there) > 1 or fact == "method":
            found = [
                name + said[fact].format(value) if value else name
                for name, value in zip(found, values, strict=True)
            ]
    if len(set(found)) < len(found):
        found = [f"{name} (row {n})" for n, name in enumerate(found, 1)]
    return found, f"All rows: {', '.join(shared)}." if shared else ""
