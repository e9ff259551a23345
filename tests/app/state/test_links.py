"""The address restores a view, and nonsense in it is a notice."""

from __future__ import annotations

import pytest

from app import cache, settings
from app.models import samples
from app.navigation import View
from app.state.choices import CHOICES
from tests.app.models.test_uploads import upload
from tests.app.reading import healthy, legend, messages, widget, words
from tests.app.tiny import WORDS, eight_arrays, embeddings, npy, npz

VIEW = {"text": "good film", "target": "1", "contrast": "0", "eps": "0.002", "bias_factor": "0.25",
        "palette": "mono"}  # fmt: skip


def test_a_link_restores_the_view(opened):
    app = opened(**VIEW)
    assert healthy(app)
    assert not messages(app)
    assert widget(app, "text").value == "good film"
    assert (widget(app, "target").value, widget(app, "contrast").value) == (1, 0)
    assert (widget(app, "eps").value, widget(app, "bias_factor").value) == (0.002, 0.25)
    assert widget(app, "palette").value == "mono"
    assert "supports no (−" in legend(app)


@pytest.mark.parametrize(
    ("name", "value"),
    [("target", "-1"), ("target", "x"), ("target", "9"), ("contrast", "1e3"), ("eps", "nan"),
     ("eps", "0"), ("eps", "-1"), ("eps", "1e-13"), ("eps", "1_0"), ("target", "१"),
     ("target", "1_0"), ("bias_factor", "2"), ("palette", "*red*"), ("same_scale", "2"),
     ("scale", "x"),     ("text", "a" * (settings.TEXT_CHARACTERS + 1))],
)  # fmt: skip
def test_a_malformed_parameter_is_ignored_with_a_notice(opened, name, value):
    app = opened(**{name: value})
    assert healthy(app)
    assert len(app.warning) == 1
    assert "ignored" in app.warning[0].value
    app.run()
    assert not app.warning  # said once


def test_only_what_differs_stands_in_the_address(opened, network):
    app = opened()
    assert not dict(app.query_params)
    widget(app, "text").set_value("good film").run()
    widget(app, "target").set_value(1).run()
    assert dict(app.query_params) == {
        "text": "good film",
        "target": "1",
        "model": network.hash[:12],
    }


def test_a_link_made_with_another_model_says_so(opened, network):
    assert "another model" in messages(opened(text="good film", model="0123456789ab"))
    assert not messages(opened(text="good film", model=network.hash[:12]))


def test_a_link_to_an_upload_names_it(opened):
    app = upload(opened("model"), weights=("mine.npz", npz(eight_arrays(7))),
                 vocabulary=("words.txt", "\n".join(WORDS).encode()),
                 embeddings=("vectors.npy", npy(embeddings())))  # fmt: skip
    app.switch_page(View.EXPLAIN.file).run()
    widget(app, "text").set_value("good film").run()
    link = dict(app.query_params)
    assert link["model_name"] == "mine.npz"
    assert not messages(app)
    del link["model_key"]  # which opens it
    said = messages(opened(**link))
    assert f"“mine.npz” ({link['model']})" in said
    assert "Upload it again" in said


SAMPLES = [s for s in samples.samples() if s.model.parent != settings.BUNDLED_MODEL]
WITH_NUMBERS = [s for s in SAMPLES if s.input != "words"]


def hash_of(sample):
    return cache.sample(sample).network.hash[:12]


def test_a_link_to_a_sample_opens_it(opened):
    sample = next(s for s in SAMPLES if s.input == "words")
    app = opened("model")
    app.button(f"lens.file.sample.{sample.name}").click().run()
    app.switch_page(View.EXPLAIN.file).run()
    assert dict(app.query_params) == {"model": hash_of(sample)}
    widget(app, "text").set_value("a good film").run()
    widget(app, "target").set_value(1).run()
    link = dict(app.query_params)
    assert "model_name" not in link
    again = opened(**link)
    assert healthy(again)
    assert not messages(again)
    assert widget(again, "model").value == widget(app, "model").value
    assert (widget(again, "text").value, widget(again, "target").value) == ("a good film", 1)


