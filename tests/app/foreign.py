"""Texts that Markdown makes something of, as labels, words, names; and a search for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from google.protobuf.json_format import MessageToDict
from streamlit.testing.v1 import AppTest

import lrp_engine
from lrp_engine import Network
from tests.app.tiny import eight_arrays, embeddings

PAYLOADS = (
    "http://foreign.example/a", "www.foreign.example", "x@foreign.example",
    ":material/home:", ":material_home:", ":smile:", ":red[zq]", "[zq](http://foreign.example)",
    "$zq^2$", "![zq](http://foreign.example/b.png)", ":streamlit:", ":help[zq]", "**zq**", "`zq`",
    "<b>zq</b>", "<http://foreign.example>", "~~zq~~", "|zq|", "zq -> zq",
)  # fmt: skip
HOSTILE = " ".join(PAYLOADS)
NAME = " ".join(payload for payload in PAYLOADS if "/" not in payload)
LABELS = tuple(" ".join(PAYLOADS[n::3]) for n in range(3))
WORDS = ("<unk>", *PAYLOADS[:9])  # none has white space

# What Streamlit shows as it is. Every other text of every part may be read as Markdown.
_PLAIN = {
    "html.body", "text.body", "selectbox.id", "selectbox.options", "selectbox.rawValue",
    "multiselect.options", "multiselect.rawValues", "multiselect.default", "text_area.default",
    "text_area.value", "text_input.default", "text_input.value", "vega_lite_chart.alt",
    "dataframe.alt",
    # Drawn by Vega, by the grid, and by parts of our own.
    "vega_lite_chart.spec", "dataframe.columns", "bidi_component.json",
}  # fmt: skip


def network(*warnings: str) -> Network:
    """A tiny network whose labels, words and warnings are payloads."""
    made = lrp_engine.from_weights(
        eight_arrays(), vocabulary=WORDS, embeddings=embeddings(), labels=LABELS
    )
    return replace(made, warnings=warnings)


def markup(app: AppTest) -> set[tuple[str, str]]:
    """Payloads that the page hands over as Markdown: the part, and the payload."""
    return {
        (place, payload)
        for place, text in _texts(app)
        for payload in PAYLOADS
        if place not in _PLAIN and payload in text
    }


def _texts(app: AppTest) -> Iterator[tuple[str, str]]:
    nodes: list[Any] = [app._tree]
    while nodes:
        node = nodes.pop()
        nodes += getattr(node, "children", {}).values()
        if getattr(node, "proto", None) is not None:
            yield from _strings(node.type, MessageToDict(node.proto))


def _strings(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _strings(f"{place}.{name}", part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(place, part)
