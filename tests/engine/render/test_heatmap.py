"""Heatmaps: escaped whatever the words are, numbers exact, readable without colour."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from lrp_engine import METHODS, ByLayer, Epsilon, InputError, WSquare
from lrp_engine.render import heatmap as html
from lrp_engine.render.legend import Legend
from lrp_engine.render.numbers import MINUS, exact, number, vmax_of
from lrp_engine.render.page import methods_page
from lrp_engine.render.palettes import PALETTES, palette_named
from lrp_engine.render.row import HeatmapRow
from lrp_engine.render.wording import ledger_words
from tests import zoo

pytestmark = pytest.mark.usefixtures("untraced")

HOSTILE = [
    "<script>alert(1)</script>",
    "</span></div><img src=x onerror=alert(1)>",
    '" onfocus="alert(1)',
    "' style='x",
    "&lt;b&gt;",
    "*x*",
    "$x$",
    "</style><style>*{display:none}",
    "-->",
]
WORDS = ["<unk>", "not", "good", "bad", "the", "film", *HOSTILE]
E = zoo.E


def heatmap(tokens, values, *, values_shown=True, **options) -> str:
    """Words with any values, drawn."""
    return html.heatmap(HeatmapRow.of_values(tokens, values, **options), values_shown=values_shown)


def explanation_fragment(explanation, index=0, **options) -> str:
    """One sample of an explanation, drawn with its legend."""
    return html.heatmap(HeatmapRow.of_explanation(explanation, index, **options))


def legend(**options) -> str:
    """A legend, drawn under no words."""
    nothing = HeatmapRow.of_values([], [], signed=options["signed"])
    key = Legend.of(palette=palette_named(None), **options)
    return html.heatmap(replace(nothing, legend=key))


class Reader(HTMLParser):
    """Elements with their attributes, and the text of each word."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[dict[str, str]] = []
        self.text = ""
        self._depth = 0
        self._small = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        if attributes.get("role") == "listitem":
            self.words.append({**attributes, "text": "", "value": ""})
            self._depth = 1
        self._small = tag == "small"

    def handle_endtag(self, tag):
        if tag == "small":
            self._small = False
        if tag == "span":
            self._depth = 0

    def handle_data(self, data):
        self.text += data
        if self._depth:
            self.words[-1]["value" if self._small else "text"] += data


@pytest.fixture(scope="module")
def network():
    return zoo.reader(WORDS, ["<b>neg</b>", "neutral", 'po"s'], seed=3)


@pytest.fixture(scope="module")
def explanations(network):
    return network.explain_all(
        [[*HOSTILE, "zebra", "good", "good"]], methods=list(METHODS), target=0
    )


def check_safe(html: str) -> Reader:
    reader = Reader(html)
    tags = {tag for tag, _ in reader.elements}
    assert not tags & {"script", "img", "iframe", "object", "form", "link", "base"}
    for _, attributes in reader.elements:
        assert not any(name.startswith("on") for name in attributes)
        assert "javascript:" not in str(attributes)
    return reader


def test_every_word_is_escaped_and_kept():
    reader = check_safe(heatmap(HOSTILE, np.linspace(-1, 1, len(HOSTILE)), signed=True))
    assert [word["text"] for word in reader.words] == HOSTILE
    # Attributes that could pass for markup are dropped by browsers' sanitizers.
    spoken = [word.replace("<", "‹").replace(">", "›") for word in HOSTILE]
    for attribute in ("title", "aria-label"):
        found = [word[attribute].rsplit(", relevance", 1)[0] for word in reader.words]
        assert found == spoken


def test_labels_units_and_substitutes_are_escaped():
    check_safe(heatmap(["a"], [1], signed=True, label='"><script>', unknown=[True],
                       substitute='"><script>'))  # fmt: skip
    reader = check_safe(
        legend(signed=True, vmax=1, unit="<i>", target_label="<script>", against_label="</div>")
    )
    assert "<script>" in reader.text
    assert "</div>" in reader.text


def test_values_and_labels_of_words():
    reader = Reader(heatmap(["good", "bad", "so"], [0.421337, -0.2, 0.0], signed=True))
    good, bad, so = reader.words
    assert (good["value"], bad["value"], so["value"]) == ("+0.42", f"{MINUS}0.20", "0.00")
    assert good["aria-label"] == "good, relevance +0.42"
    assert good["title"] == "good, relevance +0.421337"
    assert bad["aria-label"] == f"bad, relevance {MINUS}0.20"
    assert all(word["tabindex"] == "0" for word in reader.words)
    (container,) = [a for tag, a in reader.elements if a.get("role") == "list"]
    assert container["aria-label"]


