"""An Evaluation to read: Markdown, a page, a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lrp_engine.evaluation.bootstrap import DRAWS
from lrp_engine.evaluation.frames import shown
from lrp_engine.evaluation.verdict import best, no_better_than_chance, says_something
from lrp_engine.model.removals import REMOVAL_MEANINGS
from lrp_engine.render import notebook, templates
from lrp_engine.render.numbers import MINUS, to_ascii
from lrp_engine.render.wording import visible
from lrp_engine.version import __version__

if TYPE_CHECKING:
    from lrp_engine.evaluation.result import Evaluation

WITHIN = "Values of different models must not be compared."
LARGE = 1_000
BEST, TIE, CHANCE_MARK = "best", "tie", "chance"
BETTER = {"high": "more is better", "low": "less is better"}


@dataclass(frozen=True)
class Line:
    """An explainer's value of a measure, as text."""

    explainer: str
    value: str
    interval: str
    mark: str


@dataclass(frozen=True)
class Section:
    """A measure, as text."""

    title: str
    meaning: str
    sentence: str
    source: str
    lines: tuple[Line, ...]


def sections(evaluation: Evaluation) -> Iterator[Section]:
    """Every measure that was taken, in its order."""
    said = evaluation.sentences
    for measure in evaluation.measures:
        info, found = evaluation.info(measure), evaluation.estimates[measure]
        goal = BETTER.get(str(info.best), f"{info.best} is best")
        low, high = found.interval
        marks = _marks(evaluation, measure)
        lines = tuple(
            Line(
                visible(one.name),
                _number(found.value[j]),
                "" if np.isnan(low[j]) else f"{_number(low[j])} to {_number(high[j])}",
                marks.get(j, ""),
            )
            for j, one in enumerate(shown(evaluation, measure))
        )
        yield Section(info.title, f"{info.meaning} {goal.capitalize()}.", said[measure],
                      info.source, lines)  # fmt: skip


def _marks(evaluation: Evaluation, measure: str) -> dict[int, str]:
    if not says_something(evaluation, measure):
        return {}
    marks = dict.fromkeys(no_better_than_chance(evaluation, measure), CHANCE_MARK)
    if len(evaluation.explainers) > 2:
        first, ties = best(evaluation, measure)
        marks |= {j: TIE for j in ties if j not in marks}
        marks[first] = f"{BEST}, {CHANCE_MARK}" if first in marks else BEST
    return marks


def _number(value: float) -> str:
    if np.isnan(value):
        return "none"
    said = f"{value:z.3f}" if abs(value) < LARGE else f"{value:.2g}"
    return said.replace("-", MINUS)


def _about(evaluation: Evaluation) -> str:
    settings = evaluation.settings
    unexplained = f", {evaluation.unexplained:,} not explained" if evaluation.unexplained else ""
    return (
        f"{evaluation.texts:,} texts{unexplained}; model {settings['model'][:12]}; words left out: "
        f"{REMOVAL_MEANINGS[settings['removal']]}; intervals of 95 % by {DRAWS:,} paired bootstrap "
        f"draws of texts, seed {evaluation.seed}. {WITHIN}"
    )


def markdown(evaluation: Evaluation) -> str:
    """See `Evaluation.to_markdown`."""
    parts = ["# Explanations, measured", evaluation.sentence, _about(evaluation)]
    for one in sections(evaluation):
        rows = ["| explainer | value | 95 % | |", "|---|---:|---|---|"]
        rows += [
            f"| {_cell(line.explainer)} | {line.value} | {line.interval} | {line.mark} |"
            for line in one.lines
        ]
        parts += [f"## {one.title}", f"{one.meaning} Source: {one.source}.", "\n".join(rows),
                  one.sentence]  # fmt: skip
    if evaluation.left_out:
        parts.append("## Not measured")
        parts.append("\n".join(f"- {name}: {why}" for name, why in evaluation.left_out.items()))
    return "\n\n".join(map(_one_text, parts)) + "\n"


def html(evaluation: Evaluation) -> str:
    """See `Evaluation.to_html`."""
    return templates.render(
        "evaluation.html",
        title="Explanations, measured",
        sentence=evaluation.sentence,
        about=_about(evaluation),
        sections=list(sections(evaluation)),
        columns=(("explainer", False), ("value", True), ("95 %", False), ("", False)),
        left_out=list(evaluation.left_out.items()),
        settings=[
            (name, visible(str(value))) for name, value in evaluation.settings.items() if value
        ] + [("version", f"lrp-lens {__version__}")],
    )  # fmt: skip


def fragment(evaluation: Evaluation) -> str:
    """See `Evaluation._repr_html_`."""
    rows = [
        (one.title if n == 0 else "", line.explainer, line.value, line.interval, line.mark)
        for one in sections(evaluation)
        for n, line in enumerate(one.lines)
    ]
    return notebook.evaluation(evaluation.sentence, rows, list(evaluation.left_out.items()))


def text(evaluation: Evaluation) -> str:
    """See `Evaluation.to_text`."""
    wide = max(len(visible(one.name)) for one in evaluation.explainers)
    parts = [evaluation.sentence, _about(evaluation), ""]
    for one in sections(evaluation):
        parts.append(one.title)
        for line in one.lines:
            value, interval = to_ascii(line.value), to_ascii(line.interval)
            columns = (line.explainer.ljust(wide), value.rjust(7), interval.ljust(17))
            parts.append("  ".join(["", *columns, line.mark]).rstrip())
        parts += [f"  {one.sentence}", ""]
    parts += [f"Not measured: {name}. {why}" for name, why in evaluation.left_out.items()]
    return "\n".join(map(_one_text, parts)).rstrip() + "\n"


def _one_text(part: str) -> str:
    return "\n".join(visible(line) if line else "" for line in part.split("\n"))


def _cell(value: str) -> str:
    """A text within a table of Markdown."""
    return "".join(f"\\{c}" if c in "|\\`*_<>[]" else c for c in value)
