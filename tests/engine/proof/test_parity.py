"""Proof sheets: what is right is verified, what is wrong on purpose is found."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import FrozenInstanceError, replace
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import lrp_engine
from lrp_engine import (
    ByLayer,
    Epsilon,
    FormatError,
    Gamma,
    InputError,
    WSquare,
    from_weights,
    load,
    parity,
)
from lrp_engine.cli.main import main
from lrp_engine.formats.companions.reference_files import read_reference
from lrp_engine.formats.keras.classes import KERAS_CLASSES
from lrp_engine.formats.keras.graph import Entry
from lrp_engine.formats.keras.reader import parse
from lrp_engine.formats.readers import contents_of
from lrp_engine.layers import BatchNormalization
from lrp_engine.layers.lstm import reorder_gates
from lrp_engine.model.graph import Node
from lrp_engine.proof import checks, twin, twin_operations
from lrp_engine.proof.against import against_reference
from lrp_engine.proof.options import UNUSABLE
from lrp_engine.proof.probes import input_range, probes, without_embedding
from lrp_engine.proof.sheet import (
    FAIL,
    FAILED,
    NOT_CHECKED,
    PASS,
    UNVERIFIED,
    VERIFIED,
    Line,
)
from lrp_engine.propagation.program import Program
from tests.engine.formats.test_formats import KERAS_MODELS, _functional, _inputs, finalized
from tests.zoo import network as zoo_network

# What TensorFlow's variables say to numpy 2 while Keras saves them.
pytestmark = [
    pytest.mark.usefixtures("untraced"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

E, H, C = 4, 3, 3
DENSE = Path(__file__).parents[2] / "fixtures" / "torch" / "dense.pt"
ORDERS = ["".join(order) for order in permutations("ifgo")]


def _saved(model: Any, path: Any, seed: int = 0) -> Any:
    """A file of a Keras model with random weights."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        drawn = rng.normal(size=weight.shape)
        weight.assign(np.abs(drawn) if "variance" in weight.path else drawn)
    model.save(path)
    return path


# The twin ----------------------------------------------------------------------------------------


def _more_models() -> dict[str, Callable[[], Any]]:
    """Layers that the table rebuilds, whatever of them our reader reads today."""
    import keras

    k = keras.layers

    def attention(make: Any) -> Any:
        x = keras.Input((6, E))
        states = k.LSTM(H, return_sequences=True)(x)
        found = make(states)
        return keras.Model(x, k.Dense(2, activation="softmax")(found))

    def vectors(*layers: Any, length: int | None = None) -> Any:
        return _functional(*layers, inputs=keras.Input((length, E)))

    return {
        "gru_relu": lambda: vectors(k.GRU(H, reset_after=False, activation="relu"), k.Dense(2)),
        "simple": lambda: vectors(k.SimpleRNN(H, go_backwards=True), k.Dense(2)),
        "mul": lambda: vectors(k.Bidirectional(k.LSTM(H), merge_mode="mul"), k.Dense(1, "sigmoid")),
        "windows": lambda: vectors(
            k.Conv1D(5, 3, padding="same", activation="relu"), k.BatchNormalization(),
            k.MaxPooling1D(2, strides=1), k.Conv1D(4, 2, strides=2),
            k.LayerNormalization(),
            k.AveragePooling1D(2), k.GlobalMaxPooling1D(), k.Dense(2),
        ),
        "flat": lambda: vectors(k.Flatten(), k.Dense(2), length=6),
        "average": lambda: vectors(k.GlobalAveragePooling1D(), k.Dense(2), k.Softmax()),
        "dot_attention": lambda: attention(
            lambda h: k.GlobalAveragePooling1D()(k.Attention(use_scale=True)([h, h]))
        ),
        "additive": lambda: attention(
            lambda h: k.GlobalAveragePooling1D()(k.AdditiveAttention()([h, h]))
        ),
        "pooled": lambda: attention(
            lambda h: k.Flatten()(k.Dot(axes=1)([k.Softmax(axis=1)(k.Dense(1)(h)), h]))
        ),
        "merged": lambda: attention(
            lambda h: k.Concatenate()(
                [
                    k.Add()([k.GlobalMaxPooling1D()(h), k.GlobalAveragePooling1D()(h)]),
                    k.Multiply()([k.GlobalMaxPooling1D()(h), k.GlobalAveragePooling1D()(h)]),
                    k.Average()([k.GlobalMaxPooling1D()(h), k.GlobalAveragePooling1D()(h)]),
                ]
            )
        ),
    }  # fmt: skip