@pytest.mark.parametrize("sample", WITH_NUMBERS, ids=lambda sample: sample.name)
def test_a_link_to_numbers_opens_their_sample(opened, sample):
    app = opened(model=hash_of(sample))
    assert healthy(app)
    first = words(app)
    widget(app, "example").set_value(3).run()
    link = dict(app.query_params)
    assert link == {"numbers": cache.sample(sample).examples[3].text, "model": hash_of(sample)}
    again = opened(**link)
    assert healthy(again)
    assert not messages(again)
    assert again.session_state["lens.selected"] == cache.sample(sample).upload_hash
    assert words(again) == words(app) != first
    stranger = opened(**link | {"model": "0123456789ab"})
    assert healthy(stranger)
    assert widget(stranger, "model").value == "bundled"
    assert "another model, (0123456789ab)" in messages(stranger)


def test_back_returns_to_the_model_of_the_address(opened):
    app = opened(model=hash_of(WITH_NUMBERS[0]))
    link = dict(app.query_params)
    widget(app, "model").set_value("bundled").run()
    assert not dict(app.query_params)
    go_to(app, link)
    assert app.session_state["lens.selected"] == cache.sample(WITH_NUMBERS[0]).upload_hash
    go_to(app, {})
    assert widget(app, "model").value == "bundled"
    assert healthy(app)


def test_a_link_names_no_model_by_a_single_digit(opened):
    app = opened(text="good film", model="a")
    assert healthy(app)
    assert "“model” was ignored" in messages(app)


def test_the_bounds_are_named(opened):
    assert "1e-12" in messages(opened(eps="1e-13"))


@pytest.mark.parametrize("eps", [0.0012345678901, 1 / 3, 1e-6, 1.0])
def test_an_address_says_the_very_same_number(eps):
    choice = CHOICES["eps"]
    assert choice.read(choice.write(eps)) == eps


def test_a_class_against_itself_is_dropped_with_a_notice(opened):
    app = opened(target="1", contrast="1")
    assert healthy(app)
    assert "against itself" in messages(app)
    assert "contrast" not in dict(app.query_params)


def go_to(app, address):
    """What Back and Forward do: the address is another one, and no widget was used."""
    app.query_params.clear()
    app.query_params.update(address)
    return app.run()


def test_back_and_forward_show_what_the_address_says(opened):
    app = opened()
    addresses = [dict(app.query_params)]
    for text in ("good film", "", "bad film"):
        widget(app, "text").set_value(text).run()
        addresses.append(dict(app.query_params))
    for address, text in zip(
        (*addresses[::-1], addresses[2]),
        ("bad film", "", "good film", settings.DEFAULT_TEXT, ""),
        strict=True,
    ):
        go_to(app, address)
        assert healthy(app)
        assert widget(app, "text").value == text
        assert dict(app.query_params) == address


def test_a_browser_that_has_not_heard_of_the_newest_address_takes_nothing_back(opened):
    app = opened(text="good film")
    old = dict(app.query_params)
    widget(app, "text").set_value("bad film").run()
    app.query_params.clear()
    app.query_params.update(old)
    widget(app, "values").set_value(False).run()
    assert widget(app, "text").value == "bad film"
    assert dict(app.query_params)["text"] == "bad film"


def test_an_empty_address_after_a_link_between_pages_keeps_the_choices(opened):
    app = opened()
    widget(app, "text").set_value("bad film").run()
    app.switch_page(View.CONSERVATION.file)
    go_to(app, {})
    assert widget(app, "text").value == "bad film"
    go_to(app, {})  # Back within the page
    assert widget(app, "text").value == "bad film"


def test_a_long_text_outlives_a_run_without_changes(opened):
    app = opened()
    text = "good " * settings.LINK_CHARACTERS
    widget(app, "text").set_value(text).run()
    assert widget(app.run(), "text").value == text
