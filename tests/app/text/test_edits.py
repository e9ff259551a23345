"""Edits, alignments, differences and units: pure functions, no page."""

from __future__ import annotations

import random

import numpy as np
import pytest

from app.figures import charts, unit_charts, units
from app.methods import LEFT_OUT_METHOD
from app.text import edits, pairs
from lrp_engine import METHODS
from lrp_engine.errors import InputError
from lrp_engine.model.text import TOKENIZERS, Tokenizer
from lrp_engine.render.numbers import number

TOKENS = ("good", "bad", "film", ".")


def test_edits_and_the_word_to_look_at():
    assert edits.drop(TOKENS, 1) == edits.Edit("good film .", 1)
    assert edits.drop(TOKENS, 3) == edits.Edit("good bad film", 2)
    assert edits.replace(TOKENS, 0, " very  good ") == edits.Edit("very good bad film .", 0)
    assert edits.insert(TOKENS, 4, "end") == edits.Edit("good bad film . end", 4)


@pytest.mark.parametrize("at", [-1, 4, 99])
def test_a_position_beyond_the_text_is_named(at):
    for act in (lambda: edits.drop(TOKENS, at), lambda: edits.replace(TOKENS, at, "x")):
        with pytest.raises(InputError, match=f"position {at}"):
            act()


TEXT = "Well-drawn, isn't it? (Yes... it's 3.5 stars!) “quoted” 😀 שלום"
CUT = [name for name, cutter in TOKENIZERS.items() if cutter.between is not None]


def tokenizer_named(method):
    """Keras' own would leave out the punctuation, so it filters nothing here."""
    filters = {"filters": ""} if method == "keras" else {}
    return Tokenizer(method=method, lowercase=False, **filters)


@pytest.mark.parametrize("method", CUT)
def test_an_edited_text_is_cut_as_it_was_joined(method):
    cut = tokenizer_named(method)
    tokens = cut(TEXT)
    for at in range(len(tokens)):
        before, after = tokens[:at], tokens[at + 1 :]
        assert cut(edits.drop(tokens, at, cut.between).text) == [*before, *after]
        assert cut(edits.replace(tokens, at, "x", cut.between).text) == [*before, "x", *after]
        assert cut(edits.insert(tokens, at, "x", cut.between).text) == [*before, "x", *tokens[at:]]
    assert cut(edits.insert(tokens, len(tokens), "x", cut.between).text) == [*tokens, "x"]


@pytest.mark.parametrize("method", [name for name in TOKENIZERS if name not in CUT])
def test_a_text_that_is_one_token_can_only_be_replaced(method):
    cut = tokenizer_named(method)
    tokens = cut(TEXT)
    assert cut(edits.replace(tokens, 0, " as  typed", cut.between).text) == [" as  typed"]
    with pytest.raises(InputError, match="only word"):
        edits.drop(tokens, 0, cut.between)
    with pytest.raises(InputError, match="one piece"):
        edits.insert(tokens, 1, "x", cut.between)


def test_white_space_is_a_token_where_tokens_are_characters():
    assert edits.replace(["a", "b"], 1, " ", "") == edits.Edit("a ", 1)
    with pytest.raises(InputError, match="No word"):
        edits.replace(["a", "b"], 1, "", "")
    with pytest.raises(InputError, match="No word"):
        edits.replace(["a", "b"], 1, "  ")


def test_padding_is_no_other_word():
    with pytest.raises(InputError, match="only word"):
        edits.drop(["good", "", ""], 0)


def test_alignments_are_complete_and_in_order():
    rng = random.Random(0)
    for _ in range(300):
        one, two = (rng.choices("abc", k=rng.randrange(8)) for _ in range(2))
        found = edits.aligned(one, two)
        assert [n for n, _ in found if n is not None] == list(range(len(one)))
        assert [m for _, m in found if m is not None] == list(range(len(two)))
        assert (None, None) not in found


def test_one_edit_in_a_long_text_moves_nothing_else():
    words = ["a", "b"] * 2_500
    found = edits.aligned(words, [*words[:2_000], *words[2_001:]])
    assert sum(None in pair for pair in found) == 1


