"""Sets in the background: explained as by the engine, cancelled, resumed, limited."""

from __future__ import annotations

import random
import re
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lrp_engine
from app import settings
from app.compare.ranks import rank_agreement
from app.review import explained_rows, tables, trial
from app.review import jobs as background
from app.review.jobs import Jobs
from app.review.preview import Preview
from app.review.sets import Sets
from app.work import job as job_of
from app.work.job import DONE, FAILED, RUNNING, STOPPED, WAITING
from lrp_engine import InputError
from lrp_engine.model.text import Tokenizer
from lrp_engine.propagation.rules.doubts import LARGE_EPS, LONG_HINT, of_precision
from tests.app import sets as files
from tests.app.tiny import LABELS, WORDS, eight_arrays, embeddings

SPLIT = Tokenizer()


@pytest.fixture
def sets(tmp_path: Path) -> Sets:
    return Sets(tmp_path / "sets")


@pytest.fixture
def jobs(sets: Sets) -> Jobs:
    return Jobs(sets, running=1, waiting=2)


@pytest.mark.parametrize("format", files.FILES)
def test_a_set_of_every_format_is_explained_as_by_the_engine(sets, jobs, network, format):
    one = files.new(network, format=format)
    sets.add(one, files.FILES[format]())
    jobs.start(one, network)
    job = files.finished(jobs, one)
    assert (job.state, job.done, job.problem) == (DONE, len(files.ROWS), "")
    summary = pd.read_parquet(sets.summary(one)).set_index("row")
    assert len(summary) == len(files.ROWS)
    texts = [text for text, _ in files.ROWS[: files.GOOD]]
    found = network.explain_all(texts)
    lrp = found["lrp"]
    good = summary[: files.GOOD]
    assert list(good["said"]) == list(lrp.predicted)
    np.testing.assert_allclose(np.stack(good["probabilities"]), lrp.probabilities, atol=1e-6)
    sizes = np.sort(lrp.probabilities, axis=1)
    np.testing.assert_allclose(good["margin"], sizes[:, -1] - sizes[:, -2], atol=1e-6)
    np.testing.assert_allclose(good["confidence"], sizes[:, -1], atol=1e-6)
    kept = lrp.ledger.by("kind")
    outside = abs(lrp.initial_state) + abs(kept["bias"]) + abs(kept["stabilizer"])
    size = np.abs(lrp.token_relevance).sum(axis=1) + outside
    np.testing.assert_allclose(good["leak"], outside / size, atol=1e-5)
    assert (good["error"] < 1e-5).all()
    for name in ("gradient_x_input", "sensitivity"):
        expected = [rank_agreement(lrp[n], found[name][n]) for n in range(files.GOOD)]
        np.testing.assert_allclose(good[name], np.array(expected, float), atol=1e-6)
    stored = explained_rows.read(sets, one, [0, 4, 6])
    assert set(stored) == {0, 4}  # row 6 was not explained
    assert stored[4].tokens == ("not", "one", "good", "film")
    np.testing.assert_allclose(stored[4].relevance["lrp"], lrp.token_relevance[4, :4], atol=1e-6)


def test_true_classes_go_by_name_or_number_and_bad_rows_have_a_reason(sets, network):
    one = files.explained(sets, network)
    summary = pd.read_parquet(sets.summary(one))
    assert list(summary["truth"]) == [2, 0, 1, -1, 0, 1, 2, 0]
    assert list(summary["problem"][files.GOOD :]) == [
        "The text is empty.", "The text holds no words."]  # fmt: skip
    assert list(summary["said"][files.GOOD :]) == [-1, -1]
    assert one.labels == LABELS


def slowed(monkeypatch, after: int = 1):
    """Explaining stops after some parts until told to go on."""
    reached, go = threading.Event(), threading.Event()
    count = 0
    real = background.explain_shard

    def slow(*args):
        nonlocal count
        count += 1
        if count > after:
            reached.set()
            assert go.wait(30)
        return real(*args)

    monkeypatch.setattr(background, "explain_shard", slow)
    return reached, go


