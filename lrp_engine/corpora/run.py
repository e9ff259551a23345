"""A run: read, explain, write; skip what an earlier, interrupted run has finished."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Any

from lrp_engine.attribution.work import require_callbacks
from lrp_engine.corpora.columns import result_schema
from lrp_engine.corpora.cutting import shards
from lrp_engine.corpora.finished import DIGESTS, Finished, added, joined, part_name
from lrp_engine.corpora.folder import Folder
from lrp_engine.corpora.manifest import MANIFEST, check_same, new_manifest
from lrp_engine.corpora.one_file import WRITERS, check_target, write_file
from lrp_engine.corpora.scheduler import check_scheduler
from lrp_engine.corpora.settings import CorpusSettings
from lrp_engine.corpora.shard import peak_memory, this_process
from lrp_engine.corpora.source import Source
from lrp_engine.corpora.tables import READERS, format_of, open_table
from lrp_engine.corpora.urls import shown
from lrp_engine.corpora.workers import cpus, in_processes, in_this_process
from lrp_engine.device import is_gpu, require
from lrp_engine.errors import InputError, choices
from lrp_engine.model.network import require_network
from lrp_engine.option import whole_number
from lrp_engine.quiet import quiet

if TYPE_CHECKING:
    from lrp_engine.corpora.shard import Part
    from lrp_engine.model.network import Network

# A process holds TensorFlow, 0.9 GB, and is busy for five seconds before its first row.
MOST_WORKERS, ROWS_WORTH_A_WORKER = 8, 20_000
DEFAULT_SETTINGS = CorpusSettings()
# (rows done, rows of the input, whether these rows were there before this run)
Progress = Callable[[int, int, bool], object]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a run did.

    Attributes:
        output: the folder.
        rows: of the input, all written; bad_rows: those with a reason instead of an explanation.
        skipped_rows: those that an earlier run had finished.
        seconds: of this run; rows_per_second: of the rows it computed.
        peak_memory_bytes: of this process and its workers together, at most.
        padding_waste: share (0 to 1) of all computed time steps that was padding.
        warnings: what was measured against the rule. hints: what may do better for its texts.
    """

    output: str
    rows: int
    bad_rows: int
    skipped_rows: int
    seconds: float
    rows_per_second: float
    peak_memory_bytes: int
    padding_waste: float
    warnings: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def explain_corpus(
    network: Network,
    source: str | PathLike[str],
    output: str | PathLike[str],
    *,
    file: str | PathLike[str] | None = None,
    settings: CorpusSettings = DEFAULT_SETTINGS,
    format: str | None = None,
    workers: int | None = 1,
    scheduler: str | None = None,
    device: str | None = None,
    restart: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Explain every text of a table; one row of the result per row of the table.

    Run again after an interruption, it goes on where it stopped, and the result is the one of an
    uninterrupted run.

    Args:
        source: CSV, JSON Lines, Parquet, or plain text with one text a line, by path or fsspec URL.
        output: a folder by path or URL; `pandas.read_parquet` reads it.
        file: also write the whole as one file on this machine, by its ending .csv, .jsonl or
            .parquet; written anew by each call.
        format: "csv", "jsonl", "parquet" or "txt"; None: by the file's extension.
        workers: processes on this machine, 1 is this process itself; None: one per CPU, at most
            `MOST_WORKERS`, and fewer where there are few rows. A script that asks for more than
            one needs `if __name__ == "__main__":`, as always with processes.
        scheduler: address of a Dask scheduler, whose workers take the place of `workers`.
        device: as in `Network`, in place of the network's where given; must be there where the
            computing is done: on a cluster, on every worker.
        restart: remove the parts of an earlier run first.
        progress: called after each part.

    Raises:
        InputError: input, output or an option does not fit, another run writes into the folder, a
            worker or the memory was lost; what is written stays, and the same call goes on.
    """
    started = time.monotonic()
    require_network(network)
    if not isinstance(settings, CorpusSettings):
        raise InputError(f"settings is {settings!r:.60}, expected lrp_engine.CorpusSettings(...).")
    require_callbacks(progress)
    source, output = _address(source, "source"), _address(output, "output")
    whole = None if file is None else check_target(file, WRITERS)
    if workers is not None:
        workers = whole_number("workers", workers)
    if format is not None and not (isinstance(format, str) and format in READERS):
        raise InputError(f"There is no format {format!r}; choose from {choices(READERS)}.")
    if scheduler is not None:
        check_scheduler(scheduler)
    if device is not None:
        network = replace(network, device=device)
    if scheduler is None:
        with quiet():
            require(network.device)
    settings.check(network)
    format = format or format_of(source)
    identity = Source(source).identity() | {"format": format}
    table = open_table(source, format=format, text_column=settings.text_column)
    schema = result_schema(settings, table.schema, network.dtype, positions=network.labels_steps)
    folder = Folder(output)
    manifest = new_manifest(network, settings, identity, schema, table.rows)
    with folder.locked():
        earlier = _prepare(folder, manifest, restart=restart)
        report = progress or (lambda rows, total, before: None)
        finished = Finished(folder, schema, earlier, lambda rows: report(rows, table.rows, True))
        missing = finished.missing(shards(table, settings.shard_rows, settings.shard_bytes))
        if scheduler is not None:
            from lrp_engine.corpora.cluster import on_cluster

            parts: Generator[Part, None, None] = on_cluster(
                network, missing, settings, scheduler=scheduler
            )
        elif (count := workers or _workers(network, table.rows)) == 1:
            parts = in_this_process(network, missing, settings)
        else:
            parts = in_processes(network, missing, settings, workers=count)
        done, digests = _Tally(), finished.digests
        with contextlib.closing(parts):
            for part in parts:
                name = part_name(part.index)
                digests[name] = folder.write_part(name, part.data)
                done.add(part)
                report(part.rows, table.rows, False)
        if Source(source).identity() | {"format": format} != identity:
            raise InputError(
                f"{shown(source)!r} changed while it was read; run again with --restart to explain "
                "it as it is now."
            )
        real, computed = added(done.positions, finished.positions)
        bad = done.bad + finished.bad
        waste = round(1 - real / computed, 4) if computed else 0.0
        warnings, hints = settings.warnings(network), joined(finished.hints, done.hints)
        account = {
            "complete": True,
            "bad_rows": bad,
            "padding_waste": waste,
            "warnings": list(warnings),
            "hints": list(hints),
        }
        listed = DIGESTS | {"parts": dict(sorted(digests.items()))}
        _write_manifest(folder, manifest | account | listed)
        folder.clear_digests()
        if whole is not None:
            write_file(folder, whole, schema)
    seconds = time.monotonic() - started
    return Summary(
        output=folder.url,
        rows=table.rows,
        bad_rows=bad,
        skipped_rows=finished.rows,
        seconds=round(seconds, 3),
        rows_per_second=round(done.rows / seconds, 1),
        peak_memory_bytes=done.peak_memory,
        padding_waste=waste,
        warnings=warnings,
        hints=hints,
    )


def _address(given: str | PathLike[str], what: str) -> str:
    if not isinstance(given, (str, PathLike)):
        raise InputError(f"{what} is {type(given).__name__}; give a path or a URL.")
    return os.fsdecode(given)


def _workers(network: Network, rows: int) -> int:
    """How many processes are worth starting."""
    if is_gpu(network.device):
        return 1  # they would share one GPU
    return max(1, min(cpus(), MOST_WORKERS, rows // ROWS_WORTH_A_WORKER))


class _Tally:
    """What was computed in this run."""

    def __init__(self) -> None:
        self.rows = self.bad = 0
        self.positions = (0, 0)
        self.hints: tuple[str, ...] = ()
        self._peaks: dict[tuple[str, int], int] = {}

    def add(self, part: Part) -> None:
        self.rows, self.bad = self.rows + part.rows, self.bad + part.bad
        self.positions = added(self.positions, part.positions)
        self.hints = joined(self.hints, part.hints)
        self._peaks[part.process] = max(part.peak, self._peaks.get(part.process, 0))

    @property
    def peak_memory(self) -> int:
        """Peak memory of all processes together, each at its own highest."""
        return sum((self._peaks | {this_process(): peak_memory()}).values())


def _prepare(folder: Folder, manifest: dict[str, Any], *, restart: bool) -> dict[str, Any] | None:
    """Make the folder ready for the run that a manifest describes; an earlier run's manifest."""
    if restart:
        folder.clear()
    folder.clear_temporary()
    earlier = folder.manifest()
    if earlier is not None:
        check_same(earlier, manifest, folder.url)
    # What an earlier run said of its parts holds until this one has looked at them.
    kept = DIGESTS
    if earlier is not None:
        kept = {key: earlier[key] for key in ("digest", "parts") if key in earlier}
    _write_manifest(folder, manifest | kept)
    return earlier


def _write_manifest(folder: Folder, manifest: dict[str, Any]) -> None:
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    folder.write(MANIFEST, text.encode("utf-8", "backslashreplace"))
