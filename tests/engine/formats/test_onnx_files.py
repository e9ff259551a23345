"""ONNX models score as in PyTorch and in onnx's own evaluator; the rest is refused with a reason.

The files in `fixtures/onnx` and PyTorch's outputs come from `fixtures/make_onnx.py`.
"""

from __future__ import annotations

import io
import itertools
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lrp_engine
from lrp_engine import FormatError
from lrp_engine.formats.containers import process, sandbox
from lrp_engine.formats.onnx import layers, windows
from lrp_engine.formats.onnx.folding import FOLDED
from lrp_engine.formats.onnx.operations import OPERATIONS
from lrp_engine.layers import Activation, Dense
from lrp_engine.model.graph import Node
from lrp_engine.model.network import Network
from tests.children import IN_A_CHILD

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

pytestmark = pytest.mark.usefixtures("untraced")

MODULES = Path(__file__).parents[2] / "fixtures" / "onnx" / "modules.zip"
with zipfile.ZipFile(MODULES) as _archive:
    EXPORTED = [name for name in _archive.namelist() if name.endswith(".onnx")]
FILES = sorted((Path(__file__).parents[2] / "fixtures" / "onnx").glob("*.onnx"))
V, E, H, C = 9, 4, 3, 3
IDS = np.array([[1, 8, 3, 0, 5], [2, 2, 7, 6, 4]])
RNG = np.random.default_rng(0)
BLOCKS = {"LSTM": 4, "GRU": 3, "RNN": 1}


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_an_exported_model_scores_as_in_pytorch(path):
    wanted = np.load(path.with_name(f"{path.stem.removesuffix('_dynamo')}.npz"))
    net = lrp_engine.load(path)
    scores = net.predict(wanted["inputs"])
    np.testing.assert_allclose(scores[:, -wanted["logits"].shape[1] :], wanted["logits"], atol=1e-5)
    e = net.explain(wanted["inputs"])
    assert abs(e.conservation_error).max() < 1e-4


def test_the_files_are_those_of_both_exporters():
    assert {"lstm", "lstm_dynamo", "gru", "gru_dynamo", "rnn", "dense"} <= {p.stem for p in FILES}


def test_layers_have_the_names_of_the_model():
    net = lrp_engine.load(FILES[0].with_name("lstm.onnx"))
    assert [node.name for node in net.nodes] == ["embedding", "rnn", "rnn.LSTM_1", "fc1", "fc2"]
    kinds = [node.layer.kind for node in net.nodes]
    assert kinds == ["embedding", "bidirectional", "bidirectional", "dense", "dense"]


@pytest.mark.parametrize("name", EXPORTED)
def test_models_of_every_exporter_score_as_their_source(name):
    """By PyTorch's two exporters and tf2onnx, of several opsets: see `make_onnx_modules.py`."""
    with zipfile.ZipFile(MODULES) as archive:
        net = lrp_engine.load(archive.read(name))
        wanted = np.load(io.BytesIO(archive.read(name.replace(".onnx", ".npz"))))
    outputs = wanted["outputs"]
    at = {"position": 2} if outputs.ndim == 3 else {}
    e = net.explain(wanted["inputs"], **at)
    found = e.probabilities if name.startswith("keras") else e.scores
    np.testing.assert_allclose(found, outputs[:, 2] if at else outputs, atol=1e-5)
    assert abs(e.conservation_error).max() < 1e-5


def test_the_exported_models_are_of_many_opsets():
    with zipfile.ZipFile(MODULES) as archive:
        models = [onnx.ModelProto.FromString(archive.read(name)) for name in EXPORTED]
    opsets = {m.opset_import[0].version for m in models}
    assert {9, 11, 13, 15, 17, 18} <= opsets
    assert {m.producer_name for m in models} == {"pytorch", "tf2onnx"}


# Made by hand ----------------------------------------------------------------------------------


class Graph:
    """An ONNX model written node by node; every node has one result, named by its number."""

    def __init__(self, *, opset: int = 20) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.inputs = [helper.make_tensor_value_info("x", TensorProto.INT64, ["n", "t"])]
        self.opset = opset

    def weight(self, array: Any) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def random(self, *shape: int) -> str:
        return self.weight(RNG.normal(size=shape).astype("float32"))

    def node(self, op: str, *inputs: str, results: int = 1, **attributes: Any) -> Any:
        names = [f"{op}_{len(self.nodes)}_{n}" for n in range(results)]
        self.nodes.append(helper.make_node(op, inputs, names, **attributes))
        return names[0] if results == 1 else names

    def whole(self, *numbers: int) -> str:
        return self.weight(np.array(numbers, "int64"))

    def model(self, output: str) -> Any:
        wanted = helper.make_tensor_value_info(output, TensorProto.FLOAT, None)
        graph = helper.make_graph(self.nodes, "g", self.inputs, [wanted], self.weights)
        opsets = [helper.make_opsetid("", self.opset)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9)

    def save(self, output: str) -> bytes:
        return self.model(output).SerializeToString()

    # Parts that most models have.

    def words(self) -> str:
        return self.node("Gather", self.random(V, E), "x")

    def recurrent(self, kind: str, x: str, *, units: int = E, **attributes: Any) -> list[str]:
        n, directions = BLOCKS[kind], 2 if attributes.get("direction") == "bidirectional" else 1
        weights = [(n * H, units), (n * H, H), (2 * n * H,)]
        names = [self.random(directions, *shape) for shape in weights]
        return self.node(kind, x, *names, results=2, hidden_size=H, **attributes)

    def scores(self, x: str, units: int = H) -> str:
        return self.node("Gemm", x, self.random(C, units), self.random(C), transB=1)


def recurrent_classifier(kind: str, direction: str = "forward", **attributes: Any) -> bytes:
    g = Graph()
    x = g.node("Transpose", g.words(), perm=[1, 0, 2])
    _, last = g.recurrent(kind, x, direction=direction, **attributes)  # (directions, B, H)
    last = g.node("Transpose", last, perm=[1, 0, 2])
    units = 2 * H if direction == "bidirectional" else H
    return g.save(g.scores(g.node("Reshape", last, g.whole(0, units)), units))


def check(data: bytes, inputs: np.ndarray = IDS) -> lrp_engine.Network:
    """As onnx's own evaluator, in scores and in the ledger."""
    (wanted,) = ReferenceEvaluator(onnx.ModelProto.FromString(data)).run(None, {"x": inputs})
    net = lrp_engine.load(data)
    np.testing.assert_allclose(net.predict(inputs), wanted, rtol=1e-4, atol=1e-5)
    assert abs(net.explain(inputs).conservation_error).max() < 1e-4
    return net


@pytest.mark.parametrize("direction", ["forward", "bidirectional"])
@pytest.mark.parametrize(
    ("kind", "attributes"),
    [("LSTM", {}), ("GRU", {"linear_before_reset": 1}), ("GRU", {}), ("RNN", {})],
    ids=["lstm", "gru_after", "gru_before", "rnn"],
)
def test_recurrent_layers_score_as_in_onnx(kind, attributes, direction):
    check(recurrent_classifier(kind, direction, **attributes))


