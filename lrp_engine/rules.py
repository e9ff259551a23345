"""Rules: how a weighted sum hands its relevance back to its inputs. Free of TensorFlow."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lrp_engine.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Epsilon:
    """The epsilon rule, Bach et al. 2015 (doi 10.1371/journal.pone.0130140, eq. 58).

    Attributes:
        eps: stabilizer added to every pre-activation, away from zero; greater than 0.
        bias_factor: share in [0, 1] of what bias and stabilizer absorbed that goes back to the
            inputs, equally to each unit (Arras et al. 2017, doi 10.18653/v1/W17-5221, eq. 1).
            0 is recommended; with 1 the relevances of words and initial states add up to the
            score exactly, which makes it a sanity check.

    Raises:
        InputError: an option is outside its range.
    """

    eps: float = 1e-3
    bias_factor: float = 0.0

    def __post_init__(self) -> None:
        if not _is_number(self.eps) or not (math.isfinite(self.eps) and self.eps > 0):
            raise InputError(f"eps must be a finite number greater than 0, found {self.eps!r}.")
        if not _is_number(self.bias_factor) or not 0 <= self.bias_factor <= 1:
            raise InputError(f"bias_factor must be between 0 and 1, found {self.bias_factor!r}.")

    def parameters(self) -> tuple[float, float]:
        """The numbers a traced program takes as arguments, so that a new eps needs no new trace."""
        return float(self.eps), float(self.bias_factor)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
