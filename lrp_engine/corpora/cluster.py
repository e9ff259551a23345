"""Shards on a Dask cluster: the same function, computed wherever the cluster has a worker.

Rows travel to the workers and parts travel back, so workers need this library but neither the
input, nor the model, nor the output.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import CancelledError
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from lrp_engine.corpora.scheduler import check_scheduler, dask, silent
from lrp_engine.corpora.shard import explain_shard, this_process
from lrp_engine.corpora.workers import AHEAD, Package
from lrp_engine.errors import InputError

if TYPE_CHECKING:
    from lrp_engine.model.network import Network

P = TypeVar("P")

CONNECT_SECONDS = 20
# How often a shard is tried again after its worker was lost; Dask counts.
RETRIES = 5


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
    distributed = dask()
    with silent(), _connected(distributed, scheduler) as client:
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
                    "same command again to go on; a smaller --shard-bytes needs a new folder."
                ) from None
            del future  # lets the cluster forget the part
            yield part
            running.update(submitted(1))


@contextlib.contextmanager
def _connected(distributed: Any, scheduler: str) -> Iterator[Any]:
    check_scheduler(scheduler)
    try:
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
