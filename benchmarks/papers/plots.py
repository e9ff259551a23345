"""The charts of docs/evidence.md as SVG; needs vl-convert (`make papers` installs it)."""

from __future__ import annotations

import altair as alt
import pandas as pd

from app import settings
from benchmarks.papers import arithmetic_names as names
from benchmarks.papers import results
from benchmarks.papers.tables import MODELS, explainer

FOLDER = settings.REPOSITORY / "docs"
SHOWN = ("LRP epsilon 0.001", "LRP relative 0.03", "LRP gates half", "GI", "SA", "IG", "occlusion",
         "LIME", "random")  # fmt: skip
CURVES = {"deletion_right": "texts read rightly", "deletion_wrong": "texts read wrongly"}
SIZE = 200


def _named(found: pd.DataFrame) -> pd.DataFrame:
    pairs = zip(found["method"], found["rule"], strict=True)
    found = found.assign(explainer=[explainer(*pair) if pair[0] else "" for pair in pairs])
    return found[found["explainer"].isin(SHOWN)]


def deletion() -> alt.VConcatChart:
    """Accuracy while words are left out, by model."""
    found = results.read()
    found = _named(found[(found["part"] == "methods") & (found["point"] != "")])
    found = found.assign(point=found["point"].astype(float))
    colour = alt.Color("explainer:N", title=None, sort=list(SHOWN))
    rows = []
    for measure, title in CURVES.items():
        parts = []
        for model in MODELS:
            some = found[(found["measure"] == measure) & (found["model"] == model)]
            if some.empty:
                continue
            parts.append(
                alt.Chart(some, title=f"{model}: {title}", width=SIZE, height=SIZE)
                .mark_line()
                .encode(
                    x=alt.X("point:Q", title="words left out"),
                    y=alt.Y("value:Q", title="accuracy", scale=alt.Scale(domain=[0, 1])),
                    color=colour,
                    strokeDash=alt.StrokeDash("explainer:N", sort=list(SHOWN), legend=None),
                )
            )
        rows.append(alt.hconcat(*parts))
    return alt.vconcat(*rows)


def _correlations() -> pd.DataFrame:
    found = results.read()
    found = found[(found["part"] == names.PART) & (found["measure"] == "marked_correlation")]
    return found[found["method"] != "sensitivity"]  # it has no sign


def arithmetic() -> alt.FacetChart:
    """How well relevance goes with the number, a point per network."""
    found = _named(_correlations())
    found = found.assign(task=found["model"].str.split().str[0])
    return (
        alt.Chart(found, width=2 * SIZE, height=SIZE)
        .mark_point()
        .encode(
            x=alt.X("value:Q", title="correlation of a marked step's relevance with its answer"),
            y=alt.Y("explainer:N", title=None, sort=list(SHOWN)),
        )
        .facet(column=alt.Column("task:N", title=None))
    )


# Name of the file -> the chart.
CHARTS = {"evidence-deletion.svg": deletion, "evidence-arithmetic.svg": arithmetic}


def run() -> None:
    """Write every chart."""
    for name, chart in CHARTS.items():
        chart().save(str(FOLDER / name))
