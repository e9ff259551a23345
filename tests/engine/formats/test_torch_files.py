"""PyTorch files that PyTorch wrote score as in PyTorch; the rest is named.

The files in `fixtures/torch` and PyTorch's own outputs come from `fixtures/make_torch.py`.
"""

from __future__ import annotations

import io
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import lrp_engine
from lrp_engine import FormatError
from lrp_engine.layers import GRU, LSTM, Embedding, SimpleRNN

pytestmark = pytest.mark.usefixtures("untraced")

TORCH = Path(__file__).parents[2] / "fixtures" / "torch"
RELU = {"rnn_activation": "relu"}


def expected(name: str) -> np.lib.npyio.NpzFile:
    return np.load(TORCH / f"{name}.npz")


def as_npz(path: Path) -> bytes:
    """The same arrays under the same names, written by numpy."""
    buffer = io.BytesIO()
    np.savez(buffer, **_state(path))
    return buffer.getvalue()


def _state(path: Path) -> dict[str, np.ndarray]:
    with lrp_engine.formats.input_file.open_file(path, "") as (file, size):
        return lrp_engine.formats.input_file.unpack_file(file, size).value


@pytest.mark.parametrize(
    ("file", "reference", "spec", "kind"),
    [
        ("lstm.pt", "lstm", None, LSTM),
        ("checkpoint.pth", "checkpoint", None, LSTM),
        ("gru.pt", "gru", None, GRU),
        ("rnn.pt", "rnn", RELU, SimpleRNN),
    ],
)
def test_a_classifier_scores_as_in_pytorch(file, reference, spec, kind):
    net, wanted = lrp_engine.load(TORCH / file, spec=spec), expected(reference)
    layers = [getattr(node.layer, "forward_layer", node.layer) for node in net.nodes]
    assert isinstance(layers[0], Embedding)
    assert isinstance(layers[1], kind)
    e = net.explain(wanted["ids"], lengths=wanted["lengths"])
    np.testing.assert_allclose(e.scores, wanted["last"], atol=1e-5)
    assert abs(e.conservation_error).max() < 1e-4


@pytest.mark.parametrize("file", ["lstm_legacy.pt", "lstm.safetensors"])
def test_the_same_state_dict_in_another_file_is_the_same_network(file):
    assert same(lrp_engine.load(TORCH / file), lrp_engine.load(TORCH / "lstm.pt"))


def same(one: lrp_engine.Network, two: lrp_engine.Network) -> bool:
    """Everything is equal but what they were read from."""
    return replace(one, source="").hash == replace(two, source="").hash


@pytest.mark.parametrize("pooling", ["mean", "max"])  # the last state: above
@pytest.mark.parametrize("name", ["lstm", "gru", "rnn"])
def test_states_over_time_are_pooled_as_in_pytorch(name, pooling):
    spec = {"pooling": pooling, **(RELU if name == "rnn" else {})}
    net, wanted = lrp_engine.load(TORCH / f"{name}.pt", spec=spec), expected(name)
    given = {"inputs": wanted["ids"], "lengths": wanted["lengths"]}
    if name == "rnn":  # the ledger of pooled states; gates have no part in it
        e = net.explain(**given)
        found = e.scores
        assert abs(e.conservation_error).max() < 1e-4
    else:
        found = net.predict(**given)
    np.testing.assert_allclose(found, wanted[pooling], atol=1e-5)
    assert "what goes on" not in " ".join(net.assumptions)


NINE = ("<pad>", "<unk>", "good", "bad", "film", "not", "a", "the", ".")


