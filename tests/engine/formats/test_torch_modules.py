"""Poolings, attention, cells by hand, normalization and convolution score as in PyTorch.

The state dicts, specs and PyTorch's scores come from `fixtures/make_torch_modules.py`.
"""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import lrp_engine
from lrp_engine import FormatError
from lrp_engine.formats.input_file import open_file, unpack_file
from lrp_engine.formats.torch.attention_options import SCORES
from lrp_engine.formats.torch.cells import CELLS
from lrp_engine.formats.torch.poolings import DIRECTIONS, EVERY, POOLINGS, WINDOWS
from lrp_engine.formats.torch.state import KINDS

pytestmark = pytest.mark.usefixtures("untraced")

TORCH = Path(__file__).parents[2] / "fixtures" / "torch"
SPECS = json.loads((TORCH / "modules.json").read_text())


@pytest.fixture(scope="module")
def states():
    with open_file(TORCH / "modules.pt", "") as (file, size):
        return unpack_file(file, size).value


@pytest.fixture(scope="module")
def wanted():
    return dict(np.load(TORCH / "modules.npz"))


@pytest.mark.parametrize("name", SPECS)
def test_a_model_scores_as_in_pytorch(name, states, wanted):
    net = lrp_engine.load(pickle.dumps(states[name]), spec=SPECS[name])
    scores, at = wanted[name], {"position": 2} if wanted[name].ndim == 3 else {}
    np.testing.assert_allclose(net.predict(wanted["ids"]), scores, atol=1e-5)
    e = net.explain(wanted["ids"], **at)
    np.testing.assert_allclose(e.scores, scores[:, 2] if at else scores, atol=1e-5)
    assert abs(e.conservation_error).max() < 1e-5


def test_the_specs_say_everything_that_a_spec_can_say():
    """Every entry of the tables is compared with PyTorch."""
    told = json.dumps([*SPECS.values()])
    for name in (*POOLINGS, *WINDOWS, *DIRECTIONS, *SCORES, *CELLS):
        known = ("concat", "rnn")  # the default; a cell of one gate: below
        assert f'"{name}"' in told or name in known, name
    assert {*KINDS} == {"embedding", "recurrent", "linear", "conv", "batch_norm", "layer_norm",
                        "prelu"}  # fmt: skip


def test_a_cell_of_one_gate_is_an_rnn():
    rng = np.random.default_rng(0)
    W, U, b, table, last = (rng.normal(size=n) for n in ((4, 3), (3, 3), 3, (9, 4), (2, 3)))
    state = {"emb.weight": table, "W": W, "U": U, "b": b, "out.weight": last}
    spec = {"cell": {"kind": "rnn", "input": "W", "recurrent": "U", "bias": "b"}}
    h = np.zeros(3)
    for word in (ids := [3, 1, 7]):
        h = np.tanh(table[word] @ W + h @ U + b)
    found = lrp_engine.load(pickle.dumps(state), spec=spec).predict([ids])
    np.testing.assert_allclose(found[0], last @ h, atol=1e-6)
    turned = {**state, "W": W.T, "U": U.T}
    with pytest.raises(FormatError, match="transposed"):
        lrp_engine.load(pickle.dumps(turned), spec=spec)
    spec["cell"]["transposed"] = True
    again = lrp_engine.load(pickle.dumps(turned), spec=spec).predict([ids])
    np.testing.assert_array_equal(again, found)


def test_the_poolings_are_different_networks(states):
    state = pickle.dumps(states["last_step"])
    ids = [[1, 2, 3, 4]]
    scores = [lrp_engine.load(state, spec={"pooling": p}).predict(ids)
              for p in POOLINGS if p != EVERY]  # fmt: skip
    for n, one in enumerate(scores):
        assert all(abs(one - other).max() > 1e-3 for other in scores[:n])


def test_the_proof_is_verified_by_what_pytorch_says(states, wanted):
    reference = {"ids": wanted["ids"], "logits": wanted["luong"]}
    sheet = lrp_engine.parity(
        pickle.dumps(states["luong"]), spec=SPECS["luong"], reference=reference
    )
    assert sheet.weights == "verified"
    wrong = {**SPECS["luong"], "attention": {**SPECS["luong"]["attention"], "on": "query"}}
    sheet = lrp_engine.parity(pickle.dumps(states["luong"]), spec=wrong, reference=reference)
    assert sheet.weights == "failed"


# What weights alone do not say -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["attn", "self_attention", "SelfAttention", "encoder.att"])
def test_a_layer_named_attention_is_never_taken_silently(name, states):
    """It is refused by its name, with what to write; an ordinary layer where that is said."""
    state = dict(states["weight_norm"])
    state[f"{name}.weight"] = np.ones((3, 3), "float32")
    state[f"{name}.bias"] = np.ones(3, "float32")
    with pytest.raises(FormatError) as caught:
        lrp_engine.load(pickle.dumps(state))
    assert f"{name!r} is named like attention" in str(caught.value)
    assert f'"layers": ["{name}"], "query": "last"' in str(caught.value)
    spec = {"order": ["embedding", "lstm", name, "fc1", "fc2"]}
    net = lrp_engine.load(pickle.dumps(state), spec=spec)
    assert [node.name for node in net.nodes] == spec["order"]
    asked = {"attention": {"score": "multiplicative", "layers": [name], "query": "last"}}
    assert "dot" in [n.layer.kind for n in lrp_engine.load(pickle.dumps(state), spec=asked).nodes]


