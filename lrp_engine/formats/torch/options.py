"""What a state dict does not say and the spec does, checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from lrp_engine.errors import FormatError, choices
from lrp_engine.formats.torch.attention_options import AttentionOptions
from lrp_engine.formats.torch.cells import CellOptions
from lrp_engine.formats.torch.named_weights import require
from lrp_engine.formats.torch.poolings import DIRECTIONS, POOLINGS
from lrp_engine.layers.activations import ACTIVATIONS

OPTIONS = ("order", "activation", "pooling", "directions", "rnn_activation", "conv", "epsilon",
           "attention", "cell")  # fmt: skip
_PADDINGS = ("valid", "same", "causal")
_MOST_STEPS = 10_000


@dataclass(frozen=True, kw_only=True)
class ConvOptions:
    """Of every Conv1d; the defaults are PyTorch's.

    Attributes:
        padding: zeros at either end, or a name.
        activation: behind it.
    """

    padding: int | str = 0
    stride: int = 1
    dilation: int = 1
    activation: str = "relu"

    @classmethod
    def checked(cls, given: Any) -> ConvOptions:
        require("conv", given, [item.name for item in fields(cls)])
        for key in ("padding", "stride", "dilation"):
            value = given.get(key)
            number = type(value) is int and (key != "padding") <= value <= _MOST_STEPS
            if value is not None and not number and not (key == "padding" and value in _PADDINGS):
                more = f" or one of {choices(_PADDINGS)}" if key == "padding" else ""
                raise FormatError(
                    f"The spec's conv has {key} {value!r:.60}; expected a number of steps{more}."
                )
        _check("conv's activation", given.get("activation"), ACTIVATIONS)
        return cls(**given)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a state dict does not say; None stands for "not given".

    Attributes:
        order: as they run: names of modules, several in a tuple side by side; between them may
            stand activations, poolings and "attention".
        activation: of the Linear layers before the last one: one for all, or one each.
        pooling: what of the states over time goes on, names in `POOLINGS`, side by side.
        directions: how both directions of the last recurrent layer become one.
        rnn_activation: of nn.RNN, "tanh" or "relu".
        epsilon: of normalization layers.
    """

    order: tuple[str | tuple[str, ...], ...] | None = None
    activation: str | tuple[str, ...] | None = None
    pooling: tuple[str, ...] | None = None
    directions: str | None = None
    rnn_activation: str | None = None
    conv: ConvOptions | None = None
    epsilon: float | None = None
    attention: AttentionOptions | None = None
    cell: CellOptions | None = None
    named: frozenset[str] = field(default_factory=frozenset)  # modules and arrays it speaks of

    @classmethod
    def checked(cls, given: Mapping[str, Any]) -> Options:
        """From the keys of a spec.

        Raises:
            FormatError: a value is not one of those that are valid.
        """
        values = {key: _frozen(value) for key, value in given.items()}
        order, activation, pooling = (values.get(k) for k in ("order", "activation", "pooling"))
        if order is not None and not _names(order):
            raise FormatError(f"The spec's order is {order!r:.80}, expected a list of layer names.")
        for name in activation if isinstance(activation, tuple) else [activation]:
            _check("activation", name, ACTIVATIONS)
        for name in pooling if isinstance(pooling, tuple) and pooling else [pooling]:
            _check("pooling", name, POOLINGS)
        if isinstance(pooling, str):
            values["pooling"] = (pooling,)
        elif pooling is not None and len({*pooling}) < len(pooling):
            raise FormatError(f"The spec's pooling names one twice: {pooling!r:.80}.")
        _check("directions", values.get("directions"), DIRECTIONS)
        _check("rnn_activation", values.get("rnn_activation"), ("tanh", "relu"))
        epsilon = values.get("epsilon")
        if epsilon is not None and not (type(epsilon) in (int, float) and 0 <= epsilon <= 1):
            raise FormatError(f"The spec has epsilon {epsilon!r:.60}, expected a number below 1.")
        named = {name for entry in order or () for name in _each(entry)}
        for key, kind in (("conv", ConvOptions), ("attention", AttentionOptions),
                          ("cell", CellOptions)):  # fmt: skip
            if values.get(key) is not None:
                values[key] = kind.checked(given[key])
                named |= {*getattr(values[key], "names", ())}
        return cls(**values, named=frozenset(named))


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _each(entry: str | tuple[str, ...]) -> Iterable[str]:
    return entry if isinstance(entry, tuple) else (entry,)


def _names(value: Any) -> bool:
    """Whether these are texts, or tuples of texts."""
    return isinstance(value, tuple) and all(
        isinstance(name, str)
        for entry in value
        for name in (entry if isinstance(entry, tuple) and entry else (entry,))
    )


def _check(key: str, value: Any, valid: Any) -> None:
    if value is not None and (not isinstance(value, str) or value not in valid):
        raise FormatError(f"The spec has {key} {value!r:.60}; choose from {choices(valid)}.")
