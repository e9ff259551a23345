"""What a network is, in words and numbers for the Model page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.models.numeric import STEP, reads
from lrp_engine import Network
from lrp_engine.layers import Layer
from lrp_engine.model.text.describe import sentences

LISTED = 50  # classes by name
LAYER_COLUMNS = ("layer", "kind", "output", "weights", "shape", "numbers")


def facts(network: Network) -> list[tuple[str, str]]:
    """What a network is, as pairs of a term and a value."""
    shape = network.input_shape
    token_kind = reads(network) or "word"
    output = network.output_kind
    kind = "one sigmoid unit" if network.single_sigmoid else network.output
    scores = f"{network.classes} {output.noun if network.classes == 1 else output.nouns}"
    vocabulary, tokenizer = network.vocabulary, network.tokenizer
    pairs = [
        ("Read from", network.source),
        (
            "Input",
            f"E = {shape.units} units per {token_kind}" if shape.time else f"{shape.units} numbers",
        ),
        ("Layers", " → ".join(_kind(node.layer) for node in network.nodes)),
        ("Hidden units", f"H = {hidden}" if (hidden := _hidden(network)) else ""),
        ("Output", f"C = {scores}, {kind}"),
        (output.nouns.capitalize(), _listed(_labels(network))),
        ("Vocabulary", f"{len(vocabulary):,} words" if vocabulary else ""),
        (
            "How a text is read",
            " ".join(sentences(tokenizer, network.substitute)) if vocabulary else "",
        ),
        ("Length of a text", _length(network) if vocabulary else ""),
        ("Weights", f"{sum(size for *_, size in layers(network)):,} numbers"),
        ("Hash", network.hash),
    ]
    return [(term, value) for term, value in pairs if value]


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


def _length(network: Network) -> str:
    length, pad = network.tokenizer.length, network.tokenizer.pad
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


def follows_rule(network: Network) -> bool:
    """Whether it makes a difference which rule is chosen."""
    return any(node.layer.follows_rule for node in network.nodes)


def has_first_layer(network: Network) -> bool:
    """Whether a rule of the first layer alone makes a difference: others follow rules, too."""
    return sum(node.layer.follows_rule for node in network.nodes) > 1


def has_gates(network: Network) -> bool:
    """Whether gate rules make a difference."""
    return any(node.layer.has_gates for node in network.nodes)


def missing(network: Network) -> list[str]:
    """What keeps inputs from being typed, each with what to do; empty when nothing does."""
    if not network.input_shape.time:
        return []  # features are typed as they are
    sentences = []
    if reads(network) == STEP:
        sentences.append(
            f"The model reads steps of {network.input_shape.units} numbers, which can be typed "
            "on the Explain page. If they stand for words, it needs embeddings and a vocabulary."
        )
    if network.embedding is None:
        sentences.append(
            "No embeddings: add a .npy or .npz file with one row of "
            f"{network.input_shape.units} numbers per word."
        )
    if network.vocabulary is None:
        rows = network.embedding and len(network.embedding.table)
        words = f"{rows:,} words, one per embedding row" if rows else "one word per embedding row"
        sentences.append(f"No vocabulary: add one to type sentences ({words}).")
    return sentences


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
