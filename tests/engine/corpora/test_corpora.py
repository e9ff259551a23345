"""Whole corpora: formats, bad rows, resuming after anything, sentences instead of tracebacks."""

from __future__ import annotations

import errno
import gzip
import io
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from lrp_engine import (
    METHODS,
    ByLayer,
    CorpusSettings,
    Epsilon,
    Gamma,
    InputError,
    WSquare,
    explain_corpus,
    formats,
)
from lrp_engine.cli import corpora as command
from lrp_engine.cli.main import main
from lrp_engine.corpora import columns, one_file, read_csv, read_jsonl, read_text, rows, tables
from lrp_engine.corpora import folder as folders
from lrp_engine.corpora.manifest import MANIFEST
from lrp_engine.corpora.settings import methods_named
from lrp_engine.propagation.program import program_of
from lrp_engine.propagation.rules import from_dict
from lrp_engine.propagation.rules.doubts import LARGE_EPS, LONG_HINT
from tests import corpora, zoo

ROOT = Path(__file__).parents[3]
WRITERS = {"csv": corpora.write_csv, "jsonl": corpora.write_jsonl, "parquet": corpora.write_parquet}
SMALL = CorpusSettings(shard_rows=4)


@pytest.fixture(scope="module")
def network():
    return corpora.network()


