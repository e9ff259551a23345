"""Text of others is text: on every page, as label, word, name, warning, tag, link or error."""

from __future__ import annotations

import json

import pytest

from app import cache, settings
from app.learn import STEPS
from app.navigation import BY_PATH
from app.text.markdown import plain
from tests.app import sets as files
from tests.app.foreign import HOSTILE, LABELS, NAME, PAYLOADS, WORDS, markup, network
from tests.app.models.test_uploads import EMBEDDINGS, VOCABULARY, WEIGHTS, upload
from tests.app.reading import messages, widget


@pytest.fixture(scope="module")
def foreign_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("foreign") / NAME
    network(f"{HOSTILE} was found.").save(folder)
    lines = ["text,label", *(f'"{HOSTILE}","{label}"' for label in LABELS)]
    (folder / settings.EXAMPLES_FILE).write_text("\n".join(lines))
    return folder


@pytest.fixture
def foreign(foreign_folder, monkeypatch, opened):
    monkeypatch.setenv(settings.MODEL_VARIABLE, str(foreign_folder))
    return opened


@pytest.mark.parametrize("page", [name for name in BY_PATH if name != "review"])
def test_no_page_makes_anything_of_a_models_texts(foreign, page):
    steps = [{"step": step} for step in STEPS] if page == "learn" else [{}]
    for parameters in steps:
        app = foreign(page, text=" ".join(WORDS[1:4]), **parameters)
        assert not app.exception
        assert markup(app) == set()
    if page == "explain":
        assert plain(f"{HOSTILE} was found.") in app.warning[0].value


@pytest.mark.usefixtures("unproven")
def test_an_upload_with_foreign_names_is_announced_and_refused_in_plain_words(opened):
    app = upload(opened("model"), weights=(f"{NAME}.npz", WEIGHTS[1]), vocabulary=VOCABULARY,
                 embeddings=EMBEDDINGS, labels="\n".join(LABELS))  # fmt: skip
    assert app.success
    assert PAYLOADS[1] in widget(app, "model").options[-1]
    assert markup(app) == set()
    app = upload(app, weights=WEIGHTS, more=json.dumps({"gate_order": HOSTILE, HOSTILE: 1}))
    assert app.error
    assert markup(app) == set()


def test_a_set_with_foreign_names_is_reviewed_in_plain_words(opened):
    model = network(f"{HOSTILE} was found.")
    one = files.explained(cache.sets(), model, name=HOSTILE, model_name=HOSTILE)
    for parameters in ({}, {"row": "1"}, {"row": str(files.GOOD)}, {"part": "words"}):
        app = opened("review", set=one.id, **parameters)
        assert not app.exception
        assert plain(f"{HOSTILE} was found.") in messages(app)
        assert markup(app) == set()


def test_a_link_with_foreign_parts_is_refused_in_plain_words(opened):
    app = opened(None, **dict.fromkeys(("target", "rule", "eps", "palette", "picked"), HOSTILE))
    assert app.warning
    assert markup(app) == set()
