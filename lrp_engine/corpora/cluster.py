"""Shards on a Dask cluster: the same function, computed wherever the cluster has a worker.

Rows travel to the workers and parts travel back, so workers need this library but neither the
input, nor the model, nor the output.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import CancelledError
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from lrp_engine.corpora.shard import explain_shard, this_process
from lrp_engine.corpora.source import reason
from lrp_engine.corpora.workers import AHEAD, Package
from lrp_engine.errors import InputError

if TYPE_CHECKING:
    from lrp_engine.model.network import Network

P = TypeVar("P")

CONNECT_SECONDS = 20
# How often a shard is tried again after its worker was lost; Dask counts.
RETRIES = 5
TLS = "docs/corpora.md says which settings name them, under 'More than one machine'."


def on_cluster(
    network: Network,
    shards: Iterable[Any],
    settings: Any,
    *,
    scheduler: str,
    compute: Callable[[Network, Any, Any], P] = explain_shard,  # type: ignore[assignment]
) -> Generator[P, None, None]:
    """Parts as they get ready, in any order; reads at most `AHEAD` shards per thread ahead.

    A worker that is lost loses nothing: Dask gives its shards to others.

    Args:
        compute: (network, shard, settings) -> part; a function of a module, which workers import.

    Raises:
        InputError: Dask is not installed, no scheduler answers, it has no workers, or a shard
            failed again and again.
    """
    distributed = _dask()
    with _silent(), _connected(distributed, scheduler) as client:
        package = Package.of(network)
        client.register_plugin(_plugin(distributed, package))
        threads = sum(client.nthreads().values())
        waiting = iter(shards)

        def submitted(count: int) -> list[Any]:
            return [
                client.submit(
                    compute_on_worker,
                    compute,
                    package.key,
                    shard,
                    settings,
                    pure=False,
                    retries=RETRIES,
                )
                for shard in islice(waiting, count)
            ]

        running = distributed.as_completed(submitted(AHEAD * threads), loop=client.loop)
        for future in running:
            try:
                part = future.result()
            except distributed.KilledWorker:
                raise InputError(
                    "A shard lost its worker again and again, perhaps for want of memory. Run the "
                    "same command again to go on; smaller --shard-rows need a new folder."
                ) from None
            del future  # lets the cluster forget the part
            yield part
            running.update(submitted(1))


def _dask() -> Any:
    try:
        import distributed
    except ImportError:
        raise InputError(
            "--scheduler needs Dask; install it with: pip install 'dask[distributed]'"
        ) from None
    return distributed


def _silent() -> Any:
    """Keep Dask's log, tracebacks included, off stderr: what matters becomes a sentence."""
    from distributed.utils import silence_logging_cmgr

    return silence_logging_cmgr(logging.CRITICAL + 1)


@contextlib.contextmanager
def _connected(distributed: Any, scheduler: str) -> Iterator[Any]:
    _check_encryption(distributed, scheduler)
    try:
        # A name that nobody knows leaves Dask's client waiting for its own end, for 40 seconds.
        distributed.comm.resolve_address(scheduler)
        client = distributed.Client(
            scheduler, timeout=CONNECT_SECONDS, set_as_default=False, name="lrp-lens"
        )
    except (OSError, TimeoutError, ValueError):
        raise InputError(f"No Dask scheduler answers at {scheduler!r}.") from None
    try:
        try:
            client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except TimeoutError:
            raise InputError(f"The Dask scheduler at {scheduler!r} has no workers.") from None
        yield client
    except (OSError, CancelledError):
        raise InputError(
            f"The connection to the Dask cluster at {scheduler!r} was lost. Run the same command "
            "again to go on."
        ) from None
    finally:
        client.close()


def _check_encryption(distributed: Any, scheduler: str) -> None:
    """Stop where Dask's configuration cannot talk to this address; Dask's own words are no help."""
    try:
        with_tls = distributed.Security().get_connection_args("client")
    except (OSError, ValueError) as error:  # a file that is missing, or no certificate
        raise InputError(
            f"The TLS certificates in Dask's configuration cannot be used: {reason(error)} {TLS}"
        ) from None
    encrypted = scheduler.startswith("tls:")
    if encrypted and with_tls.get("ssl_context") is None:
        raise InputError(f"{scheduler!r} needs TLS certificates, and none are configured. {TLS}")
    if with_tls.get("require_encryption") and not encrypted:
        raise InputError(
            f"Dask's configuration requires encryption, but {scheduler!r} has none; start the "
            "scheduler with --protocol tls and give a tls:// address."
        )


def _plugin(distributed: Any, package: Package) -> Any:
    """Hands the network to every worker of the cluster, those that join later included."""

    class Hand(distributed.WorkerPlugin):
        name = f"lrp-lens-{package.key}"

        def __init__(self, package: Package) -> None:
            self.package = package

        def setup(self, worker: Any) -> None:
            from lrp_engine.corpora import cluster

            cluster.packages[self.package.key] = self.package

    return Hand(package)


# In a worker: networks by the key of their package, unpacked when first asked for.
packages: dict[str, Package] = {}
_networks: dict[str, Network] = {}
_unpacking = threading.Lock()


def compute_on_worker(
    compute: Callable[[Network, Any, Any], P], key: str, shard: Any, settings: Any
) -> P:
    """`compute` by the network of this key, which the plugin has brought."""
    try:
        with _unpacking:
            if key not in _networks:
                _networks[key] = packages[key].network()
        return compute(_networks[key], shard, settings)
    except InputError as error:
        raise InputError(f"A worker on {this_process()[0]} says: {error}") from None
