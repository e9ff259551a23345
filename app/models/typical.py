"""How strong words typically are to a model: `python -m app.models.typical` stores it for samples.

A scale of colour that fits every text makes the words of each look equally strong. This one is the
same for all: of each example, the strongest word by each method; of those, a high quantile, so that
a few extreme examples do not make all others pale.

    scale of a method = quantile 0.9 over examples of max over words of |relevance|
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import lrp_engine
from app import settings
from app.models import numeric, opening, samples
from app.models.model import Example, Model, Typical
from lrp_engine import Explanation
from lrp_engine.attribution.shown import as_shown

if TYPE_CHECKING:
    from lrp_engine.propagation.rules import Rule

QUANTILE = 0.9


NOTHING = Typical(largest={})


def texts_of(model: Model) -> list[str]:
    """The examples that are asked, evenly spaced among all; none where words have labels each."""
    if model.network.labels_steps:
        return []
    texts = [example.text for example in model.examples]
    most = min(len(texts), settings.TYPICAL_EXAMPLES)
    return [texts[n * len(texts) // most] for n in range(most)]


def hash_of(texts: Sequence[str]) -> str:
    """SHA-256 of the examples that are asked."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def computed(model: Model, rule: Rule, target: Any = None) -> Typical:
    """What the engine says of the examples, by every live method.

    Args:
        target: as of `Network.explain`; None: of each example the class that is predicted.
    """
    batch = model.batch(texts_of(model))
    by_method = model.network.explain_all(**batch, target=target, rule=rule)
    found = {name: _quantile(one) for name, one in by_method.items()}
    return Typical(largest={name: value for name, value in found.items() if value > 0})


def _quantile(explanation: Explanation) -> float:
    strongest = []
    for n in range(len(explanation)):
        one = as_shown(explanation[n])
        sizes = np.abs(np.where(one.padding[0], 0, one.token_relevance[0]))
        strongest.append(float(sizes.max(initial=0.0)))
    finite = [value for value in strongest if np.isfinite(value)]
    return float(np.quantile(finite, QUANTILE)) if finite else 0.0


def question(model: Model) -> dict[str, Any]:
    """What the stored numbers answer; for another question they are computed anew."""
    return {
        "engine": lrp_engine.__version__,
        "model": model.model_hash,
        "examples": hash_of(texts_of(model)),
        "rule": opening.RULE.to_dict(),
        "quantile": QUANTILE,
    }


def write(path: Path, model: Model) -> None:
    """Store what the rule that the dashboard opens with says."""
    found = computed(model, opening.RULE)
    stored = {"question": question(model), "largest": dict(found.largest)}
    path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


def read(path: Path, model: Model) -> Typical | None:
    """The stored numbers; None where there are none of this question, or none to be read."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        if stored["question"] != question(model):
            return None
        largest = {str(name): float(value) for name, value in stored["largest"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Typical(largest={name: value for name, value in largest.items() if 0 < value < np.inf})


def _of_sample(sample: samples.Sample) -> Model:
    network = lrp_engine.load(sample.model, vocabulary=sample.vocabulary, spec=sample.spec)
    values = (one.value for one in samples.examples(sample))
    texts = (one if isinstance(one, str) else numeric.write(one) for one in values)
    examples = tuple(Example(text, None) for text in texts)
    return Model(network.hash, sample.title, network, examples)


if __name__ == "__main__":
    for one in samples.samples():
        write(one.folder / settings.TYPICAL_FILE, _of_sample(one))
