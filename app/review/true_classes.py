"""What labels stand for: a class of the model, or several that count as one. Pure.

A true class is a number: a class of the model, or, from their count on, a group of classes. Groups
have other numbers once labels are read otherwise: what outlives that, as a link, has their `key`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

NO_CLASS = -1  # no label, or nothing predicted
# What a label stands for: classes of the model in order; () for none.
Meaning = tuple[int, ...]
# A class by its number, or a group by its classes.
Key = int | Meaning
BETWEEN = " + "  # the names of a group's classes


def meaning(value: int | Iterable[int]) -> Meaning:
    """What a set's file says of a label; an earlier release wrote one class, or NO_CLASS."""
    if isinstance(value, int):
        return () if value == NO_CLASS else (value,)
    return tuple(sorted({int(c) for c in value}))


@dataclass(frozen=True)
class TrueClasses:
    """The true classes of a set.

    Attributes:
        labels: names of the model's classes (C,).
        groups: the classes of true class C, C + 1, …; each has several.
    """

    labels: tuple[str, ...]
    groups: tuple[Meaning, ...] = ()

    @classmethod
    def of(cls, labels: Sequence[str], mapping: Mapping[str, Meaning]) -> TrueClasses:
        """Those that labels may stand for; mapping: label -> its classes."""
        return cls(tuple(labels), tuple(sorted({m for m in mapping.values() if len(m) > 1})))

    def __len__(self) -> int:
        return len(self.labels) + len(self.groups)

    def number(self, classes: Meaning) -> int:
        """The true class that these classes are; NO_CLASS for none."""
        if not classes:
            return NO_CLASS
        if len(classes) == 1:
            return classes[0]
        return len(self.labels) + self.groups.index(classes)

    def key(self, number: int) -> Key:
        """What still means this true class when groups have other numbers."""
        members = self.members(number)
        return members if len(members) > 1 else number

    def members(self, number: int) -> Meaning:
        """The classes of a true class."""
        if number == NO_CLASS:
            return ()
        at = number - len(self.labels)
        return (number,) if at < 0 else self.groups[at]

    def name(self, number: int) -> str:
        """What a true class is called; NO_CLASS has no name."""
        return BETWEEN.join(self.labels[c] for c in self.members(number))

    def nearest(self, truth: np.ndarray, said: np.ndarray) -> np.ndarray:
        """Of true classes (N,) the class next to the predicted one (N,), which is that one where
        it is right; NO_CLASS where there is no true class."""
        found = np.array(truth, np.int32)
        for number in range(len(self.labels), len(self)):
            at, members = np.flatnonzero(found == number), np.array(self.members(number), np.int32)
            found[at] = members[np.abs(said[at, None] - members).argmin(axis=1)]
        return found

    def distances(self, truth: np.ndarray, said: np.ndarray) -> np.ndarray:
        """How many classes predictions (N,) are off; NO_CLASS where nothing says."""
        judged = (truth != NO_CLASS) & (said != NO_CLASS)
        return np.where(judged, np.abs(self.nearest(truth, said) - said), NO_CLASS).astype(np.int32)
