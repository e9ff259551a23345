"""`from_torch`: a PyTorch module in memory, or its state dict, read as a saved state dict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lrp_engine.errors import FormatError, InputError
from lrp_engine.formats.companions.spec import read_spec
from lrp_engine.formats.named_arrays import named_arrays
from lrp_engine.formats.readers import load_contents
from lrp_engine.formats.torch.live import is_live
from lrp_engine.formats.torch.reader import WRAPPERS
from lrp_engine.formats.torch.traced import NotTracedError, Trace, traced, unwrapped_module
from lrp_engine.formats.torch.traced_spec import spec_of
from lrp_engine.model.network import Network

# Keys by which a caller says how layers follow each other: then the trace does not say it too.
_STRUCTURE = frozenset({"order", "activation", "pooling", "attention", "cell"})


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
    to give. A module that cannot be traced is read as its state dict, with what is assumed.
    Weights are copied. `parity(net, reference=module)` calls the module and compares.

    Args:
        module_or_state_dict: a `torch.nn.Module`, or what its `state_dict()` gives.
        spec: what is not found; a key given here counts before what the trace says.
        tokenizer, vocabulary, embeddings, labels, reference, dtype, device: as in `load`.

    Raises:
        FormatError: a layer is not supported, or an operation is not known; the text names it, and
            the key of the spec that says what it does.
        InputError: it is neither a module nor arrays by name.
    """
    module = unwrapped_module(module_or_state_dict)
    state, found, why = module, dict[str, Any](), ""
    told = read_spec(spec)
    if is_live(module):
        state = module.state_dict()
        found, why = _traced(module, told, state)
    elif isinstance(module, Mapping):
        state = next((module[k] for k in WRAPPERS if isinstance(module.get(k), Mapping)), module)
    else:
        kind = "a class, not yet a module" if isinstance(module, type) else type(module).__name__
        raise InputError(
            f"from_torch expects a torch.nn.Module or a state dict, found {kind:.60}; a saved file "
            "is read by load, a model of Keras by from_keras."
        )
    network = load_contents(
        lambda: named_arrays(state),
        vocabulary=vocabulary,
        embeddings=embeddings,
        labels=labels,
        spec={**found, **told},
        tokenizer=tokenizer,
        reference=reference,
        dtype=dtype,
        device=device,
    )
    return replace(network, assumptions=(why, *network.assumptions)) if why else network


def _traced(
    module: Any, told: Mapping[str, Any], state: Mapping[str, Any]
) -> tuple[dict[str, Any], str]:
    """What a trace settles; and where there is none, the sentence that says so."""
    says = bool(_STRUCTURE & {*told})
    try:
        trace: Trace = traced(module)
    except NotTracedError as error:
        why = (
            f"The code of {type(module).__name__:.60} cannot be traced ({error!s:.120}); how its "
            "layers follow each other is taken from their names and sizes."
        )
        return {}, "" if says else why
    try:
        found = spec_of(trace, state)
    except FormatError:
        if not says and "directions" not in told:
            raise
        return {}, ""
    if says:
        found = {key: value for key, value in found.items() if key not in (*_STRUCTURE, "unused")}
    return found, ""
