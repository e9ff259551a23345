"""One word at a time: picking it, its details, edits at its place; links to all of it."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest

from app import settings
from app.methods import LEFT_OUT_METHOD
from lrp_engine.attribution.methods import LIVE_METHODS
from tests.app.reading import healthy, heatmaps, html, legend, messages, press, widget, words

FIRST = settings.DEFAULT_TEXT.split()


def typed(app, word):
    next(box for box in app.text_input if box.label == "New word").set_value(word)
    return app


def test_nothing_is_picked_at_first(opened):
    app = opened()
    assert heatmaps(app)["pick"] is None
    assert "Drop" not in [button.label for button in app.button]


def test_a_link_picks_a_word(opened):
    app = opened(pick="2")
    assert healthy(app)
    assert heatmaps(app)["pick"] == 2
    assert f"Word 3: <bdi>{FIRST[2]}</bdi>" in html(app)
    assert "support the class (" in html(app)
    assert dict(app.query_params)["pick"] == "2"


@pytest.mark.parametrize("pick", ["99", "8"])
def test_a_pick_beyond_the_text_picks_nothing(opened, pick):
    app = opened(pick=pick)
    assert healthy(app)
    assert heatmaps(app)["pick"] is None


@pytest.mark.parametrize(
    ("button", "after"),
    [
        ("Replace", [*FIRST[:2], "good", "film", *FIRST[3:]]),
        ("Insert before", [*FIRST[:2], "good", "film", *FIRST[2:]]),
        ("Insert after", [*FIRST[:3], "good", "film", *FIRST[3:]]),
        ("Drop", [*FIRST[:2], *FIRST[3:]]),
    ],
)
def test_an_edit_shows_before_and_after(opened, button, after):
    app = press(typed(opened(pick="2"), "  good  film "), button)
    assert healthy(app)
    assert words(app) == after
    assert widget(app, "text").value == settings.DEFAULT_TEXT  # as typed
    assert "The edit changes the score" in html(app)
    assert "predicted" in html(app)
    assert dict(app.query_params)["edited"] == " ".join(after)
    assert "New word" in [box.label for box in app.text_input]  # a word is still picked


def test_edits_are_taken_back_one_by_one(opened):
    app = press(opened(pick="2"), "Drop")
    press(app, "Drop")
    assert words(app) == [*FIRST[:2], *FIRST[4:]]
    press(app, "Undo")
    assert words(app) == [*FIRST[:2], *FIRST[3:]]
    press(app, "Undo")
    assert words(app) == FIRST
    assert heatmaps(app)["pick"] == 2
    assert "The edit changes" not in html(app)
    assert "edited" not in dict(app.query_params)


def test_edits_are_dropped_or_kept_as_a_whole(opened):
    app = press(press(opened(pick="2"), "Drop"), "Restore the original text")
    assert words(app) == FIRST
    app = press(press(opened(pick="2"), "Drop"), "Use the edited text")
    assert healthy(app)
    assert widget(app, "text").value == " ".join([*FIRST[:2], *FIRST[3:]])
    assert "The edit changes" not in html(app)


def test_a_link_restores_an_edit(opened):
    app = opened(text="good film", edited="bad film", pick="0", target="2")
    assert healthy(app)
    assert words(app) == ["bad", "film"]
    assert widget(app, "text").value == "good film"
    assert "score of <b><bdi>yes</bdi></b>" in html(app)
    press(app, "Undo")
    assert words(app) == ["good", "film"]


def test_before_and_after_explain_the_same_class(opened, network):
    listed = [" ".join(words) for words in product(("good", "bad", "film", "nor"), repeat=2)]
    classes = network.predict(listed).argmax(axis=1)
    texts = [listed[0], listed[int(np.flatnonzero(classes != classes[0])[0])]]
    said = network.predict(texts).argmax(axis=1)
    assert said[0] != said[1]
    now = network.labels[said[1]]
    app = opened(text=texts[0], edited=texts[1], pick="0")
    assert f"score of <b><bdi>{now}</bdi></b>" in html(app)
    assert "before and after explain that class" in html(app)
    assert f"and now says <b><bdi>{now}</bdi></b>. The edit" in html(app)
    assert f"The model says <b><bdi>{now}</bdi></b>" in html(app)
    assert f"predicted: {now} " in " ".join(widget(app, "target").options)
    assert f"supports {now} (+" in legend(app)


def test_a_method_becomes_live_by_its_entry_alone(opened, monkeypatch):
    name = LEFT_OUT_METHOD.name
    monkeypatch.setitem(LIVE_METHODS, name, LEFT_OUT_METHOD)
    app = opened(text="nor bad suspenseful film", pick="1")
    assert healthy(app)
    assert [row["short"] for row in heatmaps(app)["rows"]] == ["LRP", "OC"]
    assert "Whether LRP and OC agree cannot be said: four words are too few" in html(app)
    assert "support the class (" in html(app)
    widget(app, "bars").set_value(name).run()
    assert healthy(app)
    assert "Occlusion gives each word one number, and none to its units." in html(app)
    assert "support the class (" not in html(app)


def test_another_text_ends_the_edits(opened):
    app = opened(text="good film", edited="bad film", pick="0")
    widget(app, "text").set_value("film").run()
    assert healthy(app)
    assert words(app) == ["film"]
    assert heatmaps(app)["pick"] is None
    assert not {"edited", "pick"} & set(dict(app.query_params))


@pytest.mark.parametrize(
    ("text", "word", "button", "said"),
    [("good film", "  ", "Replace", "No word was given"), ("film", "", "Drop", "the only word")],
)
def test_an_edit_that_cannot_be_is_a_sentence(opened, text, word, button, said):
    app = press(typed(opened(text=text, pick="0"), word), button)
    assert healthy(app)
    assert said in messages(app)
    assert words(app) == text.split()
    assert said not in messages(app.run())


@pytest.mark.parametrize("edited", ["x" * (settings.TEXT_CHARACTERS + 1), "  "])
def test_nonsense_in_a_link_is_no_edit_or_a_sentence(opened, edited):
    app = opened(text="good film", edited=edited)
    assert healthy(app)


def test_hostile_words_are_escaped(opened):
    app = opened(text="good <b>x</b> film", edited="good <i>&amp;</i> <script>alert(1)</script>",
                 pick="1")  # fmt: skip
    assert healthy(app)
    for raw in ("<script>alert", "<i>&amp;</i>", "<b>x</b>"):
        assert raw not in html(app)
    assert words(app)[2] == "<script>alert(1)</script>"  # a text, set as such


def test_the_path_of_a_word_through_time(opened):
    app = opened(pick="2")
    assert "Reading forward" not in html(app)
    widget(app, "path").set_value(True).run()
    assert healthy(app)
    said = html(app)
    for way in ("forward", "backward"):
        assert re.search(
            rf"Reading {way}, [+−]\S+ arrives at “{FIRST[2]}”: [+−]\S+ stays with the word", said
        )
    assert dict(app.query_params)["path"] == "1"
    another = opened(pick="2", path="1", gates="half")  # gates receive a part: not followed here
    assert widget(another, "path").value
    assert "epsilon rule where the signal takes all" in messages(another)