@pytest.mark.parametrize(
    "kept",
    [
        {"vocab": {word: n for n, word in enumerate(NINE)}},
        {"stoi": {word: n for n, word in enumerate(NINE)}, "itos": list(NINE)},
        {"vocab": {"idx2word": dict(enumerate(NINE))}},
    ],
    ids=["by word", "two halves", "nested"],
)
def test_a_vocabulary_inside_a_checkpoint_is_used_and_said(kept):
    state = _state(TORCH / "lstm.pt")
    rows = len(next(iter(state.values())))
    assert rows == len(NINE)
    file = pickle.dumps({"state_dict": state, "epoch": 3, **kept})
    net = lrp_engine.load(file)
    assert net.vocabulary.tokens == NINE
    assert f"that the file itself holds, as '{next(iter(kept))}'." in " ".join(net.assumptions)
    own = [word.upper() for word in NINE]
    given = lrp_engine.load(file, vocabulary=own)
    assert given.vocabulary.tokens == tuple(own)  # what a caller gives counts first
    assert "itself" not in " ".join(given.assumptions)


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ({"vocab": [*NINE, "more"]}, "it has 10 words for the 9 rows"),
        (
            {"stoi": {word: n for n, word in enumerate(NINE)}, "itos": NINE[::-1]},
            "it does not give each word a number of its own",
        ),
        ({"vocab": {"neg": 0, "pos": 1}}, "it has 2 words for the 9 rows"),
        ({"vocab": {"good": "bad", "film": []}}, "maps 'good' to 'bad', expected a word"),
    ],
)
def test_a_vocabulary_inside_a_checkpoint_that_does_not_fit_keeps_nothing_from_being_read(
    kept, said
):
    net = lrp_engine.load(pickle.dumps({"state_dict": _state(TORCH / "lstm.pt"), **kept}))
    assert net.vocabulary is None
    assert said in " ".join(net.assumptions)
    assert (
        lrp_engine.load(pickle.dumps({"state_dict": _state(TORCH / "lstm.pt"), "vocab": 9})).hash
        == lrp_engine.load(pickle.dumps({"state_dict": _state(TORCH / "lstm.pt")})).hash
    )


def test_the_poolings_are_different_networks():
    wanted = expected("lstm")
    for one, two in (("last", "mean"), ("last", "max"), ("mean", "max")):
        assert abs(wanted[one] - wanted[two]).max() > 1e-2


def test_pooling_needs_states_over_time():
    with pytest.raises(FormatError, match="no recurrent layer"):
        lrp_engine.load(TORCH / "dense.pt", spec={"pooling": "mean"})


@pytest.mark.parametrize("form", ["npz", "pickle"])
def test_the_same_names_in_another_container_are_the_same_network(form):
    path = TORCH / "lstm.pt"
    data = as_npz(path) if form == "npz" else pickle.dumps(_state(path))
    assert same(lrp_engine.load(data), lrp_engine.load(path))


def test_a_dense_network_scores_as_in_pytorch_at_every_layer():
    net, wanted = lrp_engine.load(TORCH / "dense.pt", dtype="float64"), expected("dense")
    np.testing.assert_allclose(net.predict(wanted["features"])[:, 1:], wanted["last"], atol=1e-6)
    assert [node.name for node in net.nodes] == ["fc1", "fc2", "fc3"]
    assert net.output == "sigmoid"
    layers = net.explain(wanted["features"], layers=True).layers
    assert {name: value.shape[1:] for name, value in layers.items()}.items() >= {
        "fc1": (32,), "fc2": (16,)
    }.items()  # fmt: skip


def test_bfloat16_in_safetensors_is_read():
    net = lrp_engine.load(TORCH / "bfloat16.safetensors")
    np.testing.assert_array_equal(net.nodes[0].layer.kernel, [[1.5], [-2.0]])


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("module.pt", "model.state_dict()"),
        ("module_legacy.pt", "model.state_dict()"),
        ("script.pt", "TorchScript"),
        ("sparse.pt", "to_dense()"),
        ("quantized.pt", "before quantizing"),
        ("complex.pt", "complex numbers"),
        ("projection.pt", "projections (proj_size)"),
    ],
)
def test_genuine_files_that_hold_more_are_refused_with_advice(file, words):
    with pytest.raises(FormatError) as caught:
        lrp_engine.load(TORCH / f"refused_{file}")
    assert words in str(caught.value)


# What a state dict does not say ----------------------------------------------------------------


