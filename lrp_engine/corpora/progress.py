"""A progress bar on stderr: rows done, rate, time left; nothing where stderr is no terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lrp_engine.corpora.run import Progress


@contextlib.contextmanager
def bar(*, hidden: bool = False) -> Iterator[Progress]:
    """What `explain_corpus` calls after each part."""
    from tqdm import tqdm

    # disable=None: only where stderr is no terminal.
    with tqdm(unit=" rows", unit_scale=True, disable=True if hidden else None) as shown:

        def progress(rows: int, total: int, before: bool) -> None:
            if shown.disable:
                return
            shown.total = total
            if before:  # a rate of these would be none
                shown.initial += rows
                shown.n += rows
                shown.refresh()
            else:
                shown.update(rows)

        yield progress