def test_a_layer_that_reads_backwards_alone():
    g = Graph()
    x = g.node("Transpose", g.words(), perm=[1, 0, 2])
    weights = [g.random(1, 12, E), g.random(1, 12, H), g.random(1, 24)]
    _, last = g.node("LSTM", x, *weights, results=2, hidden_size=H, direction="reverse")
    net = lrp_engine.load(g.save(g.scores(g.node("Squeeze", last, g.whole(0)))))
    forward = Graph()  # onnx's evaluator reads forward only, so the words are turned around
    forward.weights, forward.nodes = g.weights, list(g.nodes)
    forward.nodes[2] = helper.make_node("LSTM", g.nodes[2].input, g.nodes[2].output, hidden_size=H)
    model = forward.model(g.nodes[-1].output[0])
    (wanted,) = ReferenceEvaluator(model).run(None, {"x": IDS[:, ::-1]})
    np.testing.assert_allclose(net.predict(IDS), wanted, rtol=1e-4, atol=1e-5)


def test_activations_inside_are_read():
    """Of the gates, then of signal and state; onnx's evaluator takes no others than the usual."""
    options = {"activations": ["HardSigmoid", "Softsign", "softsign"]}
    layer = lrp_engine.load(recurrent_classifier("LSTM", **options)).nodes[1].layer
    assert (layer.recurrent_activation, layer.activation) == ("hard_sigmoid_keras_2", "softsign")
    options = {"activations": ["Sigmoid", "Tanh", "Relu", "Softplus"]}
    layer = lrp_engine.load(recurrent_classifier("GRU", "bidirectional", **options)).nodes[1].layer
    found = [(part.recurrent_activation, part.activation)
             for part in (layer.forward_layer, layer.backward_layer)]  # fmt: skip
    assert found == [("sigmoid", "tanh"), ("relu", "softplus")]


def test_batch_first_layout_is_read():
    """Of layout 1, which onnx's evaluator reads for the final state."""
    g = Graph()
    h0 = g.weight(np.zeros((2, 1, H), "float32"))
    weights = [g.random(1, 12, E), g.random(1, 12, H), g.random(1, 24)]
    _, last = g.node("LSTM", g.words(), *weights, "", h0, h0, results=2, hidden_size=H, layout=1)
    net = lrp_engine.load(g.save(g.scores(g.node("Squeeze", last, g.whole(1)))))
    turned = Graph()
    turned.weights = [*g.weights, numpy_helper.from_array(np.zeros((1, 2, H), "float32"), "h0")]
    names = list(g.nodes[1].input[:5])
    turned.nodes = [
        g.nodes[0],
        helper.make_node("Transpose", [names[0]], ["turned"], perm=[1, 0, 2]),
        helper.make_node("LSTM", ["turned", *names[1:]], g.nodes[1].output, hidden_size=H),
        helper.make_node("Squeeze", [last, "axis"], g.nodes[2].output),
        g.nodes[3],
    ]
    turned.weights.append(numpy_helper.from_array(np.array([0]), "axis"))
    (wanted,) = ReferenceEvaluator(turned.model(g.nodes[3].output[0])).run(None, {"x": IDS})
    np.testing.assert_allclose(net.predict(IDS), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["ReduceMean", "ReduceMax"])
@pytest.mark.parametrize("opset", [13, 20])
def test_pooling_over_time(kind, opset):
    g = Graph(opset=opset)
    x = g.words()
    axes = {"axes": [1]} if opset == 13 else {}
    pooled = g.node(kind, x, *([] if axes else [g.whole(1)]), keepdims=1, **axes)
    x = g.node("Squeeze", pooled, g.whole(1))
    check(g.save(g.scores(x, E)))


def test_two_layers_side_by_side_and_a_sum():
    g = Graph()
    x = g.node("Transpose", g.words(), perm=[1, 0, 2])
    one = g.node("Squeeze", g.recurrent("LSTM", x)[1], g.whole(0))
    two = g.node("Squeeze", g.recurrent("RNN", x)[1], g.whole(0))
    both = g.node("Concat", one, two, g.node("Add", one, two), axis=-1)
    x = g.node("Add", g.node("MatMul", both, g.random(3 * H, C)), g.random(C))
    check(g.save(x))


@pytest.mark.parametrize("kind", [*layers.ACTIVATIONS, "Softmax"])
def test_activations(kind):
    g = Graph()
    g.inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", E])]
    hidden = g.node(kind, g.node("MatMul", "x", g.random(E, 5)))
    check(g.save(g.scores(hidden, 5)), RNG.normal(size=(3, E)).astype("float32"))


@pytest.mark.parametrize("half_first", [True, False])
def test_a_gelu_written_out_is_one_activation(half_first):
    """As PyTorch's older exporter writes it."""
    g = Graph(opset=13)
    x = g.node("MatMul", g.node("Gather", g.random(V, E), "x"), g.random(E, H))
    x = g.node("ReduceMean", x, axes=[1], keepdims=0)
    bell = g.node("Erf", g.node("Div", x, g.weight(np.float32(2**0.5))))
    bell = g.node("Add", bell, g.weight(np.float32(1)))
    half = g.weight(np.float32(0.5))
    if half_first:
        y = g.node("Mul", g.node("Mul", x, half), bell)
    else:
        y = g.node("Mul", g.node("Mul", x, bell), half)
    net = check(g.save(g.node("MatMul", y, g.random(H, C))))
    assert [n.layer.activation for n in net.nodes if n.layer.kind == "activation"] == ["gelu"]


def test_zeros_around_a_signal_are_read():
    """A convolution takes them over; another reader gets them."""
    for conv in (True, False):
        g = Graph(opset=17)
        x = g.node("Transpose", g.node("Gather", g.random(V, E), "x"), perm=[0, 2, 1])
        x = g.node("Pad", x, g.whole(0, 0, 2, 0, 0, 1))
        x = g.node("Conv", x, g.random(H, E, 3)) if conv else x
        x = g.node("ReduceMax", x, axes=[2], keepdims=0)
        net = check(g.save(g.node("MatMul", x, g.random(H if conv else E, C))))
        assert len(net.nodes) == 4, [n.name for n in net.nodes]


def test_zeros_that_take_too_many_weights_are_refused_before_they_are_made(monkeypatch):
    def padded(units: int, times: int) -> bytes:
        g = Graph(opset=17)
        x = g.node("Transpose", g.node("Gather", g.random(2, units), "x"), perm=[0, 2, 1])
        for _ in range(times):
            x = g.node("Pad", x, g.whole(0, 0, 1, 0, 0, 0))
        x = g.node("ReduceMax", x, axes=[2], keepdims=0)
        return g.save(g.node("MatMul", x, g.random(units, 2)))

    with pytest.raises(FormatError, match=r"1 zeros around 10,000 units take 200,000,000 weights"):
        lrp_engine.load(padded(10_000, 1))
    monkeypatch.setattr(windows, "_LARGEST", 3 * 2 * E**2)
    assert len(lrp_engine.load(padded(E, 3)).nodes) == 6
    with pytest.raises(FormatError, match="with those added elsewhere"):
        lrp_engine.load(padded(E, 4))