@pytest.mark.parametrize(
    "entry", ["criterion.weight", "loss_fn.pos_weight", "pos_weight", "class_weights",
              "train_metrics.confmat", "crossEntropy.weight", "val_acc.total"],
)  # fmt: skip
def test_what_training_alone_reads_is_left_out_and_listed(entry, states):
    state = states["last_step"]
    with_more = pickle.dumps({**state, entry: np.ones(2, "float32")})
    net = lrp_engine.load(with_more, spec={"pooling": "last_step"})
    bare = lrp_engine.load(pickle.dumps(state), spec={"pooling": "last_step"})
    np.testing.assert_array_equal(net.predict([[1, 2]]), bare.predict([[1, 2]]))
    assert f"Left out, since a prediction does not read them: '{entry}'." in net.assumptions


def test_a_layer_of_such_a_name_runs_where_the_spec_says_so(states):
    state = {key.replace("fc.", "loss_head."): a for key, a in states["last_step"].items()}
    spec = {"pooling": "last_step", "order": ["embedding", "lstm", "loss_head"]}
    assert lrp_engine.load(pickle.dumps(state), spec=spec).nodes[-1].name == "loss_head"


def test_what_takes_no_part_is_named(states):
    """A head of its own, an array of the author's: refused with the way, and left out."""
    state = {**states["last_step"], "centers": np.ones(2), "auxiliary.weight": np.ones((7, 6))}
    with pytest.raises(FormatError, match="named in its 'unused'"):
        lrp_engine.load(pickle.dumps(state))
    spec = {"pooling": "last_step", "unused": ["centers", "auxiliary"]}
    net = lrp_engine.load(pickle.dumps(state), spec=spec)
    assert [node.name for node in net.nodes][-1] == "fc"
    assert "read them: 'centers', 'auxiliary.weight'." in " ".join(net.assumptions)
    with pytest.raises(FormatError, match="unused names 'center'; the file holds 'embedding"):
        lrp_engine.load(pickle.dumps(state), spec={"unused": ["center"]})


@pytest.mark.parametrize("file", ["attention.pkl", "attention.joblib", "attention_arrays.joblib"])
def test_the_same_state_dict_by_pickle_or_joblib_is_the_same_network(file):
    one, two = (lrp_engine.load(TORCH / f, spec=SPECS["luong"]) for f in (file, "attention.pt"))
    assert replace(one, source="").hash == replace(two, source="").hash


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("additive", {"layers": ["attention.2", "attention.0"]}, "to make a single unit"),
        ("bahdanau", {"activation": "relu"}, "the activation is tanh"),
        ("luong", {"joined": ["context"], "query": "last_step"}, "do not form a chain"),
    ],
)
def test_attention_that_does_not_fit_its_weights_is_refused(name, change, words, states):
    given = SPECS[name]["attention"]
    given = {"score": given} if isinstance(given, str) else given
    spec = {**SPECS[name], "attention": {**given, **change}}
    with pytest.raises(FormatError) as caught:
        lrp_engine.load(pickle.dumps(states[name]), spec=spec)
    assert words in str(caught.value)


def test_what_was_assumed_is_listed(states):
    assumed = {
        "text_cnn_2d": ["side by side", "padding 0, stride 1", "the maximum over time goes on"],
        "weight_norm": ["fc1: the activation after it is ReLU"],
        "conv_lstm": ["add 1e-05 to the variance"],
        "lstm_cell": ["runs from the first word to the last"],
        "additive": ["act in this order: attention.0.weight, attention.2.weight"],
        "bag": ["the average over time goes on, as of nn.EmbeddingBag"],
    }
    for name, sentences in assumed.items():
        net = lrp_engine.load(pickle.dumps(states[name]), spec=SPECS[name])
        for words in sentences:
            assert words in " ".join(net.assumptions), (name, words)
    spec = {**SPECS["conv_lstm"], "epsilon": 1e-5}
    net = lrp_engine.load(pickle.dumps(states["conv_lstm"]), spec=spec)
    assert "variance" not in " ".join(net.assumptions)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"order": ["conv1", {"max_pool": 0}]}, "of pooling in windows it says"),
        ({"order": [{"max_pool": 2, "padding": 1}]}, "of pooling in windows it says"),
        ({"conv": {"padding": [1]}}, "lists 1 of padding; the file holds 2"),
        ({"conv": {"stride": ["same", 1]}}, "or a list with one for each nn.Conv1d"),
        ({"pooling": ["every_step", "max"]}, "it stands alone"),
        ({"unused": [1]}, "expected a list of names"),
    ],
)
def test_what_a_spec_says_wrongly_is_told(spec, words, states):
    with pytest.raises(FormatError) as caught:
        lrp_engine.load(pickle.dumps(states["windows"]), spec=spec)
    assert words in str(caught.value)


def test_convolutions_that_chain_are_a_chain():
    """Sizes decide: the next layer takes what one gives, not what both give."""
    one = np.ones((4, 4, 2), "float32")
    state = {"convs.0.weight": one, "convs.1.weight": one, "fc.weight": np.ones((2, 4), "float32"),
             "fc.bias": np.ones(2, "float32")}  # fmt: skip
    net = lrp_engine.load(pickle.dumps(state))
    assert [node.name for node in net.nodes] == ["convs.0", "convs.1", "convs.1.max", "fc"]
