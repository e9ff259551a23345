"""Settings: what is measured and how; plain values, the same in every process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lrp_engine.attribution.methods import Method, method_named
from lrp_engine.evaluation.explainer import Explainer, explainers
from lrp_engine.evaluation.measures import MEASURES, Measure
from lrp_engine.model.removals import DROP
from lrp_engine.propagation.rules import Rule


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is measured and how.

    Attributes:
        methods: names in `METHODS`; rules: by what they are called; measures: names in `MEASURES`.
        method_options: method -> its options.
        removal: how words are left out, a name in `REMOVALS`.
        step: words that curves take out at a time.
        target: the class or value that is explained; None for each text's predicted class.
        pair: the two classes that documents are made of; None where there are not two.
        seed: decides everything that is drawn.
    """

    methods: tuple[str, ...]
    rules: Mapping[str, Rule] = field(hash=False)
    measures: tuple[str, ...]
    method_options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)
    removal: str = DROP
    step: int = 1
    target: int | None = None
    pair: tuple[int, int] | None = None
    seed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "methods": list(self.methods),
            "rules": {name: rule.to_dict() for name, rule in self.rules.items()},
            "measures": list(self.measures),
            "method_options": {name: dict(own) for name, own in self.method_options.items()},
            "removal": self.removal,
            "step": self.step,
            "target": self.target,
            "pair": None if self.pair is None else list(self.pair),
            "seed": int(self.seed),
        }

    @cached_property
    def explainers(self) -> tuple[Explainer, ...]:
        """What is measured, chance last."""
        return explainers(self.method_infos, self.rules)

    @property
    def method_infos(self) -> list[Method]:
        return [method_named(name) for name in self.methods]

    @property
    def measure_infos(self) -> tuple[Measure, ...]:
        return tuple(MEASURES[name] for name in self.measures)