def test_a_sigmoid_of_a_sum_says_what_the_output_means():
    g = Graph()
    g.inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", E])]
    logits = g.node("Add", g.scores("x", E), g.scores("x", E))
    data, x = g.save(g.node("Sigmoid", logits)), np.ones((2, E), "float32")
    (wanted,) = ReferenceEvaluator(onnx.ModelProto.FromString(data)).run(None, {"x": x})
    np.testing.assert_allclose(lrp_engine.load(data).probabilities(x), wanted, rtol=1e-4)


@pytest.mark.parametrize(
    ("end", "units", "output"),
    [("Softmax", 3, "softmax"), ("LogSoftmax", 3, "softmax"), ("Sigmoid", 1, "sigmoid"),
     ("Sigmoid", 3, "sigmoid")],
)  # fmt: skip
def test_the_end_says_what_the_output_means(end, units, output):
    g = Graph()
    g.inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", E])]
    logits = g.node("Gemm", "x", g.random(E, units), g.random(units))
    data = g.save(g.node("Squeeze" if units == 1 else "Identity", g.node(end, logits)))
    x = RNG.normal(size=(3, E)).astype("float32")
    (wanted,) = ReferenceEvaluator(onnx.ModelProto.FromString(data)).run(None, {"x": x})
    net = lrp_engine.load(data)
    assert net.output == output
    found = net.probabilities(x)[:, -units:]
    wanted = np.exp(wanted) if end == "LogSoftmax" else wanted.reshape(3, units)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)
    assert not net.assumptions


def test_any_of_several_outputs_is_chosen():
    g = Graph()
    g.inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", E])]
    kind, size = g.node("Softmax", g.scores("x", E)), g.scores("x", E)
    odd = g.node("Cos", size)  # it is in no way of the other two
    model = g.model(kind)
    model.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in (size, odd)
    )
    data, x = model.SerializeToString(), RNG.normal(size=(3, E)).astype("float32")
    wanted = dict(zip((kind, size), ReferenceEvaluator(model).run([kind, size], {"x": x}),
                      strict=True))  # fmt: skip
    cases = [(None, kind, "softmax"), ({"output_name": 0}, kind, "softmax"),
             ({"output_name": size, "output": "linear"}, size, "linear")]  # fmt: skip
    for spec, name, output in cases:
        net = lrp_engine.load(data, spec=spec)
        assert (net.output_name, net.output_names) == (name, (kind, size, odd))
        assert net.output == output
        np.testing.assert_allclose(net.to_output(net.predict(x)), wanted[name], rtol=1e-4)
        asked = [one for one in net.assumptions if "has 3 outputs" in one]
        assert len(asked) == (spec is None)
        sheet = lrp_engine.parity(
            data, spec=spec, reference={"features": x, "outputs": wanted[name]}
        )
        assert sheet.weights == "verified"
    for wrong in ("other", 3):
        with pytest.raises(
            FormatError, match=f"output_name is {wrong!r}; the ONNX model has '{kind}"
        ):
            lrp_engine.load(data, spec={"output_name": wrong})
    with pytest.raises(FormatError, match=r"Cos.* is not supported"):
        lrp_engine.load(data, spec={"output_name": odd})


def test_operations_that_change_nothing():
    g = Graph()
    x = g.node("Cast", g.node("Dropout", g.node("Identity", g.words())), to=TensorProto.FLOAT)
    turned = g.node("Transpose", x, perm=[1, 0, 2])
    n, one = g.node("Shape", "x", start=0, end=1), g.whole(1)
    n = g.node("Sub", g.node("Add", n, one), one)
    h0 = g.node("ConstantOfShape", g.node("Concat", one, n, g.whole(H), axis=0))
    weights = [g.random(1, 12, E), g.random(1, 12, H), g.random(1, 24)]
    _, last = g.node("LSTM", turned, *weights, "", h0, h0, results=2, hidden_size=H)
    last = g.node("Unsqueeze", g.node("Squeeze", last, g.whole(0)), g.whole(1))
    check(g.save(g.scores(g.node("Flatten", last))))


def test_lengths_as_an_input_and_vectors_as_words():
    g = Graph()
    g.inputs = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, ["t", "n", E]),
        helper.make_tensor_value_info("lengths", TensorProto.INT32, ["n"]),
    ]
    weights = [g.random(1, 9, E), g.random(1, 9, H), g.random(1, 18)]
    last = g.node("GRU", "x", *weights, "lengths", results=2, hidden_size=H)[1]
    model = g.model(g.scores(g.node("Squeeze", last, g.whole(0))))
    x = RNG.normal(size=(2, 4, E)).astype("float32")
    given = {"x": x.swapaxes(0, 1), "lengths": np.array([4, 4], "int32")}
    del model.graph.node[0].input[4:]  # full lengths are none; onnx's evaluator takes none
    (wanted,) = ReferenceEvaluator(model).run(None, given)
    model.graph.node[0].input.extend(["lengths"])
    net = lrp_engine.load(model.SerializeToString())
    np.testing.assert_allclose(net.predict(x), wanted, rtol=1e-4, atol=1e-5)
    short = net.predict(x, lengths=[4, 2])
    np.testing.assert_allclose(short[1:], net.predict(x[1:, :2]), atol=1e-6)


@pytest.mark.parametrize("dtype", [*"efd", "bfloat16", "float_data"])
def test_numbers_of_every_type(dtype):
    values = np.array([[1.5, -2, 0.25]] * E, "float32")
    g = Graph()
    g.inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", E])]
    if dtype in ("bfloat16", "float_data"):
        kind = TensorProto.BFLOAT16 if dtype == "bfloat16" else TensorProto.FLOAT
        tensor = helper.make_tensor("w0", kind, values.shape, values.reshape(-1))
        g.weights.append(tensor)
        kernel = "w0"
    else:
        kernel = g.weight(values.astype(dtype))
    net = lrp_engine.load(g.save(g.node("MatMul", "x", kernel)))
    np.testing.assert_array_equal(net.nodes[0].layer.kernel, values)


@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("at", [0, -1, 1])
def test_a_state_at_any_time_step(direction, at):
    """The backward one at the last word has read one word."""
    g = Graph()
    x = g.node("Transpose", g.words(), perm=[1, 0, 2])
    if direction == "reverse":  # onnx's evaluator reads both ways, but not backward alone
        states, _ = g.recurrent("RNN", x, direction="bidirectional")
        states = g.node("Slice", states, g.whole(1), g.whole(2), g.whole(1))
    else:
        states, _ = g.recurrent("RNN", x, direction=direction)
    state = g.node("Gather", states, g.weight(np.int64(at)))
    units = 2 * H if direction == "bidirectional" else H
    state = g.node("Reshape", g.node("Transpose", state, perm=[1, 0, 2]), g.whole(0, -1))
    check(g.save(g.scores(state, units)))


