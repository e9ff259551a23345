"""Keras models in TensorFlow's SavedModel: what they say of layers, and the variables.

The graph is never parsed. Layers stand as JSON in `keras_metadata.pb`, before Keras 2.5 among the
objects in `saved_model.pb`; numbers in a checkpoint beside it. Sources, of TensorFlow:
tensor_bundle.proto, trackable_object_graph.proto, saved_object_graph.proto; of Keras 2:
saved_metadata.proto.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO, NamedTuple

from .messages import Output
from .refusal import RefusalError, quoted
from .wire import Field, fields, table, varint

KIND = "saved_model"
GRAPH, METADATA, INDEX = "saved_model.pb", "keras_metadata.pb", "variables/variables.index"
LAYERS, OBJECTS, ARRAYS = "layers", "objects", "variables"  # what is emitted
SAVE_AGAIN = "tf_keras.models.load_model('FOLDER').save('model.keras')"
WITHOUT_LAYERS = (
    "This TensorFlow SavedModel lists no layers, neither in keras_metadata.pb nor in "
    "saved_model.pb, as those of model.export and tf.saved_model.save do not; its graph is never "
    "run. Save the model where it was built, "
    "model.save('model.keras'); or, where Keras 2 wrote it, pip install tf_keras, then import "
    f"tf_keras; {SAVE_AGAIN}."
)
_OBJECTS = b"_CHECKPOINTABLE_OBJECT_GRAPH"
_SHARDS = 100
_OF_KERAS = "_tf_keras_"  # how the kinds of its objects are called
_LAYER = re.compile(r"layer(_with_weights)?-\d{1,6}")
# DataType -> how it lies in a shard. Others are never weights: texts, counters, seeds.
_TYPES = {1: "<f4", 2: "<f8", 14: "bfloat16", 19: "<f2"}
_TEXT = 7

Open = Callable[[str], BinaryIO]


class _Entry(NamedTuple):
    """Where a variable lies."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int


def folder(names: Iterable[str]) -> str | None:
    """The folder of a Keras model among the members of an archive, with its slash; None for none.

    Raises:
        RefusalError: there are several.
    """
    ends = {name: name.split("/")[-1] for name in names}
    for part in (METADATA, GRAPH):
        found = [name.removesuffix(part) for name, end in ends.items() if end == part]
        if len(found) > 1:
            raise RefusalError(
                f"The zip file holds {len(found)} SavedModels, in {quoted(found[0])} and "
                f"{quoted(found[1])}; give one of them."
            )
        if found:
            return found[0]
    return None


def unpack(open_member: Open, names: Iterable[str], start: str, output: Output) -> None:
    """Emit the texts `LAYERS` and `OBJECTS` and the arrays `variables/KEY`.

    Args:
        open_member: a member of the archive as a seekable stream.
        names: of all members. start: the model's folder, "" or with its slash.
    """
    try:
        if f"{start}{METADATA}" in names:
            layers = _layers(_read(open_member, f"{start}{METADATA}", output), output)
        else:
            layers = _older_layers(_read(open_member, f"{start}{GRAPH}", output), output)
        if f"{start}{INDEX}" not in names:
            raise RefusalError(
                f"The SavedModel lacks {INDEX}; give its whole folder, with variables/, as a zip."
            )
        _emit(LAYERS, layers, output)
        shards, entries, objects = _index(_read(open_member, f"{start}{INDEX}", output), output)
        streams = []
        for n in range(shards):
            name = f"{start}variables/variables.data-{n:05}-of-{shards:05}"
            if name not in names:
                raise RefusalError(
                    f"The SavedModel lacks {quoted(name)}; give its whole folder as a zip."
                )
            streams.append(open_member(name))
        _emit(OBJECTS, _objects(_text(streams, objects, output), output), output)
        for key, entry in entries.items():
            if entry.dtype in _TYPES:
                _variable(key, entry, streams, output)
    except ValueError:
        raise RefusalError(
            "The SavedModel is damaged: its list of layers or of variables is broken."
        ) from None


def _variable(key: str, entry: _Entry, streams: list[BinaryIO], output: Output) -> None:
    stream = _at(streams, entry)
    needed = output.begin(f"{ARRAYS}/{key}", _TYPES[entry.dtype], entry.shape)
    if entry.size != needed:
        raise RefusalError(
            f"The variable {quoted(key)} has {entry.size} bytes, expected {needed} for shape "
            f"{entry.shape}."
        )
    output.copy(stream, needed, f"the variable {quoted(key)}")


def _read(open_member: Open, name: str, output: Output) -> bytes:
    stream = open_member(name)
    stream.seek(0)
    data = stream.read(output.limits.text_bytes + 1)
    if len(data) > output.limits.text_bytes:
        raise RefusalError(f"The member {quoted(name)} is larger than any list of layers.")
    return data


def _emit(name: str, value: Any, output: Output) -> None:
    text = json.dumps(value).encode()
    output.text(name, io.BytesIO(text), len(text))