def test_a_cancelled_set_keeps_what_it_has_and_goes_on(sets, jobs, network, monkeypatch):
    one = files.new(network, step=2)
    sets.add(one, files.as_csv())
    reached, go = slowed(monkeypatch)
    job = jobs.start(one, network)
    assert reached.wait(30)
    assert (job.state, job.done) == (RUNNING, 2)
    assert job.rate > 0
    assert job.seconds_left > 0
    assert jobs.start(one, network) is job  # not twice at the same time
    jobs.stop(one.id)
    go.set()
    assert files.finished(jobs, one).state == STOPPED
    assert not sets.find(one.id).complete
    kept = {path: path.stat().st_mtime_ns for path in sets.parts(one)}
    assert len(kept) == 1  # the one that was at work is given up before its next batch
    # The server may have been started anew: another registry goes on from what is on disk.
    again = Jobs(Sets(sets.folder), running=1, waiting=1)
    again.start(sets.find(one.id), network)
    done = files.finished(again, one)
    assert (done.state, done.before, done.done) == (DONE, 2, 8)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    whole = files.explained(sets, network)
    pd.testing.assert_frame_equal(
        pd.read_parquet(sets.summary(one)),
        pd.read_parquet(sets.summary(whole)),
        rtol=1e-4,
        atol=1e-6,
    )


def test_sets_wait_for_their_turn_and_the_server_takes_only_so_many(
    sets, jobs, network, monkeypatch
):
    reached, go = slowed(monkeypatch, after=0)
    some = [files.new(network) for _ in range(4)]
    for one in some:
        sets.add(one, files.as_csv())
    started = [jobs.start(one, network, owner=f"session {n}") for n, one in enumerate(some[:3])]
    assert reached.wait(30)
    assert [job.state for job in started].count(WAITING) == 2
    with pytest.raises(InputError, match="3 sets are being explained"):
        jobs.start(some[3], network)
    go.set()
    assert {files.finished(jobs, one).state for one in some[:3]} == {DONE}
    jobs.start(some[3], network)
    assert files.finished(jobs, some[3]).state == DONE


def test_a_failure_is_a_sentence_with_an_id_in_the_log(sets, jobs, network, monkeypatch, caplog):
    def broken(*args):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(background, "explain_shard", broken)
    one = files.new(network)
    sets.add(one, files.as_csv())
    jobs.start(one, network)
    job = files.finished(jobs, one)
    assert job.state == FAILED
    number = re.search(r"error ([0-9a-f]{8})", job.problem)[1]
    assert number in caplog.text
    assert "secret detail" not in job.problem


def test_another_model_does_not_go_on_with_a_set(sets, jobs, network):
    other = lrp_engine.from_weights(eight_arrays(7), vocabulary=WORDS, embeddings=embeddings())
    one = files.new(network)
    sets.add(one, files.as_csv())
    with pytest.raises(InputError, match="pick that model"):
        jobs.start(one, other)


def test_nobody_finds_a_set_without_its_key(sets, network):
    one = files.explained(sets, network)
    assert sets.find(one.id).id == one.id
    for key in ("", "../sets", one.id[:-1], "A" * 22, f"../{one.id}", one.id + "/"):
        assert sets.find(key) is None
    assert files.new(network).id != files.new(network).id
    (sets.path(one) / "set.json").write_text("{")
    assert sets.find(one.id) is None  # damaged: as if it were not there


def test_a_full_server_refuses_a_set_and_none_makes_room(sets, network, monkeypatch):
    monkeypatch.setattr(settings, "REVIEW_SETS", 2)
    some = [files.new(network) for _ in range(3)]
    for one in some[:2]:
        sets.add(one, b"")
    with pytest.raises(InputError, match=r"keeps up to 2 sets.*Each is kept until it is deleted"):
        sets.add(some[2], b"")
    assert sets.ids() == sorted(one.id for one in some[:2])
    files.Jobs(sets, running=1, waiting=1).delete(some[0])
    sets.add(some[2], b"")
    assert sets.ids() == sorted(one.id for one in some[1:])


# Turns -------------------------------------------------------------------------------------


@pytest.fixture
def turns(monkeypatch):
    """Owners of the parts that are explained, in order; explaining waits for a signal.

    Equal parts are explained once.
    """
    served: list[str] = []
    parts: dict[tuple[int, int], Any] = {}
    reached, go = threading.Event(), threading.Event()
    real = background.explain_shard

    def noted(network, shard, corpus, job):
        served.append(job.owner)
        reached.set()
        assert go.wait(30)
        key = (shard.first, len(shard))
        if key not in parts:
            parts[key] = real(network, shard, corpus, job)
        return parts[key]

    monkeypatch.setattr(background, "explain_shard", noted)
    return served, reached, go


