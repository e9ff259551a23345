"""The limited process that reads an upload: stdin is the request, stdout the answer, both JSON.

It is started by path, see `app.review.trial`; nothing else imports it.

Request: limits (see `Limits`), path, format; and either nothing more, for the names of the columns
and the number of rows, or text_column and tokenizer, for the number of words in it: then every
value of the table is read.
Answer: columns and rows, or words; or refused, a sentence.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

STEP = 100  # rows held at the same time


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """What the file holds, or why it cannot be read; limits this process first."""
    from lrp_engine.errors import InputError
    from lrp_engine.formats.containers import process
    from lrp_engine.formats.containers.limits import Limits

    process.apply(Limits.from_json(request["limits"]), 0)
    try:
        return _words(request) if "text_column" in request else _columns(request)
    except InputError as error:
        return {"refused": str(error)}


def _columns(request: dict[str, Any]) -> dict[str, Any]:
    from lrp_engine.corpora.tables import look

    names, rows = look(request["path"], format=request["format"])
    return {"columns": names, "rows": rows}


def _words(request: dict[str, Any]) -> dict[str, Any]:
    from lrp_engine.corpora.tables import open_table, shards
    from lrp_engine.model.text import Tokenizer

    tokenizer = Tokenizer(**request["tokenizer"])
    table = open_table(
        request["path"], format=request["format"], text_column=request["text_column"]
    )
    rows = words = 0
    for shard in shards(table, STEP):
        rows += len(shard)
        words += sum(len(tokenizer(text)) for text in shard.texts if text)
    return {"rows": rows, "words": words}


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parents[2]))  # nothing needs to be installed
    sys.stdout.write(json.dumps(answer(json.load(sys.stdin))))