def _layers(data: bytes, output: Output) -> list[list[str]]:
    """Path and description of each object that Keras describes."""
    found = []
    for number, node in fields(data):
        if number == 1:
            output.count()
            parts = dict(fields(_bytes(node)))
            found.append([_string(parts.get(3, b"")), _string(parts.get(5, b""))])
    return found


def _older_layers(data: bytes, output: Output) -> list[list[str]]:
    """The same of `saved_model.pb`, where Keras wrote it before 2.5.

    Raises:
        RefusalError: it lists none.
    """
    found: list[list[str]] = []
    try:
        nodes = _saved_objects(data)
        waiting, seen = [("root", 0)], {0}
        for path, number in waiting:  # it grows
            output.count()
            children, description = _saved_object(nodes[number])
            if description is not None:
                found.append([path, description])
            for name, child in children:
                if _LAYER.fullmatch(name) and child < len(nodes) and child not in seen:
                    seen.add(child)
                    waiting.append((f"{path}.{name}", child))
    except (ValueError, IndexError):
        found = []
    if not found:
        raise RefusalError(WITHOUT_LAYERS)
    return found


def _saved_objects(data: bytes) -> list[bytes]:
    """The objects of the first graph; the graph itself is stepped over."""
    graphs = (value for number, value in fields(data) if number == 2)
    for number, value in fields(_bytes(next(graphs, b""))):
        if number == 7:
            return [_bytes(node) for kind, node in fields(_bytes(value)) if kind == 1]
    return []


def _saved_object(data: bytes) -> tuple[list[tuple[str, int]], str | None]:
    """Names and numbers of an object's children, and what Keras says of it."""
    children, description = [], None
    for number, value in fields(data):
        if number == 1:
            child = dict(fields(_bytes(value)))
            children.append((_string(child.get(2, b"")), _number(child.get(1, 0))))
        elif number == 4:
            described = dict(fields(_bytes(value)))
            if _string(described.get(1, b"")).startswith(_OF_KERAS):
                description = _string(described.get(3, b""))
    return children, description


def _index(data: bytes, output: Output) -> tuple[int, dict[str, _Entry], _Entry]:
    """The number of shards, the variables by key, and where their objects are listed."""
    entries: dict[str, _Entry] = {}
    shards, objects = 0, None
    for key, value in table(data, output):
        if key == b"":
            header = dict(fields(value))
            shards = _number(header.get(1, 0))
            if header.get(2, 0) != 0 or not 0 < shards <= _SHARDS:
                raise ValueError("another byte order, or too many shards")
        elif key == _OBJECTS:
            objects = _entry(value)
        else:
            entries[_string(key)] = _entry(value)
    if objects is None:
        raise ValueError("no list of objects")
    if any(entry.shard >= shards for entry in (*entries.values(), objects)):
        raise ValueError("no such shard")
    return shards, entries, objects


def _entry(value: bytes) -> _Entry:
    parts = dict(fields(value))
    if 7 in parts:
        raise RefusalError(
            "The SavedModel keeps a variable in slices, as training on several machines does; load "
            "it in TensorFlow and save it again."
        )
    shape = [
        _number(dict(fields(_bytes(dim))).get(1, 0))
        for number, dim in fields(_bytes(parts.get(2, b"")))
        if number == 2
    ]
    dtype, shard, offset, size = (_number(parts.get(n, 0)) for n in (1, 3, 4, 5))
    return _Entry(dtype, tuple(shape), shard, offset, size)


def _objects(data: bytes, output: Output) -> list[dict[str, Any]]:
    """Of each object its children by name, and the key of its value."""
    found = []
    for number, node in fields(data):
        if number != 1:
            continue
        output.count()
        children: dict[str, int] = {}
        key = None
        for part, value in fields(_bytes(node)):
            if part == 1:
                child = dict(fields(_bytes(value)))
                children[_string(child.get(2, b""))] = _number(child.get(1, 0))
            elif part == 2:
                key = _string(dict(fields(_bytes(value))).get(3, b""))
        found.append({"children": children, "key": key})
    return found


def _text(streams: list[BinaryIO], entry: _Entry, output: Output) -> bytes:
    """A single text: its length, a checksum of four bytes, its bytes."""
    if entry.dtype != _TEXT or entry.shape or entry.size > output.limits.text_bytes:
        raise ValueError("no list of objects")
    raw = _at(streams, entry).read(entry.size)
    length, at = varint(raw, 0)
    if at + 4 + length != len(raw):
        raise ValueError("the list of objects ends early")
    return raw[at + 4 :]


def _at(streams: list[BinaryIO], entry: _Entry) -> BinaryIO:
    stream = streams[entry.shard]
    if entry.offset + entry.size > stream.seek(0, io.SEEK_END):
        raise ValueError("a variable ends behind its file")
    stream.seek(entry.offset)
    return stream


def _bytes(value: Field) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number where a message was expected")
    return value


def _number(value: Field) -> int:
    if not isinstance(value, int) or value >= 2**62:
        raise ValueError("no number that a size can have")
    return value


def _string(value: Field) -> str:
    return _bytes(value).decode("utf-8")  # UnicodeDecodeError is a ValueError
