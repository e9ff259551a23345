"""What a model is: what was recognized, what is missing, what was assumed."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pandas as pd
import streamlit as st

from app.models import facts
from app.models.dropped import doubts
from app.models.model import Model
from app.text.markdown import plain
from lrp_engine.render import facts as network_facts
from lrp_engine.render.wording import visible

STYLE = """<style>
.lens-facts { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.25rem;
  margin: 0 !important; padding: 0 !important; }
.lens-facts dt { font-weight: 600; margin: 0 !important; }
.lens-facts dd { margin: 0 !important; overflow-wrap: anywhere; }
</style>"""


def recognized(model: Model) -> None:
    """What was found in the files, what is doubtful about it, and what is missing."""
    network = model.network
    for sentence in doubts(model):
        st.warning(plain(sentence), icon=":material/gpp_bad:")
    rows = "".join(
        f"<dt>{escape(term)}</dt><dd><bdi>{escape(visible(value))}</bdi></dd>"
        for term, value in network_facts.facts(network)
    )
    st.html(f'{STYLE}<dl class="lens-facts">{rows}</dl>')
    for sentence in facts.missing(network):
        st.info(plain(sentence), icon=":material/info:")


def layers(model: Model) -> None:
    """Every array of weights."""
    st.header("Layers", anchor=False)
    columns = list(network_facts.LAYER_COLUMNS)
    st.dataframe(
        pd.DataFrame(network_facts.layers(model.network), columns=columns),
        hide_index=True, height="content",
        column_config={"numbers": st.column_config.NumberColumn(format="localized")},
    )  # fmt: skip


def assumed(sentences: Sequence[str]) -> None:
    """What no file says, and what is worth noting of what one says, as a list, if anything."""
    if sentences:
        st.header("Assumed or noted while reading", anchor=False)
        st.markdown("\n".join(f"- {plain(sentence)}" for sentence in sentences))
