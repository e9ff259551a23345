"""Which methods a set is explained by, and which one is the main one."""

from __future__ import annotations

from app.methods import ACCOUNT_METHOD
from lrp_engine.attribution.methods import LIVE_METHODS

# The method whose relevance is counted: the one whose words are parts of the score.
MAIN = ACCOUNT_METHOD.name
# Those of a set that is begun today.
OF_A_NEW_SET = tuple(LIVE_METHODS)
# Those of sets from the time when a set did not say it.
OF_AN_OLD_SET = ("lrp", "sensitivity", "gradient_x_input")
