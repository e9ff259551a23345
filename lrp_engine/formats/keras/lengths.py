"""How texts are cut and padded, as far as the length that a Keras model was built for says it."""

from __future__ import annotations

from typing import Any

from lrp_engine.formats.companions.companions import Companions
from lrp_engine.formats.keras.graph import Start
from lrp_engine.layers import Embedding, Layer
from lrp_engine.model.assumption import Assumption
from lrp_engine.model.text import LONGEST, Tokenizer

UNPADDED = Assumption(
    "The file fixes no length and masks no padding: each text is read at its own length, without "
    "padding.",
    "tokenizer.length",
    "tokenizer.pad",
    kept=False,
)
# Of explanations, until texts with their outputs were compared.
PADDING_GUESSED = (
    "The file does not say on which side texts were padded and cut; Keras' usual way ({}) is "
    "assumed. Compare a text with the original program's output, or say it in the spec: "
    '"tokenizer": {{"pad": ..., "truncate": ...}}.'
)


def texts_of_one_length(
    start: Start, first: Layer, given: Companions, *, always: bool
) -> dict[str, Any]:
    """The tokenizer, assumptions and warnings of an input of texts.

    A model that masks padding reads the same without, unless its layers need so many steps
    (`always`). What the caller says is not assumed.
    """
    length, words = start.length, isinstance(first, Embedding) or given.embeddings is not None
    masked = bool(getattr(first, "mask_zero", False))
    if words and length is None and given.vocabulary is not None:
        return {} if masked else {"assumptions": [UNPADDED]}
    if not words or length is None or not 0 < length <= LONGEST:
        return {}
    padded = always or not masked
    # `pad_sequences` does it in front, TextVectorization behind.
    side, where, by = ("pre", "in front", "pad_sequences")
    if given.words.vectorized:
        side, where, by = ("post", "behind", "TextVectorization")
    options: dict[str, Any] = {"length": length, "truncate": side}
    said = [f"longer ones are cut {where}"]
    if padded:
        options["pad"] = side
        said.insert(0, f"shorter texts are filled up {where}")
    parts: dict[str, Any] = {"tokenizer": Tokenizer(**options)}
    open_questions = {"pad", "truncate"} & set(options) - {*given.tokenizer, *given.words.options}
    keys = sorted(f"tokenizer.{name}" for name in open_questions)
    if open_questions:
        parts["assumptions"] = [
            Assumption(
                f"The model was built for {length} tokens: {', '.join(said)}, as Keras' {by} does "
                "unless told otherwise.",
                *keys,
            )
        ]
    if open_questions and padded and given.vocabulary is not None:
        parts["warnings"] = (Assumption(PADDING_GUESSED.format(where), *keys),)
    return parts
