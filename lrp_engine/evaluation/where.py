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
MEND = "Run it again with fewer workers if it happens again."


def unmeasured(
    made: Iterator[Window], kept: Kept | None, found: list[Measured]
) -> Iterator[Window]:
    """Windows that the folder says nothing of; what it says of the others is added to `found`."""
    for window in made:
        known = None if kept is None else kept.measured(window)
        if known is None:
            yield window
        else:
            found.append(known)


# How many texts a step has measured, and the window that it ended.
Steps = Generator[tuple[int, Measured | None], None, None]


def here(
    network: Network, made: Iterator[Window], settings: Settings, group: int | None,
    cancel: Cancel | None,
) -> Steps:  # fmt: skip
    """In this process, so many texts a step."""
    for window in made:
        part = measuring(network, window, settings, group=group, cancel=cancel)
        while True:
            try:
                yield next(part), None
            except StopIteration as end:
                yield 0, end.value
                break


def elsewhere(
    network: Network, made: Iterator[Window], settings: Settings, workers: int,
    scheduler: str | None, *, goes_on: bool,
) -> Steps:  # fmt: skip
    """On other processes, a window at a time; `goes_on`: a folder keeps what they have measured."""
    if scheduler is not None:
        from lrp_engine.corpora.cluster import on_cluster

        parts = on_cluster(
            network,
            made,
            settings,
            scheduler=scheduler,
            compute=measure_window,
            mend=GO_ON if goes_on else AGAIN,
        )
    else:
        parts = in_processes(
            network, made, settings, workers=workers, compute=measure_window, mend=MEND
        )
    for part in parts:
        yield part.texts, part
