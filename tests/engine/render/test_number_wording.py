"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest

from lrp_engine.render.numbers import NO_BREAK, exact, number, percentage, points, tiny, to_ascii

TIMES = f"{NO_BREAK}×{NO_BREAK}"  # no line ends within a number


@pytest.mark.parametrize(
    ("value", "options", "text"),
    [
        (0.42, {}, "+0.42"),
        (-0.42, {}, "−0.42"),
        (-0.42, {"minus": "-"}, "-0.42"),
        (0.42, {"signed": False}, "0.42"),
        (0.0, {}, "0.00"),
        (-0.0, {}, "0.00"),
        (1e-9, {"vmax": 1.0}, "0.00"),
        (-0.004, {"vmax": 1.0}, "0.00"),
        (-0.004, {"vmax": 1.0, "minus": "-"}, "0.00"),
        (-0.006, {"vmax": 1.0}, "−0.01"),
        (0.0123, {"vmax": 0.05}, "+0.012"),
        (2e-8, {}, f"+2.00{TIMES}10⁻⁸"),
        (2e-8, {"minus": "-"}, "+2.00e-08"),
        (12345678.0, {}, f"+1.23{TIMES}10⁷"),
        (1234.5, {}, "+1234.50"),
        (float("nan"), {}, "not a number"),
        (float("inf"), {}, "infinite"),
    ],
)
def test_numbers_to_read(value, options, text):
    assert number(value, **options) == text


def test_all_digits_and_percentages():
    assert exact(0.1234567891) == "+0.123457"
    assert exact(-2, digits=8) == "−2"
    assert points(-0.0004) == points(0.0004, signed=True) == "0.0"
    assert points(-0.412) == "−41.2"
    assert points(0.412, signed=True) == "+41.2"
    assert percentage(0.4833) == "48.3 %".replace(" ", NO_BREAK)
    assert percentage(0.99999) == "> 99.9 %".replace(" ", NO_BREAK)
    assert percentage(1e-6) == "< 0.1 %".replace(" ", NO_BREAK)
    assert percentage(1.0) == "100.0 %".replace(" ", NO_BREAK)
    assert percentage(0.0) == "0.0 %".replace(" ", NO_BREAK)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0.0, "0"),
        (-0.0006, "0.0006"),
        (3.72e-7, f"3.7{TIMES}10⁻⁷"),
        (1e-10, f"1{TIMES}10⁻¹⁰"),
        (9.96e-5, f"1{TIMES}10⁻⁴"),
        (math.nan, "not a number"),
    ],
)
def test_sizes_of_errors(size, said):
    assert tiny(size) == said
    power = to_ascii(f"−{said}")
    assert power.isascii()
    assert math.isnan(size) or float(power) == pytest.approx(-abs(size), rel=0.05)