MORE_MODELS = _more_models()


@pytest.fixture
def float64():
    """Keras builds layers that compute in float64."""
    import keras

    before, policy = keras.config.floatx(), keras.config.dtype_policy()

    @contextmanager
    def switch() -> Iterator[None]:
        keras.config.set_floatx("float64")
        keras.config.set_dtype_policy("float64")
        try:
            yield
        finally:
            keras.config.set_floatx(before)
            keras.config.set_dtype_policy(policy)

    return switch


@pytest.mark.parametrize("name", [*KERAS_MODELS, *MORE_MODELS])
def test_the_twin_is_the_model_that_was_saved(name, float64, tmp_path):
    """Layers built from numbers and names compute what Keras' own object computes in float64.

    From both kinds of files: they say the same, so one twin stands for both.
    """
    import keras

    own = name in KERAS_MODELS
    assert own != (name in MORE_MODELS)  # one name, one model

    def make() -> Any:
        return KERAS_MODELS[name](keras.layers, keras.Input) if own else MORE_MODELS[name]()

    with warnings.catch_warnings():  # here only: the twin must not warn
        warnings.filterwarnings("ignore", ".*destroy the mask information", UserWarning)
        model = make()
        files = [_saved(model, tmp_path / f"model{kind}", seed=3) for kind in (".keras", ".h5")]
        x = _inputs(model) if own else np.random.default_rng(1).normal(size=(3, 6, E)).astype("f")
        with float64():
            exact = make()
            exact.set_weights(model.get_weights())
            expected = finalized(exact)(x).numpy()
    assert expected.dtype == np.float64
    shape = model.input_shape[1:]
    parsed, other = (parse(contents_of(path)) for path in files)
    for one, two in zip(parsed.graph.entries, other.graph.entries, strict=True):
        assert (one.name, one.kind, one.inputs) == (two.name, two.kind, two.inputs)
        assert _unnumbered(one.config) == _unnumbered(two.config)
        pairs = zip(parsed.weights(one.path), other.weights(two.path), strict=True)
        assert all(np.array_equal(a, b) for a, b in pairs)
    built = twin.build(parsed, input_shapes=[shape], dtype="float32")
    logits, output = built([x])
    # Keras' own gelu and heads take a root in float32, which is off by up to 6e-8 of itself.
    rtol, atol = (1e-7, 1e-7) if name in ("slopes", "heads") else (1e-10, 1e-12)
    np.testing.assert_allclose(output, expected, rtol=rtol, atol=atol)
    if built.ending == "sigmoid":
        np.testing.assert_allclose(1 / (1 + np.exp(-logits)), output, rtol=1e-12)
    assert bool(built.ending) == (
        name in ("additive", "pooled", "merged", "dot_attention", "average", "mul")
        or (own and getattr(model.layers[-1], "activation", None) is not None
            and model.layers[-1].activation.__name__ != "linear") or name == "activations"
    )  # fmt: skip


def _unnumbered(config: Any) -> Any:
    """A configuration without the numbers that objects had in memory."""
    if isinstance(config, dict):
        return {k: _unnumbered(v) for k, v in config.items() if k != "shared_object_id"}
    return config


# Classes that only the reader or only the twin knows, and why.
WITHOUT_TWIN: dict[str, str] = {
    "CuDNNLSTM": "Keras 3 has no such layer to compare with",
    "CuDNNGRU": "Keras 3 has no such layer to compare with",
}
WITHOUT_READER: dict[str, str] = {}


