"""Rules: how sums and products hand relevance back to their inputs. One file per rule.

A rule's file holds its options, its source and its formula. It loads without TensorFlow.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lrp_engine.errors import InputError, choices
from lrp_engine.option import Option
from lrp_engine.propagation.rule import COMMON_OPTIONS, GATES, GateRule, LayerRule, Rule, TraceKey
from lrp_engine.propagation.rules.alpha_beta import AlphaBeta
from lrp_engine.propagation.rules.by_layer import ByLayer
from lrp_engine.propagation.rules.epsilon import Epsilon
from lrp_engine.propagation.rules.flat import Flat
from lrp_engine.propagation.rules.gamma import Gamma
from lrp_engine.propagation.rules.relative_epsilon import RelativeEpsilon
from lrp_engine.propagation.rules.w_square import WSquare
from lrp_engine.propagation.rules.z_b import ZB
from lrp_engine.propagation.rules.z_plus import ZPlus

if TYPE_CHECKING:
    from lrp_engine.model.graph import Node

# Name -> rule of a layer; the command line, the dashboard and the tests read it.
RULES: dict[str, type[LayerRule]] = {
    rule.name: rule
    for rule in (Epsilon, RelativeEpsilon, Gamma, AlphaBeta, ZPlus, WSquare, Flat, ZB)
}

DEFAULT_RULE = Epsilon()

__all__ = [
    "COMMON_OPTIONS",
    "DEFAULT_RULE",
    "GATES",
    "RULES",
    "ZB",
    "AlphaBeta",
    "ByLayer",
    "Epsilon",
    "Flat",
    "Gamma",
    "GateRule",
    "LayerRule",
    "Option",
    "RelativeEpsilon",
    "Rule",
    "TraceKey",
    "WSquare",
    "ZPlus",
    "checked",
    "from_dict",
    "from_text",
]


def checked(rule: object, nodes: Sequence[Node]) -> Rule:
    """The rule, or the usual one where it is None.

    Args:
        nodes: of the network that it is for.

    Raises:
        InputError: it is no rule, or names layers that the network does not have.
    """
    if rule is None:
        return DEFAULT_RULE
    if not isinstance(rule, Rule):
        names = [*(kind.__name__ for kind in RULES.values()), ByLayer.__name__]
        raise InputError(
            f"rule is {rule!r:.80}, expected one of "
            + ", ".join(f"lrp_engine.{name}(...)" for name in names)
        )
    rule.by_node(nodes)
    return rule


def from_dict(settings: Mapping[str, Any]) -> Rule:
    """The rule that `Rule.to_dict` described.

    Raises:
        InputError: there is no such rule or option, or an option is outside its range.
    """
    if not isinstance(settings, Mapping) or settings.get("name") != ByLayer.name:
        return _layer_rule(settings)
    pairs = settings.get("rules")
    if not isinstance(pairs, list) or not all(
        isinstance(pair, Mapping) and pair.keys() == {"layer", "rule"} for pair in pairs
    ):
        raise InputError(
            "The 'rules' of a rule by layer are a list of objects with 'layer' and 'rule', found "
            f"{pairs!r:.80}."
        )
    if unknown := settings.keys() - {"name", "rules", "default"}:
        raise InputError(f"A rule by layer has no options {choices(sorted(map(str, unknown)))}.")
    return ByLayer(
        tuple((pair["layer"], _layer_rule(pair["rule"])) for pair in pairs),
        default=_layer_rule(settings.get("default", {"name": DEFAULT_RULE.name})),
    )


def _layer_rule(settings: Mapping[str, Any]) -> LayerRule:
    if not isinstance(settings, Mapping):
        raise InputError(f"{settings!r:.80} describes no rule: expected an object with a 'name'.")
    options = dict(settings)
    name = options.pop("name", None)
    if not isinstance(name, str) or name not in RULES:
        raise InputError(f"There is no rule {name!r:.40}; choose from {choices(RULES)}.")
    try:
        return RULES[name](**options)
    except TypeError:
        raise InputError(f"The rule {name!r} has no options {choices(options)}.") from None


def from_text(text: str) -> Rule:
    """The rule of this name with its usual options, or the one that a JSON object describes.

    Raises:
        InputError: it is neither, or as `from_dict`.
    """
    if not text.lstrip().startswith("{"):
        return from_dict({"name": text})
    try:
        settings = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise InputError(f"The rule {text!r:.80} is no JSON: {problem!s:.80}.") from None
    return from_dict(settings)
