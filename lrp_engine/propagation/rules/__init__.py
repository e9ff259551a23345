"""Rules: how sums and products hand relevance back to their inputs. One file per rule.

A rule's file holds its options, its source and its formula. It loads without TensorFlow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrp_engine.errors import InputError, choices
from lrp_engine.option import Option
from lrp_engine.propagation.rule import GATES, Rule, TraceKey
from lrp_engine.propagation.rules.alpha_beta import AlphaBeta
from lrp_engine.propagation.rules.epsilon import Epsilon
from lrp_engine.propagation.rules.flat import Flat
from lrp_engine.propagation.rules.gamma import Gamma
from lrp_engine.propagation.rules.w_square import WSquare
from lrp_engine.propagation.rules.z_b import ZB
from lrp_engine.propagation.rules.z_plus import ZPlus

# Name -> rule; the command line, the dashboard and the tests read it.
RULES: dict[str, type[Rule]] = {
    rule.name: rule for rule in (Epsilon, Gamma, AlphaBeta, ZPlus, WSquare, Flat, ZB)
}

DEFAULT_RULE = Epsilon()

__all__ = [
    "DEFAULT_RULE",
    "GATES",
    "RULES",
    "ZB",
    "AlphaBeta",
    "Epsilon",
    "Flat",
    "Gamma",
    "Option",
    "Rule",
    "TraceKey",
    "WSquare",
    "ZPlus",
    "from_dict",
]


def from_dict(settings: Mapping[str, Any]) -> Rule:
    """The rule that `Rule.to_dict` described.

    Raises:
        InputError: there is no such rule or option, or an option is outside its range.
    """
    options = dict(settings)
    name = options.pop("name", None)
    if not isinstance(name, str) or name not in RULES:
        raise InputError(f"There is no rule {name!r:.40}; choose from {choices(RULES)}.")
    try:
        return RULES[name](**options)
    except TypeError:
        raise InputError(f"The rule {name!r} has no options {choices(options)}.") from None