@pytest.fixture(scope="module")
def model(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "small.zip"
    network.save(path)
    return str(path)


@pytest.fixture
def table(tmp_path):
    return corpora.write_csv(tmp_path / "in.csv", {"text": corpora.texts(10)})


@pytest.fixture
def run(capfd, monkeypatch, network, model):
    real = formats.load
    monkeypatch.setattr(
        formats, "load", lambda path, **o: network if path == model else real(path, **o)
    )

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(["explain-corpus", model, *map(str, arguments)])
        return code, *capfd.readouterr()

    return call


# Formats --------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", WRITERS)
def test_every_format_gives_the_numbers_of_one_by_one(format, network, tmp_path):
    texts = corpora.texts(23)
    given = {"id": list(range(23)), "text": texts, "gold": [f"g{n % 3}" for n in range(23)]}
    source = WRITERS[format](tmp_path / f"in.{format}", given)
    settings = CorpusSettings(shard_rows=5, label_column="gold")
    summary = explain_corpus(network, source, str(tmp_path / "out"), settings=settings)
    assert (summary.rows, summary.bad_rows, summary.skipped_rows) == (23, 0, 0)
    found = corpora.frame(tmp_path / "out")
    assert list(found) == [
        "row", "text", "label", "id", "scores", "predicted", "target", "explained_score", "tokens",
        "lrp", "initial_state", "ledger_bias", "ledger_stabilizer", "conservation_error", "error",
    ]  # fmt: skip
    assert found["row"].tolist() == list(range(23))
    assert found["text"].tolist() == texts
    assert found["label"].tolist() == given["gold"]
    assert found["id"].astype(int).tolist() == given["id"]
    assert found["error"].isna().all()
    for _, row in found.iterrows():
        corpora.check_row(row, network)
    assert _names(tmp_path / "out") == [
        "_lock",
        "_manifest.json",
        *(f"part-{n:05}.parquet" for n in range(5)),
    ]
    manifest = json.loads((tmp_path / "out" / "_manifest.json").read_text())
    assert manifest["complete"] is True
    assert (manifest["rows"], manifest["model"]) == (23, network.hash)


def test_the_formats_are_in_the_table_and_on_the_command_line():
    assert {*WRITERS, "txt"} == set(tables.READERS) == set(command.FORMATS)
    assert set(tables.EXTENSIONS.values()) == set(tables.READERS)
    settings = CorpusSettings()
    assert (settings.max_tokens, settings.shard_rows) == (command.MAX_TOKENS, command.SHARD_ROWS)
    assert settings.shard_bytes == command.SHARD_BYTES


def test_a_line_of_plain_text_is_a_text(network, tmp_path, monkeypatch):
    for module in (rows, read_text):
        monkeypatch.setattr(module, "LONGEST_ROW", 3000)
    lines = ["\ufeffw2 w3", "", "  w4,w5\r", " ", "w2 \udcff", "w3 " * 1500, "w7"]
    source = tmp_path / "in.txt"
    source.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    summary = explain_corpus(network, source, tmp_path / "out")
    found = corpora.frame(tmp_path / "out")
    assert found["text"].fillna("").tolist() == ["w2 w3", "w4,w5", "w2 \ufffd", "", "w7"]
    assert (summary.rows, summary.bad_rows) == (5, 2)
    assert found["error"].notna().tolist() == [False, False, True, True, False]
    assert "Line 6 is longer than 3,000 bytes" in found["error"][3]
    for _, row in found[found["error"].isna()].iterrows():
        corpora.check_row(row, network)


def test_the_whole_as_one_file(network, tmp_path, monkeypatch):
    texts = ["w2, w3", 'w4 "w5"', "", "w6 = w7"]
    table = corpora.write_csv(tmp_path / "in.csv", {"text": texts, "id": [*"abcd"]})
    monkeypatch.chdir(tmp_path)
    expected = None
    for name in ("all.csv", "all.jsonl", "all.PARQUET"):
        explain_corpus(network, table, tmp_path / "out", file=name, settings=SMALL)
        expected = corpora.frame(tmp_path / "out")
        found = {
            ".csv": lambda path: pd.read_csv(path, keep_default_na=False, na_values=[""]),
            ".jsonl": lambda path: pd.read_json(path, lines=True),
            ".parquet": pd.read_parquet,
        }[Path(name).suffix.lower()](tmp_path / name)
        assert [*found] == [*expected]
        for row, right in zip(found.to_dict("records"), expected.to_dict("records"), strict=True):
            if pd.isna(right["error"]):
                values = json.loads(row["lrp"]) if name == "all.csv" else row["lrp"]
                assert values == pytest.approx(right["lrp"])
                assert row["explained_score"] == pytest.approx(right["explained_score"])
            else:
                assert row["error"] == right["error"]
            assert row["id"] == right["id"]
    assert _names(tmp_path) == ["all.PARQUET", "all.csv", "all.jsonl", "in.csv", "out"]


def test_a_file_that_cannot_be_written_says_so_before_or_leaves_the_result(
    network, table, tmp_path, monkeypatch
):
    for name, said in (("all.xlsx", "'.csv', '.jsonl', '.parquet'"), ("gone/all.csv", "no folder")):
        with pytest.raises(InputError, match=said):
            explain_corpus(network, table, tmp_path / "out", file=tmp_path / name)
    assert not (tmp_path / "out").exists()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setitem(one_file.WRITERS, ".csv", full)
    with pytest.raises(InputError, match=r"the disk is full.*The result itself is whole"):
        explain_corpus(network, table, tmp_path / "out", file=tmp_path / "all.csv")
    assert _names(tmp_path) == ["in.csv", "out"]
    assert len(corpora.frame(tmp_path / "out")) == 10
    with pytest.raises(InputError, match="source is int"):
        explain_corpus(network, 3, tmp_path / "out")


def test_the_command_writes_one_file(run, table, tmp_path):
    code, _, _ = run(table, tmp_path / "out", "--quiet", "--file", tmp_path / "all.jsonl")
    assert code == 0
    whole = pd.read_json(tmp_path / "all.jsonl", lines=True)
    assert whole["text"].tolist() == corpora.frame(tmp_path / "out")["text"].tolist()


def test_all_methods_and_a_contrast(network, table, tmp_path):
    settings = CorpusSettings(methods=("sensitivity", *METHODS), target=(0, 2))
    explain_corpus(network, table, str(tmp_path / "out"), settings=settings)
    row = corpora.frame(tmp_path / "out").iloc[3]
    corpora.check_row(row, network, target=(0, 2))
    assert row["target"] == "class 0 − class 2"
    for method in settings.methods:
        one = network.explain([row["text"]], method=method, target=(0, 2))
        assert row[method] == pytest.approx(one.token_relevance[0], abs=1e-12)


def test_settings_of_earlier_runs_are_those_of_today():
    """What a manifest of version 0.1.0 held, so that its run goes on."""
    written = {
        "method": ["lrp", "sensitivity", "gradient_x_input"], "target": None, "rule": "epsilon",
        "eps": 0.001, "bias-factor": 0.0, "gates": "all", "text-column": "text",
        "label-column": None, "max-tokens": 20000, "shard-rows": 2000,
    }  # fmt: skip
    assert CorpusSettings(methods=methods_named(["all"]), shard_bytes=0).to_dict() == written
    assert methods_named(["occlusion", "all"])[:3] == methods_named(["all"])


def test_a_method_without_a_sum_has_no_account(network, table, tmp_path):
    settings = CorpusSettings(methods=("sensitivity",))
    explain_corpus(network, table, str(tmp_path / "out"), settings=settings)
    found = corpora.frame(tmp_path / "out")
    assert found[list(columns.ACCOUNT)].isna().all(axis=None)
    assert found["explained_score"].notna().all()


def test_carried_columns_that_are_called_like_ours_get_a_prefix(network, tmp_path):
    given = {"text": ["w2"], "lrp": ["a"], "error": ["b"], "input_error": ["c"], "label": ["d"]}
    source = corpora.write_csv(tmp_path / "in.csv", given)
    explain_corpus(network, source, str(tmp_path / "out"))
    row = corpora.frame(tmp_path / "out").iloc[0]
    carried = ("input_lrp", "input_input_error", "input_error", "label")
    assert [row[name] for name in carried] == ["a", "b", "c", "d"]


def test_parquet_keeps_types_and_reads_categories_and_bytes(network, tmp_path):
    texts = ["w2", "w3 w4", "w2", None]
    given = pa.table(
        {
            "text": pa.array(texts).dictionary_encode(),
            "at": pa.array([1, 2, 3, None], pa.timestamp("ms")),
            "tags": pa.array([["a"], [], None, ["b", "c"]]),
        }
    )
    pa.parquet.write_table(given, tmp_path / "a.parquet")
    pa.parquet.write_table(
        pa.table({"text": pa.array([b"w2", b"\xff w3"])}), tmp_path / "b.parquet"
    )
    explain_corpus(network, str(tmp_path / "a.parquet"), str(tmp_path / "a"), settings=SMALL)
    found = pa.parquet.read_table(tmp_path / "a" / "part-00000.parquet")
    assert found["at"] == given["at"]
    assert found["tags"] == given["tags"]
    assert found["text"].to_pylist() == texts
    assert found["error"].to_pylist()[3] == "There is no text (null)."
    explain_corpus(network, str(tmp_path / "b.parquet"), str(tmp_path / "b"))
    assert "UTF-8" in corpora.frame(tmp_path / "b")["error"][1]


def test_json_columns_get_the_one_type_that_fits(network, tmp_path):
    lines = [
        {"text": "w2", "n": 1, "x": 1, "b": True, "any": {"a": [1]}, "late": None},
        {"text": "w3", "n": None, "x": 0.5, "b": False, "any": "plain"},
        {"text": "w4", "n": 3, "big": 2**70, "late": "here"},
    ]
    path = tmp_path / "in.ndjson"
    path.write_text("\n\n".join(map(json.dumps, lines)))
    explain_corpus(network, str(path), str(tmp_path / "out"), settings=CorpusSettings(shard_rows=1))
    found = pa.parquet.read_table(tmp_path / "out")
    assert found["n"].to_pylist() == [1, None, 3]
    assert found["x"].to_pylist() == [1.0, 0.5, None]
    assert found["b"].to_pylist() == [True, False, None]
    assert found["any"].to_pylist() == ['{"a": [1]}', "plain", None]
    assert found["big"].to_pylist() == [None, None, str(2**70)]
    assert found["late"].to_pylist() == [None, None, "here"]


def test_compressed_input_and_urls(network, tmp_path):
    import fsspec

    (tmp_path / "in.csv.gz").write_bytes(gzip.compress(b"text\nw2 w3\nw4\n"))
    memory = fsspec.filesystem("memory")
    memory.pipe("/here/in.csv", b"text\nw2 w3\nw4\n")
    explain_corpus(network, str(tmp_path / "in.csv.gz"), str(tmp_path / "out"))
    explain_corpus(network, "memory://here/in.csv", "memory://out")
    names = [name.rsplit("/", 1)[-1] for name in memory.ls("/out", detail=False)]
    assert sorted(names) == ["_manifest.json", "part-00000.parquet"]
    assert memory.cat("/out/part-00000.parquet") == corpora.parts(tmp_path / "out")[names[-1]]
    again = explain_corpus(network, "memory://here/in.csv", "memory://out")
    assert again.skipped_rows == 2


# Bad rows -------------------------------------------------------------------------------------


def test_bad_rows_of_csv_are_written_with_the_reason(network, tmp_path):
    lines = [
        "id,text",
        "0,w2 w3",
        '1,""',
        "2,   ",
        "3," + "w2 " * 30,
        "4",
        "5,w2,too,many",
        "",
        "6,w2 \udcff\udcfe",
        "7,w2\0w3 \x1b[1m",
        "\udcff8,w4",
        "9,w5",
    ]
    path = tmp_path / "in.csv"
    path.write_bytes("\r\n".join(lines).encode("utf-8", "surrogateescape"))
    settings = CorpusSettings(max_tokens=20, shard_rows=3)
    summary = explain_corpus(network, str(path), str(tmp_path / "out"), settings=settings)
    found = corpora.frame(tmp_path / "out")
    reasons = [
        None, "empty", "no words", "30 words", "1 fields", "4 fields", "UTF-8", None, None, None,
    ]  # fmt: skip
    assert summary.rows == len(found) == len(reasons)
    assert summary.bad_rows == sum(map(bool, reasons))
    for reason, (_, row) in zip(reasons, found.iterrows(), strict=True):
        if reason is None:
            corpora.check_row(row, network)
        else:
            assert reason in row["error"]
            assert row[["scores", "target", "lrp", "tokens", "explained_score"]].isna().all()
    assert found["text"][6] == "w2 \ufffd\ufffd"
    assert found["id"][8] == "\ufffd8"


def test_an_open_quote_does_not_swallow_the_rest(network, tmp_path, monkeypatch):
    monkeypatch.setattr(read_csv, "LONGEST_ROW", 50)
    path = tmp_path / "in.csv"
    path.write_text('text\nw2\n"w3\n' + "w4\n" * 40)
    explain_corpus(network, str(path), str(tmp_path / "out"))
    found = corpora.frame(tmp_path / "out")
    assert "quote" in found["error"][1]
    assert found["error"].notna().sum() == 1
    assert len(found) > 15


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ('id,text\n1,"w2\n2,w3\n3,w4\n4,w2\n', {0: "Line 2"}),  # no other quote in the file
        ('id,text\n1,"w2\n2,"w3"\n3,"w4"\n4,w2\n', {0: "Line 2"}),  # the next one ends it
        ('id,text\n1,w2\n2,"w3"w4\n3,"w4\nw2"\n4,"w2""w3"\n', {1: "Line 3"}),
        ('id,text\n1,w2\n2,w3\n3,w4\n4,"w2', {3: "Line 5"}),
    ],
    ids=["to the end", "to a quote", "behind a quote", "last line"],
)
def test_a_broken_quote_costs_its_own_line_alone(network, tmp_path, text, bad):
    path = _csv(tmp_path / "in.csv", text)
    summary = explain_corpus(network, str(path), str(tmp_path / "out"))
    rows = corpora.frame(tmp_path / "out")
    assert (summary.rows, summary.bad_rows) == (4, len(bad))
    for n, row in rows.iterrows():
        if n in bad:
            assert row["error"].startswith(f"{bad[n]} of the file cannot be read as CSV")
        else:
            assert row["id"] == str(n + 1)
            corpora.check_row(row, network)