def _assumed(**spec: object) -> str:
    return " ".join(lrp_engine.load(TORCH / "lstm.pt", spec=spec).assumptions)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"order": ["embedding", "encoder.rnn", "fc1", "fc2"]}, "run in this order"),
        ({"activation": "relu"}, "ReLU"),
        ({"activation": ["relu"]}, "ReLU"),
        ({"pooling": "last"}, "final hidden state of both directions"),
        ({"output": "softmax"}, "softmax"),
    ],
)
def test_what_is_given_is_no_assumption(spec, words):
    assert words in _assumed()
    assert words not in _assumed(**spec)


def test_another_activation_is_used():
    net = lrp_engine.load(TORCH / "dense.pt", spec={"activation": ["tanh", "linear"]})
    assert [node.layer.activation for node in net.nodes] == ["tanh", "linear", "linear"]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"order": ["fc1"]}, "each must be named once"),
        ({"order": "fc1"}, "list of layer names"),
        ({"order": ["embedding", "encoder.rnn", "fc2", "fc1"]}, "do not form a chain"),
        ({"activation": "celu"}, "choose from 'linear'"),
        ({"activation": ["relu", "relu"]}, "2 activations"),
        ({"activation": {"a": 1}}, "choose from"),
        ({"pooling": "first"}, "choose from 'last', 'last_step', 'first_step', 'mean', 'max'"),
        ({"pooling": ["mean", "mean"]}, "names one twice"),
        ({"pooling": []}, "choose from 'last'"),
        ({"directions": "both"}, "choose from 'concat', 'sum', 'mean'"),
        ({"epsilon": -1}, "epsilon -1"),
        ({"conv": {"padding": "full"}}, "'valid', 'same', 'causal'"),
        ({"conv": {"kernel": 1}}, "'padding', 'stride'"),
        ({"attention": "scaled"}, "choose from 'additive', 'multiplicative', 'dot'"),
        ({"attention": {"score": "dot", "layers": "nothing"}}, "names 'nothing'; the file holds"),
        ({"attention": {"score": "dot", "layers": ["fc1"]}}, "expected none"),
        ({"attention": {"score": "additive"}}, "expected W and v"),
        ({"attention": {"score": "multiplicative", "layers": ["fc1"]}}, "do not form a chain"),
        ({"attention": {"score": "additive", "query": "last", "layers": ["fc2"]}}, "expected W, U"),
        ({"attention": {"score": "dot", "joined": ["query"]}}, "what goes on is the context"),
        ({"attention": "dot", "pooling": "mean"}, "both 'pooling' and 'attention'"),
        ({"cell": {"kind": "qrnn"}}, "choose from 'lstm', 'gru', 'rnn'"),
        ({"cell": {"kind": "lstm"}}, "either 'input' and 'recurrent'"),
        ({"cell": {"kind": "gru", "joined": "fc1"}}, "give its 'reset' too"),
        ({"cell": {"kind": "lstm", "joined": {"i": "fc1"}}}, "one for each of i, f, g, o"),
        ({"cell": {"kind": "lstm", "joined": "nothing"}}, "names 'nothing'; the file holds"),
        ({"cell": {"kind": "lstm", "joined": "fc1"}}, "are not 4 blocks"),
        (
            {"order": ["embedding", ["encoder.rnn", "fc1"], "fc2"]},
            "side by side, expected nn.Conv1d",
        ),
        ({"order": ["embedding", "encoder.rnn", "attention", "fc1", "fc2"]}, "is not given"),
        ({"order": ["embedding", "encoder.rnn", "fc1", "last", "fc2"]}, "right behind one"),
        ({"order": ["embedding", "mean", "last", "encoder.rnn", "fc1", "fc2"]}, "right behind one"),
        ({"order": ["embedding", "encoder.rnn", "max", "fc1", "fc2"], "pooling": "max"}, "both in"),
        ({"pooling": 5}, "choose from 'last'"),
        ({"rnn_activation": "sigmoid"}, "'tanh', 'relu'"),
        ({"gate_order": "igfo"}, "does not apply"),
    ],
)
def test_options_that_do_not_fit_are_refused(spec, words):
    with pytest.raises(FormatError) as caught:
        lrp_engine.load(TORCH / "lstm.pt", spec=spec)
    assert words in str(caught.value)


