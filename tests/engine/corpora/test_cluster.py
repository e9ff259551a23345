"""A Dask cluster gives the bytes that one process gives, whoever of it is killed."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time

import dask
import distributed
import numpy as np
import pyarrow.parquet as pq
import pytest

from lrp_engine import CorpusSettings, InputError, evaluate, explain_corpus
from lrp_engine.cli.main import main
from lrp_engine.corpora import cluster as module
from lrp_engine.corpora.scheduler import check_scheduler
from lrp_engine.evaluation import window
from tests import corpora

# Dask's own: it says so when a worker that was killed did not close its connections.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
SETTINGS = CorpusSettings(shard_rows=5)
MISSING = dict.fromkeys(("tls.ca-file", "tls.client.cert", "tls.client.key"), "nowhere.pem")


@pytest.fixture(scope="module")
def network():
    return corpora.network()


@pytest.fixture(scope="module")
def scheduler():
    """A scheduler in this process, whose workers, where there are any, are threads of it."""
    with _cluster() as cluster:
        yield cluster.scheduler_address


def _cluster():
    return distributed.LocalCluster(
        n_workers=0,
        threads_per_worker=1,
        processes=False,
        host="127.0.0.1",
        protocol="tcp",
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
    )


class Machines:
    """A scheduler and workers as `dask scheduler` and `dask worker` start them; nobody restarts."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self._running = contextlib.ExitStack()
        self.start_scheduler()

    def start_scheduler(self) -> None:
        self.scheduler = self._start("scheduler", "--port", self.address.rpartition(":")[2])

    def start_worker(self) -> subprocess.Popen:
        return self._start("worker", self.address, "--no-nanny", "--nthreads", "1")

    def wait_for_workers(self, count: int) -> None:
        for _ in range(100):
            with contextlib.suppress(InputError):
                check_scheduler(self.address)
                break
        with distributed.Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=60)

    def _start(self, what: str, *options: str) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *options]
        local = ["--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0"]
        started = subprocess.Popen([*command, *local], cwd=corpora.ROOT, stderr=subprocess.DEVNULL)
        self._running.callback(killed, started)
        return started

    def close(self) -> None:
        self._running.close()


def killed(process: subprocess.Popen) -> None:
    process.kill()
    process.wait()


@pytest.fixture
def machines():
    with contextlib.closing(Machines()) as machines:
        yield machines


@pytest.fixture
def source(tmp_path):
    return corpora.write_csv(tmp_path / "in.csv", {"text": [*corpora.texts(121), "", "w2"]})


def test_a_cluster_without_workers_is_one_sentence(
    scheduler, network, source, tmp_path, monkeypatch
):
    monkeypatch.setattr(module, "CONNECT_SECONDS", 1)
    with pytest.raises(InputError, match="has no workers, and none came within 1 seconds"):
        explain_corpus(network, source, str(tmp_path / "out"), scheduler=scheduler)


def after(rows: int, kill: subprocess.Popen):
    """A progress that kills a process once so many rows are written."""
    done = 0

    def progress(more: int, total: int, before: bool) -> None:
        nonlocal done
        done += more
        if done >= rows and kill.poll() is None:
            killed(kill)

    return progress


def test_machines_give_the_bytes_of_one_process_whoever_is_killed(
    machines, network, source, tmp_path, capfd, monkeypatch
):
    """One story, for workers are slow to start: a plain run, then a worker goes, then the rest."""
    whole, plain, lost, stopped = (
        tmp_path / name for name in ("whole", "plain", "lost", "stopped")
    )
    workers = [machines.start_worker() for _ in range(2)]
    explain_corpus(network, source, whole, settings=SETTINGS)
    machines.wait_for_workers(2)
    on = {"settings": SETTINGS, "scheduler": machines.address}

    summary = explain_corpus(network, source, plain, **on)
    assert (summary.rows, summary.bad_rows) == (123, 1)
    assert corpora.parts(plain) == corpora.parts(whole)

    _evaluate_alike(network, source, machines.address, tmp_path, capfd, monkeypatch)

    summary = explain_corpus(network, source, lost, progress=after(15, workers[0]), **on)
    assert workers[0].returncode == -signal.SIGKILL
    assert summary.rows == 123
    assert corpora.parts(lost) == corpora.parts(whole)

    began = time.monotonic()
    with pytest.raises(InputError, match=r"connection .* was lost. Run the same command again"):
        explain_corpus(network, source, stopped, progress=after(15, machines.scheduler), **on)
    assert machines.scheduler.returncode == -signal.SIGKILL
    assert time.monotonic() - began < 30
    kept = corpora.parts(stopped)
    assert 3 <= len(kept) < len(corpora.parts(whole))
    assert kept.items() <= corpora.parts(whole).items()
    machines.start_scheduler()
    machines.start_worker()
    machines.wait_for_workers(1)
    summary = explain_corpus(network, source, stopped, **on)
    assert summary.skipped_rows == sum(len(pq.read_table(stopped / name)) for name in kept)
    assert corpora.parts(stopped) == corpora.parts(whole)

    _evaluate_goes_on(machines, network, tmp_path / "kept")


def _evaluate_goes_on(machines, network, folder):
    """What was measured before the scheduler was lost is not measured again, anywhere."""
    texts, asked = corpora.texts(121), {"methods": ["lrp"], "measures": ["deletion", "sparsity"]}
    whole = evaluate(network, texts, **asked)

    def progress(done: int, total: int | None) -> None:
        if done >= 15 and machines.scheduler.poll() is None:
            killed(machines.scheduler)

    with pytest.raises(InputError, match=r"connection .* was lost. Run the same again to go on"):
        evaluate(network, texts, **asked, scheduler=machines.address, keep=folder,
                 progress=progress)  # fmt: skip
    before = {file: file.stat().st_mtime_ns for file in folder.glob("measured-*.npz")}
    assert 1 <= len(before) < 8
    found = evaluate(network, texts, **asked, keep=folder)
    after = {file: file.stat().st_mtime_ns for file in folder.glob("measured-*.npz")}
    assert len(after) == 8
    assert before.items() <= after.items()  # none was written again
    for measure in asked["measures"]:
        np.testing.assert_array_equal(found.values[measure], whole.values[measure])


