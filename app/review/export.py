"""The reviewed set as one table: the file's own columns, what the model said, what people said."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from app.figures.spreadsheet import harmless_csv
from app.review import own_columns
from app.review.dialect import named as named_delimiter
from app.review.faithful import RANDOM, Faithful
from app.review.outcomes import TITLES, outcomes
from app.review.reviewers import Given, choices_in, named, newest_of, reviewers_in
from app.review.sets import Set
from app.review.verdicts import VERDICTS, Review
from lrp_engine.corpora.columns import PREFIX


def table(
    one: Set, summary: pd.DataFrame, given: Given, parts: Sequence[Path] = ()
) -> pd.DataFrame:
    """One row a text, in the order of the file, counted from 1. What a choice is called in
    files stays; how the page calls it stands beside.

    The review that was saved last; where there are several reviewers, also the verdict of each, and
    whether those who judged the row agree.

    Args:
        given: every reviewer's newest review of each row.
        parts: where the columns that came with the file are read from.
    """
    labels, classes = one.labels, one.true_classes
    result = pd.DataFrame({"row": summary["row"] + 1, "text": summary["text"]})
    if one.labelled:
        result["label"] = summary["label"]
        result["true_class"] = [classes.name(int(c)) or None for c in summary["truth"]]
    result["predicted"] = [labels[c] if c >= 0 else None for c in summary["said"]]
    result["outcome"] = outcomes(summary)
    result["outcome_text"] = [TITLES.get(one) for one in result["outcome"]]
    for column in one.columns:
        result[column.exported or column.name] = summary[column.name]
        if isinstance(column, Faithful):
            result[f"{column.exported or column.name}{RANDOM}"] = summary[column.random]
    newest = newest_of(given)
    reviews = [newest.get(int(row), Review()) for row in summary["row"]]
    result["verdict"] = [review.verdict.choice or None for review in reviews]
    result["verdict_text"] = [VERDICTS.get(review.verdict.choice) for review in reviews]
    result["tags"] = [", ".join(review.verdict.tags) or None for review in reviews]
    result["note"] = [review.verdict.note or None for review in reviews]
    result["reviewer"] = [review.verdict.reviewer or None for review in reviews]
    result["reviewed_at"] = [review.saved and review.saved.isoformat() for review in reviews]
    result["review_version"] = [review.version for review in reviews]
    for name, values in _by_reviewer(summary["row"], given).items():
        result[name] = values
    result["problem"] = [
        None if pd.isna(problem) else named_delimiter(problem, one.delimiter)
        for problem in summary["problem"]
    ]
    result["model_hash"] = one.model_hash
    result["engine"] = f"lrp-lens {one.engine}"
    return _with_others(result, one, parts)


def _by_reviewer(rows: pd.Series, given: Given) -> dict[str, list]:
    """Columns of several reviewers; none where there is one."""
    reviewers = reviewers_in(given)
    if len(reviewers) < 2:
        return {}
    said = choices_in(given)
    of_rows = [said.get(int(row), {}) for row in rows]
    return {
        **{
            f"verdict of {named(one)}": [VERDICTS.get(row.get(one, "")) for row in of_rows]
            for one in reviewers
        },
        "reviewers_agree": [
            len(set(row.values())) == 1 if len(row) > 1 else None for row in of_rows
        ],
    }


def _with_others(result: pd.DataFrame, one: Set, parts: Sequence[Path]) -> pd.DataFrame:
    """The file's other columns, under names that ours leave free."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = own_columns.names(one, pq.read_schema(parts[0]).names if parts else [])
    called = list(names)
    if parts and one.labels_file and one.label_column is not None:
        names.append("label")  # of the file, where others were given later
        called.append(one.label_column)
    if not names:
        return result
    others = pa.concat_tables([pq.read_table(path, columns=names) for path in parts]).to_pandas()
    others.columns = [f"{PREFIX}{name}" if name in result else name for name in called]
    return pd.concat([result, others.set_axis(result.index)], axis=1)


def to_csv(table: pd.DataFrame, delimiter: str = ",") -> bytes:
    """CSV that no spreadsheet takes for formulas; the byte-order mark lets Excel read UTF-8."""
    return harmless_csv(table, delimiter).encode("utf-8-sig", "replace")


def to_parquet(table: pd.DataFrame) -> bytes:
    """The same table, numbers and times as they are."""
    file = io.BytesIO()
    table.to_parquet(file, index=False)
    return file.getvalue()
