"""The independent twin of a text layer: Keras' own TextVectorization, built from plain options.

Nothing is deserialized: its options are names and a number, its words are texts. How we cut texts
plays no part in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.model import inputs as samples_of
from lrp_engine.proof.checks import TITLES, not_checked
from lrp_engine.proof.sheet import FAIL, LAYER, PASS, Line

if TYPE_CHECKING:
    from lrp_engine.formats.keras.graph import Entry
    from lrp_engine.model.network import Network

# Read from the layer's options; the reader has checked their values.
_OPTIONS = ("standardize", "split", "output_sequence_length")
_SPECIAL = 2  # padding and unknown words come before the layer's own
_WORDS = 60  # of the vocabulary that texts are made of
# What ways to cut and spell words differ in. Keras lowers ASCII letters alone.
_SIGNS = (
    "{0} {1}",
    "{0}, {1}; not: {2}!",
    "{0}-{1} {2}'s _{0}_ (#3.5) & <br />",
    "\t{0}\n\n  {1}\u00a0{2}\r\n",
    "\u00c9t\u00e9 stra\u00dfe {0} \u4e2d\u6587 \u2026 \U0001f600",
    "... !!! ?",
)
_SHOWN = 40


def text_layer(network: Network, entry: Entry, examples: Sequence[str]) -> Line:
    """Line "text_layer": the ids of texts against those of Keras' own layer.

    Args:
        entry: the TextVectorization of the network's file.
    """
    assert network.vocabulary is not None
    words = network.vocabulary.tokens[_SPECIAL:]
    try:
        twin = _built(entry, words)
    except (TypeError, ValueError) as error:
        return not_checked(LAYER, f"Keras does not build the layer: {error!s:.200}")
    texts = [*examples, *made_texts(words, network.tokenizer.length)]
    read = samples_of.read(network, texts).ids
    assert read is not None
    for text, ours in zip(texts, read, strict=True):
        if not np.array_equal(_unpadded(ours), _unpadded(_ids(twin, text))):
            detail = f"Other ids on {text[:_SHOWN]!r}."
            return Line(name=LAYER, title=TITLES[LAYER], verdict=FAIL, detail=detail)
    detail = f"{len(texts)} texts, against Keras' TextVectorization: every id is the same."
    return Line(name=LAYER, title=TITLES[LAYER], verdict=PASS, detail=detail)


def _built(entry: Entry, words: Sequence[str]) -> Any:
    import keras

    options = {name: entry.config[name] for name in _OPTIONS if name in entry.config}
    return keras.layers.TextVectorization(**options, vocabulary=list(words))


def _ids(twin: Any, text: str) -> np.ndarray:
    import tensorflow as tf

    return np.asarray(twin(tf.constant([text])))[0]


def _unpadded(ids: np.ndarray) -> np.ndarray:
    """Without padding behind, which a network that masks it need not be given."""
    return np.trim_zeros(np.asarray(ids), "b")


def made_texts(words: Sequence[str], length: int | None) -> list[str]:
    """Texts of words that the vocabulary holds and lacks, with signs, longer than any limit."""
    known = [*islice(words, _WORDS)] or ["word"]
    spelled = [form for word in known for form in (word, word.capitalize(), word.upper())]
    groups = [(spelled[n:] + spelled)[:3] for n in range(0, len(spelled), 9)]
    signs = [pattern.format(*group) for pattern in _SIGNS for group in groups[:3]]
    long = " ".join(known * (1 + 2 * (length or 1) // len(known)))
    return [*signs, " ".join(spelled), long, "", " "]
