"""What "backward" means: derivatives, relevance, or several of them after one forward pass."""

from lrp_engine.calculus.base import Calculus
from lrp_engine.calculus.gradient import Gradient
from lrp_engine.calculus.memory import Memory
from lrp_engine.calculus.relevance import Relevance
from lrp_engine.calculus.several import Several

__all__ = ["Calculus", "Gradient", "Memory", "Relevance", "Several"]
