"""The limited and confined process that reads an upload.

stdin is the request, stdout the answer, both JSON.

It is started by path, see `app.review.trial`; nothing else imports it.

Request: limits (see `Limits`), path, format; and either nothing more, for the names of the columns
and the number of rows, or text_column and tokenizer, for the number of words in it: then every
value of the table is read.
Answer: columns and rows, or words; or refused, a sentence.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lrp_engine.corpora.source import OpenFile

STEP = 100  # rows held at the same time
# All that reading needs, loaded while files can be opened.
_MODULES = (
    "encodings.utf_8_sig",
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
        return _words(request, file) if "text_column" in request else _columns(request, file)
    except InputError as error:
        return {"refused": str(error)}


def _columns(request: dict[str, Any], file: OpenFile) -> dict[str, Any]:
    from lrp_engine.corpora.tables import look

    names, rows = look(file, format=request["format"])
    return {"columns": names, "rows": rows}


def _words(request: dict[str, Any], file: OpenFile) -> dict[str, Any]:
    from lrp_engine.corpora.tables import open_table, shards
    from lrp_engine.model.text import Tokenizer

    tokenizer = Tokenizer(**request["tokenizer"])
    table = open_table(file, format=request["format"], text_column=request["text_column"])
    rows = words = 0
    for shard in shards(table, STEP):
        rows += len(shard)
        words += sum(tokenizer.steps(len(tokenizer(text))) for text in shard.texts if text)
    return {"rows": rows, "words": words}


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parents[2]))  # nothing needs to be installed
    sys.stdout.write(json.dumps(answer(json.load(sys.stdin))))
