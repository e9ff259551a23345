"""SavedModels of Keras made to do harm, and their parts: a table of variables and messages."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lrp_engine.formats.containers.wire import fields

GENUINE = Path(__file__).parent / "fixtures" / "keras2" / "bilstm_saved.zip"
METADATA, INDEX = "model/keras_metadata.pb", "model/variables/variables.index"
GRAPH = "model/saved_model.pb"
DATA = "model/variables/variables.data-00000-of-00001"
Field = int | bytes | str


def varint(value: int) -> bytes:
    found = b""
    while value > 0x7F:
        found, value = found + bytes([value & 0x7F | 0x80]), value >> 7
    return found + bytes([value])


def message(*fields: tuple[int, Field]) -> bytes:
    """Fields by number: whole numbers, texts and messages."""
    found = b""
    for number, value in fields:
        if isinstance(value, int):
            found += varint(number << 3) + varint(value)
            continue
        raw = value.encode() if isinstance(value, str) else value
        found += varint(number << 3 | 2) + varint(len(raw)) + raw
    return found


def _block(entries: Mapping[bytes, bytes]) -> bytes:
    body = b"".join(
        varint(0) + varint(len(key)) + varint(len(value)) + key + value
        for key, value in entries.items()
    )
    return body + struct.pack("<II", 0, 1)


def table(entries: Mapping[bytes, bytes], *, compression: int = 0, magic: int = 0xDB4775248B80FB57,
          at: int = 0) -> bytes:  # fmt: skip
    """A sorted table of one block; `at` moves where its index says that the block lies."""
    block = _block(entries)
    trailer = bytes([compression]) + bytes(4)
    index = _block({b"z": varint(at) + varint(len(block))})
    handles = varint(0) + varint(0) + varint(len(block) + 5) + varint(len(index))
    footer = handles.ljust(40, b"\0") + struct.pack("<Q", magic)
    return block + trailer + index + bytes(5) + footer


def layers(*described: tuple[str, Any]) -> bytes:
    return b"".join(
        message((1, message((3, path), (5, json.dumps(value))))) for path, value in described
    )


DENSE = {"name": "d", "class_name": "Dense", "config": {"name": "d", "units": 2}}
MODEL = {
    "name": "m", "keras_version": "2.12.0", "class_name": "Sequential",
    "config": {"layers": [
        {"class_name": "InputLayer", "config": {"name": "i", "batch_input_shape": [None, 3]}},
        {key: DENSE[key] for key in ("class_name", "config")},
    ]},
}  # fmt: skip
LAYERS = (("root", MODEL), ("root.layer_with_weights-0", DENSE))
OBJECTS = (
    {"layer_with_weights-0": 1}, {"variables": 2}, {"0": 3, "1": 4}, "kernel", "bias",
)  # fmt: skip


def made(
    *,
    described: tuple[tuple[str, Any], ...] = LAYERS,
    objects: tuple[Any, ...] = OBJECTS,
    entry: Mapping[int, Field] | None = None,
    shards: int = 1,
    **of_table: int,
) -> bytes:
    """A SavedModel with one Dense layer; `entry` replaces fields of its kernel's."""
    nodes = b"".join(
        message((1, message((2, message((3, node))))))
        if isinstance(node, str)
        else message((1, b"".join(message((1, message((1, number), (2, name))))
                                  for name, number in node.items())))
        for node in objects
    )  # fmt: skip
    text = varint(len(nodes)) + bytes(4) + nodes
    kernel = {1: 1, 2: message((2, message((1, 3))), (2, message((1, 2)))), 4: 0, 5: 24}
    bias = {1: 1, 2: message((2, message((1, 2)))), 4: 24, 5: 8}
    listed = {1: 7, 4: 32, 5: len(text)}
    entries = {
        b"": message((1, shards)),
        b"_CHECKPOINTABLE_OBJECT_GRAPH": message(*listed.items()),
        b"bias": message(*bias.items()),
        b"kernel": message(*{**kernel, **(entry or {})}.items()),
    }
    numbers = struct.pack("<8f", *range(8))
    return zipped(
        {METADATA: layers(*described), INDEX: table(entries, **of_table), DATA: numbers + text}
    )


def graph(*described: tuple[str, Any], children: Mapping[int, int] | None = None) -> bytes:
    """What saved_model.pb holds before Keras 2.5: a graph that nobody reads, then objects.

    Args:
        children: further ones, by the number of their parents.
    """
    paths, nodes = [path for path, _ in described], []
    for number, (path, value) in enumerate(described):
        below = [(n, other.rpartition(".")[2]) for n, other in enumerate(paths)
                 if other.rpartition(".")[0] == path]  # fmt: skip
        below += [(child, "layer-9") for parent, child in (children or {}).items()
                  if parent == number]  # fmt: skip
        own = message((1, "_tf_keras_layer"), (3, json.dumps(value)))
        references = b"".join(message((1, message((1, n), (2, name)))) for n, name in below)
        nodes.append((1, references + message((4, own))))
    return message((1, 1), (2, message((1, b""), (2, b"\xffgraph"), (7, message(*nodes)))))