def test_the_reader_and_the_twin_cover_the_same_classes():
    """A class without a twin could never be verified; a twin without a class is never asked."""
    twins = set(twin.TWINS) | twin.IDENTITIES
    assert set(KERAS_CLASSES) - twins == set(WITHOUT_TWIN)
    assert twins - set(KERAS_CLASSES) == set(WITHOUT_READER)


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("Lambda", {}),
        ("LSTM", {"units": 10**10}),
        ("LSTM", {"units": True}),
        ("Dense", {"units": 2, "activation": {"class_name": "Custom", "config": {}}}),
        ("Dense", {"units": 2, "activation": "os.system"}),
        ("Dense", {"units": 2, "lora_rank": 4}),
        ("Bidirectional", {"layer": {"class_name": "Lambda", "config": {}}}),
        ("Bidirectional", {"layer": 3}),
        ("Masking", {"mask_value": float("nan")}),
        ("Attention", {"score_mode": "general"}),
        ("Reshape", {"target_shape": [-1, -1]}),
        ("Reshape", {"target_shape": [2, True]}),
        ("Reshape", {"target_shape": [2, 10**10]}),
        ("Reshape", {"target_shape": [[2], 3]}),
        ("RepeatVector", {"n": 0}),
        ("Permute", {"dims": [1, 1]}),
        ("Permute", {"dims": ["1", 2]}),
    ],
    ids=str,
)
def test_only_listed_options_reach_keras(kind, config, monkeypatch):
    import keras

    for name in ("load_model", "models"):
        monkeypatch.delattr(keras.saving if name == "load_model" else keras, name)
    entry = Entry("layer", kind, config, ("(input)",))  # past our reader
    with pytest.raises(twin.NoTwinError, match="layer 'layer'"):
        twin._layer(entry, "float32")


def test_checks_of_options_return_the_mark_not_none():
    """None is a value, so a refusal must be something else."""
    for name, allowed in twin.TWINS.items():
        for key, check in allowed.items():
            assert check(object()) is UNUSABLE, (name, key)


KERAS_2 = Path(__file__).parents[2] / "fixtures" / "keras2"


def test_hard_sigmoid_is_that_of_the_version_that_wrote_the_file():
    """Keras 3 computes another function by the name that Keras 2 used."""
    path = KERAS_2 / "hard_sigmoid.h5"
    net = load(path)
    lines = _twin_lines(net, path, length=5)
    assert [line.verdict for line in lines] == [PASS, PASS]
    assert lines[0].error < 1e-12
    today = replace(net.nodes[1].layer, recurrent_activation="hard_sigmoid")
    wrong = _twin_lines(_with_layer(net, 1, lambda _: today), path, length=5)[0]
    assert wrong.verdict == FAIL
    z = np.linspace(-4, 4, 81)
    cut = np.clip(0.2 * z + 0.5, 0, 1)
    np.testing.assert_allclose(twin_operations.hard_sigmoid_keras_2(z), cut, atol=1e-15)


# Inputs that the model could see -----------------------------------------------------------------


def test_random_words_are_words_of_the_vocabulary(masked):
    net = load(masked, vocabulary=["", "a", "b"])
    assert len(net.embedding.table) > 3
    ids = np.concatenate([ids for probe in probes(net) for ids in probe.samples.ids])
    assert set(ids) == {0, 1, 2}


def test_random_vectors_are_scaled_to_what_the_first_layer_takes():
    """By its weights, by the statistics of a normalization; a small weight changes nothing."""
    net = zoo_network("dense")
    center, scale = input_range(net)
    assert not center.any()
    large = _with_layer(net, 0, lambda d: replace(d, kernel=1e3 * d.kernel))
    assert (scale <= 1).all()
    assert (input_range(large)[1] < 0.01).all()
    normalization = BatchNormalization(np.full(6, 70.0), np.full(6, 9.0))
    first = Node("normal", normalization, ("input",))
    nodes = (first, Node(net.nodes[0].name, net.nodes[0].layer, ("normal",)), *net.nodes[1:])
    x = probes(replace(net, nodes=nodes))[0].samples.values
    assert abs(x.mean() - 70) < 2
    assert 2 < x.std() < 4


