"""Limits of a shared server, each at the place that enforces it; and that users are kept apart."""

from __future__ import annotations

import pytest

from app import settings
from app.uploads import Upload
from lrp_engine import FormatError
from tests.app.reading import healthy, messages, widget
from tests.app.test_uploads import upload
from tests.app.tiny import eight_arrays, npz


@pytest.mark.parametrize(
    ("limit", "part", "says"),
    [
        ("UPLOAD_MEGABYTES", {"weights": b"xx"}, "weight file"),
        ("UPLOAD_MEGABYTES", {"embeddings": b"xx"}, "embeddings file"),
        ("VOCABULARY_MEGABYTES", {"vocabulary": b"xx"}, "vocabulary file"),
        ("REFERENCE_MEGABYTES", {"reference": b"xx"}, "reference file"),
        ("LABELS_CHARACTERS", {"labels": "xx"}, "class names"),
        ("SPEC_CHARACTERS", {"more": "xx"}, "as JSON"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_every_part_of_an_upload_has_its_limit(monkeypatch, limit, part, says):
    monkeypatch.setattr(settings, limit, 1e-6)
    with pytest.raises(FormatError, match=f"{says}.* at most .* are read"):
        Upload(name="mine", **{"weights": b"", **part}).check()


def test_steps_back_are_bounded(opened, monkeypatch):
    monkeypatch.setattr(settings, "UNDO_STEPS", 2)
    app = opened(text="good bad film .", pick="0")
    for _ in range(3):
        next(b for b in app.button if b.label == "Drop").click().run()
    assert app.session_state["lens.edited"] == "."
    assert len(app.session_state["lens.undo"]) == 2


def test_a_second_user_never_sees_the_first_ones_uploads(opened):
    first = upload(opened("model"), weights=("secret.npz", npz(eight_arrays(11))))
    assert "secret.npz" in widget(first, "model").options
    hash_ = next(iter(first.session_state["lens.models"].values())).network.hash
    second = opened("model")
    assert widget(second, "model").options == widget(opened(), "model").options
    assert "secret.npz" not in widget(second, "model").options
    # Not even who knows its hash, by a link that a row of the comparison or an address holds.
    guess = opened(model=hash_[:12], text="good", rows=f"lrp~~~~{hash_[:12]}")
    assert healthy(guess)
    assert guess.session_state["lens.models"] == {}
    assert "another model" in messages(guess)
