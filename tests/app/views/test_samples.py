"""Sample models open with a button on the Model page."""

from __future__ import annotations

import pytest

from app import settings
from app.models import samples
from app.navigation import View
from tests.app.reading import healthy, messages, widget, words

TEXTS = [sample for sample in samples.samples() if sample.input == "words"]


@pytest.mark.parametrize("sample", TEXTS[1:], ids=lambda sample: sample.name)
def test_a_sample_model_opens_and_explains(opened, sample):
    app = opened("model")
    app.button(f"lens.file.sample.{sample.name}").click().run()
    assert healthy(app)
    assert sample.title in messages(app)
    app.switch_page(View.EXPLAIN.file).run()
    widget(app, "text").set_value("a good film").run()
    assert healthy(app)
    assert words(app) == ["a", "good", "film"]


@pytest.mark.parametrize("sample", TEXTS[1:], ids=lambda sample: sample.name)
def test_a_sample_begins_with_a_text_of_its_own_kind_and_keeps_one_that_was_typed(opened, sample):
    app = opened("model")
    app.button(f"lens.file.sample.{sample.name}").click().run()
    app.switch_page(View.EXPLAIN.file).run()
    text = settings.DEFAULT_TEXT
    if sample.start is not None:
        text = samples.examples(sample)[sample.start].value
    assert widget(app, "text").value == text
    app = opened("model", text="a good film")
    app.button(f"lens.file.sample.{sample.name}").click().run()
    app.switch_page(View.EXPLAIN.file).run()
    assert widget(app, "text").value == "a good film"
