"""Explain one shard: rows in, the bytes of a Parquet part out. Nothing here knows of processes."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.corpora.columns import ACCOUNT, result_schema
from lrp_engine.methods import METHODS
from lrp_engine.stream import in_batches

if TYPE_CHECKING:
    from lrp_engine.corpora.rows import Shard
    from lrp_engine.corpora.settings import CorpusSettings
    from lrp_engine.explanation import Explanation
    from lrp_engine.network import Network


@dataclass(frozen=True, eq=False)
class Part:
    """One explained shard.

    Attributes:
        index: of the shard; rows: how many; bad: those not explained.
        data: a Parquet file.
        process: who computed it, by host and id; peak: that process' peak memory in bytes so far.
    """

    index: int
    rows: int
    bad: int
    data: bytes
    process: tuple[str, int]
    peak: int


def explain_shard(network: Network, shard: Shard, settings: CorpusSettings) -> Part:
    """Every row of a shard, explained or with the reason why not.

    The same shard gives the same bytes, whoever computes it: batches depend on its rows alone.
    """
    import pyarrow.parquet as pq

    problems = list(shard.problems)
    words: dict[int, list[str]] = {}
    for n, text in enumerate(shard.texts):
        if problems[n] is None and text is not None:
            tokens = network.tokenizer(text)
            problems[n] = _problem(len(tokens), settings.max_tokens)
            if problems[n] is None:
                words[n] = tokens
    schema = result_schema(settings, shard.others.schema, network.dtype)
    columns = _explained(network, words, len(shard), settings)
    columns |= {
        "row": range(shard.first, shard.first + len(shard)),
        "text": shard.texts,
        "error": problems,
    }
    table = _table(columns, shard, settings, schema)
    file = io.BytesIO()
    pq.write_table(table, file)
    bad = sum(problem is not None for problem in problems)
    return Part(shard.index, len(shard), bad, file.getvalue(), this_process(), peak_memory())


def _problem(tokens: int, most: int) -> str | None:
    if tokens == 0:
        return "The text holds no words."
    if tokens > most:
        return f"The text has {tokens:,} words, more than --max-tokens {most:,}."
    return None


def _explained(
    network: Network, words: dict[int, list[str]], rows: int, settings: CorpusSettings
) -> dict[str, Any]:
    """Values per row for the columns that an explanation fills; None elsewhere."""
    names = ("scores", "predicted", "target", "explained_score", "tokens")
    columns: dict[str, list] = {
        name: [None] * rows for name in (*names, *settings.methods, *ACCOUNT)
    }
    places = list(words)
    for chunk, found in in_batches(
        network,
        list(words.values()),
        methods=settings.methods,
        target=settings.target,
        rule=settings.rule,
    ):
        at = [places[n] for n in chunk]
        one = found[settings.methods[0]]
        values: dict[str, Any] = {
            "scores": one.scores,
            "predicted": [one.labels[c] for c in one.predicted],
            "target": [one.target_label(n) for n in range(len(one))],
            "explained_score": one.explained_score,
            "tokens": one.tokens,
            **_account(found),
        }
        for method, explanation in found.items():
            relevance = explanation.token_relevance
            values[method] = [relevance[n, : len(t)] for n, t in enumerate(one.tokens)]
        for name, column in values.items():
            for place, value in zip(at, column, strict=True):
                columns[name][place] = value
    return columns


def _account(found: dict[str, Explanation]) -> dict[str, np.ndarray]:
    """What did not reach the words (b,), by the first method that promises a sum."""
    whole = next((e for name, e in found.items() if METHODS[name].sums_to_score), None)
    if whole is None:
        return {}
    kept = whole.ledger.by("kind")
    nothing = np.zeros(len(whole))
    return {
        "initial_state": whole.initial_state,
        "ledger_bias": kept.get("bias", nothing),
        "ledger_stabilizer": kept.get("stabilizer", nothing),
        "conservation_error": whole.conservation_error,
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
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
