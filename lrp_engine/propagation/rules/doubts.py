"""What was measured against a rule, as sentences: for explanations, commands and forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lrp_engine.propagation.rule import GATES, Rule

if TYPE_CHECKING:
    from lrp_engine.model.graph import Node

# From here on a stabilizer keeps so much that the order of words suffers; `benchmarks/rules.py`.
DOUBTFUL_EPS = 0.1
LARGE_EPS = (
    f"From eps {DOUBTFUL_EPS:g} on, the stabilizer keeps so much that words are ordered worse: "
    "without the words ranked first, the probability of the class falls by 0.229 with 0.1, by "
    "0.269 with 0.001 (125 bundled reviews)."
)
# A text of more words than this may be explained better by this stabilizer.
LONG_TEXT, EPS_OF_LONG = 100, 0.01
LONG_HINT = (
    f"For texts of over {LONG_TEXT} words, try eps {EPS_OF_LONG:g}: on 15 bundled mails it ordered "
    "words a little better than 0.001 (without the words ranked first, the probability falls by "
    "0.368 instead of 0.355); on reviews it did not."
)
# Measured with bias factor 1, see docs/rules.md; the ledger closes all the same.
PRECISION_HINT = (
    "With a bias factor, float32 can be too coarse for the numbers of words. In a BiLSTM with eps "
    "0.001, words were off by at most 0.007 % of the strongest word in 99 of 100 sentences, but by "
    "16 % in one of 300, where a sum was close to 0. The conservation error does not show that. To "
    "be sure, compare with float64 or take a larger eps."
)


def of_rule(rule: Rule, nodes: Sequence[Node]) -> tuple[str, ...]:
    """Why a rule should not be relied on in a network; nothing of what makes no difference there.

    Raises:
        InputError: the rule is made for other layers than these.
    """
    said: dict[str, None] = {}
    for node, one in zip(nodes, rule.by_node(nodes), strict=True):
        if node.layer.follows_rule and one.research:
            said[research_sentence(f"rule {one.title}", one.research)] = None
        if node.layer.has_gates and GATES[one.gates].research:
            said[research_sentence(f"gate rule {one.gates}", GATES[one.gates].research)] = None
        if one.eps >= DOUBTFUL_EPS:
            said[LARGE_EPS] = None
    return tuple(said)


def research_sentence(named: str, measured: str) -> str:
    """That a rule is for research, and what was measured."""
    return f"The {named} is for research. {measured}"


def of_length(rule: Rule, words: int) -> tuple[str, ...]:
    """What may do better for a text of so many words."""
    smaller = all(one.eps < EPS_OF_LONG and not one.relative_stabilizer for one in rule.layer_rules)
    return (LONG_HINT,) if words > LONG_TEXT and smaller else ()


def of_precision(rule: Rule, dtype: str) -> tuple[str, ...]:
    """What may do better than numbers of this precision; with a large eps they are fine enough."""
    coarse = any(one.bias_factor > 0 and one.eps < DOUBTFUL_EPS for one in rule.layer_rules)
    return (PRECISION_HINT,) if coarse and dtype == "float32" else ()


def gates_in_use(rule: Rule, nodes: Sequence[Node]) -> tuple[str, ...]:
    """Names of the gate rules for research that a network's gates follow."""
    used = {one.gates for node, one in zip(nodes, rule.by_node(nodes), strict=True)
            if node.layer.has_gates}  # fmt: skip
    return tuple(name for name, one in GATES.items() if one.research and name in used)
