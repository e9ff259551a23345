"""What is done with the words of a text once they are looked up: left out, marked, cut, padded.

Each step changes a list of places: from 0 on, words of the text; below 0, what is no word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lrp_engine.model.text.ids import KNOWN
from lrp_engine.model.text.tokenizer import DROP, Tokenizer

# Places of what is no word: counted from the end, where `Ids.by_place` is appended to the words.
PAD, START, END = -1, -2, -3


@dataclass(frozen=True)
class Step:
    """One step, which a tokenizer may or may not ask for.

    Attributes:
        asked: whether it does.
        apply: (tokenizer, places (n,), what the vocabulary says of each word) -> places (m,).
    """

    asked: Callable[[Tokenizer], bool]
    apply: Callable[[Tokenizer, np.ndarray, np.ndarray], np.ndarray]


def _drop_unknown(_: Tokenizer, places: np.ndarray, why: np.ndarray) -> np.ndarray:
    return places[why[places] == KNOWN]


def _mark(tokenizer: Tokenizer, places: np.ndarray, _: np.ndarray) -> np.ndarray:
    front = [START] * (tokenizer.start is not None)
    behind = [END] * (tokenizer.end is not None)
    return np.concatenate([front, places, behind]).astype(np.int64)


def truncated(array: np.ndarray, length: int, side: str) -> np.ndarray:
    """An array (n,) cut to a length, at the front ("pre") or at the back."""
    return array[-length:] if side == "pre" else array[:length]


def filled_up(array: np.ndarray, length: int, side: str | bool, value: int) -> np.ndarray:
    """An array (n,) with a value in front ("pre") or behind, up to a length."""
    padding = np.full(max(0, length - len(array)), value)
    return np.concatenate([padding, array] if side == "pre" else [array, padding])


def _truncate(tokenizer: Tokenizer, places: np.ndarray, _: np.ndarray) -> np.ndarray:
    assert tokenizer.length is not None
    return truncated(places, tokenizer.length, tokenizer.truncate)


def _pad(tokenizer: Tokenizer, places: np.ndarray, _: np.ndarray) -> np.ndarray:
    assert tokenizer.length is not None
    return filled_up(places, tokenizer.length, tokenizer.pad, PAD)


# In Keras' order: `load_data` and `Tokenizer` mark and drop, then `pad_sequences` cuts and fills.
STEPS = (
    Step(lambda tokenizer: tokenizer.unknown == DROP, _drop_unknown),
    Step(lambda tokenizer: (tokenizer.start, tokenizer.end) != (None, None), _mark),
    Step(lambda tokenizer: tokenizer.length is not None, _truncate),
    Step(lambda tokenizer: bool(tokenizer.pad), _pad),
)


def steps_of(tokenizer: Tokenizer) -> tuple[Step, ...]:
    """The steps that a tokenizer asks for."""
    return tuple(step for step in STEPS if step.asked(tokenizer))


def lay_out(
    tokenizer: Tokenizer, steps: Sequence[Step], places: np.ndarray, why: np.ndarray
) -> np.ndarray:
    """Places (m,) that are read of the places (n,) of words; `why` is that of all words."""
    for step in steps:
        places = step.apply(tokenizer, places, why)
    return places