def test_vectors_that_let_a_right_network_explode_are_not_asked(tmp_path):
    """An LSTM with ReLU grows at every step: far inputs have no scores that float32 could tell."""
    import keras

    k = keras.layers
    model = keras.Sequential([keras.Input((60, 1)), k.LSTM(32, "relu"), k.Dense(2)])
    rng = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(rng.normal(size=weight.shape) * (0.6 if "kernel" in weight.path else 0))
    model.save(tmp_path / "m.keras")
    net = load(tmp_path / "m.keras")
    exact = Program(without_embedding(net), traced=False)
    for given, verdict in ((None, FAIL), (exact, PASS)):
        tried = probes(net, exact=given, length=60)
        said = SimpleNamespace(scores=net.predict(tried[0].samples.values))
        assert checks.rounding(net, exact, tried, [said]).verdict == verdict


# The sheet ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def masked(tmp_path_factory):
    """A masked, stacked Keras model, as a file."""
    import keras

    path = tmp_path_factory.mktemp("parity") / "model.keras"
    return _saved(KERAS_MODELS["bilstm_masked"](keras.layers, keras.Input), path)


@pytest.fixture(scope="module")
def sheet(masked):
    return parity(masked)


def test_a_keras_file_is_verified(sheet):
    assert sheet.verdict == VERIFIED
    assert sheet["keras"].verdict == PASS
    assert sheet["keras"].error < 1e-12
    assert sheet["gradient"].error < sheet["gradient"].tolerance
    assert 0 < sheet["ledger"].error < 1e-5
    assert 0 < sheet["rounding"].error < 1e-5
    assert "Keras 3" in sheet["gate_order"].detail
    assert sheet["reference"].verdict == NOT_CHECKED
    assert sheet["meaning"].verdict == PASS
    assert "as values" in sheet["meaning"].detail
    assert sheet.warnings == ()


def test_a_dense_layer_that_labels_every_word_is_proven(tmp_path):
    """Beyond the embedding nothing but the network itself says that there are time steps."""
    import keras

    k = keras.layers
    model = keras.Sequential([keras.Input((None,)), k.Embedding(9, E), k.Dense(C, "softmax")])
    path = _saved(model, tmp_path / "labels.keras")
    net = load(path)
    assert parity(net, source=path).verdict == VERIFIED
    vectors = without_embedding(net)
    assert (vectors.labels_steps, vectors.input_shape.units) == (True, E)
    vectors.save(tmp_path / "vectors")
    assert load(tmp_path / "vectors", dtype="float64").hash == vectors.hash


def test_the_sheet_is_frozen_plain_and_readable(sheet):
    with pytest.raises(FrozenInstanceError):
        sheet.dtype = "float64"
    plain = json.loads(json.dumps(sheet.to_dict(), allow_nan=False))
    assert plain["verdict"] == "verified"
    assert [line["name"] for line in plain["lines"]] == [line.name for line in sheet.lines]
    text = sheet.to_text()
    assert text.startswith("VERIFIED")
    for line in sheet.lines:
        assert line.title in text
    with pytest.raises(KeyError):
        sheet["nonsense"]


@pytest.mark.parametrize("name", ["activations", "features", "two_given_directions"])
def test_what_the_file_ends_in_is_compared_too(name, tmp_path):
    import keras

    path = _saved(KERAS_MODELS[name](keras.layers, keras.Input), tmp_path / "m.h5")
    net = load(path, dtype="float64")
    lines = _twin_lines(net, path)
    assert [line.verdict for line in lines] == [PASS, PASS]
    assert lines[1].title.startswith("Probabilities or values equal")
    if name == "features":
        found = parity(net, source=path)
        assert found.verdict == VERIFIED
        assert found["meaning"].verdict == PASS
        assert found["rounding"].verdict == NOT_CHECKED  # it is float64


def _twin_lines(net: Any, path: Any, length: int | None = None) -> tuple[Line, Line]:
    """Lines "keras" and "meaning"."""
    shape = net.input_shape
    vectors = (None, shape.units) if shape.time else (shape.units,)
    parsed = parse(contents_of(path))
    built = twin.build(parsed, input_shapes=[vectors], dtype=net.dtype)
    tried = probes(net, length=length)
    return checks.against_twin(Program(without_embedding(net), traced=False), built, tried)


