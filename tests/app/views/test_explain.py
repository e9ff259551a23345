"""The Explain page: texts, examples, targets, settings; without a browser."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from app import cache, settings
from app.account.line import line as account_line
from app.cache import scales
from app.figures import tables
from app.methods import SHOWN_METHODS
from app.models import model as models
from app.models import opening
from app.models.typical import computed
from app.navigation import BY_PATH
from app.text.ablation import TWO_QUESTIONS, line, of_word, opposite_ways, sentence
from app.text.evidence import near_tie, no_evidence, unknown_words
from app.text.file_names import of_explanations
from app.text.flips import line as flip_line
from app.text.flips import same_side
from lrp_engine import METHODS, Explanations
from lrp_engine.attribution.ablation import Change, against_random, without_one
from lrp_engine.attribution.flips import Flip, single_word
from lrp_engine.render.numbers import NO_BREAK, number
from tests.app.reading import healthy, heatmaps, html, legend, messages, press, widget, words
from tests.app.tiny import E


def asked(app, text):
    widget(app, "text").set_value(text).run()
    return app


def test_opens_on_an_explained_sentence(opened):
    app = opened()
    assert healthy(app)
    assert re.search(r"The model says.*is the highest of \w+ classes; next: ", html(app), re.DOTALL)
    assert [row["title"] for row in heatmaps(app)["rows"]] == [
        METHODS[name].title for name in SHOWN_METHODS
    ]
    assert words(app) == settings.DEFAULT_TEXT.split()
    assert app.sidebar.caption[-1].value.startswith("Runs on ")


def test_a_typed_text_is_explained(opened):
    app = asked(opened(), "good film")
    assert healthy(app)
    for row in range(len(SHOWN_METHODS)):
        assert words(app, row) == ["good", "film"]


@pytest.mark.parametrize("text", ["", "   \n\t "], ids=["empty", "blank"])
def test_nothing_to_explain_is_said(opened, text):
    app = asked(opened(), text)
    assert healthy(app)
    assert "Type a text" in messages(app)


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "*x* $x$ :red[x] `x`", "😀 🎉", "שלום עולם", "=1+1",
     "\x1b[31m red"],
    ids=["script", "markdown", "emoji", "right-to-left", "formula", "control"],
)  # fmt: skip
def test_any_text_is_fine_and_escaped(opened, text):
    app = asked(opened(), text)
    assert healthy(app)
    assert "<script" not in html(app)
    them = "it" if len(text.split()) == 1 else "them"
    assert f"unknown to the model, which reads {them} as &lt;unk&gt;" in html(app)


def test_unknown_words_are_counted(opened):
    app = asked(opened(), "good zebra film xylophone")
    assert "2 of 4 words are unknown" in html(app)
    assert "zebra" in html(app)


def test_unknown_characters_are_told_from_the_commas_between_them():
    listed = unknown_words(["k", ",", ",", "a"], [True, True, True, False], None)
    assert listed.endswith(": “<bdi>,</bdi>” (2 times), “<bdi>k</bdi>”.")


def test_a_text_over_the_limit_is_kept(opened):
    text = "good " * (settings.TEXT_WORDS + 1)
    app = asked(opened(), text)
    assert healthy(app)
    assert f"{settings.TEXT_WORDS:,}" in messages(app)
    assert widget(app, "text").value == text


def test_wide_embeddings_allow_fewer_words(opened, monkeypatch):
    monkeypatch.setattr(settings, "TEXT_VALUES", 3 * E)
    assert "up to 3 words" in messages(asked(opened(), "good film good film"))
    assert healthy(asked(opened(), "good film ."))


def test_narrow_embeddings_allow_no_more_words():
    assert settings.most_words(1) == settings.TEXT_WORDS


def test_words_in_a_table_are_no_formulas(network):
    tokens = ["=1+1", "+a", "-", "@b", "good"]
    table = tables.token_csv(network.explain_all([" ".join(tokens)]))
    column = [row.split(",")[1] for row in table.splitlines()[1:6]]
    assert column == ["'=1+1", "'+a", "'-", "'@b", "good"]


def test_a_picked_example_becomes_the_text_with_its_true_class(opened):
    app = opened()
    widget(app, "example").set_value(1).run()
    assert widget(app, "text").value == "bad film ."
    assert "The true class of this example is <b><bdi>no</bdi></b>" in html(app)
    assert widget(app, "example").value is None  # ready for the next pick


def test_filters_narrow_the_examples(opened):
    app = opened()
    assert widget(app, "example").label == "4 of 4 sentences"
    widget(app, "true_class").set_value(2).run()
    assert widget(app, "example").label == "1 of 4 sentences"
    widget(app, "true_class").set_value("any").run()
    counts = {}
    for verdict in ("right", "wrong"):
        widget(app, "verdict").set_value(verdict).run()
        counts[verdict] = int(widget(app, "example").label.split()[0])
    assert counts["right"] + counts["wrong"] == 3  # one has no label


def test_examples_that_were_picked_for_their_mistakes_say_so(opened, monkeypatch):
    tested = models.Tested(confusion=((90, 5, 0), (3, 80, 2), (0, 0, 20)), mistakes=True)
    model = replace(cache.bundled(), tested=tested)
    monkeypatch.setattr(cache, "bundled", lambda: model)
    app = opened()
    said = "\n".join(caption.value for caption in app.caption)
    widget(app, "verdict").set_value("wrong").run()
    wrong = int(widget(app, "example").label.split()[0])
    assert f"mistakes are over-sampled among them ({wrong} of 3 wrong)" in said
    assert f"On its whole test set the model is right on 95.0{NO_BREAK}% of 200." in said


def test_every_class_can_be_explained(opened, network):
    app = opened()
    for c, label in enumerate(network.labels):
        widget(app, "target").set_value(c).run()
        assert healthy(app)
        assert f"supports {label} (+" in legend(app)
    options = " ".join(widget(app, "target").options)
    assert "%" in options
    assert "score" in options


def test_a_contrast_names_both_classes(opened):
    app = opened()
    widget(app, "target").set_value(0).run()
    widget(app, "contrast").set_value(2).run()
    assert healthy(app)
    assert legend(app) == "supports yes (−, dashed); supports no (+, solid)"


def test_a_class_is_never_held_against_itself(opened):
    app = opened()
    widget(app, "contrast").set_value(_other_than_predicted(app)).run()
    widget(app, "target").set_value(widget(app, "contrast").value).run()
    assert healthy(app)
    assert widget(app, "contrast").value == "nothing"


def _other_than_predicted(app):
    return next(c for c in (0, 1, 2) if c in _values(widget(app, "contrast")))


def _values(selectbox):
    # The options are shown as text; the class left out is the predicted one.
    return [c for c, name in enumerate(("no", "so so", "yes"))
            if any(option.startswith(f"{name} (") for option in selectbox.options)]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [("eps", 0.1), ("bias_factor", 0.5)])
def test_the_rule_changes_the_numbers(opened, name, value):
    app = opened(all_methods="1")
    before = heatmaps(app)
    widget(app, name).set_value(value).run()
    assert healthy(app)
    assert heatmaps(app)["rows"][0] != before["rows"][0]
    assert heatmaps(app)["rows"][1:] == before["rows"][1:]  # only LRP has a rule


def scale_notes(app) -> list[str]:
    return [row["legend"]["scale"] for row in heatmaps(app)["rows"]]


def test_the_scale_is_typical_for_the_model_once_it_is_computed(opened, monkeypatch):
    waiting = []
    monkeypatch.setattr(scales, "begin", lambda *asked: waiting.append(asked))
    app = opened(text="good film", all_methods="1")
    assert all("what is typical for the model is being computed" in s for s in scale_notes(app))
    own = [row["legend"]["steps"][-1][0] for row in heatmaps(app)["rows"]]
    app.run()
    assert len(waiting) == 1  # it is asked for once
    scales.compute(*waiting[0])
    app.run()
    assert healthy(app)
    lrp, *_ = scale_notes(app)
    assert lrp.startswith("The colours cover this model’s usual range: in 9 of 10 examples")
    typical = [row["legend"]["steps"][-1][0] for row in heatmaps(app)["rows"]]
    assert typical != own
    largest = computed(cache.bundled(), opening.RULE).largest
    assert typical[0] == number(largest["lrp"])
    widget(app, "same_scale").set_value(True).run()
    assert "the same for LRP and GI: " in scale_notes(app)[0]
    shared = number(max(largest["lrp"], largest["gradient_x_input"]))
    assert [heatmaps(app)["rows"][n]["legend"]["steps"][-1][0] for n in (0, 2)] == [shared] * 2
    widget(app, "same_scale").set_value(False).run()
    widget(app, "scale").set_value("text").run()
    assert dict(app.query_params)["scale"] == "text"
    assert [row["legend"]["steps"][-1][0] for row in heatmaps(app)["rows"]] == own
    assert "its strongest word has the strongest colour" in scale_notes(app)[0]


def test_without_examples_the_scale_is_that_of_the_text_and_says_so(opened, monkeypatch):
    model = replace(cache.bundled(), examples=())
    monkeypatch.setattr(cache, "bundled", lambda: model)
    app = opened(text="good film")
    assert "the model has no examples that say what is typical" in scale_notes(app)[0]
    assert not [one for one in app.get("button_group") if one.label == "Colour scale"]


def test_numbers_can_be_hidden_and_scales_shared(opened):
    app = opened(all_methods="1")
    assert heatmaps(app)["shown"]
    widget(app, "values").set_value(False).run()
    assert not heatmaps(app)["shown"]
    scales = [row["legend"]["steps"] for row in heatmaps(app)["rows"]]
    widget(app, "same_scale").set_value(True).run()
    assert healthy(app)
    shared = [row["legend"]["steps"] for row in heatmaps(app)["rows"]]
    lrp, _, gi = range(3)
    assert scales[lrp] != scales[gi]
    assert shared[lrp] == shared[gi]


def test_settings_survive_a_change_of_page(opened):
    app = asked(opened(), "good film")
    widget(app, "target").set_value(1).run()
    widget(app, "eps").set_value(0.1).run()
    for page in ("conservation", "model", "explain"):
        app.switch_page(BY_PATH[page].file).run()
        assert healthy(app)
    assert widget(app, "text").value == "good film"
    assert widget(app, "target").value == 1
    assert widget(app, "eps").value == 0.1


def test_targets_follow_a_new_text(opened):
    # The lists of classes read differently for every text; the choice must not get lost.
    app = opened()
    for text in ("good film", "bad film", "film"):
        asked(app, text)
        assert healthy(app)
        assert widget(app, "target").value == "predicted"
    widget(app, "target").set_value(1).run()
    asked(app, "good")
    assert widget(app, "target").value == 1


# Which words may be believed ----------------------------------------------------------------------


def test_what_says_less_is_one_click_away_with_its_limits(opened):
    app = opened()
    limits = METHODS["sensitivity"].limits
    assert [row["short"] for row in heatmaps(app)["rows"]] == ["LRP"]
    assert limits not in html(app)
    assert limits in widget(app, "all_methods").help
    widget(app, "all_methods").set_value(True).run()
    assert healthy(app)
    assert [row["short"] for row in heatmaps(app)["rows"]] == ["LRP", "SA", "GI"]
    assert limits in html(app)
    widget(app, "bars").set_value("sensitivity").run()
    widget(app, "all_methods").set_value(False).run()
    assert healthy(app)
    assert [row["short"] for row in heatmaps(app)["rows"]] == ["LRP"]
    assert app.session_state["lens.bars"] == "lrp"


def test_an_old_link_to_what_stands_aside_shows_it(opened):
    app = opened(bars="sensitivity")
    assert [row["short"] for row in heatmaps(app)["rows"]] == ["LRP", "SA", "GI"]
    assert widget(app, "all_methods").value


def test_the_strongest_words_are_put_to_the_test(opened, network):
    app = opened(text="good film nor bad suspenseful film", pick="1")
    one = network.explain(["good film nor bad suspenseful film"])
    made = against_random(network, ["good film nor bad suspenseful film"], one)
    assert line(made, one) in html(app)
    assert "three most supporting words" in html(app)
    assert "three random words" in html(app)
    twice = sentence(replace(made, positions=(0, 1, 5)), one)
    assert "(“good”, “film” (word 2), “film” (word 6)), “" in twice
    assert "<" not in twice
    foreign = replace(one, tokens=(("&lt;<b>", *one.tokens[0][1:]),))
    assert "“<bdi>&amp;lt;&lt;b&gt;</bdi>”" in line(replace(made, positions=(0,)), foreign)
    assert "(“&lt;<b>”)" in sentence(replace(made, positions=(0,)), foreign)
    change = without_one(network, ["good film nor bad suspenseful film"], one, 1)
    for term, value, more in of_word(float(one.token_relevance[0, 1]), change, one):
        assert f"<dt>{term}</dt><dd>{value} <small>{more}</small></dd>" in html(app)
    assert TWO_QUESTIONS in html(app)
    assert re.search(r"Rank \d of 6 by LRP", html(app))  # its share is said once


def test_a_hint_about_precision_stands_below_the_account_and_says_where_to_look(opened):
    app = opened()
    assert "float32 can be too coarse" not in html(app)
    widget(app, "bias_factor").set_value(1.0).run()
    said = html(app)
    hint = said.index("float32 can be too coarse")
    assert said.index("of the score for") < hint < said.index("put to the test")
    assert "The page Conservation compares with float64 under “Precision”." in said


def test_a_warning_and_a_note_count_unknown_words_once(opened):
    app = asked(opened(), "zebra xylophone yak wasp good film")
    assert "4 of the 6 words of this text are unknown" in messages(app)
    note = "The unknown words are read as &lt;unk&gt;: “<bdi>zebra</bdi>”, “<bdi>xylophone</bdi>”"
    assert note in html(app)
    assert "4 of 6 words" not in html(app)


def test_a_text_of_unknown_words_is_no_evidence(opened):
    said = "<b>No evidence.</b> The model knows no word of this text, so it says this of every "
    assert f"{said}text of two unknown words;" in html(asked(opened(), "zebra xylophone"))
    assert f"{said}text of one unknown word;" in html(asked(opened(), "zebra"))
    assert "No evidence." not in html(asked(opened(), "zebra film"))


def test_unknown_words_that_are_cut_off_are_counted_in_the_warning_alone(network):
    cut = replace(network, tokenizer=replace(network.tokenizer, length=3))
    one = cut.explain_all([" ".join(f"zebra{n}" for n in range(8))], methods=["lrp"])
    assert any("8 of the 8 words of this text are unknown" in warning for warning in one.warnings)
    said = unknown_words(one.tokens[0], one.unknown[0], one.substitute, one.warnings)
    assert said.startswith("The unknown words are read as &lt;unk&gt;: “<bdi>zebra0</bdi>”, ")
    nothing = no_evidence(one)
    assert "knows no word that it reads of this text" in nothing
    assert "of every text of three or more unknown words;" in nothing


def test_downloads_are_named_by_text_methods_and_class(network):
    one = network.explain_all(["good film / nor , bad suspenseful"], methods=["lrp"], target=(2, 0))
    assert of_explanations(one) == "good-film-nor-bad_LRP_yes-no"
    hostile = network.explain_all(["../../etc \u202e <b> " + "x" * 90], target=1)
    name = of_explanations(hostile)
    assert re.fullmatch(r"[\w-]{1,130}", name)
    assert name.startswith("etc-b-xxx")


def test_a_near_tie_is_said(network):
    one = network.explain_all(["good film"])
    labels = network.labels

    def said(*shares):
        probabilities = np.array([shares])
        made = {name: replace(e, probabilities=probabilities) for name, e in one.items()}
        return near_tie(Explanations(made))

    tie = f"<b>Nearly a tie:</b> <bdi>{labels[2]}</bdi> 42.0% and <bdi>{labels[1]}</bdi> 38.0%"
    tie = tie.replace("%", f"{NO_BREAK}%")
    assert tie in said(0.2, 0.38, 0.42)
    assert f"could make it say <bdi>{labels[1]}</bdi>." in said(0.2, 0.38, 0.42)
    assert said(0.2, 0.36, 0.44) == ""
    last = {n: replace(e, scores=np.array([[8.0, 0.0, 9.0]])) for n, e in one.items()}
    alike = {n: replace(e, probabilities=np.array([[1.0, 0.0, 1.0]])) for n, e in last.items()}
    assert f"could make it say <bdi>{labels[0]}</bdi>." in near_tie(Explanations(alike))


def test_a_score_and_its_probability_may_move_opposite_ways():
    def said(score, share):
        return opposite_ways(Change(score=score, share=share, how="dropped"), "word")

    assert "the score falls and the probability rises" in said((1.8, 1.5), (0.55, 0.6))
    assert "whose scores have risen even more" in said((1.5, 1.8), (0.6, 0.55))
    assert said((1.8, 1.5), (0.6, 0.55)) == said((1.8, 1.5), None) == ""
    assert said((1.8, 1.5), (0.55, 0.5501)) == ""  # which reads as no change


def test_one_line_says_where_the_score_went(opened, network):
    text = "good film nor bad suspenseful film"
    one = network.explain([text])
    line = account_line(one)
    words, score = float(one.token_relevance[0].sum()), float(one.explained_score[0])
    assert f"words <b>{number(words, vmax=max(abs(words), abs(score)))}</b> = " in line
    assert f"{round(100 * words / score)}" in line.replace(".", " ")
    assert line in html(opened(text=text))
    contrast = network.explain([text], target=(0, 1))
    assert "the difference of scores for <bdi>" in account_line(contrast)
    assert account_line(contrast) in html(opened(text=text, target="0", contrast="1"))


def test_what_no_word_carries_stands_below_the_words_in_table_and_file(network):
    text = "good film nor bad"
    found = network.explain_all([text])
    table, one = tables.shown_table(found), found["lrp"]
    below = table.iloc[4:].set_index("word")["LRP (score)"]
    assert table["no."].tolist()[:4] == [1, 2, 3, 4]
    assert table["no."].isna().tolist()[4:] == [True] * len(below)
    score = float(one.explained_score[0])
    assert below["explained score"] == pytest.approx(score)
    parts = below.drop("explained score").sum()
    assert float(one.token_relevance[0].sum()) + parts == pytest.approx(score, abs=1e-6)
    rows = [row.split(",") for row in tables.token_csv(found).splitlines()]
    at = rows[0].index("part")
    assert [row[at] for row in rows[1:]] == ["word"] * 4 + ["not in words"] * (len(below) - 1) + [
        "score"
    ]


def test_the_word_that_would_flip_the_class_is_named_and_its_edit_shown(opened, network):
    text = "good film nor bad suspenseful film"
    one = network.explain([text])
    found = single_word(network, [text], one)
    app = opened(text=text)
    press(app, "What would flip it?")
    assert flip_line(found, one) in html(app)
    next(b for b in app.button if b.label == "Show it in the text").click().run()
    assert healthy(app)
    shown = words(app)
    expected = text.split()
    if found.replacement is None:
        del expected[found.position]
    else:
        expected[found.position] = found.replacement
    assert shown == expected
    if found.flips:
        assert f"now says <b><bdi>{network.labels[found.classes[1]]}</bdi></b>" in html(app)


def test_a_flip_is_told_as_it_is(network):
    one = network.explain(["good film nor bad"])
    flip = Flip(position=1, replacement=None, classes=(0, 2), shares=(0.97, 0.31), how="dropped",
                tried=(4, 0), every=True)  # fmt: skip
    said = flip_line(flip, one)
    assert "What would flip it." in said
    first = f"<b><bdi>{one.labels[0]}</bdi></b>"
    assert f"“<bdi>film</bdi>”, the answer changes from {first} to <b><bdi>yes</bdi></b>" in said
    near = replace(flip, classes=(0, 1), alike=(1,))
    assert not near.flips
    both = f"flips it away from {first} and <b><bdi>so so</bdi></b>"
    assert both in flip_line(near, one, in_order=True)
    beside = "A step on the same side: without “<bdi>film</bdi>”, the answer becomes <b><bdi>so so"
    assert beside in same_side(near, one)
    near = replace(flip, classes=(0, 1))
    assert "a small step, no reversal" in flip_line(near, one, in_order=True)
    assert "a small step" not in flip_line(near, one) + flip_line(flip, one, in_order=True)
    assert f"from 97.0{NO_BREAK}% to <b>31.0{NO_BREAK}%</b>" in said
    swapped = replace(flip, replacement="<b>", tried=(4, 25))
    said = flip_line(swapped, one)
    assert "With “<bdi>&lt;b&gt;</bdi>” in place of “<bdi>film</bdi>”" in said
    assert "Left out alone, none flips it." in said
    missed = replace(flip, classes=(0, 0), every=False, tried=(4, 25))
    said = flip_line(missed, one)
    assert "No single word was found that flips it." in said
    twice = replace(one, tokens=(("film", *one.tokens[0][1:]),))
    assert "Without “<bdi>film</bdi>” (word 2), the" in flip_line(flip, twice)
    assert "the 4 strongest words left out, and 25 replacements" in said


def test_of_a_single_word_nothing_is_taken_out(opened):
    app = opened(text="good", pick="0")
    assert healthy(app)
    assert "put to the test" not in html(app)
    assert TWO_QUESTIONS not in html(app)
