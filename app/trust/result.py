"""What was measured, as one file: arrays beside JSON, with the SHA-256 of both in front."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.evaluation.explainer import Explainer
from lrp_engine.evaluation.result import Evaluation
from lrp_engine.sealed import opened, sealed

if TYPE_CHECKING:
    from collections.abc import Mapping

_FACTS = "facts"
_ARRAYS = ("values", "places")


@dataclass(frozen=True, kw_only=True, eq=False)
class Result:
    """What came of a plan. No text is in it.

    Attributes:
        model_hash, model_name: of the model.
        texts: where they come from; count: how many were read, found: of how many; long,
            most_words, labelled: see `Texts`.
        engine: version. made: when, for people.
        evaluation: of the texts; check: of random weights; None where it was not asked for.
        check_problem: why there is no check, a sentence.
    """

    model_hash: str
    model_name: str
    texts: str
    count: int
    found: int
    long: int
    most_words: bool
    labelled: int
    engine: str
    made: str
    evaluation: Evaluation | None
    check: Evaluation | None
    check_problem: str = ""


def to_bytes(result: Result) -> bytes:
    """A file."""
    arrays: dict[str, np.ndarray] = {}
    facts = {one.name: getattr(result, one.name) for one in fields(result)}
    for name in ("evaluation", "check"):
        if facts[name] is not None:
            facts[name] = _described(facts[name], name, arrays)
    return sealed({_FACTS: np.array(json.dumps(facts, ensure_ascii=True)), **arrays})


def from_bytes(data: bytes) -> Result | None:
    """The result of a file; None where it is not as it was written."""
    arrays = opened(data)
    if arrays is None:
        return None
    facts = json.loads(str(arrays[_FACTS]))
    for name in ("evaluation", "check"):
        if facts[name] is not None:
            facts[name] = _built(facts[name], name, arrays)
    return Result(**facts)


def _described(evaluation: Evaluation, name: str, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """An evaluation as JSON; its arrays go where they are told."""
    for part in _ARRAYS:
        for measure, array in getattr(evaluation, part).items():
            arrays[f"{name}.{part}.{measure}"] = array
    return {
        "measures": list(evaluation.measures),
        "explainers": [asdict(one) for one in evaluation.explainers],
        "points": {measure: list(points) for measure, points in evaluation.points.items()},
        "left_out": dict(evaluation.left_out),
        "texts": evaluation.texts,
        "unexplained": evaluation.unexplained,
        "settings": dict(evaluation.settings),
        "seed": evaluation.seed,
    }


def _built(facts: dict[str, Any], name: str, arrays: Mapping[str, np.ndarray]) -> Evaluation:
    measures = facts.pop("measures")
    values, places = (
        {measure: arrays[f"{name}.{part}.{measure}"] for measure in measures} for part in _ARRAYS
    )
    return Evaluation(
        explainers=tuple(Explainer(**one) for one in facts.pop("explainers")),
        values=values,
        places=places,
        points={measure: tuple(points) for measure, points in facts.pop("points").items()},
        **facts,
    )