def _weights_in_pieces(g: Graph, shape: tuple[int, ...]) -> str:
    """A weight that the graph puts together from others."""
    array = RNG.normal(size=shape).astype("float32")
    one = g.node("Slice", g.weight(array.T), g.whole(0), g.whole(2), g.whole(1))
    two = g.node("Gather", g.weight(array.T), g.whole(*range(2, len(array))), axis=1)
    whole = g.node("Concat", one, g.node("Cast", g.node("Cast", two, to=11), to=1), axis=1)
    turned = g.node("Transpose", whole)
    flat = g.node("Flatten", g.node("Unsqueeze", turned, g.whole(0)), axis=0)
    parts = g.node("Split", flat, results=2, axis=1)
    both = g.node("Identity", g.node("Concat", *parts, axis=1))
    same = g.node("Sub", g.node("Add", both, g.node("Neg", both)), g.node("Neg", both))
    scaled = g.node("Div", g.node("Mul", same, g.weight(np.float32(2))), g.weight(np.float32(2)))
    root = g.node("Sqrt", g.weight(np.array([4.0], "float32")))
    scaled = g.node("Mul", g.node("Mul", scaled, root), g.node("Reciprocal", root))
    ones = g.node("Expand", g.weight(np.ones((1, 1), "float32")), g.whole(1, shape[0] * shape[1]))
    return g.node(
        "Squeeze", g.node("Reshape", g.node("Mul", scaled, ones), g.whole(1, *shape)), g.whole(0)
    )


@pytest.mark.parametrize("opset", [13, 20])
def test_weights_computed_at_run_time_are_folded(opset):
    g = Graph(opset=opset)
    x = g.node("Gather", _weights_in_pieces(g, (V, E)), "x")
    x = g.node("ReduceMax", x, *([] if opset == 13 else [g.whole(1)]), keepdims=0,
               **({"axes": [1]} if opset == 13 else {}))  # fmt: skip
    net = check(g.save(g.node("MatMul", x, _weights_in_pieces(g, (E, C)))))
    assert [node.layer.kind for node in net.nodes] == [
        "embedding", "global_max_pooling1d", "dense"
    ]  # fmt: skip


def test_batch_normalization_by_itself_and_as_products_and_sums():
    g = Graph()
    four = [g.weight(np.abs(RNG.normal(size=E)).astype("float32")) for _ in range(4)]
    x = g.node("Transpose", g.words(), perm=[0, 2, 1])
    x = g.node("BatchNormalization", x, *four)
    column = g.weight(RNG.normal(size=(1, E, 1)).astype("float32"))
    x = g.node("Sub", g.node("Mul", x, column), column)
    x = g.node("Add", g.node("Div", x, g.weight(np.float32(3))), column)
    states = g.node("Sub", column, x)
    at = len(g.nodes)
    last = g.scores(g.node("ReduceMax", states, g.whole(2), keepdims=0), E)
    net = check(g.save(last))
    assert [n.layer.kind for n in net.nodes].count("batch_normalization") == 4
    # onnx's evaluator drops the axis of length 1 that it keeps.
    pooled = helper.make_node("GlobalMaxPool", [states], ["pooled"])
    g.nodes[at : at + 1] = [pooled, helper.make_node("Flatten", ["pooled"], g.nodes[at].output)]
    np.testing.assert_array_equal(lrp_engine.load(g.save(last)).predict(IDS), net.predict(IDS))


@pytest.mark.parametrize("pool", ["MaxPool", "AveragePool"])
@pytest.mark.parametrize("pads", [[0, 0], [1, 0], [2, 2]])
def test_convolution_and_pooling_over_time(pool, pads):
    g = Graph()
    x = g.node("Transpose", g.words(), perm=[0, 2, 1])
    x = g.node("Conv", x, g.random(H, E, 2), g.random(H), pads=pads, dilations=[2], strides=[1])
    x = g.node(pool, g.node("LeakyRelu", x), kernel_shape=[2], strides=[1])
    x = g.node("PRelu", x, g.random(1, H, 1))
    x = g.node("Squeeze", g.node("GlobalAveragePool", x), g.whole(2))
    check(g.save(g.scores(x)))


@pytest.mark.parametrize("by", ["LayerNormalization", "Pow", "Mul"])
def test_layer_normalization_as_one_operation_and_written_out(by):
    g = Graph()
    x, scale, offset = g.words(), g.random(E), g.random(E)
    if by == "LayerNormalization":
        x = g.node(by, x, scale, offset, axis=-1, epsilon=0.01)
    else:
        away = g.node("Sub", x, g.node("ReduceMean", x, g.whole(2)))
        square = g.node("Pow", away, g.weight(np.float32(2))) if by == "Pow" else (
            g.node("Mul", away, away))  # fmt: skip
        spread = g.node(
            "Add", g.node("ReduceMean", square, g.whole(-1)), g.weight(np.float32(0.01))
        )
        deviation = g.node("Sqrt", spread)
        x = g.node("Div", away, deviation) if by == "Pow" else g.node(
            "Mul", away, g.node("Reciprocal", deviation))  # fmt: skip
        x = g.node("Add", g.node("Mul", x, scale), offset)
    x = g.node("ReduceMean", x, g.whole(1), keepdims=0)
    assert "layer_normalization" in {n.layer.kind for n in check(g.save(g.scores(x, E))).nodes}


def test_scaled_self_attention():
    g = Graph()
    x = g.words()
    query, key, value = (g.node("Add", g.node("MatMul", x, g.random(E, H)), g.random(H))
                         for _ in range(3))  # fmt: skip
    pairs = g.node("MatMul", query, g.node("Transpose", key, perm=[0, 2, 1]))
    weights = g.node("Softmax", g.node("Div", pairs, g.weight(np.float32(H**0.5))), axis=-1)
    x = g.node("ReduceMean", g.node("MatMul", weights, value), g.whole(1), keepdims=0)
    assert "attention" in {node.layer.kind for node in check(g.save(g.scores(x))).nodes}


def test_ids_that_keras_wraps_around_or_that_come_as_other_numbers():
    for name in ("Where", "Mul"):
        g = Graph()
        shifted, negative = g.node("Add", "x", g.whole(V)), g.node("Less", "x", g.whole(0))
        if name == "Where":
            ids = g.node("Where", negative, shifted, "x")
        else:
            kept = g.node("Mul", "x", g.node("Cast", g.node("Not", negative), to=7))
            ids = g.node("Add", g.node("Mul", g.node("Cast", negative, to=7), shifted), kept)
        x = g.node("Gather", g.random(V, E), ids)
        check(g.save(g.scores(g.node("ReduceMean", x, g.whole(1), keepdims=0), E)))
    g = Graph()
    g.inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", "t"])]
    x = g.node("Gather", g.random(V, E), g.node("Cast", "x", to=6))
    data = g.save(g.scores(g.node("ReduceMean", x, g.whole(1), keepdims=0), E))
    given = {"x": IDS.astype("float32")}
    (wanted,) = ReferenceEvaluator(onnx.ModelProto.FromString(data)).run(None, given)
    np.testing.assert_allclose(lrp_engine.load(data).predict(IDS), wanted, rtol=1e-4, atol=1e-5)


