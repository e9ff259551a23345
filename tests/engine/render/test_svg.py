"""SVG pictures and pages of several methods: complete, escaped, alone."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

import lrp_engine
from lrp_engine import Network
from lrp_engine.attribution.methods import LIVE_METHODS
from lrp_engine.errors import InputError
from lrp_engine.render.numbers import percentage
from lrp_engine.render.page import methods_page
from lrp_engine.render.palettes import PALETTES, THEMES
from lrp_engine.render.said import headline, runners_up
from lrp_engine.render.svg import WIDTH, svg
from tests.app.tiny import LABELS, WORDS, eight_arrays, embeddings
from tests.contrast import contrast

pytestmark = pytest.mark.usefixtures("untraced")

SVG = "{http://www.w3.org/2000/svg}"
TEXT = "good <b>bad</b> film \x1b \ufffe 😀 字字 nor"


@pytest.fixture(scope="module")
def network() -> Network:
    return lrp_engine.from_weights(
        eight_arrays(), vocabulary=WORDS, embeddings=embeddings(), labels=LABELS
    )


@pytest.fixture(scope="module")
def explanations(network):
    return network.explain_all([TEXT])


def test_of_three_classes_or_more_the_next_two_are_said(explanations):
    """ "negative (47.0 %)" alone reads like a lost vote."""
    one = explanations["lrp"]
    first, second, third = (LABELS[c] for c in one.shares[0].argsort()[::-1][:3])
    assert one.predicted[0] == LABELS.index(first)
    assert [other.label for other in runners_up(one)] == [second, third]
    said = headline(one)
    assert f"The model predicts {first} ({percentage(one.shares[0].max())}, the highest of " in said
    assert f"classes; next: {second} {percentage(np.sort(one.shares[0])[-2])}, {third} " in said
    assert "the highest of" in methods_page(explanations)
    two = replace(one, labels=one.labels[:2], scores=one.scores[:, :2],
                  probabilities=one.probabilities[:, :2])  # fmt: skip
    assert runners_up(two) == []


@pytest.mark.parametrize("palette", PALETTES)
def test_a_picture_is_xml_with_every_word(explanations, palette):
    root = ElementTree.fromstring(svg(explanations, palette=palette))
    texts = [node.text for node in root.iter(f"{SVG}text")]
    for token in ("good", "<b>bad</b>?", "film", "😀?", "字字?"):
        assert texts.count(token) == len(LIVE_METHODS)
    facts = json.loads(root.find(f"{SVG}metadata").text)
    assert [fact["method"] for fact in facts] == list(LIVE_METHODS)
    assert facts[0]["model_hash"] == explanations["lrp"].model_hash
    assert facts[0]["engine"].endswith(lrp_engine.__version__)
    assert not [node for node in root.iter() if node.tag in (f"{SVG}script", f"{SVG}image")]


def test_text_on_every_box_is_readable(explanations):
    root = ElementTree.fromstring(svg(explanations))
    fills = {node.get("fill") for node in root.iter(f"{SVG}rect")}
    assert len(fills) > 5
    for fill in fills:
        assert contrast(THEMES["light"].text, fill) >= 4.5


def test_nothing_is_wider_than_the_picture(network):
    words = network.explain_all(["w" * 500 + " good film " * 60])
    for node in ElementTree.fromstring(svg(words)).iter(f"{SVG}rect"):
        if node.get("x"):
            assert float(node.get("x")) + float(node.get("width")) <= WIDTH


def test_a_page_of_all_methods_has_one_table(explanations):
    page = methods_page(explanations)
    assert page.count("<style>") == 2  # its own and the heatmaps'
    for method in LIVE_METHODS.values():
        assert f"<h2>{method.title}</h2>" in page
        assert f"{method.short}: " in page
    assert page.count('class="lrp-words"') == len(LIVE_METHODS)
    assert page.count("<h2>Where the score went</h2>") == 1
    assert "<b>bad" not in page


@pytest.mark.parametrize("make", [svg, methods_page])
def test_the_text_and_notes_stand_in_every_file(network, make):
    made = make(network.explain_all(["Good,  film <b>"]), notes=["Put to <the> test."])
    shown = made.split("</metadata>")[-1]
    assert "“Good, film &lt;b&gt;”" in shown
    assert "Put to &lt;the&gt; test." in shown
    assert "…”" in make(network.explain_all(["good film " * 99]))
    assert "“good" not in make(network.explain([["good", "film"]])).split("</metadata>")[-1]


@pytest.mark.parametrize("make", [svg, methods_page])
def test_different_texts_are_refused(network, make):
    one, two = network.explain(["good"]), network.explain(["bad"])
    for wrong in ({}, {"lrp": one, "other": two}):
        with pytest.raises(InputError, match="one text"):
            make(wrong)


def test_warnings_stand_in_every_file(network):
    marked = replace(network, warnings=("Not <the> same scores. " * 12,))
    for file in (svg, methods_page):
        assert "Warning:" not in file(network.explain_all(["good film"]))
        made = file(marked.explain_all(["good film"]))
        assert "Warning:" in made.split("</metadata>")[-1]
        assert "<the>" not in made
        assert "&lt;the&gt;" in made
