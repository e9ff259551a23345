"""The Trust page without a browser: what cannot be measured, begin, wait, read, a link restores."""

from __future__ import annotations

import time

import pytest

from app import cache, settings
from app.components import proof as sheet
from app.models import samples
from app.navigation import View
from app.trust import evaluations
from app.work.job import ACTIVE
from lrp_engine import InputError
from tests.app import sets as files
from tests.app.models.test_uploads import upload
from tests.app.reading import healthy, html, messages, press, widget
from tests.app.tiny import WORDS, eight_arrays, embeddings, npy, npz


def ended(app):
    """The page looks again when what it measures has come to an end."""
    job = cache.evaluations().workers.find(app.session_state["lens.measured"])
    assert job is not None
    until_ended(job)
    return app.run()


def until_ended(job):
    for _ in range(3000):
        if job.state not in ACTIVE:
            return
        time.sleep(0.02)  # between two looks at another thread
    raise AssertionError(f"the job is still {job.state}")


def button(app, name):
    return next(one for one in app.button if one.label == name)


def test_examples_are_measured_and_a_link_restores_what_came_of_it(opened):
    app = opened("trust")
    assert healthy(app)
    assert "the words that it ranks first are left out" in app.markdown[0].value
    widget(app, "trust_methods").set_value(["lrp", "occlusion"]).run()
    widget(app, "trust_eps").set_value([0.001, 0.1]).run()
    press(app, "Measure")
    ended(app)
    assert healthy(app)
    page = html(app)
    assert 'class="lens-recommends"' in page
    assert "LRP (epsilon eps 0.1)" in page
    assert "random order" in page
    assert "These are 4 texts: too few" in messages(app)
    assert [h.value for h in app.header if h.value.startswith("What was not")]
    link = {name: value for name, value in dict(app.query_params).items() if name != "model"}
    assert set(link) == {"measured", "trust_methods", "trust_eps"}
    again = opened("trust", **dict(app.query_params))
    assert healthy(again)
    assert html(again).count("lens-recommends") == page.count("lens-recommends")
    assert again.session_state["lens.measured"] == link["measured"]
    # The choices are all that is needed where the model is the same: nothing is computed again.
    key = link.pop("measured")
    third = opened("trust", **link)
    assert third.session_state["lens.measured"] == key
    assert "lens-recommends" in html(third)
    assert "measured" not in dict(opened(None, **dict(app.query_params)).query_params)
    (cache.evaluations().results.folder / f"{key}.measured").unlink()
    assert "not kept here" in messages(opened("trust", measured=key))


def test_a_result_that_is_gone_and_choices_that_are_too_many_are_sentences(opened, monkeypatch):
    app = opened("trust", measured="0" * 32)
    assert "not kept here" in messages(app)
    widget(app, "trust_methods").set_value([]).run()
    press(app, "Measure")
    assert "Choose at least one method" in messages(app)
    monkeypatch.setattr(settings, "TRUST_EXPLAINERS", 1)
    widget(app, "trust_methods").set_value(["lrp", "occlusion"]).run()
    press(app, "Measure")
    assert "are 2 explanations; up to 1 are measured at once" in messages(app)
    assert "ignored" in messages(opened(None, measured="x", trust_methods="no"))


def test_a_reviewed_set_is_measured_and_its_key_stays_out_of_the_link(opened, network):
    one = files.explained(cache.sets(), network)
    app = opened("review", set=one.id)
    app = app.switch_page(View.TRUST.file).run()
    assert widget(app, "trust_from").options == [
        "the 4 examples of Tiny model", "rows.csv, under review"
    ]  # fmt: skip
    widget(app, "trust_from").set_value("reviewed").run()
    press(app, "Measure")
    ended(app)
    assert healthy(app)
    assert any("rows.csv, under review" in caption.value for caption in app.caption)
    assert one.id not in str(dict(app.query_params))
    there = opened("trust", measured=app.session_state["lens.measured"])
    assert "lens-recommends" in html(there)


def test_it_fails_in_a_sentence_and_can_be_cancelled_by_its_owner(opened, monkeypatch):
    def broken(*_):
        raise InputError("Nothing can be measured: <b>so</b>.")
        yield

    monkeypatch.setattr(evaluations.measuring, "measure", broken)
    app = press(opened("trust"), "Measure")
    ended(app)
    assert "Nothing can be measured" in app.error[0].value
    assert button(app, "Measure")

    def endless(plan, model, job):
        while True:
            time.sleep(0.01)
            yield

    monkeypatch.setattr(evaluations.measuring, "measure", endless)
    press(app, "Measure")
    other = opened("trust", measured=app.session_state["lens.measured"])
    assert not [one for one in other.button if one.label == "Cancel"]
    job = cache.evaluations().workers.find(app.session_state["lens.measured"])
    button(app, "Cancel").click().run()
    until_ended(job)
    if "measured" in app.query_params:  # it was still stopping
        app.run()
    for _ in range(2):  # the note stays when something else is chosen
        assert "Cancelled; nothing of it is kept." in messages(app)
        assert "measured" not in app.query_params
        app.run()
    monkeypatch.setattr(evaluations.measuring, "measure", broken)
    press(app, "Measure")
    ended(app)
    assert "Nothing can be measured" in app.error[0].value
    assert "Cancelled" not in messages(app)


def test_random_weights_are_tried_beside_the_proof_on_request(opened, monkeypatch):
    monkeypatch.setattr(sheet, "_make", lambda model: None)  # has tests of its own
    app = press(opened("model"), "Check with random weights")
    (job,) = cache.evaluations().workers._jobs.values()
    until_ended(job)
    app.run()
    assert healthy(app)
    assert any("when all weights are random" in one.value for one in app.markdown)
    assert not [one for one in app.button if one.label == "Check with random weights"]


@pytest.mark.usefixtures("unproven")
def test_a_model_without_examples_leads_to_review_and_one_of_numbers_is_told(opened):
    weights = ("mine.npz", npz(eight_arrays(5)))
    app = upload(opened("model"), weights=weights).switch_page(View.TRUST.file).run()
    assert healthy(app)
    assert "nothing to measure on here. From the library" in messages(app)
    app = upload(app.switch_page(View.MODEL.file).run(), weights=weights,
                 vocabulary=("words.txt", "\n".join(WORDS).encode()),
                 embeddings=("vectors.npy", npy(embeddings())))  # fmt: skip
    app.switch_page(View.TRUST.file).run()
    assert healthy(app)
    assert "“mine.npz” came without examples" in messages(app)
    assert not [one for one in app.button if one.label == "Measure"]


def test_where_the_right_answer_is_known_it_is_measured_first(opened):
    addition = cache.sample(next(one for one in samples.samples() if one.known))
    app = opened("trust", model=addition.model_hash[:12], trust_texts="50", trust_methods="lrp",
                 random_weights="0")  # fmt: skip
    press(app, "Measure")
    ended(app)
    assert healthy(app)
    page = html(app)
    assert "Correlation with the right answer" in page
    assert "Does it depend" not in "".join(header.value for header in app.header)