def test_units_are_split_and_sliced():
    g = Graph()
    one, two = g.node("Split", g.words(), results=2, axis=2, num_outputs=2)
    half = g.node("Slice", g.node("Sub", one, two), g.whole(1), g.whole(2), g.whole(2))
    x = g.node("Concat", one, half, axis=-1)
    check(g.save(g.scores(g.node("ReduceMax", x, g.whole(1), keepdims=0), 3)))


def _features(g: Graph, units: int = E) -> None:
    g.inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", units])]


def _of_length(g: Graph, length: int = IDS.shape[1]) -> None:
    """Every text has so many words."""
    g.inputs = [helper.make_tensor_value_info("x", TensorProto.INT64, ["n", length])]


_TIMES = {
    "silu": lambda g, x: g.node("Sigmoid", x),
    "hard_silu": lambda g, x: g.node("HardSigmoid", x, alpha=1 / 6, beta=0.5),
    "hard_silu written out": lambda g, x: g.node(
        "Div",
        g.node("Clip", g.node("Add", x, g.weight(np.float32(3))), g.weight(np.float32(0)),
               g.weight(np.float32(6))),
        g.weight(np.float32(6)),
    ),
    "mish": lambda g, x: g.node("Tanh", g.node("Softplus", x)),
}  # fmt: skip


@pytest.mark.parametrize("name", _TIMES)
@pytest.mark.parametrize("alone", [True, False], ids=["alone", "behind a layer"])
def test_a_signal_times_a_function_of_it_is_the_activation(name, alone):
    """It shares relevance as the activation does, which it is in a Keras file."""
    g, kernel, offset = Graph(), RNG.normal(size=(E, H)).astype("float32"), np.ones(H, "float32")
    _features(g)
    x = g.node("Add", g.node("MatMul", "x", g.weight(kernel)), g.weight(offset))
    x = g.node("Tanh", x) if alone else x
    factors = (x, _TIMES[name](g, x))
    last = RNG.normal(size=(H, C)).astype("float32")
    y = g.node("Mul", *(factors if alone else factors[::-1]))
    x = RNG.normal(size=(2, E)).astype("float32")
    net = check(g.save(g.node("MatMul", y, g.weight(last))), x)
    activation = name.split()[0]
    first = Dense(kernel, offset, "tanh" if alone else activation)
    own = [Node("bent", Activation(activation), ("first",))] if alone else []
    same = Network(
        nodes=(
            Node("first", first),
            *own,
            Node("last", Dense(last), (own[0].name if own else "first",)),
        )
    )
    np.testing.assert_allclose(net.explain(x).relevance, same.explain(x).relevance, atol=1e-6)


def test_a_product_with_another_signals_sigmoid_stays_a_product():
    g = Graph()
    _features(g)
    one, two = (g.node("MatMul", "x", g.random(E, H)) for _ in range(2))
    net = check(
        g.save(g.node("MatMul", g.node("Mul", one, g.node("Sigmoid", two)), g.random(H, C))),
        RNG.normal(size=(2, E)).astype("float32"),
    )
    assert "multiply" in {node.layer.kind for node in net.nodes}


def test_a_kernel_on_the_left():
    """W x of units before time, as a query of the model's own scores states."""
    g = Graph()
    x = g.node("Transpose", g.words(), perm=[0, 2, 1])
    states = g.node("Tanh", g.node("MatMul", g.random(H, E), x))  # (batch, units, time)
    scores = g.node("MatMul", g.random(H), states)
    weights = g.node("Unsqueeze", g.node("Softmax", scores, axis=-1), g.whole(2))
    context = g.node("Squeeze", g.node("MatMul", states, weights), g.whole(2))
    net = check(g.save(g.scores(context)))
    assert "dot" in {node.layer.kind for node in net.nodes}


def test_weights_that_the_graph_computes():
    g = Graph()
    _features(g)
    v, square = g.random(H, E), g.weight(np.float32(2))
    unit = g.node("Div", v, g.node("ReduceL2", v, g.whole(1), keepdims=1))
    kernel = g.node("Mul", unit, g.node("Exp", g.node("Relu", g.random(H, 1))))
    kernel = g.node("MatMul", g.node("Tanh", g.random(E, H)), g.node("Sigmoid", kernel))
    more = g.node("Gemm", kernel, g.random(E, E), g.random(E), transA=1, transB=1, alpha=0.5)
    column = g.node("ReduceSum", g.node("Pow", more, square), g.whole(0), keepdims=1)
    row = g.node("ReduceMean", g.node("Tile", column, g.whole(3, 1)), g.whole(0), keepdims=0)
    x = g.node("Mul", g.node("MatMul", "x", kernel), g.node("Reciprocal", row))
    most = g.node("ReduceMax", row, g.whole(0))
    net = check(g.save(g.scores(g.node("Add", x, most), E)), np.ones((2, E), "float32"))
    assert {node.layer.kind for node in net.nodes} == {"dense", "batch_normalization"}


@pytest.mark.parametrize("layout", ["steps first", "units first", "by Flatten"])
def test_all_steps_of_a_fixed_number_in_one_row(layout):
    g, T = Graph(), IDS.shape[1]
    _of_length(g)
    x = g.node("Conv", g.node("Transpose", g.words(), perm=[0, 2, 1]), g.random(H, E, 2))
    if layout == "steps first":
        x = g.node("Transpose", x, perm=[0, 2, 1])
    flat = g.node("Flatten", x) if layout == "by Flatten" else (
        g.node("Reshape", x, g.whole(-1, (T - 1) * H)))  # fmt: skip
    net = check(g.save(g.scores(flat, (T - 1) * H)))
    assert net.length == T
    assert net.tokenizer.pad == "post"
    assert any("was built for 5 tokens" in one for one in net.assumptions)
    if layout == "by Flatten":
        g.inputs = Graph().inputs
        with pytest.raises(FormatError, match="differ in length; export the model with an input"):
            lrp_engine.load(g.save(g.nodes[-1].output[0]))


