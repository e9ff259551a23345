"""Where relevance flows: by direction, by time step, and through each layer. Pure: no Streamlit.

All of it is read from an explanation that kept the relevance at every layer (`layers=True`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from app.learn import lstm
from lrp_engine import Explanation, Network
from lrp_engine.attribution.ledger import LedgerName
from lrp_engine.layers import Bidirectional
from lrp_engine.model.graph import INPUT, Node
from lrp_engine.render.conservation import TOLERANCES
from lrp_engine.render.numbers import number, percentage, tiny
from lrp_engine.render.wording import ledger_words, visible

DIRECTIONS = ("forward", "backward")


def _halves(network: Network, explanation: Explanation) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Relevance at the output of each two-way layer that sets its directions side by side."""
    for node in network.nodes:
        layer = node.layer
        if not isinstance(layer, Bidirectional) or getattr(layer, "merge", "concat") != "concat":
            continue
        units = network.shapes[node.name].units // 2
        yield node.name, np.split(explanation.layers[node.name], [units], axis=-1)


def directions(network: Network, explanation: Explanation) -> pd.DataFrame:
    """What each direction of a two-way layer receives, and where it leaves it.

    Columns: layer, direction, received, share (of what both receive), initial states, kept,
    handed on. The last is what reaches the layer below: for the first recurrent layer, the words.
    """
    rows = []
    for name, halves in _halves(network, explanation):
        received = [float(half[0].sum(dtype=np.float64)) for half in halves]
        for direction, value in zip(DIRECTIONS, received, strict=True):
            place = f"{name}/{direction}/"
            states, kept = (
                sum(float(a[0]) for key, a in table.items() if key.startswith(place))
                for table in (explanation.initial_states, explanation.ledger)
            )
            rows.append((name, direction, value, value / sum(received) if sum(received) else np.nan,
                         states, kept, value - states - kept))  # fmt: skip
    columns = ["layer", "direction", "received", "share", "initial states", "kept", "handed on"]
    return pd.DataFrame(rows, columns=columns)


def direction_sentences(table: pd.DataFrame) -> list[str]:
    """`directions` in words to read aloud."""
    parts_of: dict[str, list[str]] = {}
    for row in table.to_dict("records"):
        share = f" ({percentage(row['share'])})" if 0 <= row["share"] <= 1 else ""
        words = f"the {row['direction']} direction receives {number(row['received'])}{share}"
        parts_of.setdefault(row["layer"], []).append(words)
    return [
        f"Of the relevance that reaches {visible(layer)}, {' and '.join(parts)}."
        for layer, parts in parts_of.items()
    ]


@dataclass(frozen=True, kw_only=True)
class Track:
    """A quantity over time: a name, and its value at every word (T,)."""

    name: str
    values: np.ndarray


def tracks(network: Network, explanation: Explanation) -> list[Track]:
    """Relevance per time step: of the input, and of hidden states.

    Hidden states of a layer have relevance of their own at every time step only where the layer
    hands them on; quantities that are zero throughout are left out.
    """
    count = len(explanation.tokens[0])
    tracks_of_layers = [
        Track(
            name=f"input: the {explanation.token_kind}s",
            values=explanation.token_relevance[0, :count],
        )
    ]
    halves = dict(_halves(network, explanation))
    for node in network.nodes[1:-1]:
        array = explanation.layers[node.name]
        if array.ndim < 3:
            continue
        parts = zip(DIRECTIONS, halves[node.name], strict=True) if node.name in halves else [
            ("", array)]  # fmt: skip
        for direction, part in parts:
            place = ", ".join(filter(None, (node.name, direction)))
            values = part[0, :count].sum(axis=-1, dtype=np.float64)
            tracks_of_layers.append(Track(name=f"{place}: hidden output", values=values))
    return [tracks_of_layers[0], *_told(tracks_of_layers[1:])]


def kept_tracks(explanation: Explanation) -> list[Track]:
    """What the biases and stabilizers of each operation keep per time step, where it is not 0."""
    count = len(explanation.tokens[0])
    return _told(
        Track(name=ledger_words(name), values=array[0, :count])
        for name, array in explanation.ledger.steps.items()
    )


def _told(candidates: Iterable[Track]) -> list[Track]:
    return [track for track in candidates if np.any(track.values)]


