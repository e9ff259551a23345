"""Explained parts -> the two tables that the page reads: one row a text, one row a word.

Parts are read one after the other; relevances per unit are never held.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from app.compare.ranks import size_agreement
from app.models.model import class_of
from app.review import words
from app.review.queue import NO_LABEL
from lrp_engine.attribution.methods import LIVE_METHODS

if TYPE_CHECKING:
    import pyarrow as pa

    from app.review.sets import Set
    from lrp_engine import Network

# The method whose relevance is counted: the one whose words are parts of the score.
MAIN = next(name for name, method in LIVE_METHODS.items() if method.completeness == "score")
OTHERS = tuple(name for name in LIVE_METHODS if name != MAIN)


def of(parts: Sequence[Path], one: Set, network: Network) -> tuple[bytes, bytes]:
    """Summary and words of all parts, as Parquet files."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = [
        (summary_of(part, one, network), words_of(part, one))
        for part in (pq.read_table(path) for path in parts)
    ]
    files = []
    for frames in zip(*tables, strict=True):
        file = io.BytesIO()
        pq.write_table(pa.concat_tables(frames), file)
        files.append(file.getvalue())
    return files[0], files[1]


def summary_of(part: pa.Table, one: Set, network: Network) -> pa.Table:
    """One row a text.

    row, text, label (as the file writes it), truth, said (classes; -1: none), probabilities,
    confidence, margin, leak, error, a rank agreement per other method, words, problem.
    """
    import pyarrow as pa

    rows = []
    for row in part.to_pylist():
        label = None if one.label_column is None else row["label"]
        truth = class_of(None if label is None else _plain(label), one.labels)
        rows.append(
            {
                "row": row["row"],
                "text": row["text"],
                "label": None if label is None else str(label),
                "truth": NO_LABEL if truth is None else truth,
                "problem": row["error"],
                **(_nothing() if row["error"] is not None else _measured(row, network)),
            }
        )
    return pa.Table.from_pylist(rows, schema=_schema())


def _plain(label: Any) -> str:
    """A label as class names and numbers are written: 1.0 is class 1."""
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    return str(label)


def _schema() -> pa.Schema:
    import pyarrow as pa

    numbers = ("confidence", "margin", "leak", "error", *OTHERS)
    return pa.schema(
        [
            ("row", pa.int64()),
            ("text", pa.string()),
            ("label", pa.string()),
            ("truth", pa.int32()),
            ("said", pa.int32()),
            ("probabilities", pa.list_(pa.float64())),
            *((name, pa.float64()) for name in numbers),
            ("words", pa.int64()),
            ("problem", pa.string()),
        ]
    )


def _nothing() -> dict[str, Any]:
    numbers = ("probabilities", "confidence", "margin", "leak", "error", *OTHERS)
    return {"said": -1, "words": 0, **dict.fromkeys(numbers)}


def _measured(row: dict[str, Any], network: Network) -> dict[str, Any]:
    scores = np.array(row["scores"], np.float64)
    shares = network.to_probabilities(scores[None])[0]
    second, first = np.sort(shares)[-2:] if len(shares) > 1 else (0.0, shares[0])
    relevance = np.array(row[MAIN])
    kept = sum(abs(row[n]) for n in ("initial_state", "ledger_bias", "ledger_stabilizer"))
    size = float(np.abs(relevance).sum()) + kept
    return {
        "said": int(scores.argmax()),
        "probabilities": shares.tolist(),
        "confidence": float(first),
        "margin": float(first - second),
        "leak": kept / size if size else 0.0,
        "error": abs(row["conservation_error"]) / size if size else 0.0,
        **{name: size_agreement(relevance, np.array(row[name])) for name in OTHERS},
        "words": len(row["tokens"]),
    }


def words_of(part: pa.Table, one: Set) -> pa.Table:
    """One row a word of the explained texts: row, said, word, negated, relevance."""
    import pyarrow as pa

    good = part.filter(part["error"].is_null())
    tokens = good["tokens"].to_pylist()
    counts = [len(text) for text in tokens]
    said = [int(np.argmax(scores)) for scores in good["scores"].to_pylist()]
    frame = pd.DataFrame(
        {
            "row": np.repeat(good["row"].to_numpy(), counts).astype(np.int64),
            "said": np.repeat(np.array(said, np.int32), counts),
            "word": pd.Series([word for text in tokens for word in text], dtype=str),
            "negated": np.concatenate([np.zeros(0, bool), *map(words.negated, tokens)]),
            "relevance": good[MAIN].combine_chunks().flatten().to_numpy(zero_copy_only=False),
        }
    )
    schema = pa.schema([("row", pa.int64()), ("said", pa.int32()), ("word", pa.string()),
                        ("negated", pa.bool_()), ("relevance", pa.float64())])  # fmt: skip
    return pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
