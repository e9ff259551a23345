"""Plain texts from a file or a caller, and to the user: JSON, word lists, names, sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrp_engine.errors import FormatError
from lrp_engine.model.assumption import Assumption
from lrp_engine.model.graph import MOST_LAYERS


def lines(text: str) -> list[str]:
    """Words, one a line; the last line break ends the last word. Empty lines are kept."""
    words = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    return words[:-1] if words[-1] == "" else words


def words_by_id(ids: Mapping[Any, Any]) -> tuple[list[str], list[str]]:
    """Words in the order of their ids, and what had to be assumed.

    Ids run from 0, or from 1 as Keras tokenizers number them: then id 0 is padding.
    """
    for word, number in ids.items():
        if not isinstance(word, str) or isinstance(number, bool) or not isinstance(number, int):
            raise FormatError(
                f"The vocabulary maps {word!r:.60} to {number!r:.60}, expected a word and its id; "
                "vectors by word are given as `embeddings`."
            )
    ordered = sorted(ids, key=lambda word: ids[word])
    first = ids[ordered[0]] if ordered else 0
    for expected, word in enumerate(ordered, start=1 if first == 1 else 0):
        if ids[word] != expected:
            raise FormatError(
                f"The vocabulary ids must run from 0 or 1 without gaps or repeats; expected id "
                f"{expected}, found {ids[word]} for {word!r:.60}."
            )
    if first == 1:
        return ["<pad>" if "<pad>" not in ids else "", *ordered], [
            "The vocabulary starts at id 1: id 0 is taken as padding."
        ]
    return ordered, []


def unused_name(name: str, used: set[str]) -> str:
    """A layer's name close to the file's: no slashes, not empty, not taken; it is taken now.

    Raises:
        FormatError: so many are taken that the network has too many layers anyway.
    """
    if len(used) > 2 * MOST_LAYERS:  # before a search for a free name goes through them all
        raise FormatError(
            f"The network has more than {2 * MOST_LAYERS} layers; up to {MOST_LAYERS} are read."
        )
    base = name.replace("/", "_") or "layer"
    candidate, number = base, 1
    while candidate in used:
        number += 1
        candidate = f"{base}_{number}"
    used.add(candidate)
    return candidate


def about_output(units: int) -> Assumption:
    """What is assumed of the last layer's numbers where nothing says what they mean."""
    if units == 1:
        said = "The single output unit is a sigmoid: its sign decides two classes."
        return Assumption(said, "output")
    return Assumption("The output units are classes under a softmax.", "output")