def test_after_an_open_quote_hundreds_of_thousands_of_lines_are_read(tmp_path):
    path = _csv(tmp_path / "in.csv", 'text\n"w1\n' + "w2\n" * 300_000)
    table = tables.open_table(str(path), format="csv", text_column=None)
    assert (table.schema.names, table.rows) == (["text"], 300_001)


def _finished(network, folder: Path) -> tuple[str, str, CorpusSettings]:
    source = corpora.write_csv(folder / "in.csv", {"text": corpora.texts(12)})
    arguments = (str(source), str(folder / "out"), CorpusSettings(shard_rows=4))
    explain_corpus(network, *arguments[:2], settings=arguments[2])
    return arguments


@pytest.mark.parametrize("place", [0.0, 0.2, 0.5, 0.8, 0.95, 0.99, 1.0])
def test_a_flipped_bit_has_its_part_computed_again(network, tmp_path, place):
    source, output, settings = _finished(network, tmp_path)
    part = Path(output) / "part-00001.parquet"
    whole = part.read_bytes()
    damaged = bytearray(whole)
    damaged[round(place * (len(whole) - 1))] ^= 4
    part.write_bytes(damaged)
    again = explain_corpus(network, source, output, settings=settings)
    assert again.skipped_rows == 8
    assert part.read_bytes() == whole
    assert explain_corpus(network, source, output, settings=settings).skipped_rows == 12


