"""What modules within a traced PyTorch module make of its states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lrp_engine.formats.torch.traced import Part, Ref, Step
from lrp_engine.formats.torch.traced_attention import weights
from lrp_engine.formats.torch.traced_shapes import together
from lrp_engine.formats.torch.traced_values import (
    ACTIVATIONS,
    ENDS,
    NOTHING,
    RNN,
    LayoutError,
    Reading,
    Value,
    Window,
    pooled,
)


def of_module(reading: Reading, step: Step) -> Value:
    part = reading.trace.parts.get(step.target, Part("?"))
    x, name = reading.value(step.args[0] if step.args else None), step.target
    kind, options = part.kind, part.options
    if kind in NOTHING:
        return x
    if x.kind == "ids" and kind not in ("Embedding", "EmbeddingBag"):  # it reads numbers
        time = {"Conv1d": "BET", **dict.fromkeys(RNN, _layout(part))}.get(kind)
        x = Value("steps", axes=time) if time else Value("vector", axes="BE")
    if kind in ACTIVATIONS:
        title, usual = ACTIVATIONS[kind]
        if kind == "GELU" and options.get("approximate") == "tanh":
            title, usual = "gelu_tanh", {}
        if any(options.get(key, value) != value for key, value in usual.items()):
            raise reading.unknown(kind, f" with {dict(usual)} changed")
        return acted(reading, x, title, kind)
    if kind in ("Softmax", "LogSoftmax"):
        return ended(reading, x, "softmax", options.get("dim"))
    if kind in RNN:
        return _recurrent(reading, step, x, part)
    if kind == "Embedding" and x.kind == "ids":
        return Value("steps", (*x.order, name), f"{x.axes}E")
    if kind == "EmbeddingBag" and x.kind == "ids" and options.get("mode") == "mean":
        return Value("vector", (name, "mean"), "BE")
    if kind == "Linear" and x.axes.endswith("E") and x.kind in ("vector", "steps"):
        single = x.kind == "steps" and options.get("out_features") == 1
        return replace(x.then(name), axes=f"{x.axes[:-1]}1" if single else x.axes)
    if kind in ("LayerNorm", "BatchNorm1d"):
        last = x.axes.endswith("E") if kind == "LayerNorm" else x.axes in ("BE", "BET")
        if last:
            reading.says("epsilon", options.get("eps", 1e-5))
            return x.then(name)
    if kind == "PReLU" and x.kind in ("vector", "steps"):
        return x.then(name)
    if kind == "Conv1d" and x.axes == "BET":
        if options.get("groups", 1) != 1 or options.get("padding_mode", "zeros") != "zeros":
            raise reading.unknown(kind, " with groups or another padding than zeros")
        reading.convs[name] = part
        return x.then(name)
    whole = kind in ("AdaptiveMaxPool1d", "AdaptiveAvgPool1d") and x.axes == "BET"
    if whole and options.get("output_size") in (1, (1,)):
        return pooled(x, "max" if "Max" in kind else "mean", "BE1")
    if kind in ("MaxPool1d", "AvgPool1d") and x.axes == "BET":
        return windows(reading, x, kind, options)
    if kind == "Flatten":
        return flattened(reading, x)
    raise reading.unknown(kind, f" ({name})")


def acted(reading: Reading, x: Value, title: str, called: str) -> Value:
    if x.kind not in ("vector", "steps"):
        raise reading.unknown(called)
    if x.score is not None:
        return x.then((title,))
    return replace(x.then(title), end=ENDS.get(title, ""))


def ended(reading: Reading, x: Value, title: str, dim: Any) -> Value:
    """A softmax over units; of scores over time it makes the weights of attention."""
    if (made := weights(x, dim)) is not None:
        return made
    last = len(x.axes) - 1
    if x.kind not in ("vector", "steps") or x.axes[-1:] != "E" or dim not in (None, -1, last):
        raise reading.unknown(title, " over other axes than the units")
    return replace(x, end=title)


def _layout(part: Part) -> str:
    """The axes that a recurrent layer reads."""
    return "BTE" if part.options.get("batch_first") else "TBE"


def _recurrent(reading: Reading, step: Step, x: Value, part: Part) -> Value:
    expected = _layout(part)
    if x.kind != "steps" or (x.axes != expected and x.axes != "packed"):
        if sorted(x.axes) == sorted(expected) and reading.ids == "BT" and x.axes[-1] == "E":
            raise LayoutError
        raise reading.unknown(part.kind, f" ({step.target}) on axes {x.axes or 'unknown'}")
    more = [*step.args[1:], *step.kwargs.values()]
    for one in more:
        if isinstance(one, tuple) or (one is not None and not _is_zeros(reading, one)):
            pair = one if isinstance(one, tuple) else (one,)
            if not all(_is_zeros(reading, each) for each in pair):
                raise reading.unknown(part.kind, f" ({step.target}) with initial states")
    if part.kind == "RNN":
        reading.says("rnn_activation", part.options.get("nonlinearity", "tanh"))
    return Value("rnn", (*x.order, step.target), x.axes, layer=step.target)


def _is_zeros(reading: Reading, given: Any) -> bool:
    made = next((s for s in reading.trace.steps if given == Ref(s.name)), None)
    return made is not None and made.target in ("zeros", "new_zeros", "zeros_like")


def windows(reading: Reading, x: Value, kind: str, options: Mapping[str, Any]) -> Value:
    size, stride, padding, dilation = (
        one[0] if isinstance(one := options.get(key, usual), tuple) else one
        for key, usual in (("kernel_size", 2), ("stride", None), ("padding", 0), ("dilation", 1))
    )
    if padding or dilation != 1 or options.get("ceil_mode"):
        raise reading.unknown(kind, " with padding, dilation or ceil_mode")
    name = "max_pool" if "ax" in kind else "average_pool"
    return x.then(Window(name, size, stride or size))


def flattened(reading: Reading, x: Value) -> Value:
    if (made := together(x)) is not None:
        return made
    if x.kind != "vector":
        raise reading.unknown("flatten")
    return replace(x, axes=x.axes.replace("1", ""))