def state_tracks(inside: lstm.Inside) -> list[Track]:
    """What arrives at the hidden and the cell state of each step, and goes to its word.

    The cell state receives all of the hidden state's and what the step after it hands back.
    """
    return [
        Track(name=f"{inside.node}, {way}: {name}", values=values.sum(axis=1))
        for way, back in inside.returns.items()
        for name, values in (
            ("hidden state", back.at_h), ("cell state", back.at_c), ("to the input", back.to_x)
        )
    ]  # fmt: skip


def state_sentences(inside: lstm.Inside) -> list[str]:
    """`state_tracks` in words to read aloud, a sentence per direction."""
    sentences = []
    for way, back in inside.returns.items():
        travels, hidden = back.travelling, back.at_h.sum(axis=1)
        at = int(np.abs(travels).argmax())
        sentences.append(
            f"Reading {way}, most relevance passes at “{visible(inside.tokens[at])}”: "
            f"{number(travels[at])} reach its cell state, {number(hidden[at])} of it through its "
            f"hidden state. {number(float(back.to_x.sum()))} end at words read {way}."
        )
    return sentences


def checks(network: Network, explanation: Explanation) -> pd.DataFrame:
    """Layer by layer, from the score down: does what arrives leave again, or is it kept?

    Columns: layer, arrives, handed on, kept, initial states, error, allowed, passed. Layers that
    read the same signal are checked together. `allowed` is `TOLERANCES[dtype]` times the larger of
    |arrives| and the sum of the sizes of everything that the layer shares out.
    """
    at = dict(explanation.layers) | {INPUT: explanation.unit_relevance}
    relative = TOLERANCES[explanation.dtype]
    last, score = network.nodes[-1].name, float(explanation.explained_score[0])
    start, _ = _total(at[last][0])
    rows = [("explained score", score, start, 0.0, 0.0, relative * max(abs(score), abs(start)))]
    kept_by: dict[str, list[np.ndarray]] = defaultdict(list)
    states_by: dict[str, list[np.ndarray]] = defaultdict(list)
    for key, array in explanation.ledger.items():
        kept_by[LedgerName.parse(key).layer].append(array[0])
    for key, array in explanation.initial_states.items():
        states_by[key.split("/")[0]].append(array[0])
    for group in _groups(network.nodes):
        names = [node.name for node in group]
        sources = dict.fromkeys(source for node in group for source in node.inputs)
        arrives, size = _sum(at[name][0] for name in names)
        leaves, below = _sum(at[name][0] for name in sources)
        kept, in_kept = _sum(array for name in names for array in kept_by[name])
        states, in_states = _sum(array for name in names for array in states_by[name])
        allowed = relative * max(size, below + in_kept + in_states)
        rows.append((" and ".join(names), arrives, leaves, kept, states, allowed))
    table = pd.DataFrame(
        rows, columns=["layer", "arrives", "handed on", "kept", "initial states", "allowed"]
    )
    parts = table[["handed on", "kept", "initial states"]].sum(axis=1)
    table.insert(5, "error", table["arrives"] - parts)
    table["passed"] = table["error"].abs() <= table["allowed"]  # false for NaN
    return table


def check_sentence(table: pd.DataFrame) -> str:
    """`checks` in words."""
    failed = table.loc[~table["passed"], "layer"].tolist()
    if failed:
        return f"Failed at {', '.join(failed)}: what arrives there neither leaves nor is kept."
    worst = table.to_dict("records")[int(table["error"].abs().to_numpy().argmax())]
    return (
        f"Passed: each of {len(table)} places hands on or keeps all that arrives. The largest "
        f"error is {tiny(worst['error'])}, at {worst['layer']}; allowed there is "
        f"{tiny(worst['allowed'])}."
    )


def _groups(nodes: Sequence[Node]) -> list[list[Node]]:
    """Nodes by shared inputs, from the last one down."""
    groups: list[tuple[set[str], list[Node]]] = []
    for node in reversed(nodes):
        reads, members = set(node.inputs), [node]
        for other in [group for group in groups if group[0] & reads]:
            groups.remove(other)
            reads, members = reads | other[0], members + other[1]
        groups.append((reads, members))
    return [members for _, members in groups]


def _sum(arrays: Iterable[np.ndarray]) -> tuple[float, float]:
    """Sum and sum of sizes of everything in some arrays."""
    totals = [_total(array) for array in arrays]
    return sum(total for total, _ in totals), sum(size for _, size in totals)


def _total(array: np.ndarray) -> tuple[float, float]:
    return float(np.sum(array, dtype=np.float64)), float(np.abs(array).sum(dtype=np.float64))
