"""Explanation and Ledger: frozen results, numpy arrays inside.

Axes: B samples, T time steps (or D features), E input units (none for features), C classes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine import lazy
from lrp_engine.attribution import exploding
from lrp_engine.attribution.arrays import frozen_array
from lrp_engine.attribution.drawn import Drawn
from lrp_engine.attribution.has_inputs import HasInputs
from lrp_engine.attribution.has_texts import HasTexts
from lrp_engine.attribution.ledger import Ledger
from lrp_engine.model.outputs import HasOutput
from lrp_engine.model.text.alignment import Alignment
from lrp_engine.model.text.describe import sentences
from lrp_engine.propagation.rules import doubts

if TYPE_CHECKING:
    import pandas as pd

    from lrp_engine.propagation.rules import Rule


_TABLES = ("initial_states", "layers", "layer_values", "checks", "method_options", "parts")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Explanation(HasInputs, HasTexts, HasOutput, Drawn):
    """Why a network scored B samples as it did. Arrays are read-only; padding holds exact zeros.

    Always true, per sample, where the method's completeness is "score":

        explained_score = sum of token_relevance + initial_state + ledger.total + conservation_error

    with an error of rounding only; for other methods the error is NaN, since they promise no such
    sum.

    Attributes:
        method: name in `METHODS`.
        rule: the rule that weighted sums followed; None for methods that use none.
        method_options: those of the method, by name.
        tokens: per sample, its words (positions for vector inputs, names for features).
        unknown: (B, T) words that the vocabulary lacks.
        substitute: what the network read in their place; None for a vector of zeros.
        padding: (B, T) time steps that only fill a text up, and which the network may read.
        ids: per sample, the rows of the embedding that were read; None where vectors were given.
        alignment: where words stand in the texts; see `spans` and `left_out`.
        lengths: (B,) time steps of each sample.
        padded_lengths: (B,) time steps computed for each, padding included.
        scores: (B, C) logits, or values; probabilities: (B, C), None for values.
        output: what the scores mean, a name in `OUTPUT_KINDS`.
        labels: C names of classes or values; value_units: of each value, empty where not known.
        unit_names: of the numbers of a step, where steps are vectors; empty where not known.
        least_scale: smaller scores are no scale to compare relevance with.
        positions: (B,) the word or step whose label is explained, where each has one; else None.
        target: (B,) the class or value explained, or (B, 2) pairs (a, b) for score a minus
            score b.
        relevance: (B, T, E) of every input unit; (B, D) for features; None for methods that have no
            values of units, and where words alone were asked for.
        token_relevance: (B, T) of every word: `token_values`, or where that is None the sum of
            `relevance` over units; (B, D) for features.
        explained_score: (B,) in the unit of the scores.
        initial_states: name -> (B,) relevance that reached h_0, c_0; initial_state: (B,) their sum.
        ledger: what biases and stabilizers kept.
        conservation_error: (B,).
        layers: node name -> relevance at its output, where asked for: (B, T, units), (B, units). By
            "node/h" (B, T, units) what arrives at the state h of every step, from the layer's
            output and from the steps that are read later: an account of each step for itself.
        layer_values: by the same names, the numbers that come out there, or the states themselves.
        resampled_time: nodes whose time steps are not the words, such as windows.
        model_hash, dtype: what made it.
        token_kind: what goes in one by one: "word", "feature", or "step" for a vector.
        warnings: why it should not be relied on, as sentences: `Network.warnings`, what makes
            its words doubtful, of which samples the method's own checks are beyond their limits,
            and of a single sample, that most of its words are unknown.
        checks: (B,) what the method says of its own result, by the names of `method_info.checks`.
        standard_error: (B, T) of `token_relevance`, 0 where it is exact; None for methods that
            estimate nothing.
        parts: of a network of several inputs, each by itself, by its name; see `part`. Here the
            words of all stand one after the other, without padding to the longest.
        held: the inputs that were held fixed: what they received is in the ledger.
    """

    method: str
    rule: Rule | None
    tokens: tuple[tuple[str, ...], ...]
    unknown: np.ndarray
    lengths: np.ndarray
    scores: np.ndarray
    probabilities: np.ndarray | None
    labels: tuple[str, ...]
    target: np.ndarray
    relevance: np.ndarray | None
    explained_score: np.ndarray
    initial_states: Mapping[str, np.ndarray]
    ledger: Ledger
    layers: Mapping[str, np.ndarray] = field(default_factory=dict)
    layer_values: Mapping[str, np.ndarray] = field(default_factory=dict)
    resampled_time: tuple[str, ...] = ()
    model_hash: str
    dtype: str
    substitute: str | None = None
    padded_lengths: np.ndarray = field(default_factory=lambda: np.zeros(0, int))  # then: lengths
    warnings: tuple[str, ...] = ()
    token_kind: str = "word"
    token_values: np.ndarray | None = None
    method_options: Mapping[str, Any] = field(default_factory=dict)
    padding: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), bool))  # then: none
    ids: tuple[np.ndarray, ...] | None = None
    alignment: Alignment | None = None
    output: str = "softmax"
    value_units: tuple[str, ...] = ()
    positions: np.ndarray | None = None
    unit_names: tuple[str, ...] = ()
    least_scale: float = 0.0
    checks: Mapping[str, np.ndarray] = field(default_factory=dict)
    standard_error: np.ndarray | None = None
    parts: Mapping[str, Explanation] = field(default_factory=dict)
    held: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.relevance is None and self.token_values is None:
            raise ValueError("An explanation holds relevance, token_values, or both.")
        if not len(self.padded_lengths):
            object.__setattr__(self, "padded_lengths", self.lengths)
        if not len(self.padding):
            object.__setattr__(self, "padding", np.zeros(self.unknown.shape, bool))
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray):
                object.__setattr__(self, item.name, frozen_array(value))
        if self.ids is not None:
            object.__setattr__(self, "ids", tuple(map(frozen_array, self.ids)))
        for name in ("initial_states", "layers", "layer_values", "checks"):
            table = {key: frozen_array(array) for key, array in getattr(self, name).items()}
            object.__setattr__(self, name, MappingProxyType(table))
        for name in ("method_options", "parts"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __len__(self) -> int:
        return len(self.tokens)

    def __repr__(self) -> str:
        return f"Explanation({self.method}, {len(self)} samples, model {self.model_hash[:8]})"

    def __reduce__(self) -> tuple:
        # Mapping proxies cannot be pickled.
        state: dict[str, Any] = {item.name: getattr(self, item.name) for item in fields(self)}
        for name in _TABLES:
            state[name] = dict(state[name])
        return partial(Explanation, **state), ()

    def __getitem__(self, index: int | slice) -> Explanation:
        """One sample as an Explanation of its own (B = 1), cut to its length; or some (`e[2:5]`).

        Raises:
            IndexError: there is no such sample.
        """
        cut: Explanation = lazy.load("attribution.cut:samples")(self, index)
        return cut

    def __iter__(self) -> Iterator[Explanation]:
        return (self[index] for index in range(len(self)))

    @cached_property
    def token_relevance(self) -> np.ndarray:
        if self.token_values is not None:
            return self.token_values
        assert self.relevance is not None  # else `__post_init__` refuses
        if self.relevance.ndim == 2:
            return frozen_array(self.relevance.astype(np.float64))
        return frozen_array(self.relevance.sum(axis=2, dtype=np.float64))

    @cached_property
    def padding_relevance(self) -> np.ndarray:
        """(B,) what padding received, of `token_relevance`."""
        return frozen_array(np.where(self.padding, self.token_relevance, 0).sum(axis=1))

    @property
    def settings(self) -> Mapping[str, Any]:
        """What was chosen, as plain JSON values: method, rule, and how texts were read.

        "tokenizer" holds the options of the text pipeline, "text" says them in sentences; both are
        missing where no words were given.
        """
        chosen: dict[str, Any] = {
            "method": self.method,
            "method_options": dict(self.method_options),
            "rule": self.rule and self.rule.to_dict(),
        }
        if self.held:
            chosen["hold"] = list(self.held)
        if self.alignment is not None:
            tokenizer = self.alignment.tokenizer
            chosen |= {
                "tokenizer": tokenizer.to_dict(),
                "text": sentences(tokenizer, self.substitute),
            }
        return MappingProxyType(chosen)

    @cached_property
    def initial_state(self) -> np.ndarray:
        return frozen_array(sum(self.initial_states.values(), np.zeros(len(self))))

    @cached_property
    def conservation_error(self) -> np.ndarray:
        if self.method_info.completeness != "score":
            return frozen_array(np.full(len(self), np.nan))
        accounted = self.token_relevance.sum(axis=1) + self.initial_state + self.ledger.total
        return frozen_array(self.explained_score - accounted)

    @property
    def predicted(self) -> np.ndarray:
        """(B,) the class with the highest score.

        Raises:
            InputError: the scores are values, not of classes.
        """
        self.require_classes("predicted classes")
        return self.scores.argmax(axis=1)

    @property
    def shares(self) -> np.ndarray:
        """`probabilities` (B, C), where they are needed.

        Raises:
            InputError: the scores are values, which have none.
        """
        self.require_classes("probabilities")
        assert self.probabilities is not None
        return self.probabilities

    @property
    def value_unit(self) -> str:
        """Unit of the explained score; "" where it has none, or is a difference of two units."""
        if not self.value_units:
            return ""
        units = {self.value_units[c] for c in np.unique(self.target)}
        return units.pop() if len(units) == 1 else ""

    @property
    def unit(self) -> str:
        """Unit of the method's numbers: that of the value explained in place of "score"."""
        unit = self.method_info.unit
        if self.output_kind.has_classes:
            return unit
        return re.sub(r"\bscore\b", self.value_unit or self.output_kind.noun, unit)

    @property
    def padding_waste(self) -> float:
        """Share (0 to 1) of the computed time steps that was padding."""
        return float(1 - self.lengths.sum() / self.padded_lengths.sum())

    @property
    def _by_method(self) -> Mapping[str, Explanation]:
        return {self.method: self}

    def target_label(self, index: int = 0) -> str:
        """The explained class or value by name, or "a − b" for a contrast."""
        return " − ".join(self.labels[c] for c in np.atleast_1d(self.target[index]))

    def labelled_token(self, index: int = 0) -> str | None:
        """The word or step whose label is explained; None where the whole input has one."""
        return None if self.positions is None else self.tokens[index][self.positions[index]]

    def to_frame(self, rows: str = "words") -> pd.DataFrame:
        """One row per word; or per text, or per number of layers: `rows` "texts" or "layers".

        Each row says sample, text, method, class (None of values), target and its score, so that
        frames of several explanations can be put together. Of words then position, token, unknown,
        padding, relevance. Of texts the probability, how many words there are and how many are
        unknown, and the account: words, padding, initial states, biases, stabilizers, what was held
        fixed, rounding error; NaN where the method's numbers are no parts of the score. Of layers
        asked for by `layers=` the layer, position and token (missing where it has none), unit,
        value, relevance.

        Raises:
            InputError: `rows` is none of these; or "layers", and none were asked for.
        """
        frame: pd.DataFrame = lazy.load("attribution.as_frame:frame")(self, rows)
        return frame

    def to_dict(self, index: int = 0) -> dict[str, Any]:
        """One sample as plain JSON values: settings, scores, words, ledger, model hash."""
        plain: dict[str, Any] = lazy.load("attribution.as_data:plain")(self[index])
        return plain

    @property
    def hints(self) -> tuple[str, ...]:
        """What may do better, as sentences; of several samples, what holds for the longest."""
        if self.rule is None or self.token_kind == "feature":
            return ()
        real = self.lengths - self.padding.sum(axis=1)
        words = int(real.max(initial=0)) if self.token_kind == "word" else 0
        return doubts.of_length(self.rule, words) + doubts.of_precision(self.rule, self.dtype)

    def with_exploding(self) -> tuple[str, ...]:
        """Warnings with what is said of relevance that is far larger than the scores."""
        if self.method_info.completeness != "score":
            return self.warnings
        return exploding.warned(self.warnings, self.token_relevance, self.scores,
                                least=self.least_scale, token_kind=self.token_kind)  # fmt: skip
