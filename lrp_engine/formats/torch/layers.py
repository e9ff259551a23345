"""PyTorch modules as layers: gate orders, biases, stacks, directions; and what is assumed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError, choices
from lrp_engine.formats.plain import about_output
from lrp_engine.formats.torch.state import Arrays, Module
from lrp_engine.layers import (
    GRU,
    LSTM,
    Bidirectional,
    Dense,
    Embedding,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    Layer,
    SimpleRNN,
)
from lrp_engine.layers.activations import ACTIVATIONS
from lrp_engine.layers.lstm import reorder_gates
from lrp_engine.model.assumption import Assumption
from lrp_engine.model.graph import INPUT, Node

OPTIONS = ("order", "activation", "pooling", "rnn_activation")
# What of the states over time goes on: the final one, or what a layer makes of all of them.
POOLINGS: Mapping[str, Layer | None] = {
    "last": None, "mean": GlobalAveragePooling1D(), "max": GlobalMaxPooling1D()
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a state dict does not say; None stands for "not given".

    Attributes:
        order: names of the modules as they run.
        activation: of the Linear layers before the last one: one for all, or one each.
        pooling: what of a recurrent layer's states over time goes on, a name in `POOLINGS`.
        rnn_activation: of nn.RNN, "tanh" or "relu".
    """

    order: tuple[str, ...] | None = None
    activation: str | tuple[str, ...] | None = None
    pooling: str | None = None
    rnn_activation: str | None = None

    @classmethod
    def checked(cls, given: Mapping[str, Any]) -> Options:
        """From the keys of a spec.

        Raises:
            FormatError: a value is not one of those that are valid.
        """
        values = {
            key: tuple(value) if isinstance(value, list) else value for key, value in given.items()
        }
        order, activation = values.get("order"), values.get("activation")
        if order is not None and not _texts(order):
            raise FormatError(f"The spec's order is {order!r:.80}, expected a list of layer names.")
        for name in activation if isinstance(activation, tuple) else [activation]:
            _check("activation", name, ACTIVATIONS)
        _check("pooling", values.get("pooling"), (*POOLINGS,))
        _check("rnn_activation", values.get("rnn_activation"), ("tanh", "relu"))
        return cls(**values)  # type: ignore[arg-type]


def _texts(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(entry, str) for entry in value)


def _check(key: str, value: Any, valid: Any) -> None:
    if value is not None and (not isinstance(value, str) or value not in valid):
        raise FormatError(f"The spec has {key} {value!r:.60}; choose from {choices(valid)}.")


def nodes(order: Sequence[Module], options: Options) -> list[Node]:
    """The layers of modules in the order they run."""
    hidden = [module for module in order[:-1] if module.kind == "linear"]
    activations = dict(zip((m.name for m in hidden), _activations(hidden, options), strict=True))
    last_recurrent = max(
        (n for n, module in enumerate(order) if module.kind == "recurrent"), default=-1
    )
    if options.pooling is not None and last_recurrent < 0:
        raise FormatError(
            f"The spec has pooling {options.pooling!r}, but the file holds no recurrent layer, so "
            "there are no states over time."
        )
    pooling = POOLINGS[options.pooling or "last"]
    chain: list[Node] = []
    for position, module in enumerate(order):
        layers: list[tuple[str, Layer]]
        if module.kind == "embedding":
            layers = [(module.name, Embedding(module.arrays["weight"]))]
        elif module.kind == "linear":
            kernel = module.arrays["weight"].T
            activation = activations.get(module.name, "linear")
            layers = [(module.name, Dense(kernel, module.arrays.get("bias"), activation))]
        else:
            final = position == last_recurrent
            layers = _stack(module, options, sequences=pooling is not None or not final)
            if pooling is not None and final:
                layers.append((f"{module.name}.{options.pooling}", pooling))
        for name, layer in layers:
            chain.append(Node(name, layer, (chain[-1].name if chain else INPUT,)))
    return chain


def _activations(hidden: Sequence[Module], options: Options) -> Sequence[str]:
    given = options.activation or "relu"
    if isinstance(given, str):
        return [given] * len(hidden)
    if len(given) != len(hidden):
        raise FormatError(
            f"The spec has {len(given)} activations; the Linear layers before the last one are "
            f"{len(hidden)}: {', '.join(m.name for m in hidden):.200}."
        )
    return given


def _stack(module: Module, options: Options, *, sequences: bool) -> list[tuple[str, Layer]]:
    """One layer for each of `num_layers`; all but the last return whole sequences."""
    depth = sum(name.startswith("weight_ih_") for name in module.arrays) // _directions(module)
    layers: list[tuple[str, Layer]] = []
    taken: set[str] = set()
    for level in range(depth):
        whole = sequences or level < depth - 1
        one = _direction(module, level, "", options, whole, taken)
        layer: Layer = one
        if _directions(module) == 2:
            layer = Bidirectional(one, _direction(module, level, "_reverse", options, whole, taken))
        layers.append((module.name if depth == 1 else f"{module.name}.l{level}", layer))
    left = set(module.arrays) - taken
    if left:
        raise FormatError(
            f"{module.name}.{min(left)!s:.60} belongs to no complete layer of {module.name!r:.60}; "
            "the state dict is incomplete."
        )
    return layers


