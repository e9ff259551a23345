"""What was explained, by input: each of several by itself, and the units of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np

from lrp_engine.attribution.methods import METHODS, Method
from lrp_engine.errors import InputError, choices


class HasInputs:
    """Samples of one input or of several.

    Attributes:
        parts: of several inputs, each by itself, by its name.
        relevance: of units, as of `Explanation`; None of several inputs.
        method, token_kind: as of `Explanation`.
    """

    parts: Mapping[str, Self]
    relevance: np.ndarray | None
    method: str
    token_kind: str

    def part(self, name: str) -> Self:
        """One input of several by itself: its words alone, the other inputs in the ledger.

        Raises:
            InputError: there is no such input, it was held fixed, or there are not several.
        """
        if name not in self.parts:
            known = f"choose from {choices(self.parts)}" if self.parts else "the network has one"
            raise InputError(f"No input {name!r:.60} is explained; {known}.")
        return self.parts[name]

    def by_input(self) -> Mapping[str, Self]:
        """Each input of several by itself, by its name; the only one by ""."""
        return self.parts or {"": self}

    @property
    def method_info(self) -> Method:
        """What the method's numbers mean: signed, unit, completeness, source."""
        return METHODS[self.method]

    @property
    def unit_relevance(self) -> np.ndarray:
        """`relevance`, where it is needed.

        Raises:
            InputError: the method has no values of units, lists those that do; there are several
                inputs; or units were not asked for.
        """
        if self.relevance is not None:
            return self.relevance
        if self.parts:
            raise InputError(
                "Several inputs have units of their own; ask explanation.part(name), where name is "
                f"one of {choices(self.parts)}."
            )
        if self.method_info.per_unit:
            raise InputError(
                f"The {self.token_kind}s alone were asked for; explain with units=True to have "
                "numbers of their units."
            )
        able = choices(name for name, method in METHODS.items() if method.per_unit)
        raise InputError(
            f"{self.method_info.title} gives each {self.token_kind} one number, and none to "
            f"its units; choose from {able}."
        )
