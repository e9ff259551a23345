"""Shards on this machine: in this process, or spread over processes that load the network once."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from lrp_engine.corpora.shard import Part, explain_shard
from lrp_engine.errors import InputError
from lrp_engine.lazy import uncollected
from lrp_engine.quiet import quiet
from lrp_engine.version import __version__

if TYPE_CHECKING:
    from lrp_engine.corpora.rows import Shard
    from lrp_engine.corpora.settings import CorpusSettings
    from lrp_engine.model.network import Network

P = TypeVar("P")

# Shards read ahead of each worker: one it computes, one that waits.
AHEAD = 2


@dataclass(frozen=True, eq=False)
class Package:
    """A network as plain values that travel to other processes.

    Attributes:
        description, arrays, words: as `formats.native` describes a network.
        device: that computes, where it is unpacked.
        hash: of the network; version: of the library that packed it.
    """

    description: dict[str, Any]
    arrays: dict[str, np.ndarray]
    words: tuple[str, ...] | None
    dtype: str
    device: str | None
    hash: str
    version: str = __version__

    @classmethod
    def of(cls, network: Network) -> Package:
        from lrp_engine.model.serialization import describe, weights

        words = None if network.vocabulary is None else network.vocabulary.tokens
        return cls(
            describe(network),
            weights(network),
            words,
            dtype=network.dtype,
            device=network.device,
            hash=network.hash,
        )

    @property
    def key(self) -> str:
        """What tells it from other packages."""
        return f"{self.hash}-{self.device}"

    def network(self) -> Network:
        """The same network.

        Raises:
            InputError: this process runs another version of the library or lacks the device.
        """
        from lrp_engine.formats.native.description import build

        if self.version != __version__:
            raise InputError(
                f"A worker has lrp-lens {__version__}, this machine {self.version}; install the "
                "same version on both."
            )
        built = build(self.description, self.arrays, self.words, dtype=self.dtype)
        return built.to(self.device)


def in_this_process(
    network: Network, shards: Iterable[Shard], settings: CorpusSettings
) -> Generator[Part, None, None]:
    """Parts in the order of the shards."""
    with quiet():
        import tensorflow  # noqa: F401 - its start-up notes would tear the progress bar
    for shard in shards:
        yield explain_shard(network, shard, settings)


GO_ON = (
    "Run the same command again to go on, with fewer --workers if it happens again; a "
    "smaller --shard-bytes needs a new folder."
)


def in_processes(
    network: Network,
    shards: Iterable[Any],
    settings: Any,
    *,
    workers: int,
    compute: Callable[[Network, Any, Any], P] = explain_shard,  # type: ignore[assignment]
    mend: str = GO_ON,
) -> Generator[P, None, None]:
    """Parts in the order of the shards; reads at most `AHEAD` shards per worker ahead.

    Args:
        compute: (network, shard, settings) -> part; a function of a module, which workers import.
        mend: what to do where a worker was killed, for people.

    Raises:
        InputError: a worker process was killed.
    """
    pool = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(Package.of(network), threads_each(workers)),
    )
    waiting: deque[Future[P]] = deque()
    others = set(multiprocessing.active_children())
    finished = False
    try:
        for shard in shards:
            with _interrupt_reaches_only_us():
                waiting.append(pool.submit(_computed, compute, shard, settings))
            if len(waiting) >= AHEAD * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
        finished = True
    except BrokenProcessPool:
        raise InputError(
            f"A worker process was killed, perhaps for want of memory. {mend}"
        ) from None
    finally:
        if not finished:  # what they compute now is of no use
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


def threads_each(workers: int) -> int:
    """CPUs for each of the workers."""
    return max(1, cpus() // workers)


def cpus() -> int:
    """CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def _interrupt_reaches_only_us() -> Iterator[None]:
    """Processes started inside ignore Ctrl-C, which a terminal sends to all: we end them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # processes inherit it
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_network: Network | None = None


def _start(package: Package, threads: int) -> None:
    """Prepare a worker process."""
    global _network
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with quiet(), uncollected():
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
        _network = package.network()
    gc.freeze()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _computed(compute: Callable[[Network, Any, Any], P], shard: Any, settings: Any) -> P:
    assert _network is not None
    return compute(_network, shard, settings)
