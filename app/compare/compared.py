"""What a row of the comparison explains, and by which words rows are told apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from lrp_engine import METHODS, RULES, Epsilon, Explanation
from lrp_engine.attribution.methods import LIVE_METHODS
from lrp_engine.propagation.rules import ByLayer, LayerRule, Rule
from lrp_engine.propagation.rules.by_layer import place
from lrp_engine.render.numbers import exact
from lrp_engine.render.wording import visible


@dataclass(frozen=True, kw_only=True)
class Row:
    """One explanation of the text.

    Attributes:
        method: name in `METHODS`.
        target: a class; None for the predicted one.
        rule, gates: names in `RULES` and `GATES`; None for those of the sidebar. A rule by layer is
            its JSON, which says all that follows, too.
        eps, bias_factor: of the rule; None for those of the sidebar.
        own: the numbers that only this rule has, in the order of its `options`; None, and () where
            all are, for those of the sidebar. Methods that propagate no relevance have none of
            all these.
        model: first digits of a model's hash; "" for the model of the sidebar.
        chosen: options of the method that are not its defaults, by name.
    """

    method: str
    target: int | None = None
    eps: float | None = None
    bias_factor: float | None = None
    model: str = ""
    rule: str | None = None
    gates: str | None = None
    own: tuple[float | None, ...] = ()
    chosen: tuple[tuple[str, float | str], ...] = ()

    @property
    def options(self) -> dict[str, Any]:
        """What the row says of its rule, by the names of the rule's fields."""
        chosen = {"eps": self.eps, "bias_factor": self.bias_factor, "gates": self.gates}
        known = RULES[self.rule].options if self.rule in RULES and self.own else ()
        chosen |= {option.name: value for option, value in zip(known, self.own, strict=True)}
        return {name: value for name, value in chosen.items() if value is not None}

    def settled(self, rule: Rule) -> Row:
        """The row with this rule, whatever the sidebar says later."""
        if not has_rule(self.method):
            return self
        if not isinstance(rule, LayerRule):
            return replace(self, rule=as_text(rule), gates=None, eps=None, bias_factor=None, own=())
        own = tuple(getattr(rule, option.name) for option in rule.options)
        return replace(self, rule=rule.name, gates=rule.gates, eps=rule.eps,
                       bias_factor=rule.bias_factor, own=own)  # fmt: skip


# Options of every rule -> how rows call them.
COMMON = {"gates": "gates", "eps": "ε", "bias_factor": "bias factor"}
UNSAID = {Epsilon.title, Epsilon().gates}  # what rows share unless somebody chose
OPTIONS = "options"  # of the method of one row, said of that row alone
DEFAULT = tuple(Row(method=name) for name in LIVE_METHODS)


def has_rule(method: str) -> bool:
    return METHODS[method].uses_rule


def combinations(
    methods: Iterable[str],
    targets: Sequence[int],
    eps: Sequence[float],
    bias_factors: Sequence[float],
    models: Sequence[str],
    rules: Sequence[str] = (),
    gates: Sequence[str] = (),
    own: Mapping[str, Sequence[float]] | None = None,
    *,
    method_options: Mapping[str, Mapping[str, Sequence[float | str]]] | None = None,
    rule_of: Callable[[Row], Rule] | None = None,
) -> tuple[Row, ...]:
    """Every combination, each once; where nothing is listed, what `Row` stands for by itself.

    Args:
        own: of the numbers that only some rules have, by name; one that none of the rules has
            adds those that have it.
        method_options: of the methods' own options, by method and name.
        rule_of: what a row's rule is where the row leaves it open.
    """
    classes: Sequence[int | None] = targets or (None,)
    stabilizers: Sequence[float | None] = eps or (None,)
    factors: Sequence[float | None] = bias_factors or (None,)
    settings = product(_own(rules, own or {}), gates or (None,), stabilizers, factors)
    rows = [
        Row(method=method, target=target, model=model, rule=rule, own=numbers, gates=gate, eps=one,
            bias_factor=factor, chosen=chosen)
        if has_rule(method)
        else Row(method=method, target=target, model=model, chosen=chosen)
        for model, target, method, ((rule, numbers), gate, one, factor) in product(
            models or [""], classes, methods, tuple(settings)
        )
        for chosen in _chosen(method, (method_options or {}).get(method, {}))
    ]  # fmt: skip
    if rule_of is not None:
        rows = [row.settled(rule_of(row)) for row in rows]
    return tuple(dict.fromkeys(rows))


def chosen(method: str, given: Mapping[str, Any]) -> tuple[tuple[str, float | str], ...]:
    """What is not the default among options of a method.

    Raises:
        InputError: there is no such option, or its value does not fit.
    """
    defaults = {option.name: option.default for option in METHODS[method].options}
    checked = METHODS[method].options_with(given)
    return tuple((name, value) for name, value in checked.items() if value != defaults[name])