def _with_layer(net: Any, position: int, change: Any) -> Any:
    """The network with one layer changed."""
    nodes = list(net.nodes)
    node = nodes[position]
    nodes[position] = Node(node.name, change(node.layer), node.inputs)
    return replace(net, nodes=tuple(nodes))


def _mixed_gates(layer: Any) -> Any:
    one = layer.forward_layer
    mixed = {n: reorder_gates(getattr(one, n), "fiog", to="ifog")
             for n in ("kernel", "recurrent_kernel", "bias")}  # fmt: skip
    return replace(layer, forward_layer=replace(one, **mixed))


WRONG = {
    "gate order": (1, _mixed_gates),
    "directions": (1, lambda b: replace(
        b, forward_layer=replace(b.backward_layer, go_backwards=False),
        backward_layer=replace(b.forward_layer, go_backwards=True))),
    "mask": (0, lambda e: replace(e, mask_zero=False)),
    "transposed": (1, lambda b: replace(b, forward_layer=replace(
        b.forward_layer, recurrent_kernel=b.forward_layer.recurrent_kernel[::-1]))),
    "activation": (1, lambda b: replace(b, backward_layer=replace(
        b.backward_layer, recurrent_activation="hard_sigmoid"))),
    "bias": (2, lambda d: replace(d, bias=None)),
    "a small weight": (2, lambda d: replace(d, kernel=d.kernel * (1 + 1e-6))),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_reading_is_told_from_the_twin(what, masked):
    line, _ = _twin_lines(_with_layer(load(masked), *WRONG[what]), masked)
    assert line.verdict == FAIL
    assert line.error > 1e-8


def test_a_wrong_reading_fails(masked):
    net = _with_layer(load(masked), *WRONG["gate order"])
    found = parity(net, source=masked)
    assert found.verdict == FAILED
    assert found["keras"].verdict == FAIL
    assert found["keras"].error > 1e-8
    assert found["ledger"].verdict == found["gradient"].verdict == PASS  # consistent in itself
    marked = found.marked(net)
    assert "Scores equal those of the same layers built in Keras" in marked.warnings[0]


def test_a_failed_proof_is_carried_by_every_explanation(tmp_path):
    net = zoo_network("dense")
    x = np.ones((1, net.input_shape.units))
    sheet = parity(net, reference=(x, [[9.0] * net.classes]))
    marked = sheet.marked(net)
    e = marked.explain(x)
    (sentence,) = e.warnings
    assert "Scores equal the reference" in sentence
    assert e.to_dict()["warnings"] == [sentence]
    assert sentence in e.to_html()
    assert sentence in e[0].warnings
    from lrp_engine.render.terminal import render

    assert sentence in render(e)
    # Neither a cache nor a copy on disk loses it.
    assert marked.hash != net.hash
    marked.save(tmp_path / "marked")
    assert load(tmp_path / "marked").warnings == (sentence,)
    clean = net.explain(x)
    assert clean.warnings == ()
    assert "lrp-warning" not in clean.to_html()


def test_without_anything_independent_the_verdict_is_unverified():
    found = parity(zoo_network("dense"))
    assert found.verdict == UNVERIFIED
    assert found["ledger"].verdict == found["gradient"].verdict == PASS
    assert found["keras"].verdict == NOT_CHECKED


def test_a_layer_without_a_twin_is_no_failure(tmp_path, monkeypatch):
    import keras

    path = _saved(KERAS_MODELS["features"](keras.layers, keras.Input), tmp_path / "m.keras")
    rest = {name: options for name, options in twin.TWINS.items() if name != "Dense"}
    monkeypatch.setattr(twin, "TWINS", rest)
    found = parity(path)
    assert found.verdict == UNVERIFIED
    assert "(Dense) has no independent twin" in found["keras"].detail


def test_examples_are_tried_and_unknown_words_do_no_harm(masked):
    words = ["", "[UNK]", *"abcdefghi"]
    net = load(masked, vocabulary=words)
    found = parity(net, source=masked, examples=["a b c", "", "zzz a"])
    assert (found.weights, found.text) == (VERIFIED, UNVERIFIED)  # examples have no outputs
    assert found.inputs == 14  # an empty text is no example


def test_numbers_that_overflow_are_a_failed_line():
    net = zoo_network("dense")
    huge = _with_layer(net, -1, lambda d: replace(d, kernel=np.sign(d.kernel) * 3e38))
    found = parity(replace(huge, dtype="float32"))
    assert found.verdict == FAILED
    assert "overflow" in found["ledger"].detail


# References --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def arrays():
    rng = np.random.default_rng(5)
    shapes = [(E, 4 * H), (H, 4 * H), (4 * H,)] * 2 + [(2 * H, C), (C,)]
    return [rng.normal(size=shape) for shape in shapes]


@pytest.fixture(scope="module")
def document():
    return np.random.default_rng(6).normal(size=(1, 7, E))


def _npz(**named: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **named)
    return file.getvalue()


def test_a_reference_decides(arrays, document):
    right = from_weights(arrays, "igfo")
    logits, shares = right.predict(document), right.probabilities(document)
    files = [
        (document, logits),
        {"vectors": document, "probabilities": shares},
        _npz(vectors=document, logits=logits, lengths=np.array([7])),
    ]
    for reference in files:
        assert _reference_line(right, reference).verdict == PASS
    assert parity(right, reference=files[2]).verdict == VERIFIED
    wrong = parity(from_weights(arrays), reference=files[2])
    assert wrong.verdict == FAILED
    assert wrong["reference"].error > 0.01
    assert wrong["gate_order"].verdict == NOT_CHECKED
    assert "assumed" in wrong["gate_order"].detail


def _reference_line(net: Any, reference: Any) -> Line:
    """The one line of the sheet; the others do not depend on the reference."""
    given = read_reference(reference)
    return against_reference(net, given)


def test_a_single_unit_may_be_one_number_per_sample(document, arrays):
    one = [*arrays[:6], arrays[6][:, :1], arrays[7][:1]]
    net = from_weights(one)
    z = net.predict(document)[:, 1]
    for reference in [
        (document, z),
        (document, z[:, None]),
        {"vectors": document, "probabilities": 1 / (1 + np.exp(-z))},
    ]:
        assert _reference_line(net, reference).verdict == PASS


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        (3, "pair"),
        ({"vectors": 1}, "expected one array of inputs"),
        ({"ids": [[1]], "logits": [[1.0] * C]}, "no embedding"),
        ({"vectors": np.ones((1, 2, E)), "logits": [[1.0]]}, "expected (1, 3)"),
        ({"vectors": np.ones((1, 2, E)), "logits": [1]}, "Labels alone"),
        ({"vectors": np.ones((1, 2, E)), "logits": ["a"]}, "expected numbers"),
        ((np.zeros((0, 2, E)), np.zeros((0, C))), "outputs are empty"),
        ({"vectors": np.ones((1, 2, E)), "logits": [[np.nan] * C]}, "not finite"),
        ({"vectors": np.ones((1, 2, E)), "probabilities": [[2.0] * C]}, "between 0 and 1"),
        ({"vectors": np.ones((1, 2, E + 1)), "logits": [[1.0] * C]}, "does not fit the network"),
        (_npz(vectors=np.ones((1, 2, E)), other=np.ones(3)), "'other'"),
        (b"PK\x03\x04 broken", ""),
        (b"just text", "text"),
    ],
    ids=str,
)
def test_a_reference_that_makes_no_sense_is_a_sentence(reference, words, arrays):
    with pytest.raises((InputError, FormatError)) as caught:
        parity(from_weights(arrays), reference=reference)
    assert words in str(caught.value)


