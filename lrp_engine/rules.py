"""Rules: how a weighted sum hands its relevance back to its inputs. Free of TensorFlow."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lrp_engine.errors import InputError

# float32 holds these without becoming 0 or infinity in a step.
SMALLEST_EPS, LARGEST_EPS = 1e-30, 1e6


@dataclass(frozen=True, kw_only=True)
class Structure:
    """The part of a rule that decides which operations a program is made of.

    Attributes:
        hands_back: whether any of what bias and stabilizer absorbed goes back to the inputs.
    """

    hands_back: bool


@dataclass(frozen=True, kw_only=True)
class Epsilon:
    """The epsilon rule, Bach et al. 2015 (doi 10.1371/journal.pone.0130140, eq. 58).

    Attributes:
        eps: stabilizer added to every pre-activation, away from zero; greater than 0
            (1e-30 to 1e6, which float32 can work with).
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
        eps, bias_factor = _number(self.eps), _number(self.bias_factor)
        if not SMALLEST_EPS <= eps <= LARGEST_EPS:
            raise InputError(
                f"eps must be a finite number greater than 0, from {SMALLEST_EPS:g} to "
                f"{LARGEST_EPS:g}, found {self.eps!r:.40}."
            )
        if not 0 <= bias_factor <= 1:
            raise InputError(
                f"bias_factor must be between 0 and 1, found {self.bias_factor!r:.40}."
            )
        object.__setattr__(self, "eps", eps)
        object.__setattr__(self, "bias_factor", bias_factor)

    @property
    def structure(self) -> Structure:
        """What a program is traced for."""
        return Structure(hands_back=self.bias_factor > 0)

    @property
    def parameters(self) -> tuple[float, float]:
        """The numbers a traced program takes as arguments, so that a new eps needs no new trace."""
        return self.eps, self.bias_factor


def _number(value: object) -> float:
    """As a Python float; NaN, which is in no range, for anything that is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf
