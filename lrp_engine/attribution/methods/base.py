"""What a method of explanation states, what it is given, and what it returns.

Axes: B samples of a run, T time steps (or D features), E input units, C classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from lrp_engine.attribution.work import PassCount
from lrp_engine.errors import InputError, choices
from lrp_engine.model.removals import DROP, REMOVAL_MEANINGS
from lrp_engine.option import Option

if TYPE_CHECKING:
    from lrp_engine.propagation.backward import Backward

# What the numbers of all words together promise.
Completeness = Literal["score", "difference to a baseline", "none"]
# A sample of the run, and which of its n words, steps or features stay: (n,) bool.
Variant = tuple[int, np.ndarray]


class Predict(Protocol):
    """Scores (n, C) of variants of samples."""

    def __call__(self, variants: Iterable[Variant], removal: str = DROP) -> np.ndarray: ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """Some samples of similar length, as a method sees them.

    Attributes:
        x: what the network reads, (B, T, E) or (B, D); 0 where there is no step. Of several inputs
            (B, N), their numbers one after the other, see `model.joined`: where (B, T, E) or (B, D)
            stands below, so it is there, and words, steps and features (B, n) in place of (B, T).
        steps: kinds of time steps (B, T) or (B, 1), see `Samples.padded`.
        lengths: (B,) words, steps or features of each sample.
        droppable: (B, T) or (B, D), which of them can be left out: neither padding nor the marks
            around a text, which are put there again.
        scores: (B, C).
        selection: (B, C) the target: +1 at the class explained, -1 at the other of a contrast.
        backward: the backward passes that the method `passes` names, made together with those of
            the other methods asked for.
        forward: (x, steps) -> scores (b, C), of as many rows as the caller can hold.
        back: (calculus, x, steps, selection) -> `Backward`, of as many rows.
        predict: variants of the samples -> scores (n, C), in batches of bounded memory; it reads
            the variants as it goes. What does not stay is left out in the way `removal`, a name in
            `REMOVALS`: a dropped word is gone, and the rest is cut and padded as any text; a
            feature that is left out is 0.
        baseline: a name in `BASELINES` -> the inputs (B, T, E) or (B, D) with that vector in the
            place of what is `droppable`; raises InputError where the network has none. What the
            network skips for its value keeps it, so that it is skipped on a path as well.
        start: share of the way from a baseline where a path begins. Above 0 where the network
            skips steps of a certain value, which the baseline itself may have.
    """

    x: np.ndarray
    steps: np.ndarray
    lengths: np.ndarray
    droppable: np.ndarray
    scores: np.ndarray
    selection: np.ndarray
    backward: Mapping[str, Backward]
    forward: Callable[[np.ndarray, np.ndarray], np.ndarray]
    back: Callable[[str, np.ndarray, np.ndarray, np.ndarray], Backward]
    predict: Predict
    baseline: Callable[[str], np.ndarray]
    start: float = 0.0

    def __len__(self) -> int:
        return len(self.x)

    @property
    def target_scores(self) -> np.ndarray:
        """(B,) the explained score."""
        return (self.selection * self.scores).sum(axis=1, dtype=np.float64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Attribution:
    """What a method says of a run; padding holds exact zeros.

    Attributes:
        per_unit: (B, T, E) or (B, D) of each input unit; None where the method has none.
        per_token: (B, T) or (B, D) of each word; None where it is the sum of `per_unit`.
        standard_error: (B, T) or (B, D) of each word, of a method that estimates; 0 where the
            number is exact.
        checks: (B,) of what the method says of its own result, by the name of its `Check`.
    """

    per_unit: np.ndarray | None = None
    per_token: np.ndarray | None = None
    standard_error: np.ndarray | None = None
    checks: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.per_unit is None and self.per_token is None:
            raise ValueError("An attribution holds values per unit, per token, or both.")

    def without_units(self) -> Attribution:
        """With values of words alone."""
        if self.per_unit is None:
            return self
        of_words = self.per_token
        if of_words is None:
            timed = self.per_unit.ndim == 3
            of_words = self.per_unit.sum(axis=2, dtype=np.float64) if timed else self.per_unit
        return replace(self, per_unit=None, per_token=of_words)


@dataclass(frozen=True, kw_only=True)
class Check:
    """A number by which a method says how far its result may be relied on.

    Attributes:
        name: key in `Explanation.checks`.
        title: for people.
        at_most, at_least: beyond these it is doubtful. doubt: then the sentence that says so.
        share: whether it is a share, which people read in percent.
    """

    name: str
    title: str
    at_most: float = math.inf
    at_least: float = -math.inf
    doubt: str = ""
    share: bool = False

    def doubtful(self, values: np.ndarray) -> np.ndarray:
        """Which values (B,) are beyond."""
        return (values > self.at_most) | (values < self.at_least)


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way to say which inputs mattered.

    Attributes:
        name: key in `METHODS`.
        title, short: for people. value_name: what one of its numbers is called.
        signed: whether negative values exist and oppose the target.
        unit: what the numbers are measured in.
        completeness: what the numbers of all words, with initial states and ledger, add up to:
            the explained score, its difference to that of a baseline, or nothing.
        uses_rule: whether the rule of weighted sums changes the numbers.
        equation: what one of its numbers is, as TeX.
        per_unit: whether every input unit has a number, not only every word.
        passes: calculi ("relevance", "gradient") whose backward pass it reads; the ledger and the
            initial states of its explanations are those of the first.
        cost: for people. count: (words, options) -> the passes over one input of so many words,
            at most, besides those that all methods share.
        live: shown while one types; else on request.
        options: numbers and names to choose, which `attribute` gets by name.
        attribute: (run, options) -> attribution.
        meaning: one sentence for people.
        source: where it is defined.
        estimates: whether its numbers have standard errors.
        checks: what it says of its own result.
        limits: of one that stands aside, what it does and does not say, and what was measured.
    """

    name: str
    title: str
    short: str
    value_name: str
    signed: bool
    unit: str
    equation: str
    per_unit: bool
    completeness: Completeness
    uses_rule: bool
    passes: tuple[str, ...]
    cost: str
    live: bool
    attribute: Callable[[Run, Mapping[str, Any]], Attribution]
    meaning: str
    source: str
    limits: str = ""
    options: tuple[Option, ...] = ()
    count: Callable[[int, Mapping[str, Any]], PassCount] = lambda words, options: PassCount()
    estimates: bool = False
    checks: tuple[Check, ...] = ()

    @property
    def draws(self) -> bool:
        """Whether random numbers decide its values: it has a seed."""
        return any(option.name == SEED.name for option in self.options)

    def options_with(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every option by name: what is given, checked, and defaults for the rest.

        Raises:
            InputError: there is no such option, or its value does not fit; lists what does.
        """
        known = {option.name: option for option in self.options}
        listed = f"choose from {choices(known)}" if known else "it has none"
        if not isinstance(given, Mapping):
            raise InputError(
                f"The options of {self.name!r} are {given!r:.40}, not values by name; {listed}."
            )
        for name in given:
            if name not in known:
                raise InputError(f"The method {self.name!r} has no option {name!r:.40}; {listed}.")
        return {
            name: option.checked(given.get(name, option.default)) for name, option in known.items()
        }


# Options that several methods have.
REMOVAL = Option(
    name="removal",
    title="a word is left out",
    meaning="; ".join(f"{name}: {meaning}" for name, meaning in REMOVAL_MEANINGS.items()),
    choices=tuple(REMOVAL_MEANINGS),
    default=DROP,
)
SEED = Option(
    name="seed",
    title="seed",
    meaning="the same seed draws the same random numbers",
    smallest=0,
    largest=2**32 - 1,
    whole=True,
    default=0,
)