@pytest.mark.parametrize("by", ["RepeatVector", "Dense over time"])
def test_attention_by_hand_over_repeated_and_turned_weights(by):
    g, T = Graph(), IDS.shape[1]
    _of_length(g)
    x = g.node("Tanh", g.node("MatMul", g.words(), g.random(E, H)))
    if by == "RepeatVector":
        scores = g.node("Reshape", g.node("MatMul", x, g.random(H, 1)), g.whole(-1, T))
        row = g.node("Unsqueeze", g.node("Softmax", scores, axis=-1), g.whole(1))
        weights = g.node("Transpose", g.node("Tile", row, g.whole(1, H, 1)), perm=[0, 2, 1])
    else:
        turned = g.node("Transpose", x, perm=[0, 2, 1])
        scores = g.node("Add", g.node("MatMul", turned, g.random(T, T)), g.random(T))
        weights = g.node("Transpose", g.node("Softmax", scores, axis=-1), perm=[0, 2, 1])
    weighted = g.node("Mul", x, weights)
    net = check(g.save(g.scores(g.node("ReduceSum", weighted, g.whole(1), keepdims=0))))
    assert (net.length == T) == (by == "Dense over time")


def test_a_row_at_every_time_step_and_the_final_cell():
    """A state repeated, read by another layer, whose cell goes on."""
    g = Graph()
    state = g.node("ReduceMax", g.words(), g.whole(1), keepdims=0)
    many = g.node("Tile", g.node("Unsqueeze", state, g.whole(1)), g.whole(1, 3, 1))
    x = g.node("Transpose", many, perm=[1, 0, 2])
    weights = [g.random(1, 12, E), g.random(1, 12, H), g.random(1, 24)]
    names = g.node("LSTM", x, *weights, results=3, hidden_size=H)
    cell = g.node("Squeeze", names[2], g.whole(0))
    net = lrp_engine.load(g.save(g.scores(cell)))
    assert [n.layer.kind for n in net.nodes][-3:] == ["repeat_vector", "lstm", "dense"]
    layer = net.nodes[-2].layer
    assert layer.cell
    (rows,) = ReferenceEvaluator(g.model(state)).run(None, {"x": IDS})
    c, h = np.zeros((2, H)), np.zeros((2, H))
    for _ in range(3):
        z = rows @ layer.kernel + h @ layer.recurrent_kernel + layer.bias
        i, f, o = (1 / (1 + np.exp(-part)) for part in np.split(z[:, : 3 * H], 3, axis=1))
        c = f * c + i * np.tanh(z[:, 3 * H :])
        h = o * np.tanh(c)
    dense = net.nodes[-1].layer
    np.testing.assert_allclose(net.predict(IDS), c @ dense.kernel + dense.bias, atol=1e-5)


def _looping(squash: str = "Tanh", *more: Any, state: str = "h", by: str = "i") -> bytes:
    """A loop over time whose body is a SimpleRNN, and perhaps more."""
    g = Graph()
    x = g.node("Transpose", g.words(), perm=[1, 0, 2])
    first = g.node("Slice", g.node("Shape", x), g.whole(0), g.whole(1))
    texts = g.node("Slice", g.node("Shape", "x"), g.whole(0), g.whole(1))
    h0 = g.node("Expand", g.weight(np.float32(0)), g.node("Concat", texts, g.whole(H), axis=0))
    weights = {"W": (E, H), "U": (H, H), "b": (H,)}
    nodes = [
        helper.make_node("Identity", ["go"], ["on"]),
        helper.make_node("Gather", [x, by], ["now"]),
        helper.make_node("MatMul", ["now", "W"], ["of_x"]),
        helper.make_node("MatMul", [state, "U"], ["of_h"]),
        helper.make_node("Add", ["of_x", "of_h"], ["sum"]),
        helper.make_node("Add", ["sum", "b"], ["z"]),
        helper.make_node(squash, ["z"], ["new"]),
        *more,
    ]
    body = helper.make_graph(
        nodes,
        "body",
        [helper.make_tensor_value_info("i", TensorProto.INT64, []),
         helper.make_tensor_value_info("go", TensorProto.BOOL, []),
         helper.make_tensor_value_info("h", TensorProto.FLOAT, None)],
        [helper.make_tensor_value_info("on", TensorProto.BOOL, []),
         helper.make_tensor_value_info("new", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(RNG.normal(size=shape).astype("float32"), name)
         for name, shape in weights.items()],
    )  # fmt: skip
    last = g.node("Loop", g.node("Squeeze", first), g.weight(np.array(True)), h0, body=body)
    return g.save(g.scores(last))


@pytest.mark.parametrize(("squash", "activation"), [("Tanh", "tanh"), ("Relu", "relu")])
def test_a_loop_over_time_is_the_layer_that_it_computes(squash, activation):
    net = check(_looping(squash))
    (layer,) = (node.layer for node in net.nodes if node.layer.kind == "simple_rnn")
    assert layer.activation == activation


# What is refused -------------------------------------------------------------------------------


def _spoiled(change: Any) -> bytes:
    model = onnx.ModelProto.FromString(recurrent_classifier("LSTM"))
    change(model)
    return model.SerializeToString()


def _set(key: str, value: Any) -> bytes:
    return _spoiled(lambda m: m.graph.node[2].attribute.append(helper.make_attribute(key, value)))


def _external(location: str) -> bytes:
    def change(model: Any) -> None:
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=location)

    return _spoiled(change)


def _dims(*sizes: int) -> bytes:
    def change(model: Any) -> None:
        del model.graph.initializer[0].dims[:]
        model.graph.initializer[0].dims.extend(sizes)

    return _spoiled(change)


def _with(op: str, *inputs: str, at: int = 0, **attributes: Any) -> bytes:
    node = helper.make_node(op, inputs, ["spoiled"], **attributes)
    return _spoiled(lambda m: m.graph.node.insert(at, node))


def _inner() -> Any:
    return helper.make_graph([], "inner", [], [])


def _many_rows() -> bytes:
    """One row of a table, again and again."""
    g = Graph()
    where = g.node("Expand", g.whole(0), g.whole(100_000))
    return g.save(g.scores(g.node("Gather", g.random(V, 64), where)))


def _with_constant(op: str, *arrays: Any, **attributes: Any) -> bytes:
    """A node that computes with constants alone; the model does not read it."""

    def change(model: Any) -> None:
        names = [f"constant{n}" for n in range(len(arrays))]
        for name, array in zip(names, arrays, strict=True):
            model.graph.initializer.append(numpy_helper.from_array(array, name))
        outputs = ["spoiled", "more"] if op == "Split" else ["spoiled"]
        model.graph.node.insert(0, helper.make_node(op, names, outputs, **attributes))

    return _spoiled(change)


def _before_gather(model: Any, op: str) -> None:
    """The ids go through an operation with 9 first."""
    model.graph.initializer.append(numpy_helper.from_array(np.array(9), "nine"))
    model.graph.node[0].input[1] = "ids"
    model.graph.node.insert(0, helper.make_node(op, ["x", "nine"], ["ids"]))


def _peephole() -> bytes:
    """Seven inputs after X: W, R, B, lengths, h, c, P."""
    return _spoiled(
        lambda m: m.graph.node[2].input.extend(["", "", "", m.graph.initializer[1].name])
    )


def _initial(model: Any) -> None:
    model.graph.node[2].input.extend(["", model.graph.initializer[1].name])