def test_an_option_of_another_format_is_refused():
    data = pickle.dumps([np.ones(2)] * 8)
    with pytest.raises(FormatError, match="'pooling' does not apply"):
        lrp_engine.load(data, spec={"pooling": "last"})


# Names and shapes ------------------------------------------------------------------------------


def _load(**shapes: tuple[int, ...]) -> lrp_engine.Network:
    """A state dict of ones; double underscores stand for dots."""
    arrays = {name.replace("__", "."): np.ones(shape) for name, shape in shapes.items()}
    return lrp_engine.load(pickle.dumps(arrays))


def test_the_order_of_definition_does_not_matter_where_sizes_decide():
    net = _load(
        out__weight=(2, 7), out__bias=(2,), hid__weight=(7, 3), hid__bias=(7,),
        rnn__weight_ih_l0=(12, 4), rnn__weight_hh_l0=(12, 3), emb__weight=(9, 4),
    )  # fmt: skip
    assert [node.name for node in net.nodes] == ["emb", "rnn", "hid", "out"]


def test_two_recurrent_layers_of_different_modules_are_a_chain():
    net = _load(
        a__weight_ih_l0=(9, 4), a__weight_hh_l0=(9, 3), b__weight_ih_l0=(2, 3),
        b__weight_hh_l0=(2, 2), fc__weight=(5, 2), fc__bias=(5,),
    )  # fmt: skip
    assert net.nodes[0].layer.return_sequences
    assert not net.nodes[1].layer.return_sequences
    assert net.input_shape.units == 4


LSTM_PART = {"l__weight_ih_l0": (12, 4), "l__weight_hh_l0": (12, 3)}


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        ({**LSTM_PART}, "do not form a chain"),
        ({**LSTM_PART, "fc__weight": (2, 5), "fc__bias": (2,)}, "do not form a chain"),
        ({**LSTM_PART, "l__bias_ih_l0": (12,)}, "lacks 'l.bias_hh_l0'"),
        ({**LSTM_PART, "l__weight_ih_l2": (12, 3)}, "lacks 'l.weight_ih_l1'"),
        ({"l__weight_ih_l0": (12, 4)}, "lacks 'l.weight_hh_l0'"),
        ({"l__weight_ih_l0": (12, 4), "l__weight_hh_l0": (6, 3)}, "equally many rows"),
        ({"l__weight_ih_l0": (6, 4), "l__weight_hh_l0": (6, 3)}, "four rows"),
        ({"l__weight_ih_l0": (12,), "l__weight_hh_l0": (12, 3)}, "expected a matrix"),
        ({"a__weight": (2, 3), "a__bias": (3,)}, "one per row"),
        ({"a__weight": (2,), "a__bias": (3,)}, "two vectors of one length"),
        ({"a__weight": (2,)}, "RMSNorm"),
        ({"a__weight": (2, 3), "a__running_mean": (2,)}, "vectors of one length"),
        ({"a__weight_g": (3, 1), "a__weight_v": (2, 2)}, "one length per row"),
        ({"a__weight_orig": (2, 2)}, "spectral_norm"),
        ({"W_a": (2, 2)}, "'cell' or 'attention'"),
        ({"attn__weight": (2, 3), "attn__bias": (2,)}, "is named like attention"),
        ({"a__weight": (2, 3), "m__in_proj_weight": (6, 2)}, "MultiheadAttention"),
        ({"a__weight_g": (2, 1), "a__weight": (2, 2)}, "remove_weight_norm"),
        ({"a__weight": (2, 3), "a__weight_ih": (2, 3)}, "no weight of a recurrent layer"),
        ({"e__weight": (5, 4), "a__embedding__weight": (5, 4), **LSTM_PART}, "do not form"),
    ],
    ids=str,
)
def test_state_dicts_that_are_no_chain_are_refused(shapes, words):
    if words != "do not form a chain":  # what is wrong is not that no Linear layer comes last
        shapes = {**shapes, "fc__weight": (2, 3), "fc__bias": (2,)}
    with pytest.raises(FormatError) as caught:
        _load(**shapes)
    assert words in str(caught.value)
