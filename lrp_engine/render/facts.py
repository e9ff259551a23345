"""What a network is, in words and numbers: for notebooks, terminals and the dashboard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lrp_engine.model.layer import Layer
from lrp_engine.model.text.describe import sentences
from lrp_engine.render.wording import visible

if TYPE_CHECKING:
    from lrp_engine.model.network import Network
    from lrp_engine.model.reads import Reads

LISTED = 50  # classes by name
LAYER_COLUMNS = ("layer", "kind", "output", "weights", "shape", "numbers")


def facts(network: Network) -> list[tuple[str, str]]:
    """What a network is, as pairs of a term and a value; of several inputs, each by its name."""
    output = network.output_kind
    kind = "one sigmoid unit" if network.single_sigmoid else network.output
    scores = f"{network.classes} {output.noun if network.classes == 1 else output.nouns}"
    inputs = network.inputs if network.several else {"": network}
    about = [_input(one) for one in inputs.values()]
    heads = [f"{name}: " if name else "" for name in inputs]
    pairs = [
        ("Read from", network.source),
        *((f"{head}{'input' if head else 'Input'}", shape)
          for head, ((_, shape), *_) in zip(heads, about, strict=True)),
        ("Layers", " → ".join(_kind(node.layer) for node in network.nodes)),
        ("Hidden units", f"H = {hidden}" if (hidden := _hidden(network)) else ""),
        ("Output", f"C = {scores}, {kind}"),
        (output.nouns.capitalize(), _listed(_labels(network))),
        *((f"{head}{term.lower() if head else term}", value)
          for head, (_, *rest) in zip(heads, about, strict=True) for term, value in rest),
        ("Weights", f"{sum(size for *_, size in layers(network)):,} numbers"),
        ("Hash", network.hash),
    ]  # fmt: skip
    return [(term, value) for term, value in pairs if value]


def summary(network: Network) -> str:
    """The facts, the layers, what was assumed and what is doubtful, as text."""
    pairs = [(term, visible(value)) for term, value in facts(network)]
    wide = max(len(term) for term, _ in pairs)
    lines = [f"{term:{wide}}  {value}" for term, value in pairs]
    table = [LAYER_COLUMNS, *([visible(str(cell)) for cell in row] for row in layers(network))]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines.append("")
    for row in table:
        lines.append("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip())
    for title, said in (("Assumed or noted while reading:", network.assumptions),
                        ("Warnings:", network.warnings)):  # fmt: skip
        if said:
            lines += ["", title, *(f"  - {visible(sentence)}" for sentence in said)]
    return "\n".join(lines) + "\n"


def _input(reads: Reads) -> list[tuple[str, str]]:
    """One input: its shape first."""
    shape, vocabulary = reads.input_shape, reads.vocabulary
    kind = "step" if reads.embedding is None else "word"
    about = [
        (
            "Input",
            f"E = {shape.units} units per {kind}" if shape.time else f"{shape.units} numbers",
        )
    ]
    if vocabulary is not None:
        about += [
            ("Vocabulary", f"{len(vocabulary):,} words"),
            ("How a text is read", " ".join(sentences(reads.tokenizer, reads.substitute))),
            ("Length of a text", _length(reads)),
        ]
    return about


def _labels(network: Network) -> Sequence[str]:
    """Names of classes or values, these with their units."""
    if not network.value_units:
        return network.labels
    pairs = zip(network.labels, network.value_units, strict=True)
    return [f"{label} ({unit})" if unit else label for label, unit in pairs]


def _kind(layer: Layer) -> str:
    """A layer by its kind; of both directions of a recurrent one by what runs in them."""
    inner = next((part for part in vars(layer).values() if isinstance(part, Layer)), None)
    name = layer.kind.replace("_", " ")
    return name if inner is None else f"{name} {inner.kind.replace('_', ' ')}"


def _length(reads: Reads) -> str:
    length, pad = reads.tokenizer.length, reads.tokenizer.pad
    if length is None:
        return "any"
    return f"{length:,} tokens" if pad else f"up to {length:,} tokens"


def _listed(labels: Sequence[str]) -> str:
    more = len(labels) - LISTED
    return ", ".join(labels[:LISTED]) + (f" and {more:,} more" if more > 0 else "")


def layers(network: Network) -> list[tuple[str, str, str, str, str, int]]:
    """Per array of weights: layer, kind, output shape, name, shape, count of numbers."""
    return [
        (
            node.name,
            node.layer.kind,
            str(network.shapes[node.name]),
            name.replace("_", " "),
            " × ".join(map(str, array.shape)),
            array.size,
        )
        for node in network.nodes
        for name, array in _arrays(node.layer).items()
    ]


def _hidden(network: Network) -> str:
    """Units of the recurrent layers, first to last, each direction for itself."""
    return " and ".join(
        str(array.shape[0])
        for node in network.nodes
        for name, array in _arrays(node.layer).items()
        if name.endswith("recurrent_kernel")
    )


def _arrays(layer: Layer, prefix: str = "") -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {}
    for name, value in vars(layer).items():
        if isinstance(value, np.ndarray):
            arrays[prefix + name] = value
        elif isinstance(value, Layer):
            arrays |= _arrays(value, f"{prefix}{name.removesuffix('_layer')} ")
    return arrays
