"""What the page Trust measures, and which curve it shows.

The key of a set is no part of it: what was measured has a key of its own, and holds no text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app import settings
from app.methods import MEASURED_METHODS
from app.navigation import View
from app.state.choice import Choice, between, class_number, matching, one_of, shortest, switch
from app.trust import plan
from lrp_engine import MEASURES, METHODS, RULES
from lrp_engine.propagation.rules import GATES

EXAMPLES, REVIEWED = "examples", "reviewed"
_EPS = between(settings.EPS_SMALLEST, settings.EPS_LARGEST)


def _counts(count: int) -> int:
    if count not in settings.TRUST_COUNTS:
        raise ValueError(count)
    return count


def _several(read: Callable[[str], Any]) -> Callable[[str], tuple]:
    def read_all(text: str) -> tuple:
        return tuple(dict.fromkeys(read(one) for one in text.split(",")[:50])) if text else ()

    return read_all


def _joined(write: Callable[[Any], str] = str) -> Callable[[Any], str]:
    return lambda values: ",".join(map(write, values))


def _trust(default: Any, read: Callable[[str], Any], expected: str, write: Any = str) -> Choice:
    return Choice(default, read, write, expected, View.TRUST)


TRUST: dict[str, Choice] = {
    "measured": _trust("", matching(plan.KEY), "the key of what was measured"),
    "trust_from": _trust(EXAMPLES, one_of(EXAMPLES, REVIEWED), f"{EXAMPLES} or {REVIEWED}"),
    "trust_texts": _trust(settings.TRUST_COUNT, lambda text: _counts(class_number(text)),
                          " or ".join(map(str, settings.TRUST_COUNTS))),
    "trust_methods": _trust(MEASURED_METHODS, _several(one_of(*METHODS)), "names of methods",
                            _joined()),
    "trust_rules": _trust((), _several(one_of(*RULES)), "names of rules", _joined()),
    "trust_eps": _trust((), _several(_EPS), "numbers with , between them", _joined(shortest)),
    "trust_gates": _trust((), _several(one_of(*GATES)), "names of gate rules", _joined()),
    "random_weights": _trust(True, switch, "0 or 1", lambda value: str(int(value))),
    "curve": _trust("", one_of(*MEASURES), "the name of a measure"),
}  # fmt: skip
