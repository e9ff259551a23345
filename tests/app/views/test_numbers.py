"""Models that read features or steps of numbers: asked, explained and linked like the others."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from app import cache, settings
from app.account import layer_vectors
from app.methods import SHOWN_METHODS
from app.models import numeric, samples
from app.models.uploads import Upload
from app.navigation import BY_PATH, View
from lrp_engine import METHODS, Epsilon, InputError
from tests.app.reading import healthy, heatmaps, html, messages, press, widget, words

SAMPLES = {sample.name: sample for sample in samples.samples()}
NAMES = SAMPLES["diabetes"].features
PAGES = tuple(BY_PATH)


@pytest.fixture(scope="module")
def diabetes():
    return cache.sample(SAMPLES["diabetes"])


@pytest.fixture(scope="module")
def addition():
    return cache.sample(SAMPLES["addition"])


def open_sample(opened, name, page="explain", **parameters):
    app = opened("model", **parameters)
    app.button(f"lens.file.sample.{name}").click().run()
    return app if page == "model" else app.switch_page(BY_PATH[page].file).run()


# Numbers as text ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_numbers_survive_being_text(diabetes, addition, seed):
    rng = np.random.default_rng(seed)
    for model, shape in ((diabetes, (10,)), (addition, (7, 2))):
        values = rng.normal(size=shape) * 10.0 ** rng.integers(-8, 8, shape)
        text = numeric.write(values)
        assert numeric.TEXT.fullmatch(text)
        np.testing.assert_array_equal(numeric.read(model.network, text)[0], values)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("diabetes", "1_2", "Found 2 numbers; this model takes 10"),
        ("diabetes", "1~2", "Found 2 numbers"),
        ("diabetes", "_".join("1" * 9) + "_x", "'x' is no number"),
        ("diabetes", "_".join("1" * 9) + "_1e300", "'1e300' is no number between"),
        ("diabetes", "_".join("1" * 9) + "_", "'' is no number"),
        ("addition", "", "Found 0 steps"),
        ("addition", "1_2~3", "Step 2 has 1 numbers; this model takes 2"),
        ("addition", "~".join(["1_1"] * (settings.TEXT_WORDS + 1)), "Found 5,001 steps"),
    ],
)
def test_text_that_does_not_fit_is_refused(name, text, says):
    with pytest.raises(InputError, match=says):
        numeric.read(cache.sample(SAMPLES[name]).network, text)


def test_a_table_with_an_empty_cell_says_which(addition):
    table = numeric.table(addition.network, addition.names, addition.start)
    assert numeric.from_table(table) == addition.start
    table.iloc[1, 1] = None
    with pytest.raises(InputError, match="Step 2 has no number for “mark”"):
        numeric.from_table(table)
    with pytest.raises(InputError, match="There is no step"):
        numeric.from_table(table.iloc[:0])


def test_examples_are_asked_as_they_are(diabetes, addition):
    for model in (diabetes, addition):
        assert len(model.examples) >= 40
        said = cache.predicted(model)
        alone = model.network.predict(model.input(model.examples[7].text))
        assert said[7] == alone.argmax()
        assert model.true_class(model.examples[7].text) == model.examples[7].label
    usual = numeric.usual(diabetes.network, [one.text for one in diabetes.examples])
    assert all(one.lowest <= one.typical <= one.highest for one in usual)
    assert diabetes.names == NAMES
    assert addition.names == ("number", "mark")


# What is shown -----------------------------------------------------------------------------


def test_every_layer_is_a_vector_whose_sum_is_accounted_for(diabetes):
    network = dataclasses.replace(diabetes.network, dtype="float64")
    double = dataclasses.replace(diabetes, network=network)
    found = cache.layered(double, double.start, 1, Epsilon())
    shown = layer_vectors.of_layers(double.network, found)
    assert [len(vector.values) for vector in shown] == [10, 32, 16, 1]
    assert shown[0].units[0].startswith("age = ")
    kept = found.ledger.by("layer")
    sums = [float(vector.values.sum()) for vector in shown]
    for below, above, layer in zip(
        sums, sums[1:], ("hidden_1", "hidden_2", "faster"), strict=False
    ):
        assert above == pytest.approx(below + float(kept[layer][0]), abs=1e-9)
    assert sums[-1] == pytest.approx(float(found.explained_score[0]))
    assert "is kept by its biases" in shown[1].sentence
    assert 'aria-label="Relevance at hidden_1: 32 units"' in layer_vectors.html(
        shown[1], palette="mono"
    )


def test_the_known_answer_is_compared_with_what_is_computed(addition):
    text = "0.5_1~0.9_0~-0.8_0~0.25_1"
    values = numeric.read(addition.network, text)[0]
    found = cache.explained(addition, text, addition.known.target, Epsilon())
    table = layer_vectors.shares(addition.known, values, found).set_index("method")
    sizes = np.abs(found["lrp"].token_relevance[0])
    assert table["share"]["LRP"] == pytest.approx((sizes[0] + sizes[3]) / sizes.sum())
    assert (table["by chance"] == 0.5).all()
    said = " ".join(layer_vectors.sentences(addition.known, values, found))
    assert "Here these are +0.50 and +0.25, together +0.75; the score is +0.7" in said
    assert "LRP gives the marked steps" in said
    nothing = layer_vectors.sentences(addition.known, values * [1, 0], found)
    assert "No step is marked" in nothing[-1]


def test_steps_stand_by_the_numbers_they_are_made_of(addition):
    found = cache.explained(addition, addition.start, None, Epsilon())["lrp"]
    assert found.tokens[0][0] == "1: 0.27, 1"
    drawn = layer_vectors.by_unit(found, palette="mono")
    assert [f"<bdi>{name}</bdi>" in drawn for name in ("number", "mark", "together")] == [True] * 3


# The pages ---------------------------------------------------------------------------------


def test_features_are_asked_by_name_and_explained_by_name(opened):
    app = open_sample(opened, "diabetes")
    assert healthy(app)
    assert app.title[0].value == "Which features made the model say that?"
    fields = {field.label: field for field in app.number_input}
    assert tuple(fields) == NAMES
    assert "typical is" in fields["age"].help
    assert [word.split(" = ")[0] for word in words(app)] == list(NAMES)
    assert [row["title"] for row in heatmaps(app)["rows"]] == [
        METHODS[name].title for name in SHOWN_METHODS
    ]
    assert "How much each feature contributed" in heatmaps(app)["rows"][0]["meaning"]
    assert "word" not in heatmaps(app)["hint"]
    said = html(app)
    assert "hidden_1: 32 units" in said
    assert "hidden_2: 16 units" in said
    before = heatmaps(app)["rows"][0]
    fields["age"].set_value(2.5).run()
    assert healthy(app)
    assert words(app)[0] == "age = 2.5"
    assert heatmaps(app)["rows"][0] != before
    numbers = dict(app.query_params)["numbers"]
    assert numbers.startswith("2.5_")
    press(app, "Typical numbers")
    assert words(app)[0] != "age = 2.5"
    press(app, "All zeros")
    assert healthy(app)
    assert words(app)[0] == "age = 0"
    widget(app, "example").set_value(3).run()
    assert "The true class of this example is" in html(app)
    assert "Known about this example: progression 170" in html(app)
    app.query_params["numbers"] = numbers  # Back
    app.run()
    assert words(app)[0] == "age = 2.5"


@pytest.mark.parametrize(("name", "token_kind"), [("diabetes", "feature"), ("addition", "step")])
def test_every_page_works_or_says_what_it_needs(opened, name, token_kind):
    app = open_sample(opened, name)
    for page in PAGES:
        app.switch_page(BY_PATH[page].file).run()
        assert healthy(app), page
        if page in ("compare", "conservation"):
            assert f"{token_kind}s" in html(app)
        if page in ("review", "learn"):
            assert f"reads {token_kind}s" in messages(app)


def test_steps_are_a_table_and_their_known_answer_is_said(opened):
    app = open_sample(opened, "addition")
    assert healthy(app)
    assert app.title[0].value == "Which steps made the model say that?"
    said = html(app)
    assert "all relevance belongs to the marked steps" in said
    assert "Here these are +0.27 and −0.92" in said
    press(app, "Explain “positive sum”")
    assert healthy(app)
    assert "LRP gives the marked steps" in html(app)
    widget(app, "example").set_value(1).run()
    assert words(app)[0] == "1: 0.09, 1"
    assert dict(app.query_params)["numbers"].startswith("0.09_1~0.87_0")


def test_numbers_of_another_model_give_way_with_a_notice(opened):
    app = open_sample(opened, "addition")
    app.query_params["numbers"] = "1_2_3"
    app.run()
    assert healthy(app)
    assert "Step 1 has 3 numbers" in messages(app)
    assert words(app)[0] == "1: 0.27, 1"


@pytest.mark.parametrize("text", ["1;2", "<b>", "1 2", "one"])
def test_nonsense_in_the_address_is_ignored_with_a_notice(opened, text):
    app = opened(numbers=text)
    assert healthy(app)
    assert "“numbers” was ignored" in messages(app)


@pytest.mark.parametrize("name", ["diabetes", "addition"])
def test_features_and_steps_are_left_out_on_request(opened, name):
    app = open_sample(opened, name, "compare")
    next(field for field in app.multiselect if field.label == "Methods").set_value(["occlusion"])
    press(app, "Add")
    assert healthy(app)
    assert "4. OC" in html(app)


def test_an_upload_is_asked_by_number_too(opened):
    sample = SAMPLES["diabetes"]
    spec = json.loads(sample.spec.read_text())
    for features, first in ((True, "age"), (False, "x0")):
        said = spec if features else {key: spec[key] for key in spec if key != "features"}
        app = opened("model")
        app.get("file_uploader")[0].upload(sample.model.name, sample.model.read_bytes())
        app.text_area("lens.file.spec").set_value(json.dumps(said))
        press(app, "Read the model")
        assert healthy(app), messages(app)
        app.switch_page(View.EXPLAIN.file).run()
        assert healthy(app)
        assert words(app)[0] == f"{first} = 0"
        app.number_input[0].set_value(1.0).run()
        assert words(app)[0] == f"{first} = 1"


def test_an_upload_of_vectors_is_asked_by_a_table():
    sample = SAMPLES["addition"]
    upload = Upload(name="sum.safetensors", weights=sample.model.read_bytes(),
                    spec=json.loads(sample.spec.read_text()))  # fmt: skip
    model = cache.uploaded(upload)
    assert model.reads == numeric.STEP
    assert model.names == ("x0", "x1")
    assert model.start == "~".join(["0_0"] * settings.STEPS_AT_START)
    assert model.known is None