def test_differences(network):
    before, after = (
        network.explain([text], method="lrp") for text in ("good film .", "good bad film")
    )
    table = edits.differences(before, after)
    assert table["change"].tolist() == ["kept", "inserted", "kept", "dropped"]
    assert table["before"].tolist() == ["good", "", "film", "."]
    a, b = before.token_relevance[0], after.token_relevance[0]
    expected = [b[0] - a[0], b[1], b[2] - a[1], -a[2]]
    np.testing.assert_allclose(table["difference"], expected, rtol=0, atol=1e-12)
    assert table["difference"].sum() == pytest.approx(b.sum() - a.sum())
    with pytest.raises(InputError, match="same method"):
        edits.differences(before, network.explain(["good"], method="sensitivity"))


def test_changes_of_classes(network):
    before, after = (network.explain([text]) for text in ("good film", "bad film"))
    table = edits.class_changes(before, after)
    np.testing.assert_allclose(table["score change"], after.scores[0] - before.scores[0], atol=1e-6)
    assert table["probability change"].sum() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("method", [name for name, one in METHODS.items() if one.passes])
def test_units_sum_to_the_word(network, method):
    explanation = network.explain(["good bad film"], method=method)
    found = units.units_of(explanation, 1)
    assert found.positive + found.negative == pytest.approx(explanation.token_relevance[0, 1])
    assert found.values.sum() == pytest.approx(found.positive + found.negative)
    bars = unit_charts.unit_bars(explanation, 1).to_dict()
    assert len(next(iter(bars["datasets"].values()))) == len(found.values)


def test_a_method_without_values_of_units_says_so(network):
    explanation = network.explain(["good bad film"], LEFT_OUT_METHOD.name)
    assert units.without_units(explanation) == (
        f"{LEFT_OUT_METHOD.title} gives each word one number, and none to its units."
    )


def test_cancellation_is_stated(network):
    explanation = network.explain(["good bad film"])
    found = units.units_of(explanation, 1)
    above = int((found.values > 0).sum())
    assert f"{above} support the class ({number(found.positive)})" in found.sentence
    assert found.sentence.endswith(f"leaving {number(found.positive + found.negative)}.")


def test_ranks_of_a_word(network):
    explanations = network.explain_all(["good bad film"])
    ranks = {name: [units.word_values(explanations, at)[n][2] for at in range(3)]
             for n, name in enumerate(explanations)}  # fmt: skip
    for found in ranks.values():
        assert sorted(found) == ["1 of 3", "2 of 3", "3 of 3"]


def test_the_picked_bar_is_always_shown(network):
    explanation = network.explain(["good bad film . " * 20])
    weakest = int(np.abs(explanation.token_relevance[0]).argmin())
    for pick in (None, weakest):
        chart = charts.token_bars(explanation, strongest=5, pick=pick).to_dict()
        rows = max(chart["datasets"].values(), key=len)
        assert len(rows) == 5
        assert [row["position"] for row in rows if row["picked"]] == (
            [] if pick is None else [pick]
        )


def test_before_and_after_say_the_same_to_a_screen_reader(network):
    before, after = (network.explain([text]) for text in ("good <b>", "bad <b> film"))
    html = pairs.heatmaps(before, after, palette="mono", vmax=1.0, long=False)
    assert "<b>" not in html.replace("<b><bdi>", "")
    assert 'aria-label="good, replaced by bad: before ' in html
    assert "film, inserted: before none, after " in html
    assert html.count('role="listitem"') == 3


def test_many_classes_show_those_that_matter(network):
    from dataclasses import replace

    one = network.explain(["good film"])
    wide = np.linspace(-3, 3, 40)[None].astype(np.float32)
    many = replace(one, scores=wide, probabilities=np.exp(wide) / np.exp(wide).sum(),
                   labels=tuple(f"class {n}" for n in range(40)))  # fmt: skip
    html = pairs.scores(many, many)
    assert html.count("<tr>") == pairs.CLASSES_SHOWN + 1
    assert "class 39" in html
    assert "class 0<" not in html