def _added(sets, network, count, **changes):
    some = [files.new(network, **changes) for _ in range(count)]
    for one in some:
        sets.add(one, files.as_csv())
    return some


def test_sessions_take_turns_part_by_part(sets, network, turns):
    served, reached, go = turns
    jobs = Jobs(sets, running=1, waiting=9)
    many, few = _added(sets, network, 3, step=2), _added(sets, network, 1, step=2)
    for one in many:
        jobs.start(one, network, owner="greedy")
    assert reached.wait(30)
    jobs.start(few[0], network, owner="modest")
    go.set()
    assert {files.finished(jobs, one).state for one in [*many, *few]} == {DONE}
    assert served == ["greedy", "modest"] * 4 + ["greedy"] * 8


def test_a_session_has_one_set_at_work_and_the_next_session_begins_at_once(sets, network, turns):
    served, reached, go = turns
    jobs = Jobs(sets, running=2, waiting=8)
    mine = [jobs.start(one, network, owner="one") for one in _added(sets, network, 2)]
    assert reached.wait(30)
    other = jobs.start(_added(sets, network, 1)[0], network, owner="other")
    for _ in range(500):
        if len(served) == 2:
            break
        time.sleep(0.02)
    assert sorted(served) == ["one", "other"]
    assert [job.state for job in (*mine, other)] == [RUNNING, WAITING, RUNNING]
    go.set()
    assert {files.finished(jobs, job.task.set).state for job in (*mine, other)} == {DONE}


def test_a_session_has_its_share_of_the_server(sets, network, turns):
    _, _, go = turns
    jobs = Jobs(sets, running=1, waiting=9, share=2)
    first, second, third = _added(sets, network, 3)
    for one in (first, second):
        jobs.start(one, network, owner="greedy")
    with pytest.raises(InputError, match=r"2 of your sets .* one visitor's share"):
        jobs.start(third, network, owner="greedy")
    jobs.start(third, network, owner="somebody else")
    go.set()
    assert {files.finished(jobs, one).state for one in (first, second, third)} == {DONE}


def test_a_cancelled_waiting_set_leaves_the_queue_at_once(sets, network, turns):
    served, reached, go = turns
    jobs = Jobs(sets, running=1, waiting=1)
    first, second, third = _added(sets, network, 3)
    jobs.start(first, network, owner="a")
    assert reached.wait(30)
    waiting = jobs.start(second, network, owner="b")
    jobs.stop(second.id)
    assert waiting.state == STOPPED
    jobs.start(third, network, owner="b")  # there is room again
    go.set()
    assert {files.finished(jobs, one).state for one in (first, third)} == {DONE}
    assert served == ["a", "b"]
    assert not sets.parts(second)