def test_values_can_be_left_out():
    reader = Reader(heatmap(["good"], [0.42], signed=True, values_shown=False))
    assert reader.words[0]["value"] == ""
    assert reader.words[0]["aria-label"] == "good, relevance +0.42"


def test_sign_shows_without_colour():
    for name in PALETTES:
        html = heatmap(["a", "b", "c"], [1, -1, 0], signed=True, palette=name)
        kinds = [word["class"] for word in Reader(html).words]
        assert kinds == ["lrp-word lrp-pos", "lrp-word lrp-neg", "lrp-word lrp-nil"]
        assert re.search(r"\.lrp-pos \{[^}]*solid", html)
        assert re.search(r"\.lrp-neg \{[^}]*dashed", html)


@pytest.mark.parametrize("name", PALETTES)
def test_strength_follows_the_limit(name):
    values = [1.0, -0.5, 2.0]
    words = Reader(heatmap("abc", values, signed=True, palette=name, vmax=2.0)).words
    mixed = [float(re.search(r"--p:([\d.]+)%", word["style"])[1]) for word in words]
    strongest = PALETTES[name].strongest
    assert mixed == pytest.approx([strongest / 2, strongest / 4, strongest], abs=0.06)


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_colours_of_a_method(explanations, method, name):
    html = explanation_fragment(explanations[method.name], palette=name)
    reader = check_safe(html)
    kinds = {word["class"].split()[1] for word in reader.words}
    assert kinds <= ({"lrp-pos", "lrp-neg", "lrp-nil"} if method.signed else {"lrp-uns"})
    swatches = {a["class"] for tag, a in reader.elements if "lrp-swatch" in (a.get("class") or "")}
    assert ("lrp-swatch lrp-uns" in swatches) is not method.signed
    label = reader.words[-1]["aria-label"]
    if method.signed:
        assert re.search(rf"{method.value_name} [+{MINUS}]\d", label)
        assert "supports" in reader.text
    else:
        assert re.search(r"sensitivity \d", label)
        assert "speaks" not in reader.text
    assert method.unit in reader.text


def test_unknown_words_are_marked(explanations):
    words = Reader(explanation_fragment(explanations["lrp"], substitute="<unk>")).words
    unknown = [word for word in words if "lrp-unknown" in word["class"]]
    assert [word["text"] for word in unknown] == ["zebra?"]
    assert unknown[0]["aria-label"].endswith("unknown word, the model saw <unk>")
    words = Reader(heatmap(["zebra"], [0], signed=True, unknown=[True])).words
    assert "the model saw no vector for it" in words[0]["aria-label"]


def test_invisible_tokens_are_visible():
    tokens = ["", " ", "\n", "\t", "\xa0", "\x1b[2J", "\u202eabc", "\x07", "a b", "\u2003"]
    shown = [word["text"] for word in Reader(heatmap(tokens, [0] * 10, signed=True)).words]
    assert shown == [
        "(empty)", "␣", "↵", "⇥", "␣", "␛[2J", "⟨202E⟩abc", "␇", "a b", "␣",
    ]  # fmt: skip


def test_other_scripts_are_left_alone():
    tokens = ["שלום", "مرحبا", "👩‍👩‍👧", "नमस्ते", "日本語", "e\u0301", "can't"]
    reader = Reader(heatmap(tokens, [0] * 7, signed=True))
    assert [word["text"] for word in reader.words] == tokens
    assert all(word["dir"] == "auto" for word in reader.words)


def test_surrogates_can_be_written():
    heatmap(["\udcff"], [1.0], signed=True).encode()


def test_zeros_nothing_and_numbers_that_are_none():
    assert vmax_of(np.zeros(3)) == vmax_of(np.zeros(0)) == vmax_of() == 1.0
    assert vmax_of(np.array([0.5]), np.array([[-2.0, np.nan, np.inf]])) == 2.0
    assert "0.00" in heatmap(["a", "b"], [0, 0], signed=True)
    assert Reader(heatmap([], [], signed=True)).words == []
    html = heatmap(["a", "b"], [np.nan, -np.inf], signed=True)
    assert "not a number" in html
    assert "infinite" in html
    assert "nan%" not in html


