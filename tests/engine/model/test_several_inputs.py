"""Networks of several inputs: explained together, with one account, against the slow version."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest

import lrp_engine
from lrp_engine import Epsilon, FormatError, InputError, Network
from lrp_engine.layers import Concatenate, Dense, Embedding, Flatten
from lrp_engine.model.graph import Node
from lrp_engine.model.reads import Input
from lrp_engine.model.text import Tokenizer, Vocabulary
from tests import zoo
from tests.reference import recurrent as reference
from tests.several_inputs import (
    WORDS_OF,
    D,
    step_by_step,
    text,
    text_and_features,
    two_texts,
)
from tests.zoo import WORDS, Draw, E, H, V

pytestmark = pytest.mark.usefixtures("untraced")

RULE = Epsilon(eps=0.01, bias_factor=0.25)
IDS = [[2, 3, 4], [5], [6, 7, 2, 3, 9]]
OTHERS = [[3, 9], [2, 2, 4, 5], [8]]
FACTS = np.random.default_rng(0).normal(size=(3, D))
SHAPES = np.random.default_rng(1).normal(size=(3, 5, 2))
CASES = {
    "two texts": (two_texts, {"question": IDS, "answer": OTHERS}, {}),
    "text and features": (text_and_features, {"text": IDS, "facts": FACTS}, {}),
    "step by step": (
        step_by_step,
        {"text": IDS, "shapes": SHAPES},
        {"lengths": {"shapes": [3, 1, 5]}},
    ),
}


@pytest.fixture(scope="module", params=CASES)
def case(request):
    make, inputs, options = CASES[request.param]
    return make(), inputs, options


def vectors_of(net, inputs, n):
    """What the slow version reads of a sample: vectors of words, numbers as they are."""
    found = {}
    for name, one in net.inputs.items():
        given = inputs[name][n]
        if one.ids:
            found[name] = np.array(one.embedding.table)[given]
        else:
            found[name] = given[: len(IDS[n])] if one.time else given
    return found


def close(found, expected, tolerance=1e-9):
    scale = max(1.0, np.abs(expected).max(initial=0))
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * scale)


def test_scores_and_relevance_equal_the_slow_version(case):
    net, inputs, options = case
    scores = net.predict(inputs, **options)
    e = net.explain(inputs, rule=RULE, target=[0, 1, (2, 0)][1], **options)
    close(e.conservation_error, np.zeros(3), 1e-12)
    for n in range(3):
        x = vectors_of(net, inputs, n)
        expected = reference.relevance(net, x, np.eye(3)[1], RULE)
        close(scores[n], expected.scores, 1e-12)
        words = []
        for name, part in e.parts.items():
            R, own = expected.relevance[name], part[n]
            close(own.relevance[0], R)
            words.append(R.sum(axis=1) if R.ndim == 2 else R)
        close(e[n].token_relevance[0], np.concatenate(words))
        for name, kept in expected.ledger.items():
            close(e.ledger[name][n], kept.sum())
        assert set(e.ledger) == set(expected.ledger)
        close(sum(a[n] for a in e.initial_states.values()), sum(expected.states.values()))


def test_words_alone_have_the_numbers_of_their_units(case):
    net, inputs, options = case
    both = net.explain(inputs, rule=RULE, **options)
    words = net.explain(inputs, rule=RULE, units=False, **options)
    np.testing.assert_allclose(words.token_relevance, both.token_relevance, atol=1e-12)
    assert all(part.relevance is None for part in words.parts.values())


def test_an_input_held_fixed_is_a_line_of_the_account(case):
    net, inputs, options = case
    whole = net.explain(inputs, rule=RULE, **options)
    first, second = net.inputs
    held = net.explain(inputs, rule=RULE, hold=(second,), **options)
    assert list(held.parts) == [first]
    assert held.held == (second,)
    assert held.settings["hold"] == [second]
    close(held.ledger[f"{second}/input/held"], whole.part(second).token_relevance.sum(axis=1))
    close(held.token_relevance, whole.part(first).token_relevance)
    close(held.conservation_error, np.zeros(3), 1e-12)
    np.testing.assert_array_equal(held.scores, whole.scores)
    # Each input by itself is an account, too.
    part = whole.part(first)
    close(part.conservation_error, np.zeros(3), 1e-12)
    assert f"{second}/input/held" in part.ledger
    with pytest.raises(InputError, match=f"{second}.* choose from '{first}'"):
        held.part(second)
    with pytest.raises(InputError, match=f"part.name., where name is one of '{first}'"):
        held.unit_relevance  # noqa: B018


def test_methods_look_at_all_inputs_and_at_none_that_is_held():
    net, inputs = text_and_features(), {"text": IDS, "facts": FACTS}
    first, second = net.inputs
    methods = ["sensitivity", "gradient_x_input", "integrated_gradients"]
    found = net.explain_all(inputs, methods=methods, target=1)
    held = net.explain_all(inputs, methods=methods, target=1, hold=second)
    for n in range(3):
        x = vectors_of(net, inputs, n)
        slopes = {name: slope(net, x, name) for name in x}
        for name in x:
            own = found["sensitivity"].part(name)[n]
            close(own.relevance[0], slopes[name] ** 2, 1e-7)
            own = found["gradient_x_input"].part(name)[n]
            close(own.relevance[0], slopes[name] * x[name], 1e-7)
    np.testing.assert_array_equal(
        held["sensitivity"].token_relevance, found["sensitivity"].part(first).token_relevance
    )
    # Sums of methods that promise one: all the way from zeros, or with an input that stays.
    s = net.predict(inputs)[:, 1]
    for n in range(3):
        x = vectors_of(net, inputs, n)
        zeros = {name: np.zeros_like(a) for name, a in x.items()}
        low, other = reference.scores(net, zeros)[1], {**zeros, second: x[second]}
        ig = found["integrated_gradients"]
        close(ig.checks["baseline_score"][n], low)
        assert abs(ig.token_relevance[n].sum() - (s[n] - low)) <= 0.011 * abs(s[n] - low)
        ig = held["integrated_gradients"]
        close(ig.checks["baseline_score"][n], reference.scores(net, other)[1])


def test_shapley_values_of_two_texts_share_what_both_bring():
    net = two_texts()
    inputs = {"question": [[5, 2]], "answer": [[3]]}
    e = net.explain(inputs, method="shapley", target=1)
    nothing = net.predict({"question": [[]], "answer": [[]]})[0, 1]
    close(e.token_relevance.sum(), e.explained_score[0] - nothing)
    held = net.explain(inputs, method="shapley", target=1, hold="answer")
    answer = net.predict({"question": [[]], "answer": [[3]]})[0, 1]
    close(held.token_relevance.sum(), e.explained_score[0] - answer)
    assert net.explain(inputs, method="lime", target=1).tokens == e.tokens


def slope(net, x, name):
    """d(score 1) / d(one input) by central differences."""
    step, out = 1e-5, np.zeros_like(x[name])
    for index in np.ndindex(out.shape):
        up, down = ({**x, name: x[name].copy()} for _ in range(2))
        up[name][index] += step
        down[name][index] -= step
        out[index] = (reference.scores(net, up) - reference.scores(net, down))[1] / (2 * step)
    return out


def test_occlusion_leaves_out_words_and_features():
    net, inputs = text_and_features(), {"text": IDS, "facts": FACTS}
    e = net.explain(inputs, method="occlusion", target=1)
    for n in range(3):
        x = vectors_of(net, inputs, n)
        whole, words, facts = reference.scores(net, x)[1], [], []
        for t in range(len(IDS[n])) if len(IDS[n]) > 1 else ():  # else nothing would be left
            less = np.delete(x["text"], t, axis=0)
            words.append(whole - reference.scores(net, {**x, "text": less})[1])
        for k in range(D):
            without = np.where(np.arange(D) == k, 0, x["facts"])
            facts.append(whole - reference.scores(net, {**x, "facts": without})[1])
        if words:
            close(e.part("text")[n].token_relevance[0], words)
        close(e.part("facts")[n].token_relevance[0], facts)
    # Steps that are read together keep their places.
    net, inputs = step_by_step(), {"text": IDS, "shapes": SHAPES}
    e = net.explain(inputs, method="occlusion", target=1, lengths={"shapes": [3, 1, 5]})
    x = vectors_of(net, inputs, 2)
    emptied = x["text"].copy()
    emptied[3] = 0
    lost = reference.scores(net, x)[1] - reference.scores(net, {**x, "text": emptied})[1]
    close(e.part("text")[2].token_relevance[0, 3], lost)
    with pytest.raises(InputError, match="Only a word can become the unknown word"):
        net.explain(inputs, method="occlusion", method_options={"removal": "unknown"},
                    lengths={"shapes": [3, 1, 5]})  # fmt: skip


def test_batches_equal_single_samples_and_an_empty_text_is_one(case):
    net, inputs, options = case
    lengths = options.get("lengths", {})
    together = net.explain(inputs, rule=RULE, **options)
    for n in range(3):
        alone = net.explain(
            {name: given[n : n + 1] for name, given in inputs.items()},
            rule=RULE,
            lengths={name: given[n : n + 1] for name, given in lengths.items()},
        )
        assert alone.tokens == (together.tokens[n],)
        close(together[n].token_relevance, alone.token_relevance)
        close(together[n].ledger.total, alone.ledger.total)
    if "answer" in net.inputs:
        e = net.explain({"question": ["", "w2 w3"], "answer": ["w4", ""]})
        assert e.part("question").tokens == ((), ("w2", "w3"))
        close(e.conservation_error, np.zeros(2), 1e-12)


def test_words_steps_and_features_keep_their_names():
    net = text_and_features()
    e = net.explain({"text": ["w2 zzz w4"], "facts": [[0.1, 0.2, 0.3]]}, layers=True)
    assert e.tokens == (("w2", "zzz", "w4", "age", "income", "rooms"),)
    assert e.unknown[0].tolist() == [False, True, False, False, False, False]
    assert e.part("text").texts == ("w2 zzz w4",)
    assert e.part("facts").token_kind == "feature"
    assert e.layers["hidden"].shape == (1, 2)
    frame = e.to_frame()
    assert frame["input"].tolist() == ["text"] * 3 + ["facts"] * 3
    assert frame["position"].tolist() == [0, 1, 2, 0, 1, 2]
    np.testing.assert_array_equal(frame["relevance"], e.token_relevance[0])
    one = e.to_dict()
    assert one["inputs"]["text"]["tokens"] == 3
    assert one["inputs"]["text"]["spans"] == [[0, 2], [3, 6], [7, 9]]
    assert one["conservation_error"] == pytest.approx(0, abs=1e-12)
    again = copy.deepcopy(e)
    assert again.part("text").tokens == e.part("text").tokens
    np.testing.assert_array_equal(again.token_relevance, e.token_relevance)


def test_a_label_of_every_word_is_explained_by_both_inputs():
    net = step_by_step(labels=True)
    inputs, lengths = {"text": IDS, "shapes": SHAPES}, {"shapes": [3, 1, 5]}
    scores = net.predict(inputs, lengths=lengths)
    assert scores.shape == (3, 5, 3)
    e = net.explain(inputs, lengths=lengths, position=[2, 0, 3], rule=RULE)
    close(e.scores[2], scores[2, 3], 1e-12)
    close(e.conservation_error, np.zeros(3), 1e-12)
    assert e.labelled_token(2) == e.part("text").tokens[2][3]


def test_the_page_the_picture_and_the_terminal_show_a_row_for_each_input():
    from lrp_engine.render.svg import svg
    from lrp_engine.render.terminal import render

    net = text_and_features()
    net = replace(net, several=(replace(net.several[0], tokenizer=Tokenizer()), net.several[1]))
    asked = {"text": ["w2 <b>w3</b> w4"], "facts": [[0.1, 0.2, 0.3]]}
    e = net.explain(asked)
    page = e.to_html()
    assert "<b>w3" not in page
    for shown in ("Propagation, text", "Propagation, facts", "text: all words",
                  "facts: all features"):  # fmt: skip
        assert shown in page
    picture = svg({"lrp": e})
    assert "LRP text" in picture
    assert "LRP facts" in picture
    said = render(e)
    assert "text:\n" in said
    assert "facts:\n" in said
    said = render(net.explain(asked, hold="facts"))
    assert "facts: held fixed" in said
    assert "stabilizers and inputs held fixed add up" in said


def test_a_network_of_several_inputs_is_saved_and_opened(tmp_path, case):
    net, inputs, options = case
    for path in (tmp_path / "folder", tmp_path / "net.zip"):
        net.save(path)
        again = lrp_engine.load(path, dtype="float64")
        assert again.hash == net.hash
        assert [*again.inputs] == [*net.inputs]
        for name, one in net.inputs.items():
            mine = again.inputs[name]
            assert (mine.kind, mine.features, mine.input_shape) == (
                one.kind, one.features, one.input_shape,
            )  # fmt: skip
        np.testing.assert_array_equal(
            again.predict(inputs, **options), net.predict(inputs, **options)
        )
    other = copy.deepcopy(net)
    assert other.hash == net.hash
    assert other.inputs[next(iter(net.inputs))].network is other


def test_the_hash_tells_the_words_of_inputs_apart():
    net = two_texts()
    others = Vocabulary(tuple(reversed(WORDS)))
    changed = replace(net, several=(net.several[0], replace(net.several[1], vocabulary=others)))
    assert changed.hash != net.hash


@pytest.mark.parametrize(
    ("given", "options", "said"),
    [
        (["a text"], {}, "several inputs, 'text', 'facts'; give them by their names"),
        ({"text": ["w2"]}, {}, "'facts' is missing; give every one of 'text', 'facts'"),
        ({"text": ["w2"], "fact": [[1]]}, {}, "no input 'fact'; choose from 'text', 'facts'"),
        ({"text": ["w2"], "facts": FACTS[:1], "x": []}, {}, "no input 'x'; choose from 'text'"),
        ({"text": ["w2"], "facts": FACTS}, {}, "Found 1 of 'text' and 3 of 'facts'"),
        ({"text": ["w2"], "facts": FACTS[:1, :2]}, {}, "Input 'facts': .* of features"),
        ({"text": [[99]], "facts": FACTS[:1]}, {}, "Input 'text': Input 0 holds id 99"),
        ({"text": ["w2"], "facts": FACTS[:1]}, {"hold": "age"}, "to hold fixed 'age'; choose from"),
        ({"text": ["w2"], "facts": FACTS[:1]}, {"hold": ("text", "facts")}, "nothing is left"),
        ({"text": ["w2"], "facts": FACTS[:1]}, {"lengths": [1]}, "by the names of inputs"),
        ({"text": ["w2"], "facts": FACTS[:1]}, {"lengths": {"x": [1]}}, "input of `lengths` 'x'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_with_what_does(given, options, said):
    with pytest.raises(InputError, match=said):
        text_and_features().explain(given, **options)


def test_unequal_steps_are_named_where_they_are_read_together():
    net = step_by_step()
    with pytest.raises(InputError, match=r"step by step .* sample 0 has 2 and 5"):
        net.predict({"text": [[2, 3]], "shapes": SHAPES[:1]})
    with pytest.raises(InputError, match="one input, so there is none to hold fixed"):
        zoo.network("lstm").explain(SHAPES, hold="text")


@pytest.mark.parametrize(
    ("several", "said"),
    [
        ((text("text"), text("text")), "Two inputs are called 'text'"),
        ((text("text"), Input(name="facts", units=D), Input(name="more", units=2)),
         "input 'more' is read by no layer"),
        ((text("text"), Input(name="facts", units=10_000_000)), "10000000 units, expected 1 to"),
        ((text("text"), Input(name="facts", units=D + 1)), "input with 3 units"),
        ((text("text"), Input(name="facts", units=D, vocabulary=WORDS_OF)), "no embedding layer"),
        ((text("text"), Input(name="facts", ids=True)), "read by one embedding alone"),
        ((Input(name="text", units=E, time=True), Input(name="facts", units=D)), "reads ids"),
        ((text("text"), Input(name="a/b", units=D)), "empty or holds '/'"),
        ((text("text"), Input(name="bilstm", units=D)), "used twice"),
        ((text("text"),), "1 inputs, expected 2 to 32"),
        ((text("text"), Input(name="facts", units=D, features=("a", "a", "b"))), "different texts"),
    ],
)  # fmt: skip
def test_inputs_that_layers_do_not_read_so_are_refused(several, said):
    net = text_and_features()
    rename = {"facts": several[-1].name} if several[-1].name in ("a/b", "bilstm") else {}
    nodes = tuple(
        Node(node.name, node.layer, tuple(rename.get(i, i) for i in node.inputs))
        for node in net.nodes
    )
    with pytest.raises(FormatError, match=said):
        Network(nodes=nodes, several=several)


def test_what_reads_one_text_says_how_several_inputs_are_explained(tmp_path):
    net = text_and_features()
    with pytest.raises(FormatError, match="say the length of each of them"):
        replace(net, length=4)
    for ask in (
        lambda: next(net.explain_stream(["w2"])),
        lambda: lrp_engine.evaluate(net, ["w2"]),
        lambda: net.input_shape,
        lambda: net.embedding,
    ):
        with pytest.raises(InputError, match=r"several inputs, 'text', 'facts'.*network\.explain"):
            ask()


def test_a_length_of_one_is_a_category():
    d = Draw(5)
    net = Network(
        nodes=(
            Node("words", Embedding(d(V, E)), ("text",)),
            Node("lstm", d.lstm(), ("words",)),
            Node("countries", Embedding(d(5, 2)), ("country",)),
            Node("flat", Flatten(), ("countries",)),
            Node("joined", Concatenate(), ("lstm", "flat")),
            Node("out", Dense(d(H + 2, 2), d(2)), ("joined",)),
        ),
        several=(text("text"), Input(name="country", ids=True, length=1)),
        dtype="float64",
    )
    e = net.explain({"text": ["w2 w3", "w4"], "country": [[4], [0]]})
    assert e.tokens == (("w2", "w3", "#4"), ("w4", "#0"))
    close(e.conservation_error, np.zeros(2), 1e-12)
    with pytest.raises(InputError, match="exactly 1 time steps; input 0 has 2"):
        net.predict({"text": ["w2"], "country": [[1, 2]]})