def test_a_set_that_takes_too_long_stops_with_a_sentence_and_goes_on_when_asked(
    sets, network, monkeypatch
):
    clock = [0.0]
    monkeypatch.setattr(job_of, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    real = background.explain_shard

    def slow(*args):
        part = real(*args)
        clock[0] += 50
        return part

    monkeypatch.setattr(background, "explain_shard", slow)
    jobs = Jobs(sets, running=1, waiting=1, seconds=60)
    (one,) = _added(sets, network, 1, step=2)
    jobs.start(one, network)
    job = files.finished(jobs, one)
    assert job.state == FAILED
    assert "has taken 1 minutes" in job.problem
    assert "4 of 8 rows are explained and kept: Go on" in job.problem
    assert len(sets.parts(one)) == 2
    jobs.start(one, network)
    assert (files.finished(jobs, one).state, len(sets.parts(one))) == (DONE, 4)


def test_a_set_that_is_late_within_a_part_stops_before_its_next_batch(sets, network):
    jobs = Jobs(sets, running=1, waiting=1, seconds=0)
    (one,) = _added(sets, network, 1)
    jobs.start(one, network)
    assert files.finished(jobs, one).state == FAILED
    assert not sets.parts(one)


# Deleting ----------------------------------------------------------------------------------


def test_a_set_at_work_is_nobodys_at_once_and_gone_when_its_part_has_ended(sets, network, turns):
    _, reached, go = turns
    jobs = Jobs(sets, running=1, waiting=1)
    (one,) = _added(sets, network, 1, step=2)
    job = jobs.start(one, network)
    assert reached.wait(30)
    jobs.delete(one)
    assert sets.find(one.id) is None
    assert sets.ids() == []
    assert jobs.find(one.id) is None
    go.set()
    _until(lambda: not list(sets.folder.iterdir()))
    assert job.state == STOPPED


def test_sets_that_are_deleted_at_any_moment_leave_nothing_on_disk(sets, network):
    jobs = Jobs(sets, running=2, waiting=8, share=10)
    chance = random.Random(0)
    for n in range(20):
        (one,) = _added(sets, network, 1, step=1)
        jobs.start(one, network, owner=str(n))
        time.sleep(chance.uniform(0, 0.06))
        jobs.delete(one)
        assert sets.ids() == []
    _until(lambda: not list(sets.folder.iterdir()))


def test_a_set_that_is_deleted_as_its_tables_are_made_ends_without_a_traceback(
    sets, jobs, network, monkeypatch, caplog
):
    made = tables._files

    def meanwhile(sets, one, probabilities):
        jobs.delete(one)
        return made(sets, one, probabilities)

    monkeypatch.setattr(tables, "_files", meanwhile)
    (one,) = _added(sets, network, 1)
    job = jobs.start(one, network)
    _until(lambda: not list(sets.folder.iterdir()))
    assert (job.state, job.problem, job.done) == (STOPPED, "", job.total)
    assert not caplog.records


def _until(condition, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


# Uploads -----------------------------------------------------------------------------------


def looked(tmp_path: Path, name: str, data: bytes) -> Preview:
    path = tmp_path / "upload"
    path.write_bytes(data)
    return trial.preview(path, name, len(data))


@pytest.mark.parametrize("format", files.FILES)
def test_an_upload_says_what_it_holds(tmp_path, format):
    data = files.FILES[format]()
    found = looked(tmp_path, f"rows.{format}", data)
    assert (found.names, found.format, found.rows) == (["text", "label"], format, len(files.ROWS))
    assert found.sample["text"][:3] == [text for text, _ in files.ROWS[:3]]
    assert found.values["label"] == {"no": 3, "yes": 2, "1": 1, "so so": 1}
    assert trial.rows(tmp_path / "upload", "rows", format, "text", SPLIT, 2) == len(files.ROWS)


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.csv", b"", "'a.csv' is empty (0 bytes); expected a CSV header"),
        ("a.jsonl", b"", "'a.jsonl' is empty (0 bytes); expected JSON Lines"),
        ("a.jsonl", b"\n \n", "'a.jsonl' holds no rows"),
        ("a.jsonl", b'[{"text": "x"}]', "no columns. Row 1: Line 1 holds a list, expected an ob"),
        ("a.jsonl", b'{"a": [1]}', "'a.jsonl' holds no column of texts: all are lists or objects"),
        ("a.parquet", b"", "'a.parquet' is empty (0 bytes); expected a Parquet table"),
        ("a.csv", b"text,label\n", "'a.csv' holds no rows"),
        ("a.csv", b"text,text\nx,y\n", "stands twice in the header of 'a.csv'"),
        ("a.csv", b"\xff\xfe\x00text\nx\n", "not UTF-8"),
        ("a.xlsx", b"PK", "expected a name that ends in .csv"),
        ("a.csv.gz", b"\x1f\x8b", "expected a name that ends in .csv"),
        ("a.parquet", b"PAR1 no", "Cannot read 'a.parquet'"),
        ("a.csv", files.as_csv([("x", "y")] * (settings.REVIEW_ROWS + 1)), "has 10,001 rows"),
        ("a.csv", b",".join(b"c%d" % n for n in range(200)) + b"\n" + b"," * 199, "200 columns"),
        ("a.csv", b"x" * (settings.REVIEW_MEGABYTES * 2**20 + 1), "has 20.0 MB"),
    ],
)  # fmt: skip
def test_a_bad_upload_is_a_sentence(tmp_path, name, data, told):
    with pytest.raises(InputError, match=re.escape(told)) as found:
        looked(tmp_path, name, data)
    assert str(tmp_path) not in str(found.value)


@pytest.mark.parametrize("tokenizer", [SPLIT, Tokenizer(method="characters"),
                                       Tokenizer(method="words", length=1)])  # fmt: skip
