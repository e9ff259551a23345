"""An explanation as text for a terminal: colours where it has them, signs everywhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, TextIO

from lrp_engine.attribution.as_data import by_unit
from lrp_engine.attribution.shown import as_shown
from lrp_engine.render.checks import check_rows
from lrp_engine.render.conservation import conservation_verdict, named_parts, word_parts
from lrp_engine.render.numbers import number, to_ascii
from lrp_engine.render.palettes import THEMES, mix, rgb
from lrp_engine.render.row import HeatmapRow, input_rows
from lrp_engine.render.said import said
from lrp_engine.render.wording import visible, with_output

if TYPE_CHECKING:
    import numpy as np

    from lrp_engine.attribution.explanation import Explanation

RESET = "\x1b[0m"
COLOURS = (0, 256, 1 << 24)  # none, the fixed cube, any

_CUBE = (0, 95, 135, 175, 215, 255)  # channel steps of the 256-colour cube


def colours_of(stream: TextIO | None, environment: Mapping[str, str] = os.environ) -> int:
    """How many colours a stream shows; 0 where it is no terminal, closed, or NO_COLOR is set."""
    terminal = environment.get("TERM", "")
    shows = stream is not None and stream.isatty()
    if environment.get("NO_COLOR") or terminal == "dumb" or not shows:
        return 0
    if environment.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return 1 << 24
    return 256 if "256" in terminal else 0


def render(
    explanation: Explanation,
    index: int = 0,
    *,
    colours: int = 0,
    palette: str | None = None,
    substitute: str | None = None,
) -> str:
    """Words with their values, the score, and what did not reach the words; ends in a line break.

    Args:
        colours: one of `COLOURS`. palette: a name in `PALETTES`.
        substitute: what the model saw for an unknown word.
    """
    one = as_shown(explanation[index])
    lines = [*_head(one), ""]
    parts = one.by_input()
    rows = input_rows(one, palette=palette, substitute=substitute)
    for (name, part), row in zip(parts.items(), rows, strict=True):
        lines += [f"{visible(name)}:"] if name else []
        lines += _words(row, colours, as_shown(part).standard_error)
    if checks := check_rows(one):
        width = max(len(text) for _, text in checks)
        lines += ["", "What the method says of this result:"]
        lines += [f"{to_ascii(text):>{width}}  {title}" for title, text in checks]
    for name, part in parts.items():
        lines += _about_text(part, name)
        lines += _by_unit(as_shown(part), name)
    if one.method_info.completeness == "score":
        lines += ["", *_account(one)]
    return "\n".join(lines) + "\n"


def paint(text: str, colour: str, percent: float, colours: int) -> str:
    """Text on a mix of a colour and the light theme's background; both colours are set."""
    if not colours:
        return text
    theme = THEMES["light"]
    background = _code(mix(colour, percent, theme.background), colours)
    return f"\x1b[38;{_code(theme.text, colours)};48;{background}m{text}{RESET}"


def _code(colour: str, colours: int) -> str:
    red, green, blue = (round(channel * 255) for channel in rgb(colour))
    if colours > 256:
        return f"2;{red};{green};{blue}"
    r, g, b = (
        min(range(6), key=lambda step: abs(_CUBE[step] - channel)) for channel in (red, green, blue)
    )
    return f"5;{16 + 36 * r + 6 * g + b}"


def _head(one: Explanation) -> list[str]:
    info = one.method_info
    score = with_output("score", one.output_kind)
    return [
        *(f"Warning: {visible(sentence)}" for sentence in one.warnings),
        *(f"Hint: {to_ascii(sentence)}" for sentence in one.hints),
        f"{info.title} (unit: {one.unit})",
        f"{score} of {visible(one.target_label())}: {_number(one.explained_score[0])}",
        *_said(one),
    ]


def _said(one: Explanation) -> list[str]:
    if one.positions is not None:
        kind, at = one.token_kind, int(one.positions[0])
        whose = f"of {kind} {at + 1}, {visible(one.tokens[0][at])}"
        if one.output_kind.has_classes:
            return [f"label {whose}: {visible(c.label)} (probability {to_ascii(c.figure)})"
                    for c in said(one)]  # fmt: skip
        return [f"{visible(value.label)} {whose}: {to_ascii(value.figure)}" for value in said(one)]
    if one.output_kind.has_classes:
        return [
            f"predicted: {visible(c.label)} (probability {to_ascii(c.figure)})" for c in said(one)
        ]
    return [f"{visible(value.label)}: {to_ascii(value.figure)}" for value in said(one)]


def _words(row: HeatmapRow, colours: int, errors: np.ndarray | None) -> list[str]:
    if not row.cells:
        return [f"(no {row.token_kind}s)"]
    numbers = [
        number(cell.value, signed=row.signed, vmax=row.vmax, minus="-") for cell in row.cells
    ]
    if errors is not None and errors.any():
        numbers = [
            f"{shown} +- {number(error, signed=False, vmax=row.vmax)}"
            for shown, error in zip(numbers, errors[0].tolist(), strict=True)
        ]
    width = max(map(len, numbers))
    return [
        f"{shown:>{width}}  "
        + paint(f" {cell.text} ", row.palette.fill(cell.value, signed=row.signed),
                cell.percent, colours)
        + (f" ({row.unknown_note})" if cell.unknown else "")
        for cell, shown in zip(row.cells, numbers, strict=True)
    ]  # fmt: skip


def _about_text(one: Explanation, name: str) -> list[str]:
    """Which words were not read, and how the others were; of an input, where it has a name."""
    lines, of = [], f", {visible(name)}" if name else ""
    if one.left_out[0]:
        not_read = (f"{visible(word.token)} ({word.reason})" for word in one.left_out[0])
        lines += ["", f"Not read{of}: {', '.join(not_read)}"]
    if read := one.settings.get("text"):
        lines += ["", f"How the text was read{of}: {' '.join(map(visible, read))}"]
    return lines


def _by_unit(one: Explanation, name: str = "") -> list[str]:
    """What each named number of the steps received at all of them together; or nothing."""
    totals = [(visible(name), float(values[0].sum())) for name, values in by_unit(one)]
    if not totals:
        return []
    signed, vmax = one.method_info.signed, max(abs(value) for _, value in totals)
    shown = [number(value, signed=signed, vmax=vmax, minus="-") for _, value in totals]
    width = max(map(len, shown))
    lines = [f"{text:>{width}}  {name}" for text, (name, _) in zip(shown, totals, strict=True)]
    of = f" of {visible(name)}" if name else ""
    return ["", f"All {one.token_kind}s{of}, by the numbers of a {one.token_kind}:", *lines]


def _account(one: Explanation) -> list[str]:
    rows = [
        *word_parts(one),
        *named_parts(one),
        (with_output("explained score", one.output_kind), float(one.explained_score[0])),
    ]
    # Two more decimals than the largest part needs: what stabilizers keep is small.
    vmax = max(abs(value) for _, value in rows) / 100
    numbers = [number(value, vmax=vmax, minus="-") for _, value in rows]
    width = max(map(len, numbers))
    lines = [f"{text:>{width}}  {part}" for (part, _), text in zip(rows, numbers, strict=True)]
    heading = with_output("Where the score went:", one.output_kind)
    return [heading, *lines, to_ascii(conservation_verdict(one).sentence)]


def _number(value: float) -> str:
    return number(float(value), minus="-")
