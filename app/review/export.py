"""The reviewed set as one table: the file's own columns, what the model said, what people said."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from app.figures.spreadsheet import harmless_csv
from app.review.digest import OTHERS
from app.review.queue import outcomes
from app.review.sets import Set
from app.review.verdicts import Review


def table(
    one: Set, summary: pd.DataFrame, reviews: Mapping[int, Review], parts: Sequence[Path] = ()
) -> pd.DataFrame:
    """One row a text, in the order of the file.

    Args:
        parts: where the columns that came with the file are read from.
    """
    labels = one.labels
    said = [labels[c] if c >= 0 else None for c in summary["said"]]
    found = pd.DataFrame({"row": summary["row"], "text": summary["text"]})
    if one.label_column is not None:
        found["label"] = summary["label"]
        found["true_class"] = [labels[c] if c >= 0 else None for c in summary["truth"]]
    found["predicted"] = said
    found["outcome"] = outcomes(summary)
    for name in ("confidence", "margin", "leak", "error"):
        found[{"error": "conservation_error_share"}.get(name, name)] = summary[name]
    for name in OTHERS:
        found[f"agreement_lrp_{name}"] = summary[name]
    given = [reviews.get(int(row), Review()) for row in summary["row"]]
    found["verdict"] = [review.verdict.choice or None for review in given]
    found["tags"] = [", ".join(review.verdict.tags) or None for review in given]
    found["note"] = [review.verdict.note or None for review in given]
    found["reviewer"] = [review.verdict.reviewer or None for review in given]
    found["reviewed_at"] = [review.saved and review.saved.isoformat() for review in given]
    found["review_version"] = [review.version for review in given]
    found["problem"] = summary["problem"]
    found["model_hash"] = one.model_hash
    found["engine"] = f"lrp-lens {one.engine}"
    return _with_others(found, parts)


def _with_others(found: pd.DataFrame, parts: Sequence[Path]) -> pd.DataFrame:
    """The file's other columns, under names that ours leave free."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    ours = {"row", "text", "label", "scores", "predicted", "target", "explained_score", "tokens",
            "lrp", *OTHERS, "initial_state", "ledger_bias", "ledger_stabilizer",
            "conservation_error", "error"}  # fmt: skip
    names = [n for n in (pq.read_schema(parts[0]).names if parts else []) if n not in ours]
    if not names:
        return found
    others = pa.concat_tables([pq.read_table(path, columns=names) for path in parts]).to_pandas()
    others.columns = [f"input_{name}" if name in found else name for name in names]
    return pd.concat([found, others.set_axis(found.index)], axis=1)


def to_csv(found: pd.DataFrame) -> bytes:
    """CSV that no spreadsheet takes for formulas; the byte-order mark lets Excel read UTF-8."""
    return harmless_csv(found).encode("utf-8-sig", "replace")


def to_parquet(found: pd.DataFrame) -> bytes:
    """The same table, numbers and times as they are."""
    file = io.BytesIO()
    found.to_parquet(file, index=False)
    return file.getvalue()
