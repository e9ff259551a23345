"""The limited and confined process that reads an upload.

stdin is the request, stdout the answer, both JSON.

It is started by path, see `app.review.trial`; nothing else imports it.

Request: limits (see `Limits`), path, format, and a question of `QUESTIONS` with what it needs.
Answer: what its function says; or refused, a sentence.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lrp_engine.corpora.source import OpenFile

STEP = 100  # rows held at the same time
# All that reading needs, loaded while files can be opened.
_MODULES = (
    "encodings.utf_8_sig",
    "app.review.preview",
    "lrp_engine.corpora.cutting",
    "lrp_engine.corpora.tables",
    "lrp_engine.model.text",
    "pyarrow.compute",
    "pyarrow.parquet",
)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """What the file holds, or why it cannot be read; limits this process first."""
    from lrp_engine.corpora.source import OpenFile
    from lrp_engine.errors import InputError
    from lrp_engine.formats.containers import confinement, process
    from lrp_engine.formats.containers.limits import Limits

    process.apply(Limits.from_json(request["limits"]), 0)
    process.load(_MODULES)
    file = OpenFile(request["path"], os.open(request["path"], os.O_RDONLY))
    confinement.confine()
    try:
        return QUESTIONS[request["question"]](request, file)
    except InputError as error:
        return {"refused": str(error)}


def _preview(request: dict[str, Any], file: OpenFile) -> dict[str, Any]:
    """The fields of a `Preview`, or the size alone of what exceeds most_rows, most_columns."""
    from dataclasses import asdict

    from app.review.preview import preview
    from lrp_engine.corpora.tables import open_table

    table = open_table(file, format=request["format"], text_column=None)
    size = {"rows": table.rows, "columns": len(table.schema)}
    if size["rows"] > request["most_rows"] or size["columns"] > request["most_columns"]:
        return size
    found = asdict(preview(table, request["format"])) | {"nested": sorted(table.nested)}
    return size | {"preview": found}


def _labels(request: dict[str, Any], file: OpenFile) -> dict[str, Any]:
    """See `preview.labels`; text_column, label_column."""
    from app.review.preview import STEP, labels
    from lrp_engine.corpora.tables import open_table

    table = open_table(file, format=request["format"], text_column=request["text_column"])
    return labels(table.blocks(STEP), request["label_column"])


def _words(request: dict[str, Any], file: OpenFile) -> dict[str, Any]:
    """Every value is read; text_column and tokenizer, by which words are counted."""
    from lrp_engine.corpora.cutting import shards
    from lrp_engine.corpora.tables import open_table
    from lrp_engine.model.text import Tokenizer

    tokenizer = Tokenizer(**request["tokenizer"])
    table = open_table(file, format=request["format"], text_column=request["text_column"])
    rows = words = readable = 0
    reason = ""
    for shard in shards(table, STEP):
        rows += len(shard)
        readable += shard.problems.count(None)
        reason = reason or next((one for one in shard.problems if one is not None), "")
        words += sum(tokenizer.steps(len(tokenizer(text))) for text in shard.texts if text)
    return {"rows": rows, "words": words, "readable": readable, "reason": reason}


QUESTIONS: dict[str, Callable[[dict[str, Any], OpenFile], dict[str, Any]]] = {
    "preview": _preview,
    "labels": _labels,
    "words": _words,
}

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # where `app` lies
    sys.stdout.write(json.dumps(answer(json.load(sys.stdin))))
