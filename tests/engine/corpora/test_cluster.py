"""A Dask cluster of two processes on this machine gives the rows that one process gives."""

from __future__ import annotations

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
import pytest

from lrp_engine import CorpusSettings, InputError, evaluate, explain_corpus
from lrp_engine.cli.main import main
from lrp_engine.corpora import cluster as module
from lrp_engine.corpora.scheduler import check_scheduler
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
    with distributed.LocalCluster(
        n_workers=0,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def workers(scheduler):
    """Two processes that nobody starts again; they know this library and nothing else."""
    command = [
        *(sys.executable, "-m", "distributed.cli.dask_worker", scheduler, "--host", "127.0.0.1"),
        *("--no-nanny", "--nthreads", "1", "--dashboard-address", "127.0.0.1:0"),
    ]
    running = [
        subprocess.Popen(command, cwd=corpora.ROOT, stderr=subprocess.DEVNULL) for _ in range(2)
    ]
    with distributed.Client(scheduler, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    yield running
    for process in running:
        process.kill()
        process.wait()


@pytest.fixture
def source(tmp_path):
    return corpora.write_csv(tmp_path / "in.csv", {"text": [*corpora.texts(121), "", "w2"]})


def test_a_cluster_without_workers_is_one_sentence(
    scheduler, network, source, tmp_path, monkeypatch
):
    monkeypatch.setattr(module, "CONNECT_SECONDS", 1)
    with pytest.raises(InputError, match="has no workers"):
        explain_corpus(network, source, str(tmp_path / "out"), scheduler=scheduler)


def test_a_cluster_gives_the_same_rows_even_when_a_worker_is_killed(
    scheduler, workers, network, source, tmp_path
):
    whole, plain, killed = (str(tmp_path / name) for name in ("whole", "plain", "killed"))
    explain_corpus(network, source, whole, settings=SETTINGS)
    summary = explain_corpus(network, source, plain, settings=SETTINGS, scheduler=scheduler)
    assert (summary.rows, summary.bad_rows) == (123, 1)
    assert corpora.parts(plain) == corpora.parts(whole)

    done = 0

    def progress(rows, total, before):
        nonlocal done
        done += rows
        if done >= 15 and workers[0].poll() is None:
            workers[0].kill()
            workers[0].wait()

    summary = explain_corpus(
        network, source, killed, settings=SETTINGS, scheduler=scheduler, progress=progress
    )
    assert workers[0].returncode == -signal.SIGKILL
    assert (summary.rows, done) == (123, 123)
    assert corpora.parts(killed) == corpora.parts(whole)


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


def test_a_worker_is_no_scheduler(scheduler, workers):
    with distributed.Client(scheduler, set_as_default=False) as client:
        address = next(iter(client.scheduler_info()["workers"]))
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
