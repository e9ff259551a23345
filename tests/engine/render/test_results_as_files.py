"""What explanations, networks, proofs and evaluations become: frames, files, fragments."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import altair
import numpy as np
import pandas as pd
import pytest

import lrp_engine
from lrp_engine import InputError, Network
from lrp_engine.render import latex, notebook
from lrp_engine.render.files import FILES
from lrp_engine.render.svg import svg
from tests.app.tiny import LABELS, WORDS, eight_arrays, embeddings

pytestmark = pytest.mark.usefixtures("untraced", "short_proofs")

TEXTS = ["good film", "good <b>bad</b> film & 100_% \\ {x} ~^", "bad bad good film"]
VOID = {"meta", "br", "hr", "img"}


@pytest.fixture(scope="module")
def network() -> Network:
    return lrp_engine.from_weights(
        eight_arrays(), vocabulary=WORDS, embeddings=embeddings(), labels=LABELS
    )


@pytest.fixture(scope="module")
def explanations(network):
    return network.explain_all(TEXTS)


class Fragment(HTMLParser):
    """Whether tags are closed in order, and which there are."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def fragments(network, explanations):
    texts = TEXTS * 3
    return {
        "explanation": explanations["lrp"]._repr_html_(),
        "explanations": explanations._repr_html_(),
        "network": network._repr_html_(),
        "proof": lrp_engine.parity(network)._repr_html_(),
        "evaluation": lrp_engine.evaluate(
            network, texts, methods=["lrp", "sensitivity"], measures=["comprehensiveness"]
        )._repr_html_(),
    }


def test_fragments_are_whole_escaped_and_touch_nothing_else(network, explanations):
    for name, text in fragments(network, explanations).items():
        found = Fragment(text)
        assert not found.tags & {"script", "html", "body", "iframe", "img", "link"}, name
        assert "<b>bad" not in text
        for style in re.findall(r"<style>(.*?)</style>", text, re.DOTALL):
            selectors = re.findall(r"([^{}]+)\{", style)
            assert selectors
            assert all(one.strip().startswith(".lrp-") for part in selectors
                       for one in part.split(",")), name  # fmt: skip


def test_styles_of_tables_and_terms_are_stronger_than_a_notebooks_own(network):
    """Those are of one class and one element, and may come later: text would stand to the right."""
    ruled = re.findall(
        r"^(\.lrp-card[^{]*?\b(?:table|tr|td|dl|dt|dd)\b[^{]*){", network._repr_html_(), re.M
    )
    assert len(ruled) >= 6
    assert all(selector.count(".lrp-card") == 2 for selector in ruled)


def test_a_fragment_says_the_answer_and_where_the_score_went(network, explanations):
    text = explanations._repr_html_()
    e = explanations["lrp"]
    assert f"The model predicts {e.labels[e.predicted[0]]}" in text
    assert "together" in text
    assert text.count('class="lrp-words"') == len(TEXTS) * len(explanations)
    many = notebook.SAMPLES + 2
    longer = network.explain(["good film"] * many)
    assert "2 more" in longer._repr_html_()
    long = network.explain(["good " * (notebook.WORDS + 1)])
    assert "lrp-words" not in long._repr_html_().split("</style>")[-1]


def test_frames_say_what_they_are_of(explanations):
    e = explanations["lrp"]
    words = e.to_frame()
    assert [*words.columns] == ["sample", "text", "method", "class", "target", "score", "position",
                                "token", "unknown", "padding", "relevance"]  # fmt: skip
    assert words.groupby("sample")["relevance"].sum().tolist() == pytest.approx(
        e.token_relevance.sum(axis=1).tolist()
    )
    assert words["text"].unique().tolist() == TEXTS
    everything = explanations.to_frame()
    assert len(everything) == len(words) * len(explanations)
    assert everything["method"].unique().tolist() == [*explanations]


