"""LRP Lens: why a recurrent text classifier decided what it decided.

Names are loaded on first use: `import lrp_engine` itself needs neither TensorFlow nor h5py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lrp_engine.lazy import imported
from lrp_engine.version import __version__

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation
    from lrp_engine.attribution.explanations import Explanations
    from lrp_engine.attribution.ledger import Ledger
    from lrp_engine.attribution.methods import METHODS
    from lrp_engine.attribution.stream import explain_stream
    from lrp_engine.corpora.run import explain_corpus
    from lrp_engine.corpora.settings import CorpusSettings
    from lrp_engine.errors import FormatError, InputError
    from lrp_engine.evaluation.comparison import Comparison, compare
    from lrp_engine.evaluation.evaluate import evaluate
    from lrp_engine.evaluation.measures import MEASURES
    from lrp_engine.evaluation.result import Evaluation
    from lrp_engine.formats import load
    from lrp_engine.formats.arrays.eight_arrays import from_weights
    from lrp_engine.formats.from_keras import from_keras
    from lrp_engine.formats.from_torch import from_torch
    from lrp_engine.model.network import Network
    from lrp_engine.proof.parity import parity
    from lrp_engine.proof.sheet import ProofSheet
    from lrp_engine.propagation.room import limit_passes
    from lrp_engine.propagation.rules import (
        RULES,
        ZB,
        AlphaBeta,
        ByLayer,
        Epsilon,
        Flat,
        Gamma,
        RelativeEpsilon,
        Rule,
        WSquare,
        ZPlus,
    )
    from lrp_engine.shipped import samples

_HOME = {
    "AlphaBeta": "propagation.rules",
    "ByLayer": "propagation.rules",
    "Comparison": "evaluation.comparison",
    "CorpusSettings": "corpora.settings",
    "Epsilon": "propagation.rules",
    "Evaluation": "evaluation.result",
    "Explanation": "attribution.explanation",
    "Explanations": "attribution.explanations",
    "Flat": "propagation.rules",
    "FormatError": "errors",
    "Gamma": "propagation.rules",
    "InputError": "errors",
    "Ledger": "attribution.ledger",
    "MEASURES": "evaluation.measures",
    "METHODS": "attribution.methods",
    "Network": "model.network",
    "ProofSheet": "proof.sheet",
    "RULES": "propagation.rules",
    "Rule": "propagation.rules",
    "RelativeEpsilon": "propagation.rules",
    "WSquare": "propagation.rules",
    "ZB": "propagation.rules",
    "ZPlus": "propagation.rules",
    "compare": "evaluation.comparison",
    "evaluate": "evaluation.evaluate",
    "explain_corpus": "corpora.run",
    "explain_stream": "attribution.stream",
    "from_keras": "formats.from_keras",
    "from_torch": "formats.from_torch",
    "from_weights": "formats.arrays.eight_arrays",
    "limit_passes": "propagation.room",
    "load": "formats",
    "parity": "proof.parity",
    "samples": "shipped",
}

__all__ = [
    "MEASURES",
    "METHODS",
    "RULES",
    "ZB",
    "AlphaBeta",
    "ByLayer",
    "Comparison",
    "CorpusSettings",
    "Epsilon",
    "Evaluation",
    "Explanation",
    "Explanations",
    "Flat",
    "FormatError",
    "Gamma",
    "InputError",
    "Ledger",
    "Network",
    "ProofSheet",
    "RelativeEpsilon",
    "Rule",
    "WSquare",
    "ZPlus",
    "__version__",
    "compare",
    "evaluate",
    "explain_corpus",
    "explain_stream",
    "from_keras",
    "from_torch",
    "from_weights",
    "limit_passes",
    "load",
    "parity",
    "samples",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(imported(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
