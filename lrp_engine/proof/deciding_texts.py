"""Which text would show what the texts at hand leave open about how texts are read."""

from __future__ import annotations

from collections.abc import Sequence

from lrp_engine.model.text import Tokenizer, Vocabulary
from lrp_engine.model.text.ids import Ids
from lrp_engine.model.text.tokenizer import DROP

# What a text holds -> a text by which two ways to cut show whether they differ on it.
_SIGNS = {
    "capital letters": "Good",
    "an apostrophe": "it's",
    "a hyphen": "well-made",
    "a full stop or a comma": "good, bad.",
    "a number such as 3.5": "3.5",
    "a sign such as & or #": "a & b #c",
    "a line break or a tab": "a\nb\tc",
    "letters beyond a to z": "Été",
}


def deciding(
    chosen: Tokenizer,
    others: Sequence[Tokenizer],
    vocabulary: Vocabulary,
    rows: int,
    *,
    given: Sequence[str] = (),
) -> list[str]:
    """Texts in words, as "a text with an apostrophe", that tell the chosen one from the others.

    Args:
        rows: of the embedding.
        given: texts of which the network says the same in either way, though it reads other ids: it
            has forgotten them at its end.
    """

    def unknown(tokenizer: Tokenizer) -> tuple[object, ...]:
        """What becomes of unknown words, however the settings say it."""
        read = Ids.of(tokenizer, vocabulary, rows).unknown
        known = min(tokenizer.num_words or len(vocabulary), len(vocabulary))
        return tokenizer.unknown == DROP or read, known

    found: dict[str, None] = {}
    longest = 0
    for other in others:
        if unknown(chosen) != unknown(other):
            found["a text with a word that the vocabulary lacks"] = None
        lengths = [one.length for one in (chosen, other) if one.length is not None]
        if lengths and (chosen.length, chosen.truncate) != (other.length, other.truncate):
            longest = max(longest, min(lengths))
        if lengths and (chosen.pad, chosen.pad_id) != (other.pad, other.pad_id):
            found[f"a text shorter than {min(lengths)} tokens"] = None
        if (chosen.offset, chosen.start, chosen.end) != (other.offset, other.start, other.end):
            found["a text of common words"] = None
        for sign, text in _SIGNS.items():
            if _differ(chosen, other, text):
                forgotten = any(_differ(chosen, other, one) for one in given)
                found[_late(sign, chosen.length) if forgotten else f"a text with {sign}"] = None
                break
    if longest:
        found[f"a text longer than {longest} tokens"] = None
    return [*found]


def _differ(one: Tokenizer, other: Tokenizer, text: str) -> bool:
    return [*one.keys(one.cut(text))] != [*other.keys(other.cut(text))]


def _late(sign: str, length: int | None) -> str:
    """A text with a sign where the network has not forgotten it yet."""
    return f"a text {f'of about {length} tokens ' if length else ''}with {sign} near its end"