# Detection ---------------------------------------------------------------------------------------


def _in_order(arrays: list[np.ndarray], order: str) -> list[np.ndarray]:
    """Arrays of the order i f g o, as another program would write them."""
    return [reorder_gates(a, "ifgo", to=order) if n < 6 else a for n, a in enumerate(arrays)]


@pytest.fixture(scope="module")
def truth(arrays):
    return from_weights(arrays, dtype="float64")


@pytest.mark.parametrize("order", ORDERS)
def test_every_gate_order_is_found_from_one_document(order, arrays, document, truth):
    net = from_weights(
        _in_order(arrays, order), "detect", reference=(document, truth.predict(document))
    )
    assert net.gate_order.order == order
    assert net.gate_order.source == "detected"
    assert net.gate_order.margin > 1e4
    assert any("detected" in sentence and " ".join(order) in sentence
               for sentence in net.assumptions)  # fmt: skip
    for name in ("kernel", "recurrent_kernel", "bias"):
        np.testing.assert_allclose(
            getattr(net.nodes[0].layer.backward_layer, name),
            getattr(truth.nodes[0].layer.backward_layer, name), rtol=1e-6,
        )  # fmt: skip


def test_a_forget_bias_added_at_run_time_is_found(arrays, document):
    added = [a.copy() for a in arrays]
    for n in (2, 5):
        added[n][H : 2 * H] += 1
    logits = from_weights(added, dtype="float64").predict(document)
    net = from_weights(_in_order(arrays, "igfo"), "detect", reference=(document, logits))
    assert net.gate_order.reading.forget_bias == 1
    assert "forget bias 1: detected" in net.assumptions[0]
    assert f"next best: {net.gate_order.runner_up}, " in net.assumptions[0]
    np.testing.assert_allclose(net.predict(document), logits, atol=1e-5)


