"""Where windows are measured: here, in other processes, on a cluster; or they were before."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from lrp_engine.corpora.workers import in_processes
from lrp_engine.evaluation.measuring import Measured, measure_window, measuring

if TYPE_CHECKING:
    from lrp_engine.attribution.work import Cancel
    from lrp_engine.evaluation.kept import Kept
    from lrp_engine.evaluation.settings import Settings
    from lrp_engine.evaluation.window import Window
    from lrp_engine.model.network import Network

AGAIN = "Run the same again; it begins anew, since no folder was named to keep what is measured."
GO_ON = "Run the same again to go on."
FEWER = "Run it again with fewer workers if it happens again."
GO_ON_WITH_FEWER = "Run the same again to go on, with fewer workers if it happens again."

# How many texts a step has measured, and the window that it ended.
Steps = Generator[tuple[int, Measured | None], None, None]


def here(
    network: Network, made: Iterator[Window], settings: Settings, group: int | None,
    kept: Kept | None, cancel: Cancel | None,
) -> Steps:  # fmt: skip
    """In this process, so many texts a step; a window that the folder knows is a step."""
    for window in made:
        known = None if kept is None else kept.measured(window)
        if known is not None:
            yield known.texts, known
            continue
        part = measuring(network, window, settings, group=group, cancel=cancel)
        done = last = 0
        while True:
            try:
                more = next(part)
            except StopIteration as end:
                yield last, end.value
                break
            done += more
            if done < len(window):
                yield more, None
            else:  # said once the window can be kept
                last += more


def elsewhere(
    network: Network, made: Iterator[Window], settings: Settings, workers: int,
    scheduler: str | None, kept: Kept | None, cancel: Cancel | None,
) -> Steps:  # fmt: skip
    """On other processes, a window at a time."""
    known: list[Measured] = []

    def unknown() -> Iterator[Window]:
        for window in made:
            if cancel is not None and cancel.is_set():
                return
            found = None if kept is None else kept.measured(window)
            if found is None:
                yield window
            else:
                known.append(found)

    parts: Iterator[Measured]
    if scheduler is not None:
        from lrp_engine.corpora.cluster import on_cluster

        mend = AGAIN if kept is None else GO_ON
        parts = on_cluster(
            network, unknown(), settings, scheduler=scheduler, compute=measure_window, mend=mend
        )
    else:
        mend = FEWER if kept is None else GO_ON_WITH_FEWER
        parts = in_processes(
            network, unknown(), settings, workers=workers, compute=measure_window, mend=mend
        )
    for part in parts:
        yield part.texts, part
        while known:
            one = known.pop()
            yield one.texts, one
    for one in known:
        yield one.texts, one
