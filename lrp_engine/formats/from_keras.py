"""`from_keras`: a Keras model in memory, read as the file that it would be saved as."""

from __future__ import annotations

from typing import Any

from lrp_engine.errors import FormatError, InputError
from lrp_engine.formats.containers.sandbox import Contents
from lrp_engine.formats.keras.live import is_live, live_contents
from lrp_engine.formats.readers import load_contents
from lrp_engine.model.network import Network


def from_keras(
    model: Any,
    tokenizer: Any = None,
    *,
    vocabulary: Any = None,
    embeddings: Any = None,
    labels: Any = None,
    spec: Any = None,
    reference: Any = None,
    dtype: str = "float32",
    device: str | None = None,
) -> Network:
    """The network of a live Keras model: Sequential or Functional, compiled or not.

    It is the network that `load` makes of the saved file. Its configuration is read as text, its
    weights are copied; the network does not keep the model alive. `parity(net, reference=model)`
    calls the model and compares.

    Args:
        model: a `keras.Model`; a TextVectorization or StringLookup at its start is read with its
            words.
        tokenizer, vocabulary, embeddings, labels, spec, reference, dtype, device: as in `load`.

    Raises:
        FormatError: the model is a class of the author's own, has no weights yet, or a layer is
            not supported; the text names the layer and the way.
        InputError: it is no Keras model, or an argument is of a type that cannot be meant.
    """
    if not is_live(model):
        kind = "a class, not yet a model" if isinstance(model, type) else type(model).__name__
        raise InputError(
            f"from_keras expects a keras.Model, found {kind:.60}; a saved file is read by load, a "
            "module of PyTorch by from_torch."
        )
    return load_contents(
        lambda: _contents(model),
        vocabulary=vocabulary,
        embeddings=embeddings,
        labels=labels,
        spec=spec,
        tokenizer=tokenizer,
        reference=reference,
        dtype=dtype,
        device=device,
    )


def _contents(model: Any) -> Contents:
    try:
        return live_contents(model)
    except FormatError:
        raise
    except (AttributeError, TypeError, ValueError, LookupError, RuntimeError) as error:
        raise FormatError(
            f"The Keras model does not say what it is made of ({type(error).__name__}: "
            f"{error!s:.160}); save it with model.save('model.keras') and load that file."
        ) from error
