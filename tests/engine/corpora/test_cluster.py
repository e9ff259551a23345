"""A Dask cluster of two processes on this machine gives the rows that one process gives."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys

import dask
import distributed
import pytest

from lrp_engine import CorpusSettings, InputError, explain_corpus
from lrp_engine.corpora import cluster as module
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


def test_an_address_that_cannot_be_one_reaches_no_client(network, source, tmp_path, monkeypatch):
    monkeypatch.setattr("distributed.Client", None)  # its end would be waited for
    for address in ("nonsense", "nobody.invalid:8786", "bogus://127.0.0.1:9"):
        with pytest.raises(InputError, match="No Dask scheduler answers"):
            explain_corpus(network, source, str(tmp_path / "out"), scheduler=address)


def test_no_scheduler_is_one_sentence(network, source, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CONNECT_SECONDS", 0.5)
    for address in ("tcp://127.0.0.1:9", "nonsense"):
        with pytest.raises(InputError, match="No Dask scheduler answers"):
            explain_corpus(network, source, str(tmp_path / "out"), scheduler=address)


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
