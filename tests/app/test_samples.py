"""Sample models open with a button on the Model page."""

from __future__ import annotations

import pytest

from app import samples
from tests.app.reading import healthy, messages, widget, words

TEXTS = [sample for sample in samples.samples() if sample.input == "words"]


@pytest.mark.parametrize("sample", TEXTS[1:], ids=lambda sample: sample.name)
def test_a_sample_model_opens_and_explains(opened, sample):
    app = opened("model")
    app.button(f"lens.file.sample.{sample.name}").click().run()
    assert healthy(app)
    assert sample.title in messages(app)
    app.switch_page("views/explain.py").run()
    widget(app, "text").set_value("a good film").run()
    assert healthy(app)
    assert words(app) == ["a", "good", "film"]
