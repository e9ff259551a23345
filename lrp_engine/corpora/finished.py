"""The parts that an earlier run has finished: found whole by their SHA-256, or computed again."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from lrp_engine.corpora.folder import Folder
from lrp_engine.corpora.shard import hints_in, positions_in

if TYPE_CHECKING:
    import pyarrow as pa

    from lrp_engine.corpora.rows import Shard

# What a manifest says of runs that note the SHA-256 of every part; older ones do not say it.
DIGESTS = {"digest": "sha256"}


def part_name(index: int) -> str:
    """The file name of a part."""
    return f"part-{index:05}.parquet"


class Finished:
    """Passes over the shards whose part is there and whole, and counts what they hold.

    A part is whole where its bytes have the SHA-256 that was noted when it was written. Parts of
    releases that noted none are taken as they are, and noted.

    Args:
        folder: of the run.
        schema: columns of a part.
        earlier: the manifest of the earlier run; None where there was none.
        progress: called with the rows of each part that is passed over.

    Attributes:
        digests: name of a part -> its SHA-256 (hex).
        rows, bad: of these parts; positions, hints: as in `Part`.
    """

    def __init__(
        self,
        folder: Folder,
        schema: pa.Schema,
        earlier: dict[str, Any] | None,
        progress: Callable[[int], object],
    ) -> None:
        self.folder, self.schema, self.progress = folder, schema, progress
        listed = (earlier or {}).get("parts")
        self._listed: dict[str, Any] = listed if isinstance(listed, dict) else {}
        self._noted = earlier is None or "digest" in earlier
        self._names = set(folder.parts())
        self.digests: dict[str, str] = {}
        self.rows = self.bad = 0
        self.positions = (0, 0)
        self.hints: tuple[str, ...] = ()

    def missing(self, shards: Iterable[Shard]) -> Iterator[Shard]:
        """The shards without a whole part."""
        for shard in shards:
            if not self._has(shard):
                yield shard
                continue
            self.rows += len(shard)
            self.progress(len(shard))

    def _has(self, shard: Shard) -> bool:
        """Whether a shard's part is there and whole; counts what it says."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        name = part_name(shard.index)
        if name not in self._names:
            return False
        data = self.folder.read(name)
        expected = self.folder.digest(name) or self._listed.get(name)
        if expected is None and self._noted:
            return False  # not a part that a run wrote
        if expected is not None and sha256(data).hexdigest() != expected:
            return False
        try:
            table = pq.ParquetFile(io.BytesIO(data))
            if not table.schema_arrow.equals(self.schema) or table.metadata.num_rows != len(shard):
                return False
            if len(shard) and table.read(["row"]).column(0)[0].as_py() != shard.first:
                return False  # of other rows, cut otherwise
            errors = table.read(["error"]).column(0)
            positions = positions_in(table.schema_arrow.metadata)
            hints = hints_in(table.schema_arrow.metadata)
        except (pa.ArrowException, OSError, ValueError, TypeError, KeyError):
            return False
        self.digests[name] = expected or self.folder.note_digest(name, data)
        self.bad += len(errors) - errors.null_count
        self.positions = added(self.positions, positions)
        self.hints = joined(self.hints, hints)
        return True


def joined(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Sentences of both, each once."""
    return tuple(dict.fromkeys((*one, *other)))


def added(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """Two pairs of positions, added up."""
    return one[0] + other[0], one[1] + other[1]
