"""What to take an answer along with: its link, its files, a pin."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from app import cache
from app.components import downloads, frontend, pinned
from app.components.question import Answer
from app.figures import charts
from app.methods import ACCOUNT_METHOD
from app.text import ablation, file_names
from lrp_engine import Explanations
from lrp_engine.render.page import methods_page
from lrp_engine.render.svg import svg

DOWNLOAD = "Download"


def buttons(
    answer: Answer, shown: Explanations, as_shown: Mapping[str, Any]
) -> dict[str, str] | None:
    """Buttons side by side; returns the parameters of the link, see `address.link`.

    Args:
        shown: by the methods that are shown. as_shown: their colours, as `method_rows` takes them.
    """
    link = frontend.copy_link(file=DOWNLOAD)
    with st.popover(DOWNLOAD, icon=":material/download:"):
        _files(answer, shown, as_shown)
    pinned.button(answer)
    return link


def _files(answer: Answer, shown: Explanations, as_shown: Mapping[str, Any]) -> None:
    """Files are made when asked for."""
    everything = answer.explanations

    def noted() -> dict[str, Any]:
        one = everything[ACCOUNT_METHOD.name]
        made = cache.ablated(answer.model, answer.text, one)
        return {**as_shown, "notes": [ablation.sentence(made, one)] if made else []}

    name, picture = map(file_names.of_explanations, (everything, shown))
    downloads.button(
        downloads.PAGE, lambda: methods_page(shown, **noted()), f"{picture}.html", "text/html",
        "A page of its own: heatmaps, numbers, account and settings. Needs no network.",
    )  # fmt: skip
    downloads.pictures(
        lambda: svg(shown, **noted()), picture, cells=len(shown) * len(shown.tokens[0])
    )
    downloads.button("Table (CSV)", lambda: charts.token_csv(everything), f"{name}.csv", "text/csv")
    downloads.button(
        "Everything (JSON)",
        lambda: json.dumps([e.to_dict() for e in everything.values()], ensure_ascii=False,
                           indent=1),
        f"{name}.json", "application/json",
    )  # fmt: skip
