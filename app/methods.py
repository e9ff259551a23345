"""Methods that a page needs for what they are, chosen by the facts of the table, here alone."""

from __future__ import annotations

from lrp_engine.attribution.methods import LIVE_METHODS, METHODS, occlusion

# What Conservation, the path of a word, relevance by layer, the sweeps and the lesson follow: its
# words, initial states and ledger add up to the score, and a rule says how.
ACCOUNT_METHOD = next(
    method
    for method in LIVE_METHODS.values()
    if method.completeness == "score" and method.uses_rule
)
# The lesson's fourth question: what the score is without a word.
LEFT_OUT_METHOD = occlusion.METHOD
# LRP leads on Explain; these stand beside it when asked for.
ASIDE_METHODS = tuple(name for name in LIVE_METHODS if name != ACCOUNT_METHOD.name)
SHOWN_METHODS = tuple(name for name in LIVE_METHODS if name not in ASIDE_METHODS)
# What Trust measures unless somebody chooses: what takes no longer than leaving each word out.
MEASURED_METHODS = (*LIVE_METHODS, LEFT_OUT_METHOD.name)
RULED_METHODS = tuple(method for method in METHODS.values() if method.uses_rule)
