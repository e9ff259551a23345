"""`from_torch`: a PyTorch module in memory, or its state dict, read as a saved state dict."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from time import monotonic
from typing import Any

from lrp_engine import lazy
from lrp_engine.errors import FormatError, InputError
from lrp_engine.formats.companions.spec import read_spec
from lrp_engine.formats.named_arrays import named_arrays
from lrp_engine.formats.readers import load_contents
from lrp_engine.formats.torch.live import is_live
from lrp_engine.formats.torch.reader import WRAPPERS
from lrp_engine.formats.torch.traced import NotTracedError, Trace, traced, unwrapped_module
from lrp_engine.formats.torch.traced_spec import spec_of
from lrp_engine.formats.torch.ways import in_words, ways
from lrp_engine.model.network import Network

# Keys by which a caller says how layers follow each other: then the trace does not say it too.
_STRUCTURE = frozenset({"order", "activation", "pooling", "attention", "cell"})
_SECONDS = 30  # of trying
_TOLERANCE = 1e-4  # relative; of modules in float32
_SAY = (
    "Say in the spec what follows what, by 'order', 'pooling', 'attention' or 'cell', see "
    "docs/formats.md, PyTorch; with it the module's weights are read as those of a state dict."
)


def from_torch(
    module_or_state_dict: Any,
    spec: Any = None,
    *,
    tokenizer: Any = None,
    vocabulary: Any = None,
    embeddings: Any = None,
    labels: Any = None,
    reference: Any = None,
    dtype: str = "float32",
    device: str | None = None,
) -> Network:
    """The network of a live PyTorch module, or of a state dict: name -> tensor or array.

    A module is traced by PyTorch's own `torch.fx`, without input: what runs in which order,
    activations, poolings, convolutions and epsilons then are keys of the spec that nobody needs
    to give. Of a module that cannot be traced, the ways in which its layers could follow each
    other are tried. Either is held to the outputs of the module on a few random inputs; a module
    that cannot be called alone is read with what is assumed. Weights are copied.
    `parity(net, reference=module)` calls the module on more inputs and compares.

    Args:
        module_or_state_dict: a `torch.nn.Module`, or what its `state_dict()` gives.
        spec: what is not found; a key given here counts before what the trace says.
        tokenizer, vocabulary, embeddings, labels, reference, dtype, device: as in `load`.

    Raises:
        FormatError: a layer is not supported, or an operation is not known; the text names it, and
            the key of the spec that says what it does. Or no reading gives the module's outputs.
        InputError: it is neither a module nor arrays by name.
    """
    module = unwrapped_module(module_or_state_dict)
    told = read_spec(spec)
    live = is_live(module)
    if live:
        state = module.state_dict()
    elif isinstance(module, Mapping):
        state = next((module[k] for k in WRAPPERS if isinstance(module.get(k), Mapping)), module)
    else:
        kind = "a class, not yet a module" if isinstance(module, type) else type(module).__name__
        raise InputError(
            f"from_torch expects a torch.nn.Module or a state dict, found {kind:.60}; a saved file "
            "is read by load, a model of Keras by from_keras."
        )
    arrays = named_arrays(state)

    def read(found: Mapping[str, Any], **given: Any) -> Network:
        beside = dict.fromkeys(("vocabulary", "embeddings", "labels", "tokenizer", "reference"))
        options: dict[str, Any] = {**beside, **given, "spec": {**found, **told}}
        return load_contents(lambda: arrays, dtype=dtype, device=device, **options)

    found, why = _of_code(module, told, state, read) if live else ({}, "")
    network = read(
        found,
        vocabulary=vocabulary,
        embeddings=embeddings,
        labels=labels,
        tokenizer=tokenizer,
        reference=reference,
    )
    return replace(network, assumptions=(why, *network.assumptions)) if why else network


def _of_code(
    module: Any, told: Mapping[str, Any], state: Mapping[str, Any], read: Callable[..., Network]
) -> tuple[dict[str, Any], str]:
    """What the module's own code settles; and where it is not traced, the sentence that says so.

    Raises:
        FormatError: an operation is not known, or the network that is read does not give the
            outputs of the module.
    """
    says = bool(_STRUCTURE & {*told})
    name = f"{type(module).__name__:.60}"
    try:
        trace: Trace = traced(module)
        found = spec_of(trace, state)
    except NotTracedError as refused:
        begin = f"The code of {name} cannot be traced ({refused!s:.120})"
        return ({}, "") if says else _by_trying(module, begin, None, state, read)
    except FormatError as refused:
        begin = f"Not all of the code of {name} is read"
        known = says or "directions" in told
        return ({}, "") if known else _by_trying(module, begin, refused, state, read)
    if says:
        found = {key: value for key, value in found.items() if key not in (*_STRUCTURE, "unused")}
        return found, ""
    off = _off(read(found), module)
    if off is not None and off > _TOLERANCE:
        raise FormatError(
            f"What was read of the code of {name} ({in_words(found):.300}) gives other outputs "
            f"than the module: they are off by {off:.1%}. {_SAY}"
        )
    return found, ""


def _by_trying(
    module: Any,
    begin: str,
    refused: FormatError | None,
    state: Mapping[str, Any],
    read: Callable[..., Network],
) -> tuple[dict[str, Any], str]:
    """The way in which layers follow each other that gives the module's own outputs.

    Args:
        begin: of a sentence that says why its code does not tell.
        refused: what its code does that is not known.
    """
    best, count, end = math.inf, 0, monotonic() + _SECONDS
    misfit: FormatError | None = None
    for way in ways(state):
        try:
            network = read(way)
        except FormatError as error:
            misfit = misfit or error
            continue
        off = _off(network, module)
        if off is None and refused is None:
            return {}, f"{begin}; how its layers follow each other is taken from names and sizes."
        if off is not None and off <= _TOLERANCE:
            return way, f"{begin}; {in_words(way)} gives its own outputs."
        if off is None:
            break
        best, count = min(best, off), count + 1
        if monotonic() > end:
            break
    if refused is not None:
        raise refused
    if misfit is not None and not count:
        raise FormatError(f"{begin}. {misfit}") from misfit
    raise FormatError(
        f"{begin}, and none of {count} ways in which its layers could follow each other gives the "
        f"module's own outputs; the nearest is off by {best:.1%}. {_SAY}"
    )


def _off(network: Network, module: Any) -> float | None:
    """How far its scores are off the module's; None where that cannot be called."""
    error: float | None = lazy.load("proof.live:live_error")(network, module)
    return error