def older_graph() -> bytes:
    """What Keras 2.15 says of its layers, in the layout from before Keras 2.5."""
    described = []
    for number, node in fields(members()[METADATA]):
        told = dict(fields(node)) if number == 1 and isinstance(node, bytes) else {}
        path = bytes(told.get(3, b"")).decode()
        if re.fullmatch(r"root(\.layer(_with_weights)?-\d+)*", path):
            described.append((path, json.loads(bytes(told[5]))))
    return graph(*described)


def older(data: bytes | None = None) -> bytes:
    """What Keras 2.15 wrote, in the layout from before Keras 2.5; `data`: its saved_model.pb."""
    parts = {name: one for name, one in members().items() if name != METADATA}
    return zipped({**parts, GRAPH: older_graph() if data is None else data})


def zipped(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def members() -> dict[str, bytes]:
    """Of what Keras 2 wrote."""
    with zipfile.ZipFile(GENUINE) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def without(name: str) -> Callable[[], bytes]:
    return lambda: zipped({key: data for key, data in members().items() if key != name})


def replaced(name: str, data: bytes) -> bytes:
    return zipped({**members(), name: data})


def shape(*sizes: int) -> bytes:
    return b"".join(message((2, message((1, size)))) for size in sizes)


def _older(data: bytes) -> bytes:
    """With a Dense layer's variables and this saved_model.pb."""
    with zipfile.ZipFile(io.BytesIO(made())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if name != METADATA}
    return zipped({**parts, GRAPH: data})


_SUBCLASS = {**MODEL, "class_name": "Mine", "config": {}}
SAVED: dict[str, tuple[Callable[[], bytes], str]] = {
    "no_index": (without(INDEX), "lacks variables/variables.index"),
    "no_data": (without(DATA), "lacks 'model/variables/variables.data-00000"),
    "two": (lambda: zipped({**members(), "b/keras_metadata.pb": b""}), "holds 2 SavedModels"),
    "no_layers": (lambda: made(described=()), "describes no model"),
    "of_an_author": (lambda: made(described=(("root", _SUBCLASS),)), "of class 'Mine'"),
    "no_json": (lambda: replaced(METADATA, message((1, message((3, "root"), (5, "{"))))),
                "not valid JSON"),
    "list_as_model": (lambda: made(described=(("root", [1]),)), "describes no model"),
    "without_variables": (lambda: made(objects=({},)), "0 arrays of weights"),
    "circle": (lambda: made(objects=({"layer_with_weights-0": 0},)), "0 arrays of weights"),
    "number_as_layers": (lambda: replaced(METADATA, message((1, 5))), "is damaged"),
    "index_of_zeros": (lambda: replaced(INDEX, bytes(100)), "is damaged"),
    "index_of_nothing": (lambda: replaced(INDEX, b""), "is damaged"),
    "compressed": (lambda: made(compression=1), "is compressed"),
    "magic": (lambda: made(magic=1), "is damaged"),
    "block_elsewhere": (lambda: made(at=2**40), "is damaged"),
    "objects_elsewhere": (lambda: made(objects=({"layer_with_weights-0": 2**40},)), "0 arrays"),
    "data_cut_off": (lambda: replaced(DATA, members()[DATA][:100]), "is damaged"),
    "shards": (lambda: made(shards=2**40), "is damaged"),
    "no_shards": (lambda: made(shards=0), "is damaged"),
    "shard": (lambda: made(entry={3: 5}), "is damaged"),
    "offset": (lambda: made(entry={4: 2**61}), "is damaged"),
    "offset_below": (lambda: made(entry={4: 2**64 - 8}), "is damaged"),
    "size": (lambda: made(entry={5: 8}), "has 8 bytes, expected 24"),
    "bomb": (lambda: made(entry={2: shape(2**20, 2**20)}), "declares"),
    "huge": (lambda: made(entry={2: shape(2**61, 2**61)}), "declares"),
    "axes": (lambda: made(entry={2: shape(*[1] * 50)}), "no shape of a weight"),
    "texts": (lambda: made(entry={1: 7}), "1 arrays of weights"),
    "slices": (lambda: made(entry={7: b""}), "in slices"),
    "older_circle": (lambda: _older(graph(LAYERS[0], children={0: 0})), "0 arrays of weights"),
    "older_nothing": (lambda: _older(b""), "lists no layers"),
    "older_elsewhere": (
        lambda: _older(graph(LAYERS[0], children={0: 2**40})), "0 arrays of weights"
    ),
    "older_broken": (lambda: _older(graph(*LAYERS)[:-9]), "lists no layers"),
    "older_of_an_author": (lambda: _older(graph(("root", _SUBCLASS))), "of class 'Mine'"),
}  # fmt: skip
