"""Shards on a Dask cluster: the same function, computed wherever the cluster has a worker.

Rows travel to the workers and parts travel back, so workers need this library but neither the
input, nor the model, nor the output.
"""

from __future__ import annotations

import contextlib
import threading
import time
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
# Of an adaptive cluster, what waits is the reason to start a worker: two shards would be none.
LEAST_AHEAD, ASK_SECONDS = 32, 1.0
GO_ON = "Run the same command again to go on."
# How often a shard is tried again after its worker was lost; Dask counts.
RETRIES = 5


def on_cluster(
    network: Network,
    shards: Iterable[Any],
    settings: Any,
    *,
    scheduler: str,
    compute: Callable[[Network, Any, Any], P] = explain_shard,  # type: ignore[assignment]
    mend: str = GO_ON,
) -> Generator[P, None, None]:
    """Parts as they get ready, in any order; reads `AHEAD` shards per thread ahead, or a few more.

    A worker that is lost loses nothing: Dask gives its shards to others.

    Args:
        compute: (network, shard, settings) -> part; a function of a module, which workers import.
        mend: what to do where the cluster was lost, for people.

    Raises:
        InputError: Dask is not installed, no scheduler answers, it has no workers, or a shard
            failed again and again.
    """
    distributed = dask()
    with silent(), _connected(distributed, scheduler, mend) as client:
        package = Package.of(network)
        client.register_plugin(_plugin(distributed, package))
        waiting = iter(shards)
        ahead = _Ahead(client)

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

        # Before any worker is waited for: an adaptive cluster starts them where there is work.
        running = distributed.as_completed(submitted(ahead.room()), loop=client.loop)
        try:
            client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except TimeoutError:
            raise InputError(
                f"The Dask scheduler at {scheduler!r} has no workers, and none came within "
                f"{CONNECT_SECONDS} seconds. Start some, then run the same command."
            ) from None
        for future in running:
            try:
                part = future.result()
            except distributed.KilledWorker:
                raise InputError(
                    "Work lost its worker again and again, perhaps for want of memory: give "
                    f"workers more of it, or start fewer on a machine. {mend}"
                ) from None
            del future  # lets the cluster forget the part
            ahead.done()
            yield part
            running.update(submitted(ahead.room()))


class _Ahead:
    """How many shards more may be on the cluster: enough for every worker, and to ask for more."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._running = 0
        self._most, self._asked = 0, -ASK_SECONDS

    def room(self) -> int:
        """Shards to submit now; they count as running."""
        if time.monotonic() - self._asked >= ASK_SECONDS:  # workers come and go
            threads = sum(self._client.nthreads().values())
            self._most, self._asked = max(LEAST_AHEAD, AHEAD * threads), time.monotonic()
        room = max(0, self._most - self._running)
        self._running += room
        return room

    def done(self) -> None:
        self._running -= 1


@contextlib.contextmanager
def _connected(distributed: Any, scheduler: str, mend: str) -> Iterator[Any]:
    check_scheduler(scheduler)
    try:
        client = distributed.Client(
            scheduler, timeout=CONNECT_SECONDS, set_as_default=False, name="lrp-lens"
        )
    except (OSError, TimeoutError, ValueError):
        raise InputError(f"No Dask scheduler answers at {scheduler!r}.") from None
    try:
        yield client
    except (OSError, CancelledError):
        raise InputError(
            f"The connection to the Dask cluster at {scheduler!r} was lost. {mend}"
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