def test_five_thousand_words():
    values = np.random.default_rng(0).normal(size=5000)
    html = heatmap([f"word{n}" for n in range(5000)], values, signed=True)
    assert html.count('role="listitem"') == 5000


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="zip"):
        heatmap(["a"], [1, 2], signed=True)
    with pytest.raises(InputError, match="palette"):
        heatmap(["a"], [1], signed=True, palette="rainbow")


def test_legend_has_numbers_and_meaning():
    text = Reader(legend(signed=True, vmax=0.5, unit="score", target_label="pos")).text
    for part in (f"{MINUS}0.50", "0.00", "+0.50", "opposes pos", "supports pos", "score"):
        assert part in text
    text = Reader(legend(signed=False, vmax=0.5, unit="u", target_label="pos")).text
    assert MINUS not in text
    assert "+" not in text
    text = Reader(legend(signed=True, vmax=1, unit="u", target_label="a − b")).text
    assert "supports a" in text
    assert "supports b" in text
    assert "opposes" not in text


def test_contrast_names_both_classes(network):
    explanation = network.explain([["good", "film"]], target=(0, 2))
    text = Reader(explanation.to_html()).text
    assert 'Why <b>neg</b> and not po"s?' in text
    assert 'supports po"s' in text


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_page_is_complete_and_loads_nothing(explanations, method):
    explanation = explanations[method.name]
    made = methods_page(explanation, palette="mono")
    reader = check_safe(made)
    assert made.startswith('<!doctype html>\n<html lang="en">')
    policies = [a["content"] for tag, a in reader.elements if a.get("http-equiv")]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]
    assert not re.search(r"(src|url|@import|href)\s*[=(]\s*[\"']?(?!#)\w*:?//", made)
    for part in (method.title, explanation.model_hash, "float32", "lrp-lens", "<b>neg</b>"):
        assert part in reader.text
    exactly = [a["value"] for tag, a in reader.elements if tag == "data"]
    read = explanation.token_relevance[0]
    for value in read:
        assert f"{value:.8g}" in exactly
        assert number(value, signed=method.signed, vmax=abs(read).max() / 100) in reader.text
    assert ("unknown" in reader.text) is bool(explanation.unknown[0].any())
    assert ("Where the score went" in reader.text) is (method.completeness == "score")
    assert ("bias factor" in reader.text) is method.uses_rule


def test_page_shows_rule_ledger_and_settings(network):
    rule = Epsilon(eps=0.02, bias_factor=0.5)
    explanation = network.explain([["good"], ["bad", "film"]], rule=rule)
    text = Reader(explanation.to_html(1)).text
    for part in ("Epsilon", "0.02", "0.5", "biases of the cell signal", "Passed", "bad"):
        assert part in text
    for name, kept in explanation.ledger.items():
        assert ledger_words(name) in text
        assert exact(float(kept[1]), digits=8) in text
    assert explanation.to_html(0) != explanation.to_html(1)


def test_page_states_the_options_of_a_method(network):
    explanation = network.explain([["good"]])
    assert "LRP: batch size" not in explanation.to_html()
    asked = replace(explanation, method_options={"batch_size": 20})
    assert "<dt>LRP: batch size</dt><dd>20</dd>" in asked.to_html()


def test_page_says_which_layer_followed_which_rule(network):
    rule = ByLayer([("first", WSquare(eps=0.25))], default=Epsilon(eps=0.02))
    text = Reader(network.explain([["good"]], rule=rule).to_html()).text
    for part in ("epsilon; first layer: w-square", "other layers", "eps 0.25", "eps 0.02"):
        assert part in text


def test_padding_is_not_shown(network):
    both = network.explain([["good"], ["bad", "film", "not"]])
    assert len(Reader(explanation_fragment(both, 0)).words) == 1


def test_features_work_the_same():
    network = zoo.NETWORKS["dense"](zoo.Draw(0))
    explanation = network.explain(np.ones((1, 6)))
    words = Reader(explanation.to_html()).words
    assert [word["text"] for word in words] == list(network.features)


def test_long_page_lets_people_skip(explanations):
    many = replace(
        explanations["lrp"],
        tokens=(("w",) * 100,),
        unknown=np.zeros((1, 100), bool),
        padding=np.zeros((1, 100), bool),
        relevance=np.ones((1, 100, E)),
        lengths=np.array([100]),
    )
    assert 'href="#numbers"' in many.to_html()
    assert 'href="#numbers"' not in explanations["lrp"].to_html()
