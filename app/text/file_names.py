"""Names of files to download: which text, by what, and why which class. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lrp_engine import Explanations

WORDS = 4  # of the text
LONGEST = 40  # characters of a part
_OTHERS = re.compile(r"[^\w]+", re.UNICODE)


def of_explanations(one: Explanations) -> str:
    """A name without its ending, as "neither-funny-nor_LRP-GI_negative"."""
    words = (token for token in one.tokens[0] if re.search(r"\w", token))
    first = [token for token, _ in zip(words, range(WORDS), strict=False)]
    methods = (info.method_info.short for info in one.values())
    parts = (_part(first), _part(methods), _part([one.target_label()]))
    return "_".join(part for part in parts if part) or "lrp-lens"


def _part(words: Iterable[str]) -> str:
    return _OTHERS.sub("-", " ".join(words)).strip("-_")[:LONGEST].rstrip("-_")