def _chosen(
    method: str, given: Mapping[str, Sequence[float | str]]
) -> Iterator[tuple[tuple[str, float | str], ...]]:
    """Every combination of a method's options."""
    names = [name for name, values in given.items() if values]
    for values in product(*(given[name] for name in names)):
        yield chosen(method, dict(zip(names, values, strict=True)))


def option_words(method: str, options: Mapping[str, Any]) -> str:
    """Options of a method that are not its defaults: "samples 500, ridge 2"."""
    titles = {option.name: option.title for option in METHODS[method].options}
    return ", ".join(
        f"{titles[name]} {value if isinstance(value, str) else exact(float(value), signed=False)}"
        for name, value in chosen(method, options)
    )


def _own(
    rules: Sequence[str], own: Mapping[str, Sequence[float]]
) -> Iterator[tuple[str | None, tuple[float | None, ...]]]:
    """Rules with numbers of their own, in every combination."""
    asked = {name: [option.name for option in rule.options] for name, rule in RULES.items()}
    given = {option for option, values in own.items() if values}
    for option in sorted(given):
        if not any(option in asked[name] for name in rules):
            rules = [*rules, *(name for name in RULES if option in asked[name])]
    for rule in rules or (None,):
        options = asked[rule] if rule else []
        values = [own.get(option) or (None,) for option in options]
        yield from ((rule, n if any(v is not None for v in n) else ()) for n in product(*values))


def joined(rows: Sequence[Row], more: Sequence[Row], *, most: int) -> tuple[tuple[Row, ...], int]:
    """The rows with more below them, each once, up to so many; and how many found no place."""
    distinct = tuple(dict.fromkeys((*rows, *more)))
    return distinct[:most], max(0, len(distinct) - most)


def as_text(rule: Rule) -> str:
    """A rule by layer as links and rows have it: compact JSON."""
    return json.dumps(rule.to_dict(), separators=(",", ":"), ensure_ascii=False)


def rule_words(rule: Rule) -> str:
    """A rule by its name and the numbers that it has of its own: "gamma (γ 0.25)".

    By layer: "epsilon; first layer: w-square", with those common options that differ.
    """
    differing = [name for name in COMMON if rule.common(name) is None]
    if not isinstance(rule, ByLayer):
        return "; ".join(_words(one, differing) for one in rule.layer_rules)
    places = [f"{visible(place(where))}: {_words(one, differing)}" for where, one in rule.rules]
    return "; ".join([_words(rule.default, differing), *places])


def _words(rule: LayerRule, differing: Sequence[str]) -> str:
    numbers = [(option.title, getattr(rule, option.name)) for option in rule.options]
    numbers += [(COMMON[name], getattr(rule, name)) for name in differing]
    own = ", ".join(
        f"{title} {value if isinstance(value, str) else exact(value, signed=False)}"
        for title, value in numbers
    )
    return f"{rule.title} ({own})" if own else rule.title


def _common(rule: Rule | None, option: str) -> str:
    """An option that all layers share, in words; "" where there is none."""
    value = None if rule is None else rule.common(option)
    if value is None or isinstance(value, str):
        return value or ""
    return exact(value, signed=False)


def names(explanations: Sequence[Explanation], models: Sequence[str]) -> tuple[list[str], str]:
    """A name per row made of what differs between them, and what all of them share.

    Args:
        explanations, models: of each row; models by name.
    """
    methods = [e.method_info.short for e in explanations]
    ruled = [e.rule for e in explanations]
    parts: dict[str, list[str]] = {
        "method": methods,
        "class": [visible(e.target_label()) for e in explanations],
        "rule": ["" if rule is None else rule_words(rule) for rule in ruled],
        **{title: [_common(rule, name) for rule in ruled] for name, title in COMMON.items()},
        OPTIONS: [option_words(e.method, e.method_options) for e in explanations],
        "model": [visible(name) for name in models],
    }
    # The class belongs to the method: "LRP for “positive”, ε 0.1".
    forms = {"method": "{}", "class": " for “{}”", "rule": ", rule {}", "gates": ", gates {}",
            "ε": ", ε {}", "bias factor": ", bias factor {}",
            OPTIONS: ", {}", "model": ", model {}"}  # fmt: skip
    row_names = [""] * len(explanations)
    shared = []
    for part, values in parts.items():
        there = {value for value in values if value}
        all_say = len(there) == 1 and len(explanations) > 1 and part != OPTIONS
        if all_say and not there <= UNSAID:
            shared.append(forms[part].format(*there).strip(" ,"))
        if len(there) > 1 or part in ("method", OPTIONS):
            row_names = [
                name + forms[part].format(value) if value else name
                for name, value in zip(row_names, values, strict=True)
            ]
    if len(set(row_names)) < len(row_names):
        row_names = [f"{name} (row {n})" for n, name in enumerate(row_names, 1)]
    return row_names, f"All rows: {', '.join(shared)}." if shared else ""
