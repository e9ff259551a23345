"""Which column holds the texts, which one their true classes, which labels name no class. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from app.models.model import class_of

TEXT_NAMES = ("text", "sentence", "review", "document", "content")
LABEL_NAMES = ("label", "class", "category", "target", "y", "sentiment")
# Columns hold what a model said if a part of their name is one of these or begins so.
PREDICTION_PARTS, PREDICTION = ("pred", "preds", "yhat", "ŷ"), "predict"
# Words of a name: "y_pred", "label pred", "predLabel".
_PARTS = re.compile(r"[^\W\d_]+")
_CASE_CHANGE = re.compile(r"(?<=[a-zŷ])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# Columns by name, each the first values of it as text, None where there is none.
Sample = Mapping[str, Sequence[str | None]]
# A column that is called so holds the texts, unless another has so many times the words.
MORE_WORDS = 3
# Labels that name no class of the model: so many different ones at most, of so few words each.
MOST_NAMES, NAME_WORDS = 20, 3


def text_column(sample: Sample) -> str:
    """The column with the most words in a value, or one that is called like texts."""
    words = {name: _mean_words(values) for name, values in sample.items()}
    longest = max(words, key=lambda name: words[name])
    called = called_like(sample, TEXT_NAMES)
    if called is not None and words[longest] <= MORE_WORDS * words[called]:
        return called
    return longest


def label_column(sample: Sample, text: str, labels: Sequence[str]) -> str | None:
    """The column whose values name classes, or one that is called like labels; None for none.

    What a model said is never taken for the truth: every text would be right.
    """
    others = {name: [v for v in values if v] for name, values in sample.items()
              if name != text and not _is_prediction(name)}  # fmt: skip
    called = called_like(others, LABEL_NAMES)

    def rank(name: str) -> tuple[float, float, bool]:
        values = others[name]
        named = sum(class_named(value, labels) is not None for value in values)
        by_name = sum(not value.strip().isdecimal() for value in values)
        return named / len(values), by_name / len(values), name == called

    for name in sorted((name for name, values in others.items() if values), key=rank, reverse=True):
        share, by_name, _ = rank(name)
        repeats = len(others[name]) >= 2 * len(set(others[name]))
        # A number that comes once a row is no class.
        if share >= 0.5 and (by_name > 0 or name == called or repeats):
            return name
    return called or _few_names(others)


def _is_prediction(name: str) -> bool:
    """Whether a column is called like predictions: by a word of its name, not by its beginning."""
    words = unicodedata.normalize("NFC", _CASE_CHANGE.sub(" ", name)).casefold()
    parts = _PARTS.findall(words)
    hat = ("y", "hat") in pairwise(parts)
    return hat or any(p in PREDICTION_PARTS or p.startswith(PREDICTION) for p in parts)


def _few_names(others: Mapping[str, Sequence[str]]) -> str | None:
    """The one column of a few short names that come again and again; None for none or several."""
    found = [
        name
        for name, values in others.items()
        if 2 <= len(set(values)) <= MOST_NAMES
        and len(values) >= 2 * len(set(values))
        and _mean_words(values) <= NAME_WORDS
        and not any(value.strip().replace(".", "").isdecimal() for value in values)
    ]
    return found[0] if len(found) == 1 else None


def class_named(label: str, labels: Sequence[str]) -> int | None:
    """The class of a label as files write it: 1.0 is class 1; None where it names none."""
    text = label.strip()
    whole = text[:-2] if text.endswith(".0") and text[:-2].isdecimal() else text
    return class_of(whole, labels)


def unmatched(counts: Mapping[str, int], labels: Sequence[str]) -> dict[str, int]:
    """Of labels and how often each occurs: those that name no class."""
    return {
        value: count for value, count in counts.items()
        if value and class_named(value, labels) is None
    }  # fmt: skip


def meant(label: str, labels: Sequence[str]) -> int | None:
    """The class that a label most likely means: the same but for case, or its beginning, once."""
    small = label.strip().casefold()
    for fits in (lambda name: name == small, lambda name: name.startswith(small)):
        found = [c for c, name in enumerate(labels) if fits(name.casefold())]
        if small and len(found) == 1:
            return found[0]
    return None


def _mean_words(values: Sequence[str | None]) -> float:
    said = [value for value in values if value]
    return sum(len(value.split()) for value in said) / len(said) if said else 0.0


def called_like(names: Iterable[str], wanted: Sequence[str]) -> str | None:
    """The first column that is called by one of some words, the earlier words first."""
    small = {name.casefold().strip(): name for name in reversed(list(names))}
    return next((small[name] for name in wanted if name in small), None)