def test_swapped_directions_are_found(arrays, document, truth):
    swapped = [*arrays[3:6], *arrays[:3], np.concatenate([arrays[6][H:], arrays[6][:H]]), arrays[7]]
    logits = truth.predict(document)
    net = from_weights(_in_order(swapped, "ofig"), "detect", reference=(document, logits))
    assert net.gate_order.reading.backward_first
    assert net.gate_order.order == "ofig"
    np.testing.assert_allclose(net.predict(document), logits, atol=1e-5)


def test_probabilities_ids_and_padding_do_as_well(arrays, truth):
    words = np.random.default_rng(1).normal(size=(9, E))
    net = from_weights(arrays, embeddings=words, dtype="float64")
    ids, lengths = np.array([[1, 2, 3, 4, 5], [6, 7, 8, 0, 0]]), np.array([5, 3])
    shares = net.probabilities(ids, lengths=lengths)
    reference = {"ids": ids, "lengths": lengths, "probabilities": shares}
    found = load(
        _npz(**{f"arr_{n}": a for n, a in enumerate(_in_order(arrays, "goif"))}),
        embeddings=words, spec={"gate_order": "detect"}, reference=_npz(**reference),
    )  # fmt: skip
    assert found.gate_order.order == "goif"
    sheet = parity(found, reference=reference)
    assert sheet.verdict == VERIFIED
    assert "times worse" in sheet["gate_order"].detail
    assert sheet.to_dict()["gate_order"]["margin"] > 10


def test_orders_that_mean_the_same_network_are_no_doubt(arrays, document):
    """With equal blocks of two gates, two orders are one and the same network."""
    same = [a.copy() for a in arrays]
    for n in range(6):
        same[n][..., :H] = same[n][..., H : 2 * H]
    logits = from_weights(same, dtype="float64").predict(document)
    net = from_weights(same, "detect", reference=(document, logits))
    assert net.gate_order.order in ("ifgo", "figo")
    assert net.gate_order.margin > 10


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x, z: (x, z + 0.01), "no reading is closer than 0.0001"),
        (lambda x, z: (x, np.round(z)), "no reading is closer"),
        (lambda x, z: (x, z.argmax(axis=1)), "Labels alone"),
        # After a single step the forget gate has had nothing to forget.
        (lambda x, z: None, "not 10 times worse"),
    ],
    ids=["shifted", "rounded", "labels", "one step"],
)
def test_what_does_not_decide_is_refused_with_the_best_guesses(
    change, words, arrays, document, truth
):
    reference = change(document, truth.predict(document))
    if reference is None:
        reference = (document[:, :1], truth.predict(document[:, :1]))
    with pytest.raises(InputError) as caught:
        from_weights(arrays, "detect", reference=reference)
    assert words in str(caught.value)
    if "Labels" not in words:
        assert "Of 96 readings the best are" in str(caught.value)
        assert "gate_order='ifgo'" in str(caught.value)


