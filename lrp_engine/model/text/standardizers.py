"""What a token becomes before it is looked up, by Keras' names."""

from __future__ import annotations

from collections.abc import Callable
from string import ascii_uppercase, punctuation

_LOWER = str.maketrans({c: c.lower() for c in ascii_uppercase})  # TensorFlow lowers ASCII only
_PUNCTUATION = dict.fromkeys(map(ord, punctuation))

# Each works letter by letter and leaves white space alone, so that doing it to a token or to the
# whole text is the same.
STANDARDIZERS: dict[str, Callable[[str], str]] = {
    "none": lambda token: token,
    "lower": lambda token: token.translate(_LOWER),
    "strip_punctuation": lambda token: token.translate(_PUNCTUATION),
    "lower_and_strip_punctuation": lambda token: token.translate(_LOWER).translate(_PUNCTUATION),
}
