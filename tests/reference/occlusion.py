"""The slow version of occlusion: one sample, one word, one network's reference scores at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lrp_engine.model.network import Network
from tests.reference.recurrent import scores


def of_numbers(network: Network, x: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """(T,) of the steps of x (T, E), each dropped; (D,) of the features x (D,), each set to 0."""
    whole = scores(network, x) @ chosen
    found = np.zeros(len(x))
    for t in range(len(x)):
        if x.ndim == 2:
            rest = np.array([row for n, row in enumerate(x) if n != t]).reshape(-1, x.shape[1])
        else:
            rest = x.copy()
            rest[t] = 0
        found[t] = whole - scores(network, rest) @ chosen
    return found


def of_words(network: Network, words: Sequence[str], chosen: np.ndarray) -> np.ndarray:
    """(n,) of the words that the network reads of a list, each dropped from those; padding is 0."""
    read = fitted(network, words)
    whole = scores(network, vectors(network, read)) @ chosen
    found = np.zeros(len(read))
    for t in range(min(len(words), len(read))):
        rest = fitted(network, [word for n, word in enumerate(read) if n != t])
        found[t] = whole - scores(network, vectors(network, rest)) @ chosen
    return found


def fitted(network: Network, words: Sequence[str]) -> list[str]:
    """Cut to the tokenizer's length, and filled with empty words up to it where it pads."""
    tokenizer = network.tokenizer
    if tokenizer.length is None:
        return list(words)
    read = list(words)[: tokenizer.length]
    while tokenizer.pad and len(read) < tokenizer.length:
        read.append("")
    return read


def vectors(network: Network, words: Sequence[str]) -> np.ndarray:
    """(n, E) rows of the embedding; zeros for a word without one. Words of id 0 are masked away.

    The empty word that fills up is the vocabulary's <pad>.
    """
    table, vocabulary = network.embedding.table, list(network.vocabulary.tokens)
    unknown = network.vocabulary.unknown
    rows = []
    for word in words:
        known = "<pad>" if word == "" else word if word in vocabulary else unknown
        if known is not None and network.embedding.mask_zero and vocabulary.index(known) == 0:
            continue
        rows.append(np.zeros(table.shape[1]) if known is None else table[vocabulary.index(known)])
    return np.array(rows).reshape(-1, table.shape[1])


def score_of_masks(
    network: Network, words: Sequence[str], chosen: np.ndarray, removal: str
) -> Callable[[Sequence[bool]], float]:
    """The score of a text of which only some of the words that the network reads stay."""
    read = fitted(network, words)

    def score(mask: Sequence[bool]) -> float:
        stays = [*mask, *[True] * (len(read) - len(mask))]  # padding always does
        if removal == "drop":
            kept = [word for word, there in zip(read, stays, strict=True) if there and word]
            x = vectors(network, fitted(network, kept))
        elif removal == "unknown":
            unknown = network.vocabulary.unknown
            x = vectors(network, [w if there else unknown
                                  for w, there in zip(read, stays, strict=True)])  # fmt: skip
        else:
            rows = [(vectors(network, [w]), there) for w, there in zip(read, stays, strict=True)]
            x = np.concatenate([row if there else 0 * row for row, there in rows] or
                               [vectors(network, [])])  # fmt: skip
        return float(scores(network, x) @ chosen)

    return score