def test_detecting_needs_a_reference_and_a_reference_detecting(arrays, document):
    with pytest.raises(InputError, match="needs a reference"):
        from_weights(arrays, "detect")
    with pytest.raises(InputError, match=r"lrp_engine\.parity"):
        from_weights(arrays, reference=(document, np.ones((1, C))))
    with pytest.raises(InputError, match="needs a reference"):
        load(_npz(**{f"arr_{n}": a for n, a in enumerate(arrays)}), spec={"gate_order": "detect"})


# The command -------------------------------------------------------------------------------------


def test_the_command_finds_the_order(arrays, document, truth, tmp_path, capsys):
    model, reference = tmp_path / "model.npz", tmp_path / "scores.npz"
    np.savez(model, *_in_order(arrays, "gofi"))
    np.savez(reference, vectors=document, logits=truth.predict(document))
    command = ["prove", str(model), "--reference", str(reference), "--gate-order", "detect"]
    assert main([*command, "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert plain["verdict"] == "verified"
    assert plain["gate_order"]["order"] == "gofi"


def test_the_command_prints_the_sheet_and_fails_by_exit_code(tmp_path, capsys):
    """The file beside a model is its reference, unless another one is given."""
    net, model, x = zoo_network("dense"), tmp_path / "model", np.ones((2, 6))
    net.save(model)
    for beside, name in [(model, str(model)), (tmp_path, str(tmp_path / "model.zip"))]:
        net.save(name)
        assert main(["prove", name]) == 0
        assert capsys.readouterr().out.startswith("UNVERIFIED")
        np.savez(beside / "reference.npz", features=x, logits=net.predict(x))
        assert main(["prove", name]) == 0
        assert "inputs from reference.npz" in (out := capsys.readouterr().out)
        assert out.startswith("VERIFIED")
    np.savez(tmp_path / "wrong.npz", features=x, logits=net.predict(x) + 0.1)
    assert main(["prove", str(model), "--reference", str(tmp_path / "wrong.npz")]) == 1
    assert capsys.readouterr().out.startswith("FAILED")
    assert main(["prove", str(model), "--reference", str(tmp_path / "none.npz")]) == 2
    assert "There is no file" in capsys.readouterr().err
    np.savez(model / "reference.npz", features=x[:, :2], logits=net.predict(x))
    assert main(["prove", str(model)]) == 2
    assert "reference.npz does not fit the network" in capsys.readouterr().err


def test_the_command_takes_what_the_file_does_not_say(tmp_path, capsys):
    spec = tmp_path / "spec.json"
    spec.write_text('{"activation": "tanh"}')
    assert main(["prove", str(DENSE), "--spec", str(spec), "--json"]) == 0
    assert "ReLU" not in json.loads(capsys.readouterr().out)["assumptions"]
    assert main(["prove", str(DENSE), "--spec", str(spec), "--gate-order", "igfo"]) == 2
    assert "gate_order does not apply" in capsys.readouterr().err


def test_arguments_that_cannot_be_meant():
    with pytest.raises(InputError, match="Give a network"):
        parity(3)
    with pytest.raises(InputError, match="Give a network"):
        parity(b"123", source=b"456")
    assert lrp_engine.ProofSheet is type(parity(zoo_network("dense")))


def test_the_account_is_checked_for_any_rule():
    network = zoo_network("convolution")
    by_layer = ByLayer([("first", WSquare(eps=0.5))], default=Epsilon(eps=0.1))
    for rule, words in (
        (Epsilon(), "epsilon rule, eps 0.001, bias factor 0, "),
        (Gamma(eps=0.1, bias_factor=0.5), "gamma rule, eps 0.1, bias factor 0.5, "),
        (by_layer, "epsilon; first layer: w-square rule, bias factor 0, "),
    ):
        (line,) = (one for one in parity(network, rule=rule).lines if one.name == "ledger")
        assert line.verdict == PASS
        assert line.detail.startswith(words)
    with pytest.raises(InputError, match="names 'lstm'"):
        parity(network, rule=ByLayer([("lstm", WSquare())]))