def _folding(*nodes: tuple[str, str, dict[str, Any]], times: int = 60) -> bytes:
    """A small constant, doubled again and again."""
    g = Graph()
    big = g.random(V, E)
    for _ in range(times):
        for op, arguments, attributes in nodes:
            given = {"it": big, "where": g.whole(0, 1) if "where" in arguments else "",
                     "wide": g.whole(2**20, V, E) if "wide" in arguments else ""}  # fmt: skip
            big = g.node(op, *(given[a] for a in arguments.split()), **attributes)
    return g.save(g.scores(g.node("Gather", big, "x")))


def _repeated(*times: int) -> bytes:
    """The words of a text, again and again."""
    g = Graph()
    x = g.node("Tile", g.words(), g.whole(1, *times, 1))
    return g.save(g.scores(g.node("ReduceMax", x, g.whole(1), keepdims=0), E))


REFUSED: dict[str, tuple[Any, str]] = {
    "external": (lambda: _external("weights.bin"), "in another file, which is never opened"),
    "traversal": (lambda: _external("../../etc/passwd"), "in another file, which is never opened"),
    "absolute": (lambda: _external("/etc/passwd"), "in another file, which is never opened"),
    "huge_dims": (lambda: _dims(2**40, 2**20), "does not fill it exactly"),
    "overflowing_dims": (lambda: _dims(2**62, 2**62, 2**62), "does not fill it exactly"),
    "negative_dims": (lambda: _dims(-9, -4), "does not fill it exactly"),
    "other_dims": (lambda: _dims(4, 9), "expects input (batch, time, 4)"),
    "flat_table": (lambda: _dims(36), "looks ids up in an array of shape (36,)"),
    "circle": (lambda: _with("Identity", "Gemm_5_0"), "runs in a circle"),
    "unknown_name": (lambda: _with("Identity", "nothing"), "nothing before it computes"),
    "itself": (lambda: _with("Identity", "spoiled"), "runs in a circle"),
    "twice": (lambda: _spoiled(lambda m: m.graph.node.append(m.graph.node[0])), "already"),
    "two_tensors": (
        lambda: _spoiled(lambda m: m.graph.initializer.append(m.graph.initializer[0])),
        "two tensors called",
    ),
    "if": (lambda: _with("If", "x", then_branch=_inner()), "a graph of its own"),
    "loop_of_another_kind": (
        lambda: _looping("Softplus"),
        "read is a loop over time that is a GRU",
    ),
    "loop_of_one_step": (lambda: _looping(state="now"), "Of a Keras model give the .keras file"),
    "loop_unknown": (lambda: _looping("Cos"), "read is a loop over time that is a GRU"),
    "loop_in_loop": (
        lambda: _looping("Tanh", helper.make_node("Loop", ["", ""], ["n"], body=_inner())),
        "holds a graph of its own",
    ),
    "loop_of_many": (
        lambda: _looping("Tanh", *(helper.make_node("Neg", ["z"], [f"n{n}"]) for n in range(300))),
        "read is a loop over time that is a GRU",
    ),
    "loop_elsewhere": (lambda: _looping(by="nothing"), "which nothing before it computes"),
    "scan": (lambda: _with("Scan", "x", body=_inner(), num_scan_inputs=1), "a graph of its own"),
    "unknown_op": (lambda: _with("Einsum", "x"), "(Einsum) is not supported; supported: LSTM, GRU"),
    "foreign_op": (lambda: _with("Gather", "x", domain="com.evil"), "com.evil.Gather"),
    "functions": (lambda: _spoiled(lambda m: m.functions.add(name="f")), "functions of its own"),
    "sparse": (lambda: _spoiled(lambda m: m.graph.sparse_initializer.add()), "sparse tensors"),
    "strings": (
        lambda: _spoiled(
            lambda m: m.graph.initializer.append(
                helper.make_tensor("s", TensorProto.STRING, [1], [b"x"])
            )
        ),
        "expected real numbers",
    ),
    "old": (lambda: _spoiled(lambda m: setattr(m.opset_import[0], "version", 3)), "opset 3"),
    "new": (lambda: _spoiled(lambda m: setattr(m.opset_import[0], "version", 999)), "opset 999"),
    "no_output": (lambda: _spoiled(lambda m: m.graph.ClearField("output")), "0 outputs"),
    "output_is_weight": (
        lambda: _spoiled(lambda m: setattr(m.graph.output[0], "name", "w0")),
        "computed by none of its layers",
    ),
    "output_over_time": (
        lambda: _spoiled(lambda m: setattr(m.graph.output[0], "name", "Gather_0_0")),
        "no layer reads its vectors",
    ),
    "initial_state": (lambda: _spoiled(_initial), "initial state is not zero"),
    "peepholes": (_peephole, "peepholes"),
    "clip": (lambda: _set("clip", 3.0), "has clip"),
    "coupled": (lambda: _set("input_forget", 1), "coupled"),
    "activations": (lambda: _set("activations", ["Tanh", "Affine", "Tanh"]), "its activations"),
    "hidden_size": (
        lambda: _spoiled(
            lambda m: m.graph.node[2].CopyFrom(
                helper.make_node(
                    "LSTM", m.graph.node[2].input, m.graph.node[2].output, hidden_size=99
                )
            )
        ),
        "expected (1, 4H, E)",
    ),
    "not_finite": (
        lambda: _spoiled(
            lambda m: m.graph.initializer[0].CopyFrom(
                numpy_helper.from_array(np.full((V, E), np.nan, "float32"), "w0")
            )
        ),
        "not finite",
    ),
    "fixed": (
        lambda: _with_constant("Softplus", np.zeros((2, 3))),
        "holds numbers of the shape (2, 3) that the file fixes, expected data that goes through",
    ),
    "fixed_and_a_way": (
        lambda: _with_constant("Selu", np.zeros(2)),
        "onnxsim model.onnx simple.onnx",
    ),
    "weights_of_the_text": (
        lambda: _with("Conv", "Gather_0_0", "Gather_0_0", at=1),
        "weights that depend on the text",
    ),
    "fold_matmul": (
        lambda: _with_constant("MatMul", np.zeros((3000, 1)), np.zeros((1, 3000))),
        "far larger than",
    ),
    "fold_gemm": (
        lambda: _with_constant("Gemm", np.zeros((1, 3000)), np.zeros((1, 3000)), transA=1),
        "far larger than",
    ),
    "fold_tile": (
        lambda: _with_constant("Tile", np.zeros((2, 3)), np.array([2**40, 2**20])),
        "far larger than",
    ),
    "tile_steps": (lambda: _repeated(2), "along an axis that is longer than 1"),
    "tile_axes": (lambda: _repeated(2, 2), "expected a number per axis"),
    "flat_kernel_first": (
        lambda: _spoiled(
            lambda m: m.graph.node.append(
                helper.make_node("MatMul", ["w0", "Gather_0_0"], ["spoiled"])
            )
        ),
        "expected units before the last axis",
    ),
    "fold_concat": (lambda: _folding(("Concat", "it it", {"axis": 0})), "far larger than"),
    "fold_expand": (lambda: _folding(("Expand", "it wide", {}), times=1), "far larger than"),
    "fold_gather": (_many_rows, "far larger than"),
    "fold_broadcast": (
        lambda: _with_constant("Mul", np.zeros((4000, 1)), np.zeros((1, 4000))),
        "far larger than",
    ),
    "fold_many": (lambda: _folding(("Neg", "it", {}), times=6_000), "far larger than"),
    "fold_axes": (lambda: _folding(("Unsqueeze", "it where", {})), "more than 8 axes"),
    "fold_shape": (
        lambda: _with_constant("Reshape", np.zeros((2, 3)), np.array([2**40, -1])),
        "cannot be computed of constants of shapes (2, 3), (2,)",
    ),
    "fold_axis": (
        lambda: _with_constant("Concat", np.zeros((2, 3)), np.zeros((2, 3)), axis=7),
        "no axis 7",
    ),
    "fold_shapes": (
        lambda: _with_constant("Add", np.zeros((2, 3)), np.zeros((4, 5))),
        "(2, 3), (4, 5)",
    ),
    "fold_by_zero": (
        lambda: _with_constant("Div", np.array([1, 2]), np.array([1, 0])),
        "divides by zero",
    ),
    "fold_place": (
        lambda: _with_constant("Gather", np.zeros((2, 3)), np.array([9])),
        "cannot be computed",
    ),
    "fold_split": (
        lambda: _with_constant("Split", np.zeros(4), np.array([9, -5])),
        "splits 4 into [9, -5]",
    ),
    "fold_cast": (lambda: _with_constant("Cast", np.zeros(4), to=8), "casts to the type 8"),
    "shifted_ids": (
        lambda: _spoiled(lambda m: _before_gather(m, "Add")),
        "token ids that it shifted",
    ),
    "doubling": (
        lambda: _spoiled(
            lambda m: m.graph.node.extend(
                helper.make_node("Concat", [before, before], [after], axis=1)
                for before, after in itertools.pairwise(["Gemm_5_0", *(f"d{n}" for n in range(60))])
            )
        ),
        "units are joined",
    ),
    "truncated": (lambda: recurrent_classifier("LSTM")[:-40], ""),
    "head_only": (lambda: recurrent_classifier("LSTM")[:20], ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_with_a_sentence_that_says_why(name):
    maker, words = REFUSED[name]
    with pytest.raises(FormatError) as caught:
        lrp_engine.load(maker())
    assert words in str(caught.value)
    assert len(str(caught.value)) < 700


def test_the_model_to_spoil_is_sound():
    check(_spoiled(lambda model: None))


def test_external_data_is_not_opened(tmp_path, monkeypatch):
    """Not even where the file lies beside the model and holds just what is wanted."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights.bin").write_bytes(np.ones((V, E), "float32").tobytes())
    (tmp_path / "model.onnx").write_bytes(_external("weights.bin"))
    assert onnx.load("model.onnx").graph.initializer[0].raw_data  # onnx itself does follow it
    with pytest.raises(FormatError, match="never opened"):
        lrp_engine.load("model.onnx")


def test_without_the_package_a_sentence_says_how_to_get_it(monkeypatch, tmp_path):
    (tmp_path / "onnx.py").write_text("raise ImportError('not here')\n")
    code = (
        f"import runpy, sys; sys.path.insert(0, {str(tmp_path)!r}); sys.argv = sys.argv[1:]; "
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    start = [sys.executable, "-I", "-X", "utf8", "-c", code]
    monkeypatch.setattr(process, "interpreter", lambda: start)
    monkeypatch.setattr(sandbox, "unpack", IN_A_CHILD)
    with pytest.raises(FormatError, match=r"pip install '\.\[onnx\]'"):
        lrp_engine.load(recurrent_classifier("LSTM"))


def test_every_operation_is_in_a_test_or_a_file():
    used = {node.op_type for path in FILES for node in onnx.load(path).graph.node}
    with zipfile.ZipFile(MODULES) as archive:
        for name in EXPORTED:
            used |= {n.op_type for n in onnx.ModelProto.FromString(archive.read(name)).graph.node}
    here = {*OPERATIONS} - used - {*layers.ACTIVATIONS}
    assert not [op for op in here if f'"{op}"' not in Path(__file__).read_text()]
    assert {*FOLDED} <= {*OPERATIONS}


def two_inputs(*, facts: Any = 2, beside: bool = True) -> Graph:
    """Words, and what a layer makes of facts, side by side before the scores; facts beside them."""
    g = Graph()
    g.inputs.append(helper.make_tensor_value_info("facts", TensorProto.FLOAT, ["n", facts]))
    x = g.node("Transpose", g.words(), perm=[1, 0, 2])
    _, last = g.recurrent("LSTM", x)
    state = g.node("Squeeze", last, g.whole(0))
    hidden = g.node("Relu", g.node("Gemm", "facts", g.random(2, 2)))
    own = ["facts"] if beside else []
    g.scores(g.node("Concat", state, hidden, *own, axis=1), H + 2 + 2 * beside)
    return g


def test_a_model_of_several_inputs_scores_as_in_onnx_and_is_explained_together():
    g = two_inputs()
    data, facts = g.save(g.nodes[-1].output[0]), RNG.normal(size=(2, 2)).astype("float32")
    (wanted,) = ReferenceEvaluator(onnx.ModelProto.FromString(data)).run(
        None, {"x": IDS, "facts": facts}
    )
    net = lrp_engine.load(data)
    assert {name: one.kind for name, one in net.inputs.items()} == {"x": "ids", "facts": "features"}
    given = {"x": IDS, "facts": facts}
    np.testing.assert_allclose(net.predict(given), wanted, rtol=1e-4, atol=1e-5)
    assert abs(net.explain(given, hold="facts").conservation_error).max() < 1e-4
    sheet = lrp_engine.parity(data, reference=(given, wanted))
    assert {line.name: line.verdict for line in sheet.lines}["reference"] == "pass"
    g = two_inputs(facts="d", beside=False)
    with pytest.raises(FormatError, match="'facts' does not say its last axis"):
        lrp_engine.load(g.save(g.nodes[-1].output[0]))
    g = two_inputs()
    g.inputs.append(g.inputs[-1])
    with pytest.raises(FormatError, match="two inputs called 'facts'"):
        lrp_engine.load(g.save(g.nodes[-1].output[0]))


def test_an_input_that_nothing_reads_is_left_out_and_said():
    def add(model: Any) -> None:
        more = helper.make_tensor_value_info("h0", TensorProto.FLOAT, [1, "n", H])
        model.graph.input.append(more)

    net = lrp_engine.load(_spoiled(add))
    assert not net.several
    assert any("input 'h0' takes no part" in sentence for sentence in net.assumptions)
