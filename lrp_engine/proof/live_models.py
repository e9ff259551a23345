"""How live models are called: Keras, PyTorch, and any function of arrays.

No library is imported: a model's own package is there already.

Axes: b inputs of one length, T time steps, C classes.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.formats.keras import live as keras_live
from lrp_engine.formats.named_arrays import numbers
from lrp_engine.formats.torch import live as torch_live

if TYPE_CHECKING:
    from lrp_engine.model.network import Network

_BY_STEP = ", time steps first"  # how inputs are handed over, as the sentence goes on
_MASKS = ("mask", "attention_mask")


class NoAnswerError(Exception):
    """The model cannot be called so; the text says why."""


class OtherShapeError(NoAnswerError):
    """The model answers with an array that cannot be scores of this network."""


@dataclass(frozen=True, eq=False)
class Live:
    """A model that answers.

    Attributes:
        title: of it, for people.
        run: its outputs for arrays, handed over in one of `arrangements`.
        texts: its outputs (1, C) for a text; None where it reads numbers.
        arrangements: "" for (b, T, ...); `_BY_STEP` for (T, b, ...).
    """

    title: str
    run: Callable[[Sequence[np.ndarray], str], Any]
    texts: Callable[[str, Network], np.ndarray] | None = None
    arrangements: tuple[str, ...] = ("",)

    def __call__(
        self, inputs: Sequence[np.ndarray], network: Network, arrangement: str = ""
    ) -> np.ndarray:
        """Outputs (b, C), or (b, T, C) of each step.

        Raises:
            NoAnswerError: the model's own code fails, or answers with something else.
        """
        outputs = _answer(lambda: self.run(inputs, arrangement), network)
        if arrangement == _BY_STEP and network.labels_steps:
            outputs = outputs.swapaxes(0, 1)
        return np.exp(outputs) if _are_log_probabilities(outputs) else outputs


def _are_log_probabilities(outputs: np.ndarray) -> bool:
    """Whether they are what a log_softmax gives: their exponentials add up to 1."""
    several = outputs.ndim > 1 and outputs.shape[-1] > 1
    return bool(
        several and (outputs <= 0).all() and np.allclose(np.exp(outputs).sum(-1), 1, atol=1e-4)
    )


def _answer(call: Callable[[], Any], network: Network) -> np.ndarray:
    try:
        found = call()
    except Exception as error:  # whatever the code of others raises
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise NoAnswerError(f"{said:.200}") from error
    array = numbers(_chosen(found, network))
    if array is None or not array.ndim:
        raise NoAnswerError(f"it gave {type(found).__name__:.60}, expected an array (b, C)")
    return array.astype(np.float64)


def _chosen(found: Any, network: Network) -> Any:
    """The output that the network has, of several."""
    names, name = network.output_names, network.output_name
    if isinstance(found, Mapping):
        return found.get(name, found.get("logits", next(iter(found.values()), None)))
    if hasattr(found, "logits"):
        return found.logits
    if isinstance(found, tuple | list) and found:
        return found[names.index(name) if name in names and len(names) == len(found) else 0]
    return found


# Keras -----------------------------------------------------------------------------------------


def _keras(model: Any) -> Live | None:
    if not keras_live.is_live(model):
        return None
    title = f"the live Keras model {keras_live.name_of(model)!r}"

    def run(inputs: Sequence[np.ndarray], arrangement: str) -> Any:
        given = [x.astype(np.float32) if x.dtype.kind == "f" else x for x in inputs]
        return model(given[0] if len(given) == 1 else given, training=False)

    kind = keras_live.reads_texts(model)
    if kind is None:
        return Live(title, run)

    def texts(text: str, network: Network) -> np.ndarray:
        import tensorflow as tf

        words = kind == "StringLookup"
        column = not words and len(model.input_shape) == 2
        given = tf.constant([text.split()] if words else [[text]] if column else [text])
        return _answer(lambda: model(given, training=False), network)

    return Live(title, run, texts)


# PyTorch ---------------------------------------------------------------------------------------


def _torch(module: Any) -> Live | None:
    if not torch_live.is_live(module):
        return None
    torch: Any = sys.modules.get(torch_live.package_of(module))

    def run(inputs: Sequence[np.ndarray], arrangement: str) -> Any:
        known = [*module.parameters()]
        place = {"device": known[0].device} if known else {}
        dtype = next((p.dtype for p in known if p.dtype.is_floating_point), torch.float32)
        given = []
        for x in inputs:
            x = x.swapaxes(0, 1) if arrangement == _BY_STEP else x
            kind = dtype if x.dtype.kind == "f" else torch.int64
            given.append(torch.tensor(x, dtype=kind, **place))
        more = _more(module, len(given), inputs[0].shape)
        extra = [torch.tensor(x, dtype=torch.int64) for x in more]
        with _in_evaluation(module), torch.no_grad():
            return module(*given, *extra)

    return Live(
        f"the live PyTorch module {type(module).__name__:.60}", run, arrangements=("", _BY_STEP)
    )


def _more(module: Any, given: int, shape: tuple[int, ...]) -> list[np.ndarray]:
    """What else a module's forward needs: how long texts are, or which words are there."""
    needed = [
        name
        for name, one in inspect.signature(module.forward).parameters.items()
        if one.default is one.empty and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
    ][given:]
    if not needed:
        return []
    if len(needed) > 1:
        raise TypeError(f"its forward needs {', '.join(needed)}, which nobody gives here")
    full = np.ones(shape[:2]) if needed[0] in _MASKS else np.full(shape[:1], shape[1])
    return [full.astype(np.int64)]


@contextmanager
def _in_evaluation(module: Any) -> Iterator[None]:
    """Without dropout; every part is left as it was found."""
    before = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in before:
            part.training = training


# Anything else ---------------------------------------------------------------------------------


def _function(value: Any) -> Live | None:
    data = isinstance(value, str | bytes | os.PathLike | Mapping | Sequence | np.ndarray)
    if data or isinstance(value, type) or not callable(value):
        return None
    name = getattr(value, "__name__", type(value).__name__)
    return Live(f"the function {name:.60}", lambda inputs, arrangement: value(*inputs))


# Asked in this order; the first that knows a value calls it.
LIVE_MODELS: tuple[Callable[[Any], Live | None], ...] = (_keras, _torch, _function)
