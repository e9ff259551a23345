"""Small sets of texts as files, and one of them explained."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import lrp_engine
from app.review.jobs import Jobs
from app.review.sets import Set, Sets
from app.work.job import ACTIVE, Job
from lrp_engine import Network

# Text, true class. Words are those of the tiny model; the last rows cannot be explained.
ROWS = (
    ("good film .", "yes"),
    ("bad film .", "no"),
    ("neither good nor bad .", "1"),
    ("film suspenseful particularly good", ""),
    ("not one good film", "no"),
    ("=1+1 good <b>film</b>", "so so"),
    ("", "yes"),
    ("   ", "no"),
)
GOOD = 6


def as_csv(rows: Sequence[tuple] = ROWS, header: tuple = ("text", "label")) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([header, *rows])
    return file.getvalue().encode()


def as_jsonl(rows: Sequence[tuple] = ROWS) -> bytes:
    return "\n".join(json.dumps({"text": text, "label": label}) for text, label in rows).encode()


def as_parquet(rows: Sequence[tuple] = ROWS) -> bytes:
    file = io.BytesIO()
    texts, labels = zip(*rows, strict=True)
    pq.write_table(pa.table({"text": list(texts), "label": list(labels)}), file)
    return file.getvalue()


FILES = {"csv": as_csv, "jsonl": as_jsonl, "parquet": as_parquet}


def new(network: Network, **changes: Any) -> Set:
    facts: dict[str, Any] = {
        "name": "rows.csv", "format": "csv", "text_column": "text", "label_column": "label",
        "rows": len(ROWS), "rule": lrp_engine.Epsilon().to_dict(), "model_name": "Tiny",
    }  # fmt: skip
    return Set.new(network, **facts | changes)


def finished(jobs: Jobs, one: Set) -> Job:
    """The job of a set, once it has come to its end."""
    job = jobs.find(one.id)
    assert job is not None
    for _ in range(1500):
        if job.state not in ACTIVE:
            return job
        time.sleep(0.02)  # between two looks at another thread
    raise AssertionError(f"the job is still {job.state}")


def explained(sets: Sets, network: Network, **changes: Any) -> Set:
    """A set that is explained to its end."""
    one = new(network, **changes)
    sets.add(one, as_csv())
    jobs = Jobs(sets, running=1, waiting=1)
    jobs.start(one, network)
    assert finished(jobs, one).problem == ""
    found = sets.find(one.id)
    assert found is not None
    assert found.complete
    return found
