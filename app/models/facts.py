"""Which choices make a difference to a network, and what keeps inputs from being typed."""

from __future__ import annotations

from app.models.numeric import STEP, reads
from lrp_engine import Network


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
