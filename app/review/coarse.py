"""Labels that are coarser than the classes of a model whose classes stand in an order. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.review import guess
from app.review.class_order import (
    counts_upwards,
    has_middle,
    in_order,
    is_degree_of,
    plain_names,
    sides,
)
from app.review.true_classes import Meaning

# Labels that name the ends of a scale of numbers ("1 star" to "5 stars").
_LOW = frozenset(("negative", "neg", "bad"))
_HIGH = frozenset(("positive", "pos", "good"))


def natural(label: str, labels: Sequence[str]) -> Meaning:
    """The class that a label names, by itself."""
    named = guess.class_named(label, labels)
    return () if named is None else (named,)


def meant(label: str, labels: Sequence[str]) -> Meaning:
    """The class that a label names or most likely means."""
    close = guess.meant(label, labels)
    return natural(label, labels) or (() if close is None else (close,))


def groups(found: Sequence[str], labels: Sequence[str]) -> dict[str, Meaning]:
    """Labels that most likely stand for several classes, with these; {} where none does.

    Either the scale has degrees of a class that no label names ("very positive" of "positive"), or
    two labels name its two sides.

    Args:
        found: every label that occurs. labels: of the model.
    """
    if not in_order(labels):
        return {}
    meanings = {label: meant(label, labels) for label in found}
    named = {c for classes in meanings.values() for c in classes}
    names = plain_names(labels)
    degrees = {
        label: tuple(
            c for c, name in enumerate(names)
            if c in classes
            or (c not in named and any(is_degree_of(name, names[one]) for one in classes))
        )
        for label, classes in meanings.items()
    }  # fmt: skip
    several = {label: classes for label, classes in degrees.items() if len(classes) > 1}
    return several or {n: m for n, m in _sides(meanings, names).items() if len(m) > 1}


def _sides(meanings: Mapping[str, Meaning], names: Sequence[str]) -> dict[str, Meaning]:
    """Two labels that name both sides of a scale; a class in the middle belongs to neither."""
    halves = sides(len(names))
    upwards = counts_upwards(names)
    if not any(meanings.values()) and upwards is not None:
        low, high = halves if upwards else halves[::-1]
        ends = {
            label: low if label.strip().casefold() in _LOW else high
            for label in meanings
            if label.strip().casefold() in _LOW | _HIGH
        }
        return ends if len(ends) == len(meanings) and len(set(ends.values())) == 2 else {}
    named = {c for classes in meanings.values() for c in classes}
    if len(named) != 2 or not all(meanings.values()):
        return {}
    first, second = sorted(named)
    if first + second != len(names) - 1 or not (first == 0 or has_middle(names)):
        return {}
    return {label: halves[classes != (first,)] for label, classes in meanings.items()}


def strict(found: Sequence[str], labels: Sequence[str]) -> dict[str, list[str]]:
    """Labels that stand for their class alone because others name degrees of it, with those.

    Who tells "very negative" from "negative" does not mean the one by the other: a single label of
    a degree is enough, so it is said wherever some labels stand for several classes.
    """
    names = plain_names(labels)
    meanings = {label: meant(label, labels) for label in found}
    finer = {
        label: [
            other for other, degrees in meanings.items()
            if any(is_degree_of(names[d], names[c]) for d in degrees for c in classes)
        ]
        for label, classes in meanings.items()
    }  # fmt: skip
    several = groups(found, labels)
    return {label: others for label, others in finer.items() if others and label not in several}


def sentence(
    meanings: Mapping[str, Meaning], labels: Sequence[str], counts: Mapping[str, int]
) -> str:
    """What labels count as where some stand for several classes.

    Args:
        meanings: those that do. counts: every label that occurs, and how often.
    """
    said = [
        f"“{label}” for {' or '.join(f'“{labels[c]}”' for c in classes)}"
        for label, classes in meanings.items()
    ]
    for label, others in strict(list(counts), labels).items():
        listed = " and ".join(
            f"“{other}” ({counts[other]:,} row{'s' * (counts[other] != 1)})" for other in others
        )
        own = " or ".join(f"“{labels[c]}”" for c in meant(label, labels))
        said.append(f"“{label}” for {own} alone, because {listed} is told from it")
    return (
        f"Your labels are coarser than the model's {len(labels)} classes. A prediction counts as "
        f"correct if the label stands for it: {', '.join(said)}."
    )
