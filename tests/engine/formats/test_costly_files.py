"""Small files that ask for much: very many layers, very many values in JSON."""

from __future__ import annotations

import json
import time
from itertools import pairwise

import numpy as np
import pytest

import lrp_engine
from lrp_engine import FormatError
from lrp_engine.corpora.tables import open_table
from lrp_engine.errors import LensError
from lrp_engine.formats import json_texts
from lrp_engine.formats.json_texts import NotJsonError, parse_json
from lrp_engine.layers import LSTM, Activation, Dense, GlobalMaxPooling1D
from lrp_engine.model.graph import MOST_LAYERS, Node
from lrp_engine.model.network import Network
from tests import hostile
from tests.children import counted

PATIENCE = 5  # seconds of CPU time


def keras_of(layers: int, *, name: str = "a{}") -> bytes:
    """Activations and nothing else: 5,000 of them are a file of 0.6 MB."""
    listed = [
        {"class_name": "InputLayer", "config": {"name": "i", "batch_shape": [None, 3]}},
        *(
            {"class_name": "PReLU", "config": {"name": name.format(n), "shared_axes": None}}
            for n in range(layers)
        ),
        hostile.DENSE["config"]["layers"][-1],  # type: ignore[index]
    ]
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": listed}}

    def weigh(file) -> None:
        for n in range(layers):
            group = file.create_group(f"model_weights/{name.format(n)}")
            group.attrs["weight_names"] = ["alpha"]
            group["alpha"] = np.ones(3, "float32")

    return hostile.keras_h5(weigh, config=config)


def chain(count: int) -> Network:
    names = ["input", *(f"a{n}" for n in range(count))]
    nodes = [Node(name, Activation("relu"), (before,)) for before, name in pairwise(names)]
    return Network(nodes=(*nodes, Node("out", Dense(np.ones((3, 2))), (names[-1],))))


def test_networks_of_very_many_layers_are_refused_at_once():
    assert len(chain(MOST_LAYERS - 1).nodes) == MOST_LAYERS
    start = time.process_time()
    with pytest.raises(FormatError, match=r"layers count as 5,001 .*; up to 256 are read"):
        chain(5_000)
    for data in (keras_of(MOST_LAYERS), keras_of(2 * MOST_LAYERS + 2)):
        with pytest.raises(FormatError, match="up to 256 are read"):
            lrp_engine.load(data)
    assert time.process_time() - start < PATIENCE


def test_a_recurrent_layer_counts_as_several():
    def stack(count: int) -> Network:
        names = ["input", *(f"l{n}" for n in range(count))]
        layer = LSTM(np.ones((2, 8)), np.ones((2, 8)), np.ones(8), return_sequences=True)
        nodes = [Node(name, layer, (before,)) for before, name in pairwise(names)]
        return Network(nodes=(*nodes, Node("pool", GlobalMaxPooling1D(), (names[-1],)),
                              Node("out", Dense(np.ones((2, 2))), ("pool",))))  # fmt: skip

    assert stack(30).classes == 2
    with pytest.raises(FormatError, match=r"layers count as 258 "):
        stack(32)


LISTS = "[" + "[]," * 1_000_001 + "[]]"  # 3 MB


@pytest.mark.parametrize("option", ["vocabulary", "spec"])
def test_json_of_very_many_lists_is_refused_by_the_child(option, monkeypatch):
    children = counted(monkeypatch)
    text = LISTS if option == "vocabulary" else f'{{"layers": {LISTS}}}'
    with pytest.raises(LensError, match=r"holds 1,000,00\d lists and objects; up to 1,000,000"):
        lrp_engine.load(hostile.keras_h5(), **{option: text.encode()})
    assert len(children) >= 1


def test_a_text_is_read_by_the_child_only_where_it_is_large(monkeypatch):
    children = counted(monkeypatch)
    assert parse_json('{"a": [1, 2]}', "It") == {"a": [1, 2]}
    assert not children
    words = [f"word {n} [x]" for n in range(10_000)]
    assert parse_json(json.dumps(words), "It") == words
    assert len(children) == 1
    with pytest.raises(NotJsonError, match=r"^It is not valid JSON"):
        parse_json("[" * json_texts.SMALL + "1", "It")
    with pytest.raises(FormatError, match=r"It cannot be read. The JSON holds 10,001 values"):
        parse_json(json.dumps(words), "It", values=10_000)
    assert len(children) == 3


def test_a_line_of_very_many_lists_is_a_bad_row(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text(f'{{"text": "a"}}\n{{"text": "b", "more": {LISTS[:400_000]}0]}}\n', "utf-8")
    table = open_table(str(path), format="jsonl", text_column="text")
    texts, problems, _ = next(iter(table.blocks(10)))
    assert texts == ["a", None]
    assert problems == [None, "Line 2 holds more than 100,000 brackets."]