def test_words_are_counted_as_the_model_splits_them(tmp_path, monkeypatch, tokenizer):
    path = tmp_path / "upload"
    path.write_bytes(files.as_csv())
    count = sum(tokenizer.steps(len(tokenizer(text))) for text, _ in files.ROWS)
    monkeypatch.setattr(settings, "REVIEW_WORDS", count)
    assert trial.rows(path, "rows.csv", "csv", "text", tokenizer, 2) == len(files.ROWS)
    monkeypatch.setattr(settings, "REVIEW_WORDS", count - 1)
    with pytest.raises(InputError, match=f"has {count} words .*up to {count - 1} are reviewed"):
        trial.rows(path, "rows.csv", "csv", "text", tokenizer, 2)


def test_rows_times_classes_are_limited(tmp_path):
    path = tmp_path / "upload"
    path.write_bytes(files.as_csv())
    classes = settings.REVIEW_SCORES // 2
    with pytest.raises(InputError, match=r"has 8 rows, and .* classes; up to 2 rows"):
        trial.rows(path, "rows.csv", "csv", "text", SPLIT, classes)


def test_a_text_is_as_long_as_the_explain_page_allows(sets, network, monkeypatch):
    monkeypatch.setattr(settings, "TEXT_VALUES", 4 * network.input_shape.units)
    one = files.explained(sets, network)
    assert one.corpus.max_tokens == settings.most_words(network.input_shape.units) == 4
    problems = pd.read_parquet(sets.summary(one))["problem"].fillna("")
    for (text, _), problem in zip(files.ROWS[: files.GOOD], problems, strict=False):
        count = len(network.tokenizer(text))
        said = f"The text has {count} words; up to 4 are explained. Cut it into parts."
        assert problem == (said if count > 4 else "")


def test_a_small_file_that_unfolds_to_gigabytes_ends_in_its_own_process(tmp_path):
    """One text of 16 million characters, a thousand times, in some kilobytes."""
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), ["x" * 16_000_000])
    path = tmp_path / "upload"
    pq.write_table(pa.table({"text": column}), path, compression="zstd")
    assert path.stat().st_size < 100_000
    with pytest.raises(InputError, match="cannot be read within"):
        trial.rows(path, "bomb.parquet", "parquet", "text", SPLIT, 2)


def test_a_missing_column_is_named(tmp_path):
    path = tmp_path / "upload"
    path.write_bytes(files.as_csv())
    with pytest.raises(InputError, match="no column 'body'; found 'text', 'label'"):
        trial.rows(path, "rows.csv", "csv", "body", SPLIT, 2)


def test_a_column_without_any_text_is_refused(tmp_path):
    path = tmp_path / "upload"
    path.write_bytes(b'{"text": "good", "id": 7}')
    with pytest.raises(InputError, match=r"^No row of 'a.jsonl' has a text in the column 'id'"):
        trial.rows(path, "a.jsonl", "jsonl", "id", SPLIT, 2)


def test_a_failure_names_the_file_as_the_user_did_and_no_place_on_the_server(sets, jobs, network):
    one = files.new(network, name="mine.csv")
    sets.add(one, files.as_csv())
    sets.input(one).unlink()
    jobs.start(one, network)
    job = files.finished(jobs, one)
    assert "'mine.csv'" in job.problem
    assert str(sets.folder) not in job.problem
    assert one.id not in job.problem
    (sets.folder / "file").write_bytes(b"")
    with pytest.raises(InputError, match=settings.DATA_VARIABLE) as refused:
        Sets(sets.folder / "file" / "sets")
    assert str(sets.folder) not in str(refused.value)


def test_a_set_carries_what_is_said_of_its_rule(network):
    one = files.new(network, rule=lrp_engine.Epsilon(eps=0.1).to_dict())
    assert one.warnings == (*network.warnings, LARGE_EPS)
    assert one.hints([3, 101]) == ()
    usual = files.new(network)
    assert usual.warnings == network.warnings
    assert usual.hints([3, 101]) == (LONG_HINT,)
    assert usual.hints([3, 100]) == usual.hints([]) == ()
    shared = files.new(network, rule=lrp_engine.Epsilon(bias_factor=1.0).to_dict())
    assert shared.hints([3]) == of_precision(lrp_engine.Epsilon(bias_factor=1.0), network.dtype)
