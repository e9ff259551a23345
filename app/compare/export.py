"""A comparison to take along: a picture, a page, a table; the rows as they are shown. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from app import templates
from app.compare import grid
from app.figures.spreadsheet import harmless_csv
from app.text import file_names
from lrp_engine import Explanation, __version__
from lrp_engine.render.aligned_svg import aligned_svg, meanings
from lrp_engine.render.page import rule_rows
from lrp_engine.render.row import HeatmapRow
from lrp_engine.render.wording import visible


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What the page shows.

    Attributes:
        text: that is explained. shared: what all rows have in common, as a sentence.
        rows: aligned, with names, colours and legends. explanations, models: of each row.
        sentences: how far rows agree.
    """

    text: str
    shared: str
    rows: Sequence[HeatmapRow]
    explanations: Sequence[Explanation]
    models: Sequence[str]
    sentences: Sequence[str]

    @property
    def file_name(self) -> str:
        """As of a download of Explain, for all rows."""
        return file_names.of_rows(self.explanations)

    @property
    def title(self) -> str:
        return f"Comparison of {len(self.rows)} explanations"

    @property
    def doubts(self) -> list[str]:
        """Why rows should not be relied on."""
        said = (
            f"{row.name}: {sentence}"
            for row, one in zip(self.rows, self.explanations, strict=True)
            for sentence in one.warnings
        )
        return [f"Warning: {visible(sentence)}" for sentence in dict.fromkeys(said)]


def svg(comparison: Comparison) -> str:
    """A picture, every setting in its metadata."""
    return aligned_svg(
        comparison.rows,
        title=comparison.title,
        facts=[one.to_dict() for one in comparison.explanations],
        notes=[*filter(None, [comparison.shared]), *comparison.doubts],
    )


def page(comparison: Comparison) -> str:
    """A web page that needs no network, every text escaped."""
    rows = comparison.rows
    return templates.render(
        "compare.html",
        title=comparison.title,
        text=visible(comparison.text),
        shared=comparison.shared,
        doubts=comparison.doubts,
        lines=grid.lines_of(rows),
        palette=rows[0].palette,
        heading_width=max(len(row.name) for row in rows) + 1,
        label=f"Compared rows, {rows[0].token_kind}s",
        strongest=rows[0].cells[grid.strongest(rows[0])],
        meanings=[(names, legend) for legend, names in meanings(rows).items()],
        sentences=comparison.sentences,
        settings=[
            (row.name, _settings(one, model))
            for row, one, model in zip(
                rows, comparison.explanations, comparison.models, strict=True
            )
        ],
    )


def _settings(one: Explanation, model: str) -> list[tuple[str, str]]:
    rule = rule_rows(one.rule) if one.rule is not None else []
    options = [(name.replace("_", " "), str(value)) for name, value in one.method_options.items()]
    return [
        ("method", one.method_info.title),
        ("explained", visible(one.target_label())),
        *options,
        *rule,
        ("model", visible(model)),
        ("model hash", one.model_hash),
        ("engine", f"lrp-lens {__version__}"),
    ]


def csv(comparison: Comparison) -> str:
    """A line per word of each row, with all that decides its number; no text in it is a formula."""
    lines: list[dict[str, Any]] = []
    each = zip(comparison.rows, comparison.explanations, comparison.models, strict=True)
    for n, (row, one, model) in enumerate(each, 1):
        about = {
            "row": n,
            "name": row.name,
            "method": one.method,
            "target": visible(one.target_label()),
            "unit": one.unit,
            "rule": json.dumps(one.rule.to_dict()) if one.rule is not None else "",
            "options": json.dumps(dict(one.method_options)) if one.method_options else "",
            "model": visible(model),
            "model_hash": one.model_hash,
            "engine": f"lrp-lens {__version__}",
        }
        values = one.token_relevance[0].tolist()
        for at, (token, value) in enumerate(zip(one.tokens[0], values, strict=True)):
            lines.append(about | {"position": at, "token": visible(token), "value": value})
    return harmless_csv(pd.DataFrame(lines))
