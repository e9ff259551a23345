"""Explainer: what is measured, a method with a rule; and what stands beside them, chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lrp_engine.attribution.methods import Method
from lrp_engine.errors import InputError
from lrp_engine.propagation.rules import DEFAULT_RULE, RULES, LayerRule, Rule

RANDOM = "random"


@dataclass(frozen=True, kw_only=True)
class Explainer:
    """A method, and the rule that it follows.

    Attributes:
        method: a name in `METHODS`, or `RANDOM` for relevances drawn at random.
        rule: in words; empty for a method without.
    """

    method: str
    rule: str = ""

    @property
    def name(self) -> str:
        return f"{self.method} ({self.rule})" if self.rule else self.method


CHANCE = Explainer(method=RANDOM)


def rules_named(rules: object) -> dict[str, Rule]:
    """Rules by what they are called: one, a list, or already by name; None for the usual one.

    Raises:
        InputError: there is none, or one is no rule.
    """
    if rules is None:
        rules = [DEFAULT_RULE]
    elif isinstance(rules, Rule):
        rules = [rules]
    if not isinstance(rules, (Mapping, Sequence)) or not rules or isinstance(rules, str):
        raise InputError(f"rules is {rules!r:.60}, expected a rule, a list, or rules by name.")
    named = rules if isinstance(rules, Mapping) else {words(rule): rule for rule in rules}
    for name, rule in named.items():
        if not isinstance(rule, Rule) or not isinstance(name, str):
            raise InputError(
                f"The rule {name!r:.40} is {rule!r:.60}, expected one of lrp_engine.RULES "
                f"({', '.join(RULES)}), or lrp_engine.ByLayer."
            )
    return dict(named)


def words(rule: object) -> str:
    """A rule in words: its name, its eps, and what else is not as usual."""
    if not isinstance(rule, LayerRule):
        return rule.title if isinstance(rule, Rule) else repr(rule)
    options, usual = rule.to_dict(), type(rule)().to_dict()
    said = [
        f"{name} {value}" if isinstance(value, str) else f"{name} {value:g}"
        for name, value in options.items()
        if name == "eps" or (value != usual[name] and name != "name")
    ]
    return " ".join([rule.name, *(one.replace("_", " ") for one in said)])


def explainers(methods: Sequence[Method], rules: Mapping[str, Rule]) -> tuple[Explainer, ...]:
    """Every method with every rule that it follows, then chance."""
    return (
        *(
            Explainer(method=method.name, rule=rule)
            for method in methods
            for rule in (rules if method.uses_rule else [""])
        ),
        CHANCE,
    )
