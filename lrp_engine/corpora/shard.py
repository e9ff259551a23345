"""Explain one shard: rows in, the bytes of a Parquet part out. Nothing here knows of processes."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.attribution.stream import in_batches
from lrp_engine.attribution.work import Cancel
from lrp_engine.corpora.columns import (
    ACCOUNT,
    POSITION,
    check_columns,
    error_columns,
    result_schema,
)
from lrp_engine.errors import CancelledError, InputError

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation
    from lrp_engine.corpora.rows import Shard
    from lrp_engine.corpora.settings import CorpusSettings
    from lrp_engine.model.network import Network
from lrp_engine.model.text import CutText

# Where a part's metadata keeps its positions, and what may do better for its texts.
POSITIONS, HINTS = b"lrp-lens positions", b"lrp-lens hints"


@dataclass(frozen=True, eq=False)
class Part:
    """One explained shard.

    Attributes:
        index: of the shard; rows: how many; bad: those not explained.
        data: a Parquet file, its `positions` within its metadata.
        positions: time steps of its texts, and time steps computed for them, padding included.
        hints: what may do better for its texts, as sentences; within the metadata, too.
        process: who computed it, by host and id; peak: that process' peak memory in bytes so far.
    """

    index: int
    rows: int
    bad: int
    data: bytes
    positions: tuple[int, int]
    hints: tuple[str, ...]
    process: tuple[str, int]
    peak: int


def explain_shard(
    network: Network, shard: Shard, settings: CorpusSettings, cancel: Cancel | None = None
) -> Part:
    """Every row of a shard, explained or with the reason why not.

    The same shard gives the same bytes, whoever computes it: batches depend on its rows alone,
    unless memory runs out.

    Args:
        cancel: looked at before each batch.

    Raises:
        InputError: there is no memory for it, not even in the smallest batches.
        CancelledError: it was cancelled; nothing of it is kept.
    """
    try:
        return _explain(network, shard, settings, cancel)
    except MemoryError:  # numpy's, pyarrow's or TensorFlow's
        raise InputError(
            f"There is not enough memory for rows {shard.first:,} to "
            f"{shard.first + len(shard) - 1:,}. Run the same command again with fewer --workers to "
            "go on; a smaller --shard-bytes needs a new folder."
        ) from None


def _explain(
    network: Network, shard: Shard, settings: CorpusSettings, cancel: Cancel | None
) -> Part:
    import pyarrow.parquet as pq

    problems = list(shard.problems)
    words: dict[int, CutText] = {}
    for n, text in enumerate(shard.texts):
        if problems[n] is None and text is not None:
            tokens = network.tokenizer.cut(text)
            problems[n] = _problem(network.tokenizer.steps(len(tokens)), settings.max_tokens)
            if problems[n] is None:
                words[n] = tokens
    schema = result_schema(
        settings, shard.others.schema, network.dtype, positions=network.labels_steps
    )
    columns, positions, hints, overflowing = _explained(
        network, words, len(shard), settings, cancel
    )
    if cancel is not None and cancel.is_set():
        raise CancelledError
    for n, problem in overflowing.items():
        problems[n] = problem
    columns |= {
        "row": range(shard.first, shard.first + len(shard)),
        "text": shard.texts,
        "error": problems,
    }
    table = _table(columns, shard, settings, schema)
    file = io.BytesIO()
    metadata = {POSITIONS: json.dumps(positions), HINTS: json.dumps(hints)}
    pq.write_table(table.replace_schema_metadata(metadata), file)
    return Part(
        index=shard.index,
        rows=len(shard),
        bad=sum(problem is not None for problem in problems),
        data=file.getvalue(),
        positions=positions,
        hints=hints,
        process=this_process(),
        peak=peak_memory(),
    )


def positions_in(metadata: Mapping[bytes, bytes] | None) -> tuple[int, int]:
    """`Part.positions`, from the metadata of its file.

    Raises:
        ValueError, TypeError, KeyError: they are not there.
    """
    real, computed = json.loads((metadata or {})[POSITIONS])
    return int(real), int(computed)


def hints_in(metadata: Mapping[bytes, bytes] | None) -> tuple[str, ...]:
    """`Part.hints`, from the metadata of its file; none where an older release wrote it.

    Raises:
        ValueError, TypeError: they are damaged.
    """
    return tuple(map(str, json.loads((metadata or {}).get(HINTS, b"[]"))))


def _problem(tokens: int, most: int) -> str | None:
    if tokens == 0:
        return "The text holds no words."
    if tokens > most:
        return f"The text has {tokens:,} words; up to {most:,} are explained. Cut it into parts."
    return None


def _explained(
    network: Network,
    words: dict[int, CutText],
    rows: int,
    settings: CorpusSettings,
    cancel: Cancel | None,
) -> tuple[dict[str, Any], tuple[int, int], tuple[str, ...], dict[int, str]]:
    """Values per row for the columns that an explanation fills, None elsewhere; positions; hints;
    and rows that could not be explained, with the reason."""
    names = ("scores", "predicted", "target", "explained_score", "tokens")
    errors, checks = error_columns(settings.methods), check_columns(settings.methods)
    of_methods = (*settings.methods, *errors.values(), *checks.values())
    columns: dict[str, list] = {
        name: [None] * rows for name in (*names, POSITION, *of_methods, *ACCOUNT)
    }
    places = list(words)
    real = computed = 0
    hints: dict[str, None] = {}
    problems: dict[int, str] = {}
    for chunk, explained in in_batches(
        network,
        list(words.values()),
        methods=settings.methods,
        target=settings.target,
        rule=settings.rule,
        method_options=settings.method_options,
        position=settings.position,
        cancel=cancel,
    ):
        at = [places[n] for n in chunk]
        if isinstance(explained, InputError):
            problems |= dict.fromkeys(at, str(explained))
            continue
        real += int(explained.lengths.sum())
        computed += int(explained.padded_lengths.sum())
        values: dict[str, Any] = {
            "scores": explained.scores,
            "predicted": (
                [explained.labels[c] for c in explained.predicted]
                if network.has_classes
                else [None] * len(chunk)
            ),
            "target": [explained.target_label(n) for n in range(len(chunk))],
            "explained_score": explained.explained_score,
            **({} if explained.positions is None else {POSITION: explained.positions}),
            "tokens": explained.tokens,
            **_account(explained.complete),
        }
        for method, one in explained.items():
            hints |= dict.fromkeys(one.hints)
            relevance = one.token_relevance
            values[method] = [relevance[n, : len(t)] for n, t in enumerate(one.tokens)]
            if one.standard_error is not None:
                values[errors[method]] = [
                    one.standard_error[n, : len(t)] for n, t in enumerate(one.tokens)
                ]
            values |= {checks[method, name]: array for name, array in one.checks.items()}
        for name, column in values.items():
            for place, value in zip(at, column, strict=True):
                columns[name][place] = value
    return columns, (real, computed), tuple(hints), problems


def _account(one: Explanation | None) -> dict[str, np.ndarray]:
    """What did not reach the words (b,), where a method accounts for the whole score."""
    if one is None:
        return {}
    kept = one.ledger.by("kind")
    nothing = np.zeros(len(one))
    return {
        "initial_state": one.initial_state,
        "ledger_bias": kept.get("bias", nothing),
        "ledger_stabilizer": kept.get("stabilizer", nothing),
        "conservation_error": one.conservation_error,
    }


def _table(columns: dict[str, Any], shard: Shard, settings: CorpusSettings, schema: Any) -> Any:
    import pyarrow as pa

    fields = list(schema)
    carried = [name for name in shard.others.schema.names if name != settings.label_column]
    if settings.label_column is not None:
        columns["label"] = shard.others[settings.label_column]
    # Carried columns keep their order, whatever they are called now.
    start = next(n for n, field in enumerate(fields) if field.name == "scores") - len(carried)
    for field, name in zip(fields[start:], carried, strict=False):
        columns[field.name] = shard.others[name]
    arrays = [
        column if isinstance(column, pa.ChunkedArray) else pa.array(column, field.type)
        for field, column in ((field, columns[field.name]) for field in fields)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def this_process() -> tuple[str, int]:
    """Host and id of this process."""
    import socket

    return socket.gethostname(), os.getpid()


def peak_memory() -> int:
    """Peak memory of this process in bytes, 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    # Linux counts in what the process was before it became this program: its parent's peak.
    with contextlib.suppress(OSError, StopIteration), open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