def test_a_finished_folder_lists_its_parts_and_no_other_is_taken(network, tmp_path):
    source, output, settings = _finished(network, tmp_path)
    folder = Path(output)
    manifest = json.loads((folder / MANIFEST).read_text())
    parts = {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.glob("part-*")}
    assert manifest["parts"] == parts
    assert not list(folder.glob("*.sha256"))
    del manifest["parts"]["part-00002.parquet"]
    (folder / MANIFEST).write_text(json.dumps(manifest))
    assert explain_corpus(network, source, output, settings=settings).skipped_rows == 8


def test_parts_of_releases_that_noted_no_digest_are_taken_and_noted(network, tmp_path):
    source, output, settings = _finished(network, tmp_path)
    manifest = json.loads((Path(output) / MANIFEST).read_text())
    parts = manifest.pop("parts")
    del manifest["digest"]
    (Path(output) / MANIFEST).write_text(json.dumps(manifest))
    assert explain_corpus(network, source, output, settings=settings).skipped_rows == 12
    assert json.loads((Path(output) / MANIFEST).read_text())["parts"] == parts


def test_bad_rows_of_json_lines_are_written_with_the_reason(network, tmp_path, monkeypatch):
    for module in (rows, read_jsonl):
        monkeypatch.setattr(module, "LONGEST_ROW", 3000)
    cases = [
        ('{"text": "w2", "id": 0}', None),
        ("{not json", "Line 2 is not JSON"),
        ('["text"]', "holds a list"),
        ('{"id": 3}', "no 'text'"),
        ('{"text": null}', "null"),
        ('{"text": 3.5}', "a number"),
        ('{"text": ["w2"]}', "list"),
        ('{"text": true}', "true or false"),
        ('{"text": ""}', "empty"),
        ('{"text": "w2 \\ud800"}', "UTF-8"),
        ('{"text": "w2 \udcff"}', "UTF-8"),
        ("[" * 2000, "not JSON"),
        ('{"text": "' + "w2 " * 2000 + '"}', "longer than 3,000"),
        ('{"text": "w\\u0000 w3", "id": 9}', None),
    ]
    path = tmp_path / "in.jsonl"
    data = "\n".join(line for line, _ in cases)
    path.write_bytes(data.encode("utf-8", "surrogateescape"))
    summary = explain_corpus(network, str(path), str(tmp_path / "out"))
    found = corpora.frame(tmp_path / "out")
    assert (summary.rows, summary.bad_rows) == (len(cases), len(cases) - 2)
    for (line, reason), (_, row) in zip(cases, found.iterrows(), strict=True):
        if reason is None:
            corpora.check_row(row, network)
        else:
            assert reason in row["error"], line
    assert found["text"][5] == "3.5"


def test_a_table_of_bad_rows_only(network, tmp_path):
    source = corpora.write_jsonl(tmp_path / "in.jsonl", {"text": [None, "", 3]})
    assert explain_corpus(network, source, str(tmp_path / "out")).bad_rows == 3


