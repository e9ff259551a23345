"""Models with other outputs than one decision between classes: values, on every page."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from app import cache
from app.components.review import desk
from app.models.model import Model
from app.models.uploads import Upload
from app.navigation import BY_PATH
from lrp_engine import Network, ProofSheet
from lrp_engine.layers import LSTM, Bidirectional, Dense, Embedding
from lrp_engine.model.graph import Node
from lrp_engine.model.text import Tokenizer, Vocabulary
from lrp_engine.render.numbers import quantity
from tests.app.reading import healthy, heatmaps, html, messages, tell
from tests.app.tiny import WORDS, E, H, embeddings
from tests.app.views.test_upload_form import compare


def _layers(values: int) -> tuple[Node, ...]:
    rng = np.random.default_rng(5)

    def normal(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.5, shape)

    return (
        Node("words", Embedding(embeddings())),
        Node("lstm", LSTM(normal(E, 4 * H), normal(H, 4 * H), normal(4 * H)), ("words",)),
        Node("out", Dense(normal(H, values), normal(values) - 1), ("lstm",)),
    )


def regression(values: int = 1, **options: object) -> Network:
    return Network(
        nodes=_layers(values),
        output="linear",
        vocabulary=Vocabulary(WORDS, "<unk>"),
        **options,  # type: ignore[arg-type]
    )


def opened_on(opened, network, page, **parameters):
    """A session in which this network was uploaded."""
    app = opened(page)
    app.session_state["lens.models"] = {"up": Model("up", "my model", network)}
    app.session_state["lens.selected"] = "up"
    for name, value in parameters.items():
        app.session_state[f"lens.{name}"] = value
    return app.run()


@pytest.mark.parametrize("page", BY_PATH)
def test_a_regression_is_shown_as_a_value_with_its_unit_on_every_page(opened, page):
    net = regression(labels=("rating",), value_units=("stars",))
    app = opened_on(opened, net, page, text="good film .")
    healthy(app)
    shown = f"{html(app)}\n{messages(app)}"
    value = net.predict(["good film ."])[0, 0]
    if page in ("explain", "compare", "conservation"):
        assert value < 0
        assert re.search(rf"The model says .*rating.*{quantity(value)} stars", shown)
    if page in ("review", "learn"):
        assert "gives values" in shown
    assert not re.search(r"class 0|predicted|probability|is (right|wrong)", shown)


def test_any_of_several_values_can_be_chosen(opened):
    net = regression(3, labels=("a", "b", "c"))
    app = opened_on(opened, net, "explain", text="good film .", target=2)
    healthy(app)
    why = next(box for box in app.selectbox if box.label == "Explain value")
    assert len(why.options) == 3
    assert why.value == 2
    app = opened_on(opened, net, "explain", text="good film .", target=0)  # of a link
    assert next(box for box in app.selectbox if box.label == "Explain value").value == "predicted"


# One label per word -------------------------------------------------------------------------


def tagger(**options: object) -> Network:
    rng = np.random.default_rng(8)

    def normal(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.5, shape)

    def lstm(**way: bool) -> LSTM:
        return LSTM(normal(E, 4 * H), normal(H, 4 * H), normal(4 * H), return_sequences=True, **way)

    nodes = (
        Node("words", Embedding(embeddings())),
        Node("bilstm", Bidirectional(lstm(), lstm(go_backwards=True)), ("words",)),
        Node("tag", Dense(normal(2 * H, 3), normal(3)), ("bilstm",)),
    )
    return Network(
        nodes=nodes, vocabulary=Vocabulary(WORDS, "<unk>"), labels=("O", "PER", "LOC"),
        **options,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize("page", BY_PATH)
def test_a_tagger_has_a_label_for_every_word_on_every_page(opened, page):
    net = tagger(tokenizer=Tokenizer(length=8, pad="pre", pad_id=0))
    app = opened_on(opened, net, page, text="good film .")
    healthy(app)
    shown = f"{html(app)}\n{messages(app)}"
    if page in ("review", "learn"):
        assert "labels every word" in shown
        assert not app.get("altair_chart")
    if page in ("explain", "compare", "conservation"):
        box = next(one for one in app.selectbox if one.label == "Whose label is explained")
        assert [option.split(":")[0] for option in box.options] == ["1. good", "2. film", "3. ."]
        labels = [net.labels[c] for c in net.predict(["good film ."])[0, -3:].argmax(axis=1)]
        for option, label in zip(box.options, labels, strict=True):
            assert option.split(": ")[1].startswith(label)
        assert re.search(rf"The model labels “.*good.*” .*{labels[0]}", shown)


def test_picking_a_word_explains_its_label(opened):
    net = tagger()
    app = opened_on(opened, net, "explain", text="good film .")
    for pick, word in ((2, "."), (0, "good"), (1, "film")):
        app = tell(app, "lens_words", "picked", pick)
        healthy(app)
        label = net.labels[net.predict(["good film ."])[0, pick].argmax()]
        assert re.search(rf"The model labels “<bdi>{re.escape(word)}</bdi>” .*{label}", html(app))
        (row, *_) = heatmaps(app)["rows"]
        found = [cell["value"] if isinstance(cell, dict) else cell for cell in row["cells"]]
        expected = net.explain(["good film ."], position=pick).token_relevance[0]
        assert len(found) == len(expected)
    box = next(one for one in app.selectbox if one.label == "Whose label is explained")
    assert box.value == 1
    app = box.set_value(0).run()
    assert "The model labels “<bdi>good</bdi>”" in html(app)


def test_an_edit_follows_the_word_whose_label_is_explained(opened):
    app = opened_on(opened, tagger(), "explain", text="good film .", edited="a good film .", pick=2)
    healthy(app)
    shown = html(app)
    assert "The model labels “<bdi>film</bdi>”" in shown
    assert "The edit changes the score" in shown
    app = opened_on(
        opened, tagger(), "explain", text="good film .", edited="bad good film .", pick=0
    )
    healthy(app)
    assert "The edit changes" not in html(app)  # the word was not there before


# Several outputs ----------------------------------------------------------------------------


def two_outputs() -> Model:
    """An upload whose first output is "mood", and the other one "stars"."""
    names = ("mood", "stars")
    mood = replace(tagger(), nodes=_layers(3), output="softmax", output_name="mood",
                   output_names=names, labels=("bad", "so so", "good"))  # fmt: skip
    stars = regression(labels=("rating",), output_name="stars", output_names=names)
    sheet = ProofSheet(model_hash=stars.hash, source="mine", dtype="float32", lines=())
    other = Model("up2", "my model", stars, proof=sheet)
    return Model("up", "my model", mood, others=(other,))


def test_texts_tried_with_another_output_stay_with_its_file(opened, monkeypatch):
    model = two_outputs()
    key = cache.kept_models().keep(Upload(name="mine.npz", weights=b"any"))
    model = replace(model, key=key)
    app = opened("model")
    app.session_state["lens.models"] = {"up": model}
    app.session_state["lens.selected"] = "up2"
    app = compare(app.run(), "good film . | 1.5\nbad film . | 2.5")
    healthy(app)
    assert list(app.session_state["lens.models"]) == ["up"]
    (other,) = app.session_state["lens.models"]["up"].others
    assert other.upload_hash == app.session_state["lens.selected"] != "up2"
    assert app.session_state["lens.tried"].upload_hash == other.upload_hash
    assert len(app.session_state["lens.tried"].rows) == 2
    # After a reload the files are read again, and the same texts are tried with the same output.
    monkeypatch.setattr(cache.kept, "uploaded", lambda upload, tell: replace(model, key=""))
    tried = []

    def try_again(one, reference, tell):
        tried.append((one.output, reference.texts, reference.outputs.tolist()))
        return replace(one, upload_hash="found"), SimpleNamespace(candidates=())

    monkeypatch.setattr(cache.kept, "tried", try_again)
    again = cache.reopened(key)
    assert tried == [("stars", ("good film .", "bad film ."), [1.5, 2.5])]
    assert (again.key, again.upload_hash) == (key, "up")
    assert [one.upload_hash for one in again.others] == ["found"]


def test_a_set_of_another_output_finds_its_model(monkeypatch):
    model = two_outputs()
    (other,) = model.others
    monkeypatch.setattr(desk.session_models, "uploaded", lambda: {"up": model})
    made_by = SimpleNamespace(model_hash=other.model_hash)
    assert desk._model_of(made_by, cache.bundled()) is other
    made_by.model_hash = "0" * 64
    assert desk._model_of(made_by, cache.bundled()) is None


def test_an_output_of_several_is_chosen(opened):
    model = two_outputs()
    stars = model.others[0].network
    app = opened("explain")
    app.session_state["lens.models"] = {"up": model}
    app.session_state["lens.selected"] = "up"
    app.session_state["lens.text"] = "good film ."
    app.session_state["lens.target"] = 2
    app.run()
    healthy(app)
    control = next(one for one in app.get("button_group") if one.label.startswith("Output"))
    assert list(control.options) == ["mood", "stars"]
    assert "class of" not in html(app)
    app = control.set_value("up2").run()
    healthy(app)
    assert re.search(r"The model says .*rating", html(app))
    assert stars.hash[:12] in app.query_params["model"]
    assert app.session_state["lens.target"] == "predicted"
    box = next(one for one in app.selectbox if one.label == "Model")
    assert len(box.options) == 2  # the bundled one and the file, once
