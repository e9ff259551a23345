"""The text pipeline: what turns a text into the ids that a network reads, as data.

Steps in this order: cut into words, leave out stop words, look up, put marks in front and behind,
cut to a length, pad. `Tokenizer` says how; `Vocabulary` holds the words.
"""

from lrp_engine.model.text.cutters import TOKENIZERS, Cutter, CutText
from lrp_engine.model.text.standardizers import STANDARDIZERS
from lrp_engine.model.text.tokenizer import LONGEST, Tokenizer
from lrp_engine.model.text.vocabulary import PADDING_TOKENS, UNKNOWN_TOKENS, Vocabulary

__all__ = [
    "LONGEST",
    "PADDING_TOKENS",
    "STANDARDIZERS",
    "TOKENIZERS",
    "UNKNOWN_TOKENS",
    "CutText",
    "Cutter",
    "Tokenizer",
    "Vocabulary",
]