def test_a_text_whose_numbers_overflow_is_a_bad_row(tmp_path):
    network = corpora.overflowing("w2")
    texts = ["w3 w4", "w3 w2", "w5", "w2", "w6 w7 w2 w3"]
    source = corpora.write_csv(tmp_path / "in.csv", {"text": texts})
    summary = explain_corpus(network, source, str(tmp_path / "out"))
    found = corpora.frame(tmp_path / "out")
    for (_, row), text in zip(found.iterrows(), texts, strict=True):
        if "w2" in text:
            assert "numbers overflow" in row["error"]
            assert row[["scores", "target", "lrp", "tokens"]].isna().all()
        else:
            assert pd.isna(row["error"])
            alone = network.explain([text])
            assert row["lrp"] == pytest.approx(alone.token_relevance[0], rel=1e-9)
    assert (summary.rows, summary.bad_rows) == (5, 3)


# Resuming -------------------------------------------------------------------------------------


class StopError(Exception):
    pass


def stopping_after(parts: int):
    left = [parts]

    def progress(rows, total, before):
        left[0] -= 1
        if left[0] < 0:
            raise StopError

    return progress


def test_goes_on_where_it_stopped(network, table, tmp_path):
    whole, out = tmp_path / "whole", tmp_path / "out"
    explain_corpus(network, table, str(whole), settings=SMALL)
    with pytest.raises(StopError):
        explain_corpus(network, table, str(out), settings=SMALL, progress=stopping_after(1))
    assert json.loads((out / "_manifest.json").read_text())["complete"] is False
    (out / f"_part-00002.parquet.{'0' * 32}.tmp").write_bytes(b"half")
    first = out / "part-00000.parquet"
    written = first.stat().st_mtime_ns
    (out / "part-00001.parquet").write_bytes(b"PAR1 cut off")
    seen = []
    summary = explain_corpus(
        network, table, str(out), settings=SMALL, progress=lambda *call: seen.append(call)
    )
    assert seen == [(4, 10, True), (4, 10, False), (2, 10, False)]
    assert (summary.rows, summary.skipped_rows) == (10, 4)
    assert first.stat().st_mtime_ns == written
    assert corpora.parts(out) == corpora.parts(whole)
    assert not list(out.glob("*.tmp"))


def test_a_finished_run_computes_nothing_again(network, tmp_path):
    source = corpora.write_csv(tmp_path / "in.csv", {"text": ["w2", "", "w3"]})
    first = explain_corpus(network, source, str(tmp_path / "out"))
    again = explain_corpus(network, source, str(tmp_path / "out"))
    assert (again.rows, again.bad_rows, again.skipped_rows) == (3, 1, 3)
    assert first.bad_rows == 1


def test_a_rule_by_layer_is_kept_as_json_and_gone_on_with(network, run, table, tmp_path):
    rule = ByLayer([("last", WSquare(eps=0.5))], default=Epsilon(eps=0.1, gates="half"))
    out, plain = tmp_path / "out", tmp_path / "plain"
    settings = CorpusSettings(shard_rows=4, rule=rule)
    explain_corpus(network, table, str(out), settings=settings)
    manifest = json.loads((out / MANIFEST).read_text())
    assert from_dict(manifest["settings"]["rule"]) == rule
    assert "eps" not in manifest["settings"]
    before = corpora.parts(out)
    sorted(out.glob("part-*"))[1].unlink()
    code, _, err = run(table, out, "--shard-rows", "4", "--quiet",
                       "--rule", json.dumps(rule.to_dict()))  # fmt: skip
    assert (code, err) == (0, "")
    assert corpora.parts(out) == before
    explain_corpus(network, table, str(plain), settings=SMALL)
    assert corpora.parts(plain) != before
    with pytest.raises(InputError, match="names 'conv1d'"):
        explain_corpus(network, table, str(tmp_path / "no"),
                       settings=CorpusSettings(rule=ByLayer([("conv1d", WSquare())])))  # fmt: skip
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"rule": Epsilon(eps=0.1)}, "--eps differs, 0.001 there and 0.1 now"),
        ({"rule": Epsilon(gates="half")}, '--gates differs, "all" there and "half" now'),
        ({"rule": Gamma(gamma=1)}, '--rule differs, "epsilon" there and "gamma" now'),
        (
            {"rule": ByLayer([("last", WSquare())])},
            '--rule differs, "epsilon" there and {"name": "by',
        ),
        ({"target": 1}, "--target"),
        ({"methods": ("lrp", "sensitivity")}, "--method"),
        ({"shard_rows": 5}, "--shard-rows differs, 4 .* to go on with them, give --shard-rows 4."),
        ({"shard_bytes": 0}, "--shard-bytes differs, 2097152 there and 0 now"),
        ({"max_tokens": 9}, "--max-tokens"),
    ],
    ids=str,
)
def test_other_settings_are_refused(network, table, tmp_path, change, named):
    explain_corpus(network, table, str(tmp_path / "out"), settings=SMALL)
    before = corpora.parts(tmp_path / "out")
    other = CorpusSettings(**{"shard_rows": 4} | change)
    with pytest.raises(InputError, match=named) as caught:
        explain_corpus(network, table, str(tmp_path / "out"), settings=other)
    assert "--restart" in str(caught.value)
    assert corpora.parts(tmp_path / "out") == before


