"""Names of files to download: which text, by what, and why which class. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from lrp_engine import Explanation, Explanations

WORDS = 4  # of the text
LONGEST = 40  # characters of a part
_OTHERS = re.compile(r"[^\w]+", re.UNICODE)


def of_explanations(one: Explanations) -> str:
    """A name without its ending, as "neither-funny-nor_LRP-GI_negative"."""
    return of_rows(list(one.values()))


def of_rows(ones: Sequence[Explanation]) -> str:
    """The same of explanations of one text that may differ in all else, each thing named once."""
    words = (token for token in ones[0].tokens[0] if re.search(r"\w", token))
    first = [token for token, _ in zip(words, range(WORDS), strict=False)]
    methods = dict.fromkeys(one.method_info.short for one in ones)
    targets = dict.fromkeys(one.target_label() for one in ones)
    parts = (_part(first), _part(methods), _part(targets))
    return "_".join(part for part in parts if part) or "lrp-lens"


def _part(words: Iterable[str]) -> str:
    return _OTHERS.sub("-", " ".join(words)).strip("-_")[:LONGEST].rstrip("-_")
