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
NAMED = 3  # labels of the same classes that a sentence names


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
    a degree is enough, so it is said wherever some labels stand for several classes. Labels of one
    class share one list, so that what many spellings cost grows with their number only.
    """
    names = plain_names(labels)
    meanings = {label: meant(label, labels) for label in found}
    named = {c for classes in meanings.values() for c in classes}
    finer = {}
    for c in named:
        degrees = {d for d in named if is_degree_of(names[d], names[c])}
        if degrees:
            finer[c] = [label for label, own in meanings.items() if degrees.intersection(own)]
    several = groups(found, labels)
    return {
        label: finer[classes[0]] for label, classes in meanings.items()
        if classes and classes[0] in finer and label not in several
    }  # fmt: skip


def sentence(
    meanings: Mapping[str, Meaning],
    labels: Sequence[str],
    counts: Mapping[str, int],
    alone: Mapping[str, Sequence[str]],
) -> str:
    """What labels count as where some stand for several classes.

    Args:
        meanings: those that do. counts: every label that occurs, and how often.
        alone: those that do not because of finer ones, with these, see `strict`.
    """
    several = _by_classes(meanings)
    single = _by_classes({label: meant(label, labels) for label in alone})
    said = [
        f"{_listed([f'“{label}”' for label in same])} for "
        f"{' or '.join(f'“{labels[c]}”' for c in classes)}"
        for classes, same in several.items()
    ]
    for (own,), same in single.items():
        others = sorted(alone[same[0]], key=lambda other: -counts[other])
        finer = _listed([
            f"“{other}” ({counts[other]:,} row{'s' * (counts[other] != 1)})"
            for other in others[:NAMED]
        ], more=len(others[NAMED:]))  # fmt: skip
        said.append(
            f"{_listed([f'“{label}”' for label in same])} for “{labels[own]}” alone, because "
            f"{finer} {'is' if len(others) == 1 else 'are'} told from "
            f"{'it' if len(same) == 1 else 'them'}"
        )
    lists = any(len(same) > 1 for same in (*several.values(), *single.values(), *alone.values()))
    return (
        f"Your labels are coarser than the model's {len(labels)} classes. A prediction counts as "
        f"correct if the label stands for it: {('; ' if lists else ', ').join(said)}."
    )


def _by_classes(meanings: Mapping[str, Meaning]) -> dict[Meaning, list[str]]:
    """The labels that stand for the same classes, by these."""
    found: dict[Meaning, list[str]] = {}
    for label, classes in meanings.items():
        found.setdefault(classes, []).append(label)
    return found


def _listed(names: Sequence[str], more: int = 0) -> str:
    """Names as "a, b and c", so many at most, as "a, b, c and 4 more"."""
    rest = more + len(names[NAMED:])
    *most, last = [*names[:NAMED], *([f"{rest:,} more"] if rest else [])]
    return f"{', '.join(most)} and {last}" if most else last
