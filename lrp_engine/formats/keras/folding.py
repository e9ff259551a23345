"""Several entries of a Keras graph that are one layer here."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from lrp_engine.formats.keras.graph import Entry, Graph


def fold(graph: Graph) -> Graph:
    """The graph as it is assembled: the same computation in fewer layers.

    RepeatVector(n) of scores (B, T), then Permute((2, 1)), gives every unit of a product the score
    of its time step: the usual way to apply attention weights with `Multiply`. That spreads a
    single unit by itself, so the scores are only given a unit axis, (B, T, 1).
    """
    by_name = {entry.name: entry for entry in graph.entries}
    readers: dict[str, list[Entry]] = defaultdict(list)
    for entry in graph.entries:
        for name in entry.inputs:
            readers[name].append(entry)
    folded: dict[str, Entry | None] = {}
    for turn in graph.entries:
        repeat = by_name.get(turn.inputs[0]) if turn.inputs else None
        if (
            turn.kind == "Permute"
            and list(turn.config.get("dims", ())) == [2, 1]
            and repeat is not None
            and repeat.kind == "RepeatVector"
            and readers[repeat.name] == [turn]
            and readers[turn.name]
            and all(reader.kind == "Multiply" for reader in readers[turn.name])
        ):
            folded[repeat.name] = None
            config = {"target_shape": [-1, 1]}
            folded[turn.name] = replace(turn, kind="Reshape", config=config, inputs=repeat.inputs)
    entries = (folded.get(entry.name, entry) for entry in graph.entries)
    return replace(graph, entries=tuple(entry for entry in entries if entry is not None))
