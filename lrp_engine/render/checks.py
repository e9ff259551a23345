"""What a method says of its own result, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lrp_engine.render.numbers import percentage, quantity

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation


def check_rows(one: Explanation) -> list[tuple[str, str]]:
    """Titles and numbers of the checks of one sample (B = 1)."""
    rows = []
    for check in one.method_info.checks:
        value = float(one.checks[check.name][0])
        rows.append((check.title, percentage(value) if check.share else quantity(value)))
    return rows


def check_sentence(one: Explanation) -> str:
    """The same in a sentence; "" where the method has no checks."""
    said = ", ".join(f"{title} {number}" for title, number in check_rows(one))
    return f"{said[0].upper()}{said[1:]}." if said else ""