def _blocks(module: Module) -> int:
    """Rows of weight_hh per hidden unit."""
    rows, columns = module.arrays["weight_hh_l0"].shape
    return rows // columns if columns else 0


def _directions(module: Module) -> int:
    return 2 if "weight_ih_l0_reverse" in module.arrays else 1


def _direction(
    module: Module, level: int, suffix: str, options: Options, sequences: bool, taken: set[str]
) -> LSTM | GRU | SimpleRNN:
    end = f"_l{level}{suffix}"
    names = [f"weight_ih{end}", f"weight_hh{end}"]
    if f"bias_ih{end}" in module.arrays or f"bias_hh{end}" in module.arrays:
        names += [f"bias_ih{end}", f"bias_hh{end}"]
    for name in names:
        if name not in module.arrays:
            raise FormatError(f"The state dict lacks '{module.name}.{name}'.")
    taken.update(names)
    Wx, Wh, *biases = (module.arrays[name] for name in names)
    if Wx.ndim != 2 or Wh.ndim != 2 or Wx.shape[0] != Wh.shape[0] or 0 in Wh.shape:
        raise FormatError(
            f"'{module.name}.{names[0]}' has shape {Wx.shape} and {names[1]} {Wh.shape}; expected "
            "matrices with equally many rows."
        )
    blocks, rest = divmod(len(Wh), Wh.shape[1])
    if rest or blocks not in _KINDS:
        raise FormatError(
            f"'{module.name}.{names[1]}' has shape {Wh.shape}; an LSTM has four rows per column, a "
            "GRU three, an RNN one."
        )
    for name, bias in zip(names[2:], biases, strict=True):
        if bias.shape != (len(Wh),):
            raise FormatError(
                f"'{module.name}.{name}' has shape {bias.shape}, expected ({len(Wh)},)."
            )
    biases = biases or [np.zeros(len(Wh), Wh.dtype)] * 2
    return _KINDS[blocks](
        {"Wx": Wx.T, "Wh": Wh.T, "bx": biases[0], "bh": biases[1]},
        options,
        return_sequences=sequences,
        go_backwards=bool(suffix),
    )


def _lstm(weights: Arrays, options: Options, **flags: bool) -> LSTM:
    """Blocks i f g o; the two biases always stand together."""
    kernel, recurrent, bias = (
        reorder_gates(array, "ifgo")
        for array in (weights["Wx"], weights["Wh"], _sum(weights["bx"], weights["bh"]))
    )
    return LSTM(kernel, recurrent, bias, **flags)  # type: ignore[arg-type]


def _gru(weights: Arrays, options: Options, **flags: bool) -> GRU:
    """Blocks r z n, n = tanh(W x + b + r (U h + b')): the two biases stay apart."""
    arrays = [_update_first(weights[name]) for name in ("Wx", "Wh", "bx", "bh")]
    return GRU(*arrays, **flags)  # type: ignore[arg-type]


def _update_first(array: np.ndarray) -> np.ndarray:
    """From r z n to z r n."""
    r, z, n = np.split(array, 3, axis=-1)
    return np.concatenate([z, r, n], axis=-1)


def _rnn(weights: Arrays, options: Options, **flags: bool) -> SimpleRNN:
    """One block; the two biases stand together."""
    return SimpleRNN(
        weights["Wx"],
        weights["Wh"],
        _sum(weights["bx"], weights["bh"]),
        options.rnn_activation or "tanh",
        **flags,
    )


def _sum(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """In the precision of the computation to come, at most float64."""
    return one.astype(np.float64) + two


# Rows of weight_hh per hidden unit -> the layer.
_KINDS: dict[int, Callable[..., LSTM | GRU | SimpleRNN]] = {4: _lstm, 3: _gru, 1: _rnn}


def assumptions(order: Sequence[Module], options: Options, output: str | None) -> list[str]:
    """What the state dict did not say and the caller did not either, as sentences."""
    sentences: list[str] = []
    names = [module.name for module in order]
    recurrent = [module for module in order if module.kind == "recurrent"]
    hidden = [module.name for module in order[:-1] if module.kind == "linear"]
    if options.order is None and len(order) > 1:
        sentences.append(f"The layers run in this order: {', '.join(names)}.")
    if hidden and options.activation is None:
        said = f"{', '.join(hidden)}: the activation after it is ReLU."
        sentences.append(Assumption(said, "activation"))
    if recurrent:
        last = recurrent[-1]
        if options.pooling is None:
            both = (
                " of both directions, side by side (forward after the last token, backward after "
                "the first)"
                if _directions(last) == 2
                else ""
            )
            said = f"{last.name}: what goes on is the final hidden state{both}."
            sentences.append(Assumption(said, "pooling"))
        if options.rnn_activation is None and any(_blocks(module) == 1 for module in recurrent):
            said = "nn.RNN: the activation inside is tanh."
            sentences.append(Assumption(said, "rnn_activation"))
        said = (
            "Every text is read without padding, as with pack_padded_sequence; h_0 and c_0 are "
            "zero."
        )
        sentences.append(Assumption(said, "tokenizer.length"))
    if output is None:
        sentences.append(about_output(order[-1].outputs))
    return sentences
