"""Numbers as people read them, and the largest one that sets a scale."""

from __future__ import annotations

import math
import re

import numpy as np

MINUS = "−"
NO_BREAK = "\N{NO-BREAK SPACE}"  # within a number and between it and its unit
_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
           "eleven", "twelve")  # fmt: skip
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def vmax_of(*value_arrays: np.ndarray) -> float:
    """The largest |value|, for a scale that several heatmaps share; 1 where all values are 0."""
    largest = 0.0
    for values in value_arrays:
        sizes = np.abs(np.asarray(values, np.float64))
        sizes = sizes[np.isfinite(sizes)]
        largest = max(largest, float(sizes.max()) if sizes.size else 0.0)
    return largest or 1.0


def number(
    value: float, *, signed: bool = True, vmax: float | None = None, minus: str = MINUS
) -> str:
    """A value to read, as "+0.42".

    Args:
        signed: write the plus of a positive value.
        vmax: the largest |value| shown next to it; sets the decimals, two or more.
        minus: the minus sign.
    """
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else f"{minus if value < 0 else ''}infinite"
    scale = abs(value) if vmax is None else vmax
    if scale and not 1e-5 <= scale < 1e6:
        text = f"{value:+.2e}"
        if minus == MINUS:  # not where every character must be plain
            digits, power = text.split("e")
            text = f"{digits}{_power(power)}"
    else:
        # Two significant digits of the largest value, so that the small ones stay comparable.
        decimals = 2 if scale == 0 else max(2, 1 - math.floor(math.log10(scale)))
        text = f"{value:+.{decimals}f}"
    return _sign(text, signed, minus)


def quantity(value: float) -> str:
    """A value in a unit of its own, as "3.421" or "245,000": four digits that count, or more."""
    if not math.isfinite(value):
        return number(value)
    size = abs(value)
    if size and not 1e-4 <= size < 1e15:
        return number(value, signed=False)
    text = f"{size:,.0f}" if round(size) >= 10_000 else f"{size:,.4g}"
    return f"{MINUS}{text}" if value < 0 and text.strip("0.") else text


def exact(value: float, *, signed: bool = True, digits: int = 6) -> str:
    """A value with all its digits up to a number of them, as "+0.421337"."""
    if not math.isfinite(value):
        return number(value)
    return _sign(f"{value:+.{digits}g}", signed, MINUS)


def tiny(size: float) -> str:
    """The size of an error, as "0.0006" or "3.7 × 10⁻⁷"."""
    if not math.isfinite(size) or size == 0 or 1e-4 <= abs(size) < 1e4:
        return f"{abs(size):.2g}" if math.isfinite(size) else number(size)
    digits, power = f"{abs(size):.1e}".split("e")
    return f"{digits.removesuffix('.0')}{_power(power)}"


def _power(power: str) -> str:
    return f"{NO_BREAK}×{NO_BREAK}10{str(int(power)).translate(_RAISED)}"


def to_ascii(text: str) -> str:
    """A text with its minus signs and powers of ten as terminals of any encoding show them."""
    plain = re.sub(
        f"{NO_BREAK}×{NO_BREAK}10([{''.join(map(chr, _RAISED.values()))}]+)", r"e\1", text
    )
    plain = plain.translate({raised: digit for digit, raised in _RAISED.items()})
    return plain.replace(MINUS, "-").replace(NO_BREAK, " ")


def points(difference: float, *, signed: bool = False) -> str:
    """A difference of two probabilities in percentage points, as "41.2"."""
    return _sign(f"{100 * difference:+.1f}", signed, MINUS)


def _sign(text: str, signed: bool, minus: str) -> str:
    """A number with its sign as it is shown; what reads as zero has none."""
    sign, digits = text[0], text[1:]
    if not digits.strip("0."):
        return digits
    return (minus if sign == "-" else "+" if signed else "") + digits


def percentage(share: float) -> str:
    """A probability as "48.3 %", never rounded to 0 or 100."""
    if not math.isfinite(share):
        return "not a number"
    if 0 < share < 0.0005:
        return f"<{NO_BREAK}0.1{NO_BREAK}%"
    if 0.9995 <= share < 1:
        return f">{NO_BREAK}99.9{NO_BREAK}%"
    return f"{100 * share:.1f}{NO_BREAK}%"


def spelled(count: int) -> str:
    """A count as a word; from 13 on in digits."""
    return _COUNTS[count] if count < len(_COUNTS) else f"{count:,}"
