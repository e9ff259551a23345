"""Labels given to a set after it was explained. Explanations and verdicts stay as they are.

They lie in a file of their own beside the parts; which class each stands for, the set says.
"""

from __future__ import annotations

import io
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from app.review.coarse import natural
from app.review.damage import LABELS
from app.review.outcomes import NO_CLASS
from app.review.preview import text_key
from app.review.sets import Set, Sets
from app.review.true_classes import Meaning, TrueClasses
from lrp_engine.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Matched:
    """Labels of other rows, brought to the rows of a set.

    Attributes:
        labels: one a row of the set, None where there is none.
        unclear: rows whose text has several labels; they get none.
    """

    labels: tuple[str | None, ...]
    unclear: int = 0

    @property
    def found(self) -> int:
        """Rows that get a label."""
        return sum(label is not None for label in self.labels)


def by_row(labels: Sequence[str | None], rows: int, name: str) -> Matched:
    """Labels of a table with the same rows in the same order.

    Args:
        name: of the table, as its owner calls it.

    Raises:
        InputError: it has more rows or fewer.
    """
    if len(labels) != rows:
        raise InputError(
            f"{name!r} has {len(labels):,} rows, and this set {rows:,}; labels by position need "
            "one row for each. Match rows by their text, or bring a table with the same rows."
        )
    return Matched(labels=tuple(labels))


def by_text(
    keys: Sequence[str | None], labels: Sequence[str | None], texts: Sequence[str | None], name: str
) -> Matched:
    """Labels of a table in any order, brought to the rows with the same texts.

    Args:
        keys: of the table's texts, by `preview.text_key`. texts: of the set.
        name: of the table, as its owner calls it.

    Raises:
        InputError: no text is in both.
    """
    found: dict[str, set[str]] = {}
    for key, label in zip(keys, labels, strict=True):
        if key is not None and label is not None:
            found.setdefault(key, set()).add(label)
    given = [found.get(text_key(text), set()) if text else set() for text in texts]
    if not any(given):
        raise InputError(
            f"No labelled text of {name!r} is among the {len(texts):,} texts of this set. Choose "
            "the column that holds the same texts, or match rows by their position."
        )
    return Matched(
        labels=tuple(next(iter(one)) if len(one) == 1 else None for one in given),
        unclear=sum(len(one) > 1 for one in given),
    )


def save(
    sets: Sets,
    one: Set,
    labels: Sequence[str | None],
    *,
    origin: str,
    mapping: Mapping[str, Meaning],
) -> None:
    """Give a set labels; a row that gets none keeps the one that it has.

    Args:
        labels: one a row. origin: where they come from, for people.
        mapping: label -> its classes, of labels that stand for others than the class they name.

    Raises:
        LensError: the disk refuses, or the set is gone.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = io.BytesIO()
    pq.write_table(pa.table({"label": pa.array(labels, pa.string())}), file)
    name = f"{LABELS}{secrets.token_hex(4)}.parquet"
    sets.files(one).write(name, file.getvalue())
    sets.update_flag(one, labels_file=name, labels_from=origin, mapping=_added(sets, one, mapping))
    # The file before stays until the next time: somebody may be reading it just now.
    others = [path.name for path in sets.path(one).glob(f"{LABELS}*") if path.name != name]
    sets.files(one).drop([n for n in others if n != one.labels_file])


def remap(sets: Sets, one: Set, mapping: Mapping[str, Meaning]) -> None:
    """Say anew which classes labels stand for.

    Raises:
        LensError: the disk refuses, or the set is gone.
    """
    sets.update_flag(one, mapping=_added(sets, one, mapping))


def _added(sets: Sets, one: Set, mapping: Mapping[str, Meaning]) -> dict[str, Meaning]:
    """What a set maps now, and what is mapped anew."""
    return {**(sets.find(one.id) or one).mapping, **mapping}


def labelled(sets: Sets, one: Set, summary: pd.DataFrame) -> pd.DataFrame:
    """A summary with the labels and true classes that hold now, and `off`: how many classes each
    prediction is away from the nearest class of its label (NO_CLASS where nothing says).

    Raises:
        DamagedError: the file of labels is not what was written.
    """
    labels = summary["label"]
    if one.labels_file:
        labels = pd.read_parquet(io.BytesIO(sets.read(one, one.labels_file)))["label"]
        labels = labels.set_axis(summary.index)
    truth = truths(labels, one.true_classes, one.mapping)
    off = one.true_classes.distances(truth, summary["said"].to_numpy(int))
    return summary.assign(label=labels, truth=truth, off=off)


def merged(summary: pd.DataFrame, labels: Sequence[str | None]) -> list[str | None]:
    """New labels, and where there is none, those that a summary has."""
    there = [label if isinstance(label, str) else None for label in summary["label"]]
    return [old if new is None else new for new, old in zip(labels, there, strict=True)]


def truths(
    labels: Sequence[str | None] | pd.Series, classes: TrueClasses, mapping: Mapping[str, Meaning]
) -> np.ndarray:
    """The true class (N,) of each label, NO_CLASS for none; a mapping goes before a name."""
    known: dict[str, int] = {}

    def truth(label: str) -> int:
        text = label.strip()
        if text not in known:
            own = mapping.get(text)
            known[text] = classes.number(natural(text, classes.labels) if own is None else own)
        return known[text]

    return np.array([truth(one) if isinstance(one, str) else NO_CLASS for one in labels], np.int32)


def counted(labels: Iterable[str | None]) -> dict[str, int]:
    """How often each label occurs, the most frequent first."""
    found = Counter(label.strip() for label in labels if isinstance(label, str))
    found.pop("", None)
    return dict(found.most_common())


def origin(one: Set) -> str:
    """Where a set's labels come from, as the end of a sentence; "" where it has none."""
    if one.labels_file:
        return one.labels_from
    return "" if one.label_column is None else f"column “{one.label_column}” of {one.name}"


def without(one: Set) -> Set:
    """The same set with the labels of its own file."""
    return replace(one, labels_file="", labels_from="")
