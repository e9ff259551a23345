"""The process that reads an uploaded table: what it reads, and what code in it cannot do."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.review import trial
from lrp_engine.errors import InputError
from lrp_engine.formats.containers import system_calls
from lrp_engine.model.text import Tokenizer
from tests.confined import ATTEMPTS

ROOT = Path(__file__).parents[3]
TEXTS = {"text": ["A good film.", "not good"], "label": ["1", "0"]}


def _write(path: Path, format: str) -> None:
    if format == "parquet":
        pq.write_table(pa.table(TEXTS), path, compression="zstd")
    elif format == "csv":
        path.write_bytes("\ufefftext,label\nA good film.,1\nnot good,0\n".encode())
    else:
        rows = (dict(zip(TEXTS, row, strict=True)) for row in zip(*TEXTS.values(), strict=True))
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_every_format_is_read_by_a_confined_process(format, tmp_path):
    path = tmp_path / "set"
    _write(path, format)
    found = trial.preview(path, f"set.{format}", 9)
    assert {name: list(of) for name, of in found.sample.items()} == TEXTS
    assert found.values["label"] == {"1": 1, "0": 1}
    assert (found.bad, found.nested) == (0, frozenset())
    assert trial.rows(path, f"set.{format}", format, "text", Tokenizer(), 3) == 2


@pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine not in system_calls.ABIS,
    reason="confined by seccomp on Linux, x86_64",
)
def test_code_that_took_it_over_reaches_nothing(monkeypatch, tmp_path):
    script = tmp_path / "process.py"
    script.write_text(f"""
import json, sys
sys.path.append({str(ROOT)!r})
from app.review import trial_process
from tests import confined
def reader(request, file):
    found = confined.tried({list(ATTEMPTS)!r})
    return dict(refused=str([name for name in found if found[name] not in ("EPERM", "ENOSYS")]))
trial_process.QUESTIONS["preview"] = reader
print(json.dumps(trial_process.answer(json.load(sys.stdin))))
""")
    monkeypatch.setattr(trial, "_PROCESS", script)
    (tmp_path / "set").write_text("text\n")
    with pytest.raises(InputError, match=r"^\[\]$"):
        trial.preview(tmp_path / "set", "set.csv", 5)
