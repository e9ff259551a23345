"""Explanations: the same samples explained by several methods, what they share said once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from lrp_engine import lazy
from lrp_engine.attribution.drawn import Drawn
from lrp_engine.attribution.explanation import Explanation
from lrp_engine.errors import InputError, choices
from lrp_engine.model.outputs import OutputKind
from lrp_engine.model.text.alignment import LeftOut

if TYPE_CHECKING:
    import pandas as pd


class Explanations(Mapping[str, Explanation], Drawn):
    """Method name -> Explanation, of the same B samples, targets and network. Frozen.

    Attributes:
        tokens, unknown, padding, left_out, texts, lengths, padded_lengths, scores, probabilities,
            positions, labelled_token, shares, predicted, output_kind, labels, value_units, target,
            explained_score, token_kind, model_hash, dtype, substitute, warnings, hints,
            target_label: as in `Explanation`, where they are explained.
        complete: the first explanation whose words, initial states and ledger add up to the
            explained score; None where no method promises it.

    Raises:
        InputError: there is no explanation, or they are of different samples.
    """

    __slots__ = ("_explanations",)
    _explanations: dict[str, Explanation]

    def __init__(self, by_method: Mapping[str, Explanation]) -> None:
        explanations = dict(by_method)
        if not explanations:
            raise InputError("There is no explanation.")
        first, *rest = explanations.values()
        if any(one.tokens != first.tokens for one in rest):
            raise InputError("The explanations are of different samples; give those of the same.")
        object.__setattr__(self, "_explanations", explanations)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("Explanations cannot be changed.")

    def __getitem__(self, method: str) -> Explanation:
        try:
            return self._explanations[method]
        except KeyError:
            raise KeyError(
                f"There is no explanation by {method!r}; choose from {choices(self)}."
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._explanations)

    def __len__(self) -> int:
        return len(self._explanations)

    def __repr__(self) -> str:
        samples = len(self._first)
        return f"Explanations({', '.join(self)}; {samples} samples, model {self.model_hash[:8]})"

    def __reduce__(self) -> tuple:
        return Explanations, (self._explanations,)

    def sample(self, index: int) -> Explanations:
        """One sample by every method, as Explanations of their own (B = 1)."""
        return Explanations({name: one[index] for name, one in self.items()})

    def to_frame(self, rows: str = "words") -> pd.DataFrame:
        """The frames of all methods, one below the other: `Explanation.to_frame`."""
        frame: pd.DataFrame = lazy.load("attribution.as_frame:frames")(self, rows)
        return frame

    @property
    def _by_method(self) -> Mapping[str, Explanation]:
        return self._explanations

    @property
    def complete(self) -> Explanation | None:
        return next((e for e in self.values() if e.method_info.completeness == "score"), None)

    @property
    def _first(self) -> Explanation:
        return next(iter(self._by_method.values()))

    @property
    def tokens(self) -> tuple[tuple[str, ...], ...]:
        return self._first.tokens

    @property
    def padding(self) -> np.ndarray:
        return self._first.padding

    @property
    def left_out(self) -> tuple[tuple[LeftOut, ...], ...]:
        return self._first.left_out

    @property
    def texts(self) -> tuple[str | None, ...]:
        return self._first.texts

    @property
    def unknown(self) -> np.ndarray:
        return self._first.unknown

    @property
    def lengths(self) -> np.ndarray:
        return self._first.lengths

    @property
    def padded_lengths(self) -> np.ndarray:
        return self._first.padded_lengths

    @property
    def scores(self) -> np.ndarray:
        return self._first.scores

    @property
    def probabilities(self) -> np.ndarray | None:
        return self._first.probabilities

    @property
    def positions(self) -> np.ndarray | None:
        return self._first.positions

    @property
    def shares(self) -> np.ndarray:
        return self._first.shares

    @property
    def output_kind(self) -> OutputKind:
        return self._first.output_kind

    @property
    def value_units(self) -> tuple[str, ...]:
        return self._first.value_units

    @property
    def predicted(self) -> np.ndarray:
        return self._first.predicted

    @property
    def labels(self) -> tuple[str, ...]:
        return self._first.labels

    @property
    def target(self) -> np.ndarray:
        return self._first.target

    @property
    def explained_score(self) -> np.ndarray:
        return self._first.explained_score

    @property
    def token_kind(self) -> str:
        return self._first.token_kind

    @property
    def model_hash(self) -> str:
        return self._first.model_hash

    @property
    def dtype(self) -> str:
        return self._first.dtype

    @property
    def substitute(self) -> str | None:
        return self._first.substitute

    @property
    def warnings(self) -> tuple[str, ...]:
        return self._first.warnings

    @property
    def hints(self) -> tuple[str, ...]:
        return self._first.hints

    def target_label(self, index: int = 0) -> str:
        return self._first.target_label(index)

    def labelled_token(self, index: int = 0) -> str | None:
        return self._first.labelled_token(index)
