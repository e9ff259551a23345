"""What a layer of a Keras model is called with, in the notation of Keras 2 or 3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lrp_engine.errors import FormatError
from lrp_engine.formats.companions.spec import listed
from lrp_engine.formats.keras.graph import CAUSAL


@dataclass(frozen=True)
class Call:
    """One call.

    Attributes:
        inputs, masks: names of layers whose outputs are given.
        constants: numbers among the arguments.
        causal: whether `use_causal_mask` is on.
    """

    inputs: tuple[str, ...]
    masks: tuple[str, ...]
    constants: list[Any]
    causal: bool


MOST_CALLS = 64  # of one layer; each is a layer of the network


def read_calls(name: str, nodes: Any) -> list[Call]:
    """All calls of a layer.

    Raises:
        FormatError: it is never called, or with what is not supported.
    """
    if not isinstance(nodes, list) or not 1 <= len(nodes) <= MOST_CALLS:
        times = len(nodes) if isinstance(nodes, list) else 0
        raise FormatError(f"Layer {name!r} is used {times} times, expected 1 to {MOST_CALLS}.")
    return [_call(name, node) for node in nodes]


def _call(name: str, node: Any) -> Call:
    if isinstance(node, Mapping):
        arguments, options = node.get("args", []), node.get("kwargs", {})
    else:  # Keras 2: [[layer, node, tensor, {options}], ...]
        arguments = [list(t[:3]) for t in node]
        options = {k: v for t in node if len(t) > 3 for k, v in t[3].items()}
    given = dict(options)
    mask = given.pop("mask", None)
    # Of MultiHeadAttention, which takes its inputs one by one.
    named_inputs = [given.pop(key) for key in ("query", "value", "key") if key in given]
    arguments = [arguments, named_inputs] if named_inputs else arguments
    if any(True for value in given.values() for _ in _tensors(value)):
        raise FormatError(
            f"Layer {name!r} gets a second input ({', '.join(map(repr, given))}), such as an "
            "initial state, which is not supported."
        )
    return Call(
        tuple(_tensors(arguments)),
        tuple(_tensors(mask)),
        [a for a in arguments if isinstance(a, (int, float)) and not isinstance(a, bool)],
        bool(given.get(CAUSAL)),
    )


def _tensors(value: Any) -> Iterator[str]:
    """Names of the layers whose outputs occur in a value, in order."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            if is_tensor(value):
                yield producer(value)
            else:
                waiting.extend(reversed(list(value.values())))
        elif isinstance(value, list):
            if is_tensor(value):
                yield producer(value)
            else:
                waiting.extend(reversed(value))


def is_tensor(value: Any) -> bool:
    """Whether a value is the output of a layer, in the notation of Keras 2 or 3."""
    if isinstance(value, Mapping):
        history = get(value.get("config", {}), "keras_history", None)
        return value.get("class_name") == "__keras_tensor__" and history is not None
    return _is_history(value)


def _is_history(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and isinstance(value[0], str)
        and all(type(n) is int for n in value[1:])
    )


def producer(tensor: Any) -> str:
    """The layer whose output a tensor is."""
    history = tensor["config"]["keras_history"] if isinstance(tensor, Mapping) else tensor
    if not _is_history(history):
        raise FormatError("The Keras model has a connection that cannot be read.")
    return named(*history)


def named(layer: str, call: int, output: int) -> str:
    """What an output of a call is called among the entries: as its layer, where it is the first."""
    name = f"{layer}:{call}" if call else layer
    return f"{name}.{output}" if output else name


def states_read(layers: Iterable[Any], outputs: Any) -> dict[str, dict[tuple[int, int], None]]:
    """Which other outputs than the first are read of which call, by layer."""
    found: dict[str, dict[tuple[int, int], None]] = {}
    waiting = [*(layer.get("inbound_nodes") for layer in layers), outputs]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list) and len(value) > 3 and is_tensor(value[:3]):  # with options
            waiting.extend([value[:3], *value[3:]])
        elif is_tensor(value):
            history = value["config"]["keras_history"] if isinstance(value, Mapping) else value
            producer(value)
            layer, call, output = history
            if output:
                found.setdefault(layer, {})[(call, output)] = None
        elif isinstance(value, Mapping):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return found


def input_layers(layers: Any) -> tuple[str, ...]:
    """The layers of the model's inputs, in their order.

    Raises:
        FormatError: it has none, or one twice.
    """
    names = tuple(_tensors(layers))
    if not names:
        raise FormatError("The Keras model has no inputs, expected one or several.")
    if len(set(names)) != len(names):
        raise FormatError(f"The Keras model names an input twice: {listed(names)}.")
    return names


def output_layers(layers: Any) -> tuple[str, ...]:
    """What gives the model's outputs, in their order.

    Raises:
        FormatError: there is none.
    """
    names = tuple(dict.fromkeys(_tensors(layers)))
    if not names:
        raise FormatError("The Keras model has no outputs, expected one or several.")
    return names


def output_keys(layers: Any) -> dict[str, str]:
    """What a model that gives a dictionary calls its outputs, by what gives them."""
    keys: dict[str, str] = {}
    if isinstance(layers, Mapping) and not is_tensor(layers):
        for key, value in layers.items():
            if is_tensor(value):
                keys.setdefault(producer(value), str(key))
    return keys


_REQUIRED = object()


def get(value: Any, key: str, default: Any = _REQUIRED) -> Any:
    """An entry of a configuration; raises FormatError where it is missing without a default."""
    if isinstance(value, Mapping) and key in value:
        return value[key]
    if default is _REQUIRED:
        raise FormatError(f"The Keras model lacks {key!r}; its configuration is damaged.")
    return default
