"""What is to be measured; its key is a hash of all of it, so that equal plans share a result."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from app.models import numeric
from app.models.model import Model
from app.trust.texts import SEED, Texts
from lrp_engine.attribution.methods import LIVE_METHODS, METHODS
from lrp_engine.propagation.rules import Rule

KEY = re.compile("[0-9a-f]{32}")
# Raise it where the same plan gives other numbers.
VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is measured of a model.

    Attributes:
        model_hash, model_name: of the model.
        methods: names in `METHODS`. rules: those of methods that follow one.
        target: the class or value explained, None for the predicted one.
        answers: per text the right relevance of each step, NaN where there is none; None where
            nobody knows.
        measured: whether explanations are measured on the texts. checked: whether they are also
            asked of the network with random weights.
    """

    model_hash: str
    model_name: str
    texts: Texts
    methods: tuple[str, ...]
    rules: tuple[Rule, ...]
    target: int | None = None
    answers: tuple[tuple[float, ...], ...] | None = None
    measured: bool = True
    checked: bool = True

    @classmethod
    def of(cls, model: Model, texts: Texts, methods: Sequence[str], rules: Sequence[Rule],
           *, measured: bool = True, checked: bool = True) -> Plan:  # fmt: skip
        """A plan for a model; where the right explanation is known, it is a part of it."""
        known = model.known
        answers = None
        if known is not None:
            answers = tuple(
                tuple(
                    float(step[known.amount]) if step[known.marks] else float("nan")
                    for step in numeric.read(model.network, text)[0]
                )
                for text in texts.texts
            )
        return cls(
            model_hash=model.model_hash, model_name=model.name, texts=texts,
            methods=tuple(methods), rules=tuple(rules),
            target=None if known is None else known.target, answers=answers,
            measured=measured, checked=checked,
        )  # fmt: skip

    @property
    def explainers(self) -> int:
        """How many there are, a method counting once for each rule that it follows."""
        return sum(len(self.rules) if METHODS[name].uses_rule else 1 for name in self.methods)

    @property
    def checked_methods(self) -> tuple[str, ...]:
        """The methods that random weights are tried with: only fast ones."""
        return tuple(name for name in self.methods if METHODS[name].live) or tuple(LIVE_METHODS)

    @cached_property
    def key(self) -> str:
        said = [
            VERSION, self.model_hash, self.texts.texts, self.texts.labels, self.methods,
            [rule.to_dict() for rule in self.rules], self.target, self.measured, self.checked, SEED,
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]
