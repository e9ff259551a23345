"""How rules and gate rules are called in lists: those for research come last and say so."""

from __future__ import annotations

from app.text.markdown import plain
from lrp_engine import RULES
from lrp_engine.propagation.rules import GATES

FOR_RESEARCH = "for research"
# Those that anybody may choose, then those for research.
RULE_NAMES = sorted(RULES, key=lambda name: bool(RULES[name].research))
GATE_NAMES = sorted(GATES, key=lambda name: bool(GATES[name].research))


def rule_title(name: str) -> str:
    """A rule of `RULES` as lists call it."""
    return _called(RULES[name].title, RULES[name].research)


def gate_title(name: str) -> str:
    """A gate rule as lists call it: its name and what it does."""
    return _called(f"{name}: {GATES[name].meaning}", GATES[name].research)


def _called(title: str, research: str) -> str:
    return f"{title} ({FOR_RESEARCH})" if research else title


def remark(research: str) -> str:
    """What was measured of a rule for research, as Markdown."""
    return plain(f"{FOR_RESEARCH.capitalize()}. {research}")
