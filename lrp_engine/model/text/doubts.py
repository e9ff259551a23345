"""Signs that texts are not read as the network was trained, as sentences for explanations."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from lrp_engine.model.text.ids import KNOWN
from lrp_engine.model.text.standardizers import STANDARDIZERS
from lrp_engine.model.text.tokenizer import Tokenizer
from lrp_engine.model.text.vocabulary import Vocabulary, is_mark

LEAST = 6  # a text of fewer words says nothing
SHARE = 0.05  # of the vocabulary
_MOST_UNKNOWN = (
    "words of this text are unknown to the model: texts may be cut or spelled in another way than "
    "it was trained with, or be in another language."
)
_ENDS = '.,!?;:)"\u201d'
_SPLITS_OFF = ("words", "keras")  # ways of cutting after which no word ends in a mark


def of_vocabulary(tokenizer: Tokenizer, vocabulary: Vocabulary) -> tuple[str, ...]:
    """What of a vocabulary can never be found, as the tokenizer cuts and spells words."""
    if tokenizer.function is not None or tokenizer.pieces is not None:
        return ()
    special = {tokenizer.unknown, tokenizer.start, tokenizer.end}
    words = [word for word in vocabulary.tokens if word not in special and not is_mark(word)]
    said = []
    if tokenizer.lowercase or tokenizer.standardize in ("lower", "lower_and_strip_punctuation"):
        lower = str.lower if tokenizer.lowercase else STANDARDIZERS["lower"]
        capitals = sum(word != lower(word) for word in words)
        if capitals > SHARE * len(words):
            said.append(
                f"{capitals:,} of the {len(words):,} words of the vocabulary hold capitals, but "
                'texts are put in lower case, so that they are never found; say "lowercase": false '
                "if the model was trained with capitals."
            )
    stripped = tokenizer.standardize in ("strip_punctuation", "lower_and_strip_punctuation")
    filtered = tokenizer.method != "keras" or set(_ENDS[:4]) <= set(tokenizer.filters)
    split = tokenizer.method in _SPLITS_OFF and filtered
    if stripped or split:
        ends = _ENDS if split else _ENDS[:-1]  # TensorFlow strips ASCII only
        glued = sum(len(word) > 1 and word[-1] in ends for word in words)
        if glued > SHARE * len(words):
            said.append(
                f"{glued:,} of the {len(words):,} words of the vocabulary end in punctuation, "
                "which is cut off texts, so that they are never found; the model may have been "
                'trained with the method "whitespace".'
            )
    return tuple(said)


def of_text(why: np.ndarray, passed: Iterable[str] = ()) -> tuple[str, ...]:
    """Whether most words of a text are unknown; `why` (n,) is what the vocabulary says of each."""
    unknown = int(np.count_nonzero(why != KNOWN))
    if len(why) < LEAST or 2 * unknown <= len(why):
        return tuple(passed)
    return (*passed, f"{unknown:,} of the {len(why):,} {_MOST_UNKNOWN}")


def counts_unknown(warning: str) -> bool:
    """Whether a warning says how many words of a text are unknown, see `of_text`."""
    return warning.endswith(_MOST_UNKNOWN)