def test_a_row_per_text_closes_its_account(explanations):
    texts = explanations.to_frame("texts")
    lrp = texts[texts["method"] == "lrp"]
    parts = ["relevance", "padding", "initial states", "biases", "stabilizers", "held", "rounding"]
    assert np.allclose(lrp[parts].sum(axis=1), lrp["score"].astype(float))
    assert (lrp["words"] == explanations.lengths).all()
    assert lrp["unknown"].tolist() == explanations.unknown.sum(axis=1).tolist()
    assert texts[texts["method"] == "sensitivity"]["biases"].isna().all()
    e = explanations["lrp"]
    assert lrp["probability"].tolist() == [p[c] for p, c in zip(e.shares, e.target, strict=True)]
    with pytest.raises(InputError, match="'words', 'texts'"):
        e.to_frame("rows")


def test_a_contrast_has_no_probability(network):
    frame = network.explain(TEXTS, target=(0, 1)).to_frame("texts")
    assert frame["probability"].isna().all()
    assert frame["target"].iloc[0] == f"{LABELS[0]} − {LABELS[1]}"


@pytest.mark.parametrize("suffix", FILES)
def test_a_file_of_each_kind(explanations, suffix, tmp_path):
    path = tmp_path / f"all{suffix.upper()}"
    explanations.save(path, 1)
    assert path.stat().st_size > 100
    if suffix == ".csv":
        found = pd.read_csv(path)
        assert np.allclose(found["relevance"], explanations.to_frame()["relevance"])
    elif suffix == ".json":
        assert [one["method"] for one in json.loads(path.read_text("utf-8"))] == [*explanations]
    one = tmp_path / f"one{suffix}"
    explanations["lrp"].save(str(one))
    if suffix == ".json":
        assert json.loads(one.read_text("utf-8"))["tokens"] == ["good", "film"]


def test_an_ending_that_says_nothing_is_refused(explanations, tmp_path):
    for name in ("mine", "mine.docx"):
        with pytest.raises(InputError, match=re.escape("'.html', '.svg'")):
            explanations.save(tmp_path / name)
    assert not [*tmp_path.iterdir()]


def test_a_picture_takes_one_explanation_or_several(explanations):
    e = explanations["lrp"]
    assert svg(e, 1) == e.to_svg(1)
    assert svg(e[1]) == e.to_svg(1)
    assert len(explanations.to_svg(1)) > len(e.to_svg(1))


def test_latex_takes_every_sign(explanations):
    text = explanations["lrp"].to_latex(1)
    words = re.findall(r"^\\lrpword\{([0-9A-F]{6})\}\{(.*)\}\{(.*)\}$", text, re.MULTILINE)
    assert len(words) == len(explanations.tokens[1])
    body = "".join(word + value for _, word, value in words)
    assert not re.search(r"(?<!\\)[&%$#_~^<>]", body)
    assert r"\textbackslash{}" in body
    assert body.count("{") == body.count("}")
    assert latex.escape("\\{}") == r"\textbackslash{}\{\}"
    # The strongest word is on the strongest colour.
    e = explanations["lrp"][1]
    strongest = int(np.abs(e.token_relevance[0]).argmax())
    assert words[strongest][0] == min(words, key=lambda one: sum(bytes.fromhex(one[0])))[0]


def test_a_plot_has_a_bar_per_word(explanations):
    chart = explanations.plot(1)
    assert isinstance(chart, altair.HConcatChart)
    told = chart.to_dict()["hconcat"]
    assert len(told) == len(explanations)
    e = explanations["lrp"]
    bars = told[0]["data"]["values"]
    assert [one["relevance"] for one in bars] == pytest.approx(e.token_relevance[1].tolist())
    assert len(explanations["lrp"].plot().to_dict()["hconcat"]) == 1


def test_a_summary_names_layers_and_what_was_assumed(network):
    text = network.summary()
    assert network.hash in text
    assert all(node.name in text for node in network.nodes)
    assert all(label in text for label in LABELS)
    assert all(sentence in text for sentence in network.assumptions)


@pytest.mark.parametrize("name", ["mine.keras", "mine.h5", "mine.pt"])
def test_a_network_is_saved_in_no_other_format(network, name, tmp_path):
    with pytest.raises(InputError, match="own format"):
        network.save(tmp_path / name)
    assert not [*tmp_path.iterdir()]
