"""The summary of a set: one row a text, made of an explained part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from app.review.labelling import truths
from app.review.measures import MeasuredText, measures_by
from app.review.outcomes import NO_CLASS
from lrp_engine.corpora.columns import ACCOUNT

if TYPE_CHECKING:
    import pyarrow as pa

    from app.review.sets import Set

# Entries of the account that are not words, and what is missing from it.
*_ABSORBED, _ERROR = ACCOUNT


def schema(one: Set) -> pa.Schema:
    """Columns of a set's summary.

    row, text, label (as the file writes it), truth and said (true and predicted class;
    NO_CLASS: none), probabilities, the set's measures, words (how many), problem.
    """
    import pyarrow as pa

    return pa.schema(
        [
            ("row", pa.int64()),
            ("text", pa.string()),
            ("label", pa.string()),
            ("truth", pa.int32()),
            ("said", pa.int32()),
            ("probabilities", pa.list_(pa.float64())),
            *((measure.name, pa.float64()) for measure in measures_by(one.methods)),
            ("words", pa.int64()),
            ("problem", pa.string()),
        ]
    )


def summary_of(part: pa.Table, one: Set, probabilities: Mapping[int, np.ndarray]) -> pa.Table:
    """The summary of a part's rows.

    Args:
        probabilities: of each class (C,), by the number of the row; of every explained row.
    """
    import pyarrow as pa

    rows = []
    for row in part.to_pylist():
        label = None if one.label_column is None else row["label"]
        text = None if label is None else str(label)
        rows.append(
            {
                "row": row["row"],
                "text": row["text"],
                "label": text,
                "truth": int(truths([text], one.true_classes, one.mapping)[0]),
                "problem": row["error"],
                **(
                    _measured(row, one, probabilities[row["row"]])
                    if row["error"] is None
                    else {"said": NO_CLASS, "words": 0}
                ),
            }
        )
    return pa.Table.from_pylist(rows, schema=schema(one))


def _measured(row: Mapping[str, Any], one: Set, probabilities: np.ndarray) -> dict[str, Any]:
    text = MeasuredText(
        probabilities=probabilities,
        relevance={name: np.array(row[name]) for name in one.methods},
        absorbed=sum(abs(row[name]) for name in _ABSORBED),
        conservation_error=row[_ERROR],
    )
    return {
        "said": int(np.argmax(row["scores"])),
        "probabilities": probabilities,
        "words": len(row["tokens"]),
        **{measure.name: measure.of(text) for measure in measures_by(one.methods)},
    }
