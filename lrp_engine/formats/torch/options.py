"""What a state dict does not say and the spec does, checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from lrp_engine.errors import FormatError, choices
from lrp_engine.formats.torch.attention_options import AttentionOptions
from lrp_engine.formats.torch.cells import CellOptions
from lrp_engine.formats.torch.named_weights import require
from lrp_engine.formats.torch.poolings import DIRECTIONS, EVERY, MOST_STEPS, POOLINGS, Window
from lrp_engine.layers.activations import ACTIVATIONS

_PADDINGS = ("valid", "same", "causal")
# Key of a spec -> what it means, and what holds without it: a line of docs/formats.md.
OPTIONS: Mapping[str, str] = {
    "order": "names of the layers as they run, convolutions side by side in a list of their own; "
    'between them may stand activations, poolings, pooling in windows (`{"max_pool": 2}`, '
    '`{"average_pool": 3, "stride": 1}`) and `"attention"`; as listed where the sizes fit, else '
    "the first order that fits",
    "activation": "between Linear layers, behind a normalization that follows: one name or one "
    'each; `"relu"`',
    "pooling": "of the last recurrent layer's states over time, a name below or several side by "
    'side; `"last"`, behind convolutions alone `"max"`, behind an embedding alone `"mean"` (as '
    "`nn.EmbeddingBag`)",
    "directions": "of the last recurrent layer: "
    + " or ".join(f'`"{name}"`' for name in DIRECTIONS)
    + '; `"concat"`',
    "rnn_activation": 'of `nn.RNN`: `"tanh"` or `"relu"`; `"tanh"`',
    "conv": "of every `nn.Conv1d`: `padding` (steps at either end, or "
    + ", ".join(f'`"{name}"`' for name in _PADDINGS)
    + "), `stride`, `dilation`, each also a list with one for each; `activation`; 0, 1, 1, "
    '`"relu"`',
    "epsilon": "of normalization layers; 1e-5",
    "attention": "the name of a score below, or an object with the keys below",
    "cell": "a recurrent cell written by hand: an object with the keys below",
    "unused": "names of layers and arrays that take no part in a prediction",
}
_OF_STEPS = ("padding", "stride", "dilation")


@dataclass(frozen=True, kw_only=True)
class ConvOptions:
    """Of every Conv1d; the defaults are PyTorch's.

    Attributes:
        padding: zeros at either end, or a name. It, stride and dilation are one for all, or a tuple
            with one for each as they run.
        activation: behind it.
    """

    padding: int | str | tuple[int | str, ...] = 0
    stride: int | tuple[int, ...] = 1
    dilation: int | tuple[int, ...] = 1
    activation: str = "relu"

    @classmethod
    def checked(cls, given: Any) -> ConvOptions:
        require("conv", given, [item.name for item in fields(cls)])
        given = {key: _frozen(value) for key, value in given.items() if value is not None}
        for key in {*given} & {*_OF_STEPS}:
            for value in given[key] if isinstance(given[key], tuple) else [given[key]]:
                number = type(value) is int and (key != "padding") <= value <= MOST_STEPS
                named = key == "padding" and isinstance(value, str) and value in _PADDINGS
                if not number and not named:
                    more = f" or one of {choices(_PADDINGS)}" if key == "padding" else ""
                    raise FormatError(
                        f"The spec's conv has {key} {value!r:.60}; expected a number of steps"
                        f"{more}, or a list with one for each nn.Conv1d."
                    )
        _check("conv's activation", given.get("activation"), ACTIVATIONS)
        return cls(**given)

    def of(self, at: int, count: int) -> Mapping[str, Any]:
        """Padding, stride and dilation of one of so many.

        Raises:
            FormatError: a list has another length.
        """
        result = {}
        for key in _OF_STEPS:
            value = getattr(self, key)
            if isinstance(value, tuple) and len(value) != count:
                raise FormatError(
                    f"The spec's conv lists {len(value)} of {key}; the file holds {count} "
                    "nn.Conv1d."
                )
            result[key] = value[at] if isinstance(value, tuple) else value
        return result


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
        unused: modules and arrays that take no part in a prediction.
    """

    order: tuple[str | tuple[str, ...] | Window, ...] | None = None
    activation: str | tuple[str, ...] | None = None
    pooling: tuple[str, ...] | None = None
    directions: str | None = None
    rnn_activation: str | None = None
    conv: ConvOptions | None = None
    epsilon: float | None = None
    attention: AttentionOptions | None = None
    cell: CellOptions | None = None
    unused: tuple[str, ...] | None = None
    named: frozenset[str] = field(default_factory=frozenset)  # modules and arrays it speaks of

    @classmethod
    def checked(cls, given: Mapping[str, Any]) -> Options:
        """From the keys of a spec.

        Raises:
            FormatError: a value is not one of those that are valid.
        """
        values = {key: _frozen(value) for key, value in given.items()}
        order, activation, pooling = (values.get(k) for k in ("order", "activation", "pooling"))
        if isinstance(order, tuple):
            order = tuple(Window.checked(e) if isinstance(e, Mapping) else e for e in order)
            values["order"] = order
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
        elif pooling is not None and EVERY in pooling and len(pooling) > 1:
            raise FormatError(f"The spec's pooling has {EVERY!r} beside others; it stands alone.")
        _check("directions", values.get("directions"), DIRECTIONS)
        _check("rnn_activation", values.get("rnn_activation"), ("tanh", "relu"))
        epsilon = values.get("epsilon")
        if epsilon is not None and not (type(epsilon) in (int, float) and 0 <= epsilon <= 1):
            raise FormatError(f"The spec has epsilon {epsilon!r:.60}, expected a number below 1.")
        unused = values.get("unused")
        listed = isinstance(unused, tuple) and all(isinstance(name, str) for name in unused)
        if unused is not None and not listed:
            raise FormatError(f"The spec's unused is {unused!r:.80}, expected a list of names.")
        named = {name for entry in order or () for name in each(entry)}
        for key, kind in (("conv", ConvOptions), ("attention", AttentionOptions),
                          ("cell", CellOptions)):  # fmt: skip
            if values.get(key) is not None:
                values[key] = kind.checked(given[key])
                named |= {*getattr(values[key], "names", ())}
        return cls(**values, named=frozenset(named))


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def each(entry: str | tuple[str, ...] | Window) -> Iterable[str]:
    """The names of a part of an order; a window has none."""
    return entry if isinstance(entry, tuple) else (entry,) if isinstance(entry, str) else ()


def _names(value: Any) -> bool:
    """Whether these are texts, tuples of texts, or windows."""
    return isinstance(value, tuple) and all(
        isinstance(name, str) or isinstance(entry, Window)
        for entry in value
        for name in (entry if isinstance(entry, tuple) and entry else (entry,))
    )


def _check(key: str, value: Any, valid: Any) -> None:
    if value is not None and (not isinstance(value, str) or value not in valid):
        raise FormatError(f"The spec has {key} {value!r:.60}; choose from {choices(valid)}.")