def test_another_model_or_input_is_refused(network, table, tmp_path):
    out = str(tmp_path / "out")
    explain_corpus(network, table, out)
    with pytest.raises(InputError, match="the model differs"):
        explain_corpus(corpora.network(seed=5), table, out)
    with pytest.raises(InputError, match='--device differs, none there and "cpu" now'):
        explain_corpus(network, table, out, device="cpu")
    corpora.write_csv(tmp_path / "in.csv", {"text": corpora.texts(10, seed=5)})
    with pytest.raises(InputError, match="of the input differs"):
        explain_corpus(network, table, out)


def test_restart_removes_only_what_runs_wrote(network, table, tmp_path):
    out = tmp_path / "out"
    explain_corpus(network, table, str(out), settings=CorpusSettings(shard_rows=1))
    (out / "_notes.txt").write_text("mine")
    explain_corpus(network, table, str(out), settings=SMALL, restart=True)
    assert len(corpora.parts(out)) == 3
    assert (out / "_notes.txt").read_text() == "mine"


def test_input_that_changes_meanwhile_is_noticed(network, table, tmp_path):
    def progress(*call):
        Path(table).write_text("text\nw2\n")

    with pytest.raises(InputError, match="changed while it was read"):
        explain_corpus(network, table, str(tmp_path / "out"), progress=progress)


