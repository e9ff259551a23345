"""Models with other outputs than one decision between classes: values, on every page."""

from __future__ import annotations

import re

import numpy as np
import pytest

from app.models.model import Model
from app.navigation import BY_PATH
from lrp_engine import Network
from lrp_engine.layers import LSTM, Dense, Embedding
from lrp_engine.model.graph import Node
from lrp_engine.model.text import Vocabulary
from lrp_engine.render.numbers import quantity
from tests.app.reading import healthy, html, messages
from tests.app.tiny import WORDS, E, H, embeddings


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
    why = next(box for box in app.selectbox if box.label == "Why")
    assert len(why.options) == 3
    assert why.value == 2
    app = opened_on(opened, net, "explain", text="good film .", target=0)  # of a link
    assert next(box for box in app.selectbox if box.label == "Why").value == "predicted"
