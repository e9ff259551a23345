"""Shards end after so many rows or bytes, whatever the format; a run that goes on cuts the same."""

from __future__ import annotations

import json
import pickle
import shutil
from hashlib import sha256

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lrp_engine import CorpusSettings, InputError, explain_corpus
from lrp_engine.corpora import cutting
from lrp_engine.corpora.manifest import MANIFEST
from lrp_engine.corpora.tables import open_table
from tests import corpora

WRITERS = {"csv": corpora.write_csv, "jsonl": corpora.write_jsonl, "parquet": corpora.write_parquet}
# Long ones stand together, as they do where a table is sorted; some are wider than they are long.
TEXTS = ["w2 w3", "w4"] * 40 + ["w5 " * 30, "ä€" * 20] * 15 + ["w6 " * 400] + ["w7"] * 31


@pytest.fixture(scope="module")
def network():
    return corpora.network()


def cut(path: str, format: str, rows: int, size: int) -> list[cutting.Shard]:
    return list(cutting.shards(open_table(path, format=format, text_column="text"), rows, size))


def nbytes(shard: cutting.Shard) -> int:
    notes = shard.others["note"].to_pylist() if "note" in shard.others.schema.names else []
    return sum(len((text or "").encode()) for text in [*shard.texts, *notes])


@pytest.mark.parametrize("format", WRITERS)
@pytest.mark.parametrize("block", [1, 7, 1_000])
def test_shards_hold_all_rows_in_order_and_no_more_bytes_than_they_may(
    format, block, tmp_path, monkeypatch
):
    monkeypatch.setattr(cutting, "BLOCK", block)
    notes = ["n" * (n % 50) for n in range(len(TEXTS))]
    path = WRITERS[format](tmp_path / f"in.{format}", {"text": TEXTS, "note": notes})
    found = cut(path, format, 20, 600)
    assert [text for shard in found for text in shard.texts] == TEXTS
    assert [note for shard in found for note in shard.others["note"].to_pylist()] == notes
    assert [shard.index for shard in found] == list(range(len(found)))
    firsts = np.cumsum([0, *map(len, found)])
    assert [shard.first for shard in found] == firsts[:-1].tolist()
    for shard, following in zip(found, [*found[1:], None], strict=True):
        assert len(shard) <= 20
        assert nbytes(shard) <= 600 or len(shard) == 1
        if following is not None and len(shard) < 20:  # the next row would have been too many
            one = len(following.texts[0].encode()) + len(following.others["note"][0].as_py())
            assert nbytes(shard) + one > 600
    assert any(nbytes(shard) > 600 for shard in found)  # the text that alone is too long
    assert max(map(len, found)) == 20


def test_without_a_bound_of_bytes_rows_alone_cut(tmp_path):
    path = corpora.write_csv(tmp_path / "in.csv", {"text": TEXTS})
    assert [len(shard) for shard in cut(path, "csv", 50, 0)] == [50, 50, 42]
    assert [len(shard) for shard in cut(path, "csv", 71, 10**6)] == [71, 71]


def test_every_type_of_a_carried_column_is_counted(tmp_path):
    table = pa.table({
        "text": ["w"] * 4,
        "large": pa.array(["x" * 90, None, "", "y"], pa.large_string()),
        "bytes": pa.array([b"x" * 90, None, b"", b"y"]),
        "category": pa.array(["x" * 90, None, "", "y"]).dictionary_encode(),
        "vector": pa.array([[0.5] * 90, None, [], [1.0]], pa.list_(pa.float32())),
        "number": [1, 2, 3, 4],
        "object": [{"a": 1}] * 4,
    })  # fmt: skip
    path = tmp_path / "in.parquet"

    pq.write_table(table, path)
    (block,) = open_table(str(path), format="parquet", text_column="text").blocks(4)
    assert cutting._bytes(block[0], block[2]) == [
        1 + 3 * 90 + 8 * 90 + 16, 1 + 16, 1 + 16, 1 + 3 + 8 + 16,
    ]  # fmt: skip


def test_what_travels_to_a_worker_is_the_shard_and_not_its_block(tmp_path, monkeypatch):
    monkeypatch.setattr(cutting, "BLOCK", 1_000)
    columns = {"text": ["w2"] * 200, "note": ["n" * 1_000] * 200}
    path = corpora.write_parquet(tmp_path / "in.parquet", columns)
    shards = cut(path, "parquet", 1_000, 10_000)
    assert max(len(pickle.dumps(shard)) for shard in shards) < 2 * 10_000


def test_a_run_cut_by_bytes_goes_on_and_says_what_one_cut_by_rows_says(network, tmp_path):
    source = corpora.write_csv(tmp_path / "in.csv", {"text": TEXTS})
    settings = CorpusSettings(shard_rows=50, shard_bytes=900)
    whole, out, rows = (tmp_path / name for name in ("whole", "out", "rows"))
    explain_corpus(network, source, whole, settings=settings)
    assert len(corpora.parts(whole)) > 3

    def stop(rows: int, total: int, before: bool) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explain_corpus(network, source, out, settings=settings, progress=stop)
    explain_corpus(network, source, out, settings=settings)
    assert corpora.parts(out) == corpora.parts(whole)
    explain_corpus(network, source, rows, settings=CorpusSettings(shard_rows=50, shard_bytes=0))
    by_bytes, by_rows = corpora.frame(out), corpora.frame(rows)
    assert by_bytes["text"].tolist() == by_rows["text"].tolist() == TEXTS
    for one, other in zip(by_bytes["lrp"], by_rows["lrp"], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_a_run_from_before_bytes_counted_says_how_it_goes_on(network, tmp_path):
    source = corpora.write_csv(tmp_path / "in.csv", {"text": corpora.texts(10)})
    out = tmp_path / "out"
    explain_corpus(network, source, out, settings=CorpusSettings(shard_rows=4, shard_bytes=0))
    assert "shard-bytes" not in json.loads((out / MANIFEST).read_text())["settings"]
    with pytest.raises(InputError, match="--shard-bytes differs, 0 there and 2097152 now") as told:
        explain_corpus(network, source, out, settings=CorpusSettings(shard_rows=4))
    assert str(told.value).endswith("to go on with them, give --shard-bytes 0.")
    with pytest.raises(InputError, match="shard_bytes is -1, expected 1 or more, or 0"):
        CorpusSettings(shard_bytes=-1)


def test_a_part_of_other_rows_is_not_taken(network, tmp_path):
    source = corpora.write_csv(tmp_path / "in.csv", {"text": corpora.texts(12)})
    settings, out = CorpusSettings(shard_rows=4), tmp_path / "out"
    explain_corpus(network, source, out, settings=settings)
    whole = corpora.parts(out)
    # As many rows, whole by its digest, and of another place.
    shutil.copy(out / "part-00002.parquet", out / "part-00001.parquet")
    manifest = json.loads((out / MANIFEST).read_text())
    manifest["parts"]["part-00001.parquet"] = sha256(whole["part-00002.parquet"]).hexdigest()
    (out / MANIFEST).write_text(json.dumps(manifest))
    assert explain_corpus(network, source, out, settings=settings).skipped_rows == 8
    assert corpora.parts(out) == whole
