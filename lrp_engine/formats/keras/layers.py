"""The layer of one entry of a Keras graph, by the table of classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lrp_engine.errors import FormatError, choices
from lrp_engine.formats.keras.classes import KERAS_CLASSES, REFUSED
from lrp_engine.formats.keras.graph import CAUSAL, PREFIX, Entry
from lrp_engine.formats.keras.keras_class import Built, LayerConfig

# Of every layer.
COMMON_OPTIONS = frozenset(
    {"name", "trainable", "dtype", "batch_input_shape", "input_shape", "input_dtype", CAUSAL}
)


def build(entry: Entry, weights: Sequence[np.ndarray], *, old: bool = False) -> Built:
    """The layer of one entry.

    Raises:
        FormatError: the class or an option is not supported, or the weights do not fit.
    """
    layer = LayerConfig(
        entry.name, entry.kind, entry.config, weights, KERAS_CLASSES, old, entry.output
    )
    if entry.kind in REFUSED:
        raise layer.refuse(REFUSED[entry.kind])
    if entry.foreign:
        raise layer.refuse(
            f"is a class of the author's own ({entry.package!r:.60}); its code is not in the "
            f"file. Supported: {choices(KERAS_CLASSES)}."
        )
    keras_class = KERAS_CLASSES.get(entry.kind)
    if keras_class is None and entry.kind.startswith(PREFIX):
        functions = [n.removeprefix(PREFIX) for n in KERAS_CLASSES if n.startswith(PREFIX)]
        raise layer.refuse(
            "is a function, not a layer; write it as one, such as a sum of weighted states over "
            "time as Dot(axes=1)([weights, states]). Supported functions of keras.ops: "
            f"{choices(functions)}."
        )
    if keras_class is None:
        raise layer.refuse(
            "is not supported; where it is a class of the author's own, its code is not in the "
            f"file. Supported: {choices(KERAS_CLASSES)}."
        )
    if len(entry.inputs) != 1 and not keras_class.several_inputs:
        raise layer.refuse(f"reads {len(entry.inputs)} inputs, expected one.")
    if entry.output and not keras_class.has_states:
        raise layer.refuse(f"is read at its output {entry.output}, expected its only one.")
    if keras_class.options is not None:
        unknown = sorted(map(str, set(entry.config) - keras_class.options - COMMON_OPTIONS))
        if unknown:
            raise layer.authors(unknown[:5])
    try:
        return keras_class.build(layer)
    except FormatError as error:
        if str(error).startswith("Layer "):
            raise
        raise FormatError(f"Layer {entry.name!r}: {error}") from None
