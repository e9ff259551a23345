"""A small corpus, a network that reads it, and tables of results: what tests of corpora share."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from lrp_engine.layers import Dense, Embedding
from lrp_engine.model.graph import Node
from lrp_engine.model.network import Network
from lrp_engine.model.text import Vocabulary
from tests import zoo

ROOT = Path(__file__).parent.parent


def network(seed: int = 0) -> Network:
    """One direction only: every process of a test traces it anew."""
    draw = zoo.Draw(seed)
    return Network(
        nodes=(
            Node("words", Embedding(draw(zoo.V, zoo.E))),
            Node("lstm", draw.lstm(), ("words",)),
            Node("output", Dense(draw(zoo.H, 3), draw(3)), ("lstm",)),
        ),
        vocabulary=Vocabulary(zoo.WORDS),
        dtype="float64",
    )


def overflowing(word: str) -> Network:
    """A network whose scores leave the range of float64 where a text holds this word."""
    plain = network()
    words, _, output = plain.nodes
    table = np.array(words.layer.table)
    table[plain.vocabulary.index[word]] = 1e200
    changes = {
        "words": {"table": table},
        "lstm": {"activation": "linear"},
        "output": {"kernel": output.layer.kernel * 1e200},
    }
    nodes = tuple(
        replace(node, layer=replace(node.layer, **changes[node.name])) for node in plain.nodes
    )
    return replace(plain, nodes=nodes)


def texts(count: int, seed: int = 0) -> list[str]:
    """Texts of 1 to 9 words, some of them unknown."""
    rng = np.random.default_rng(seed)
    return [
        " ".join(f"w{i}" for i in rng.integers(0, zoo.V + 2, n)) for n in rng.integers(1, 10, count)
    ]


def write_csv(path: Path, columns: dict[str, list]) -> str:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(columns)
        rows.writerows(zip(*columns.values(), strict=True))
    return str(path)


def write_jsonl(path: Path, columns: dict[str, list]) -> str:
    rows = zip(*columns.values(), strict=True)
    lines = [json.dumps(dict(zip(columns, row, strict=True))) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def write_parquet(path: Path, columns: dict[str, list]) -> str:
    pd.DataFrame(columns).to_parquet(path, row_group_size=7)
    return str(path)


def frame(output: object) -> pd.DataFrame:
    """The result, in the order of the input."""
    return pd.read_parquet(str(output)).sort_values("row").reset_index(drop=True)


def parts(output: object) -> dict[str, bytes]:
    """File name -> bytes of every part."""
    return {path.name: path.read_bytes() for path in sorted(Path(str(output)).glob("part-*"))}


def check_row(row: pd.Series, network: Network, **options: object) -> None:
    """A row of the result says what explaining its text alone says."""
    one = network.explain([row["text"]], **options)  # type: ignore[arg-type]
    assert tuple(row["tokens"]) == one.tokens[0]
    assert row["predicted"] == one.labels[one.predicted[0]]
    assert row["target"] == one.target_label()
    np.testing.assert_allclose(row["scores"], one.scores[0], atol=1e-12)
    np.testing.assert_allclose(row["lrp"], one.token_relevance[0], atol=1e-12)
    np.testing.assert_allclose(row["initial_state"], one.initial_state[0], atol=1e-12)
    kept = one.ledger.by("kind")
    for kind in ("bias", "stabilizer"):
        np.testing.assert_allclose(row[f"ledger_{kind}"], kept[kind][0], atol=1e-12)
    account = sum(row["lrp"]) + sum(
        row[n] for n in ("initial_state", "ledger_bias", "ledger_stabilizer", "conservation_error")
    )
    assert abs(account - row["explained_score"]) < 1e-12