def _subprocess(*arguments: object) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "lrp_engine", "explain-corpus", *map(str, arguments)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _wait_for(condition, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def _alive(process: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


def _children(process: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(") ", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == process:
            found.append(int(path.parent.name))
    return found


LONG = CorpusSettings(shard_rows=5)  # enough parts to be stopped among them


@pytest.fixture(scope="module")
def uninterrupted(network, tmp_path_factory):
    """A longer table, and the parts of a run that nothing stopped."""
    folder = tmp_path_factory.mktemp("long")
    source = corpora.write_csv(folder / "in.csv", {"text": corpora.texts(2000)})
    explain_corpus(network, source, str(folder / "out"), settings=LONG)
    return source, corpora.parts(folder / "out")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT], ids=["kill -9", "Ctrl-C"])
def test_a_stopped_process_leaves_nothing_behind_and_the_next_goes_on(
    stop, network, model, uninterrupted, tmp_path
):
    source, whole = uninterrupted
    out = tmp_path / "out"
    options = ["--shard-rows", 5, "--dtype", "float64", "--workers", 2]
    running = _subprocess(model, source, out, *options)
    _wait_for(lambda: len(list(out.glob("part-*"))) >= 3 or running.poll() is not None)
    children = _children(running.pid)
    assert len(children) >= 2
    if stop == signal.SIGKILL:
        running.kill()
    else:  # a terminal sends it to all of them
        os.killpg(running.pid, stop)
    error = running.communicate(timeout=60)[1]
    if stop == signal.SIGINT:
        assert running.returncode == 130
        assert error == f"lrp_engine: {command.AGAIN}\n"
    _wait_for(lambda: not any(map(_alive, children)))
    done = len(corpora.parts(out))
    assert 3 <= done < 400
    summary = explain_corpus(network, source, str(out), settings=LONG)
    assert summary.skipped_rows == done * 5
    assert corpora.parts(out) == whole
    assert not list(out.glob("*.tmp"))


def test_a_killed_worker_is_one_sentence_and_loses_nothing(network, tmp_path):
    source = corpora.write_csv(tmp_path / "in.csv", {"text": corpora.texts(60)})
    settings = CorpusSettings(shard_rows=5)
    whole, out = tmp_path / "whole", tmp_path / "out"

    def progress(*call):
        for child in multiprocessing.active_children():
            os.kill(child.pid, signal.SIGKILL)

    with pytest.raises(InputError, match="worker process was killed"):
        explain_corpus(network, source, str(out), settings=settings, workers=2, progress=progress)
    assert not multiprocessing.active_children()
    explain_corpus(network, source, str(out), settings=settings)
    explain_corpus(network, source, str(whole), settings=settings)
    assert corpora.parts(out) == corpora.parts(whole)


# Failures -------------------------------------------------------------------------------------


class Full(io.BytesIO):
    """A file on a full disk."""

    def write(self, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_full_disk_is_one_sentence_and_leaves_no_half_part(
    run, network, table, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    real = folders.LocalFileSystem.open

    def full(self, path, mode="rb", **options):
        if "w" in mode and "part-00001" in path:
            Path(path).write_bytes(b"half a part")
            return Full()
        return real(self, path, mode, **options)

    with monkeypatch.context() as patch:
        patch.setattr(folders.LocalFileSystem, "open", full)
        code, _, err = run(table, out, "--shard-rows", 4)
    assert code == 2
    assert "is full. Make room and run the same command again" in err
    assert _names(out) == [
        "_lock", "_manifest.json", "_part-00000.parquet.sha256", "part-00000.parquet",
    ]  # fmt: skip
    assert run(table, out, "--shard-rows", 4)[0] == 0
    assert len(corpora.frame(out)) == 10


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files")
def test_a_disk_that_fills_while_a_part_is_written(run, tmp_path):
    """For real: the system refuses to write more than so many bytes into one file."""
    import resource

    source = corpora.write_csv(tmp_path / "in.csv", {"text": corpora.texts(300)})
    out = tmp_path / "out"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        code, _, err = run(source, out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (code, err.count("\n")) == (2, 1)
    assert "is full. Make room" in err
    assert _names(out) == ["_lock", "_manifest.json"]


def test_where_memory_runs_out_batches_get_smaller(run, network, tmp_path, monkeypatch):
    """TensorFlow's failure is raised in its place: to run out of memory for real kills tests."""
    import tensorflow as tf

    source = corpora.write_csv(tmp_path / "in.csv", {"text": [*corpora.texts(40), ""]})
    passes = type(program_of(network)).backward
    sizes = []

    def scarce(program, calculi, x, *others, **options):
        sizes.append(len(x))
        with program._running():
            if len(x) > 7:
                raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating")
            return passes(program, calculi, x, *others, **options)

    with monkeypatch.context() as patch:
        patch.setattr(type(program_of(network)), "backward", scarce)
        assert run(source, tmp_path / "scarce")[0] == 0
    assert max(sizes) == 40
    assert sum(size for size in sizes if size <= 7) == 40
    for _, row in corpora.frame(tmp_path / "scarce")[:-1].iterrows():
        corpora.check_row(row, network)


def test_a_shard_without_memory_is_one_sentence(run, table, tmp_path, monkeypatch):
    def nothing_left(*arguments, **options):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("lrp_engine.attribution.explain.Samples.padded", nothing_left)
        code, _, err = run(table, tmp_path / "out")
    assert (code, err.count("\n")) == (2, 1)
    assert "not enough memory to explain a text of " in err
    with monkeypatch.context() as patch:
        patch.setattr(pa.parquet, "write_table", nothing_left)
        code, _, err = run(table, tmp_path / "out")
    assert (code, err.count("\n")) == (2, 1)
    assert "not enough memory for rows 0 to 9" in err
    assert run(table, tmp_path / "out")[0] == 0


def test_two_runs_do_not_write_into_one_folder(network, table, tmp_path):
    out = str(tmp_path / "out")

    def progress(*call):
        with pytest.raises(InputError, match="Another run is writing into"):
            explain_corpus(network, table, out)

    explain_corpus(network, table, out, progress=progress)
    assert explain_corpus(network, table, out).skipped_rows == 10  # the file itself locks nothing


def test_the_padding_of_all_parts_is_told(network, table, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(StopError):
        explain_corpus(network, table, str(out), settings=SMALL, progress=stopping_after(1))
    summary = explain_corpus(network, table, str(out), settings=SMALL)
    lengths = corpora.frame(out)["tokens"].map(len)
    longest = lengths.groupby(lengths.index // 4).transform("max")  # a part of 4 is one batch
    assert summary.padding_waste == round(1 - lengths.sum() / longest.sum(), 4)
    assert json.loads((out / "_manifest.json").read_text())["padding_waste"] > 0
    one = network.explain(["w2", "w2 w3 w4"])
    assert one.padded_lengths.tolist() == [3, 3]
    assert one.padding_waste == pytest.approx(2 / 6)
    assert one[0].padding_waste == pytest.approx(2 / 3)


def _csv(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


FAILURES = {
    "no file": lambda p: ([p / "none.csv", p / "out"], "There is no file"),
    "folder": lambda p: ([p, p / "out", "--format", "csv"], "is a folder"),
    "extension": lambda p: ([_csv(p / "a.docx", "x"), p / "out"], "--format with one of 'csv'"),
    "column": lambda p: ([_csv(p / "a.csv", "id,words\n1,a\n"), p / "out"],
                         "no column 'text'; found 'id', 'words'"),
    "label": lambda p: ([_csv(p / "a.csv", "id,text\n1,a\n"), p / "out", "--label-column", "y"],
                        "no column 'y'; found 'id'"),
    "empty": lambda p: ([_csv(p / "a.csv", ""), p / "out"], "is empty"),
    "no rows": lambda p: ([_csv(p / "a.csv", "text\n"), p / "out"], "no rows"),
    "no lines": lambda p: ([_csv(p / "a.jsonl", "\n"), p / "out"], "no rows"),
    "header": lambda p: ([_csv(p / "a.csv", "text\nw2\n".encode("utf-16")), p / "out"], "UTF-8"),
    "no reading": lambda p: (["/proc/self/mem", p / "out", "--format", "csv"],
                             "Cannot read '/proc/self/mem'"),
    "twice": lambda p: ([_csv(p / "a.csv", "text,a,a\n"), p / "out"], "twice"),
    "not gzip": lambda p: ([_csv(p / "a.csv.gz", "text\nw2\n"), p / "out"], "Cannot read"),
    "cut gzip": lambda p: ([_csv(p / "a.csv.gz", gzip.compress(b"text\nw2\n" * 99)[:-9]),
                            p / "out"], "Cannot read"),
    "not parquet": lambda p: ([_csv(p / "a.parquet", "text"), p / "out"], "Cannot read"),
    "numbers": lambda p: ([corpora.write_parquet(p / "a.parquet", {"text": [1]}), p / "out"],
                          "holds int64, expected text"),
    "output is a file": lambda p: ([_csv(p / "a.csv", "text\nw2\n"), _csv(p / "out", "x")],
                                   "is a file; give a folder"),
    "output below a file": lambda p: ([_csv(p / "a.csv", "text\nw2\n"), _csv(p / "o", "x") / "b"],
                                      "not a folder"),
    "foreign folder": lambda p: ([_csv(p / "a.csv", "text\nw2\n"), p], "holds 'a.csv' but no"),
    "protocol": lambda p: (["nowhere://a.csv", p / "out"], "Cannot read 'nowhere"),
    "target": lambda p: ([_csv(p / "a.csv", "text\nw2\n"), p / "out", "--target", "9"],
                         "choose from 0"),
    "eps": lambda p: ([_csv(p / "a.csv", "text\nw2\n"), p / "out", "--eps", "0"], "eps must be"),
    "workers": lambda p: ([_csv(p / "a.csv", "text\nw2\n"), p / "out", "--workers", "0"],
                          "workers is 0, expected a whole number from 1 on"),
    "both": lambda p: ([p / "a.csv", p / "out", "--workers", "2", "--scheduler", "tcp://h:1"],
                       "not both"),
}  # fmt: skip


@pytest.mark.parametrize("case", FAILURES)
def test_failures_are_one_sentence(case, run, tmp_path):
    arguments, sentence = FAILURES[case](tmp_path)
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("lrp_engine: ")
    assert err.count("\n") == 1
    assert sentence in err
    assert not list(tmp_path.glob("out/part-*"))


def test_a_damaged_manifest_asks_for_a_restart(run, table, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "_manifest.json").write_text("{")
    assert "--restart" in run(table, out)[2]
    assert run(table, out, "--restart")[0] == 0


def test_a_network_without_words_is_refused(table, tmp_path):
    with pytest.raises(InputError, match="no vocabulary"):
        explain_corpus(zoo.network("bilstm"), table, str(tmp_path / "out"))


# The command ----------------------------------------------------------------------------------


def test_the_command_prints_a_sentence_or_json(run, table, tmp_path):
    code, out, err = run(table, tmp_path / "a", "--method", "all", "--target", "0:1")
    assert (code, err) == (0, "")
    assert out.startswith("10 rows in ")
    assert {"lrp", "sensitivity", "gradient_x_input"} <= set(corpora.frame(tmp_path / "a"))
    code, out, err = run(table, tmp_path / "b", "--json", "--quiet")
    assert (code, err) == (0, "")
    summary = json.loads(out)
    assert summary["rows"] == 10
    assert set(summary) >= {
        "padding_waste",
        "bad_rows",
        "seconds",
        "rows_per_second",
        "peak_memory_bytes",
    }
    assert pd.read_parquet(tmp_path / "b")["target"].notna().all()


def test_what_is_said_of_the_rule_is_told_once_and_kept(run, tmp_path):
    texts = [*corpora.texts(3), "good " * 101]
    table = corpora.write_csv(tmp_path / "in.csv", {"text": texts})
    for _ in range(2):  # the second time every part is there
        code, out, _ = run(table, tmp_path / "long")
        assert (code, out.splitlines()[1:]) == (0, [f"Hint: {LONG_HINT}"])
    summary = json.loads(run(table, tmp_path / "large", "--eps", "0.1", "--json", "--quiet")[1])
    assert (summary["warnings"], summary["hints"]) == ([LARGE_EPS], [])
    manifest = json.loads((tmp_path / "large" / MANIFEST).read_text())
    assert (manifest["warnings"], manifest["hints"]) == ([LARGE_EPS], [])
    _, out, _ = run(table, tmp_path / "other", "--eps", "0.1", "--method", "sensitivity")
    assert out.count("\n") == 1  # it follows no rule


def test_a_terminal_gets_a_progress_bar(run, table, tmp_path, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    assert run(table, tmp_path / "out", "--shard-rows", "4")[0] == 0
    assert "10.0/10.0" in screen.getvalue()
    monkeypatch.setattr(sys, "stderr", quiet := Terminal())
    run(table, tmp_path / "out", "--shard-rows", "4", "--quiet")
    assert quiet.getvalue() == ""


def test_the_documentation_names_every_option_and_column(network):
    import argparse

    from lrp_engine.cli.main import parser

    text = (ROOT / "docs" / "corpora.md").read_text()
    commands = next(a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    options = commands.choices["explain-corpus"]._option_string_actions
    missing = [name for name in options if name.startswith("--") and f"`{name}" not in text]
    assert missing == ["--help"]
    settings = CorpusSettings(methods=tuple(METHODS), label_column="y")
    ours = columns.result_schema(settings, pa.schema([("y", pa.string())]), "float32").names
    assert [name for name in ours if f"`{name}`" not in text] == []