def _evaluate_alike(network, source, address, tmp_path, capfd, monkeypatch):
    """The command prints the same numbers, to the last digit, here and there."""
    monkeypatch.setattr(window, "TEXTS", 16)
    network.save(tmp_path / "model.zip")
    command = ["evaluate", str(tmp_path / "model.zip"), source, "--method", "lrp", "--json",
               "--measure", "deletion", "--measure", "sparsity", "--dtype", "float64"]  # fmt: skip
    printed = []
    for where in ([], ["--scheduler", address]):
        assert main([*command, *where]) == 0
        printed.append(json.loads(capfd.readouterr().out))
    assert printed[0] == printed[1]
    assert printed[0]["texts"] == 122


def test_an_adaptive_cluster_grows_from_no_worker_and_gives_the_same(network, tmp_path):
    source = corpora.write_csv(tmp_path / "in.csv", {"text": corpora.texts(300)})
    whole, out = tmp_path / "whole", tmp_path / "out"
    explain_corpus(network, source, whole, settings=SETTINGS)
    most = 0

    def progress(rows: int, total: int, before: bool) -> None:
        nonlocal most
        most = max(most, len(cluster.workers))

    with _cluster() as cluster:
        cluster.adapt(minimum=0, maximum=2, interval="50ms", target_duration="10ms")
        assert not cluster.workers
        explain_corpus(
            network, source, out, settings=SETTINGS,
            scheduler=cluster.scheduler_address, progress=progress,
        )  # fmt: skip
    assert most == 2
    assert corpora.parts(out) == corpora.parts(whole)


@pytest.fixture
def deaf():
    """The port of a program that lets everyone in and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def stranger():
    """The port of a program that speaks, but not as Dask does."""
    with socketserver.TCPServer(("127.0.0.1", 0), _Stranger) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


class _Stranger(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


UNREACHABLE = {
    "tcp://127.0.0.1:9": "Connection refused",
    "tcp://127.0.0.1:{deaf}": "nothing answered within",
    "tcp://127.0.0.1:{stranger}": "speaks another language",
    "nobody.invalid:8786": "No.* known|resolution",
    "nonsense": "missing port",
    "bogus://127.0.0.1:9": "unknown address scheme",
}


@pytest.mark.parametrize("address", UNREACHABLE)
def test_an_address_without_a_scheduler_is_refused_within_five_seconds(
    address, deaf, stranger, capfd, monkeypatch
):
    monkeypatch.setattr("distributed.Client", None)  # it would wait, of a deaf one without end
    address, found = address.format(deaf=deaf, stranger=stranger), UNREACHABLE[address]
    started = time.monotonic()
    # Neither the model nor the table is there: nothing is read before the scheduler has answered.
    code = main(["explain-corpus", "no model", "no table", "out", "--scheduler", address])
    assert time.monotonic() - started < 5
    error = capfd.readouterr().err
    assert code == 2
    assert re.fullmatch(f"lrp_engine: No Dask scheduler answers at '{address}': .*\n", error)
    assert re.search(f"{found}.*; expected the address .* Start one", error)


def test_evaluate_and_the_library_ask_the_scheduler_first(network, capfd):
    for call in (
        lambda: explain_corpus(network, "no table", "out", scheduler="nonsense"),
        lambda: evaluate(network, ["w2"], scheduler="nonsense"),
    ):
        with pytest.raises(InputError, match="No Dask scheduler answers at 'nonsense'"):
            call()
    assert main(["evaluate", "no model", "no table", "--scheduler", "nonsense"]) == 2
    assert "No Dask scheduler answers at 'nonsense'" in capfd.readouterr().err
    assert main(["evaluate", "no", "no", "--scheduler", "nonsense", "--workers", "2"]) == 2
    assert "not both" in capfd.readouterr().err


def test_a_worker_is_no_scheduler():
    with _cluster() as cluster:
        cluster.scale(1)
        cluster.wait_for_workers(1)
        address = next(iter(cluster.workers.values())).address
        with pytest.raises(InputError, match="a Dask worker is there, not a scheduler"):
            check_scheduler(address)


@pytest.mark.parametrize(
    ("settings", "address", "sentence"),
    [
        ({}, "tls://127.0.0.1:9", "needs TLS certificates"),
        (MISSING, "tls://127.0.0.1:9", "cannot be used: No such file"),
        ({"require-encryption": True}, "tcp://127.0.0.1:9", "requires encryption"),
    ],
    ids=["no certificates", "missing file", "not encrypted"],
)
def test_encryption_that_does_not_fit_is_one_sentence(
    settings, address, sentence, network, source, tmp_path
):
    found = {f"distributed.comm.{name}": value for name, value in settings.items()}
    with dask.config.set(found), pytest.raises(InputError, match=sentence):
        explain_corpus(network, source, str(tmp_path / "out"), scheduler=address)


def test_without_dask_the_sentence_says_what_to_install(network, source, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match="pip install"):
        explain_corpus(network, source, str(tmp_path / "out"), scheduler="tcp://127.0.0.1:1")


def test_the_library_does_not_need_dask():
    code = (
        "import sys, lrp_engine.corpora.run, lrp_engine.corpora.cluster\n"
        "assert not {'dask', 'distributed', 'tensorflow'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=corpora.ROOT)
