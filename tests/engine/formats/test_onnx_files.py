"""ONNX models score as in PyTorch and in onnx's own evaluator; the rest is refused with a reason.

The files in `fixtures/onnx` and PyTorch's outputs come from `fixtures/make_onnx.py`.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lrp_engine
from lrp_engine import FormatError
from lrp_engine.formats.containers import process
from lrp_engine.formats.onnx.layers import ACTIVATIONS
from lrp_engine.formats.onnx.reader import OPERATIONS

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

pytestmark = pytest.mark.usefixtures("untraced")

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


@pytest.mark.parametrize("kind", [*ACTIVATIONS, "Softmax"])
def test_activations(kind):
    g = Graph()
    g.inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", E])]
    hidden = g.node(kind, g.node("MatMul", "x", g.random(E, 5)))
    check(g.save(g.scores(hidden, 5)), RNG.normal(size=(3, E)).astype("float32"))


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


def _peephole() -> bytes:
    """Seven inputs after X: W, R, B, lengths, h, c, P."""
    return _spoiled(
        lambda m: m.graph.node[2].input.extend(["", "", "", m.graph.initializer[1].name])
    )


def _initial(model: Any) -> None:
    model.graph.node[2].input.extend(["", model.graph.initializer[1].name])


def _first_state(direction: str) -> bytes:
    g = Graph()
    x = g.node("Transpose", g.words(), perm=[1, 0, 2])
    states, _ = g.recurrent("LSTM", x, direction=direction)
    state = g.node("Gather", states, g.weight(np.int64(-1 if direction == "bidirectional" else 0)))
    state = g.node("Reshape", g.node("Transpose", state, perm=[1, 0, 2]), g.whole(0, -1))
    return g.save(g.scores(state, 2 * H if direction == "bidirectional" else H))


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
    "loop": (lambda: _with("Loop", "", "", body=_inner()), "a graph of its own"),
    "scan": (lambda: _with("Scan", "x", body=_inner(), num_scan_inputs=1), "a graph of its own"),
    "unknown_op": (lambda: _with("Conv", "x"), "(Conv) is not supported; supported: LSTM, GRU"),
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
        "expected (batch, units)",
    ),
    "initial_input": (
        lambda: _spoiled(
            lambda m: m.graph.input.append(
                helper.make_tensor_value_info("h0", TensorProto.FLOAT, [1, "n", H])
            )
        ),
        "initial states as inputs",
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
    "first_state": (lambda: _first_state("forward"), "not where it ends"),
    "backward_at_last": (lambda: _first_state("bidirectional"), "not where it ends"),
    "not_finite": (
        lambda: _spoiled(
            lambda m: m.graph.initializer[0].CopyFrom(
                numpy_helper.from_array(np.full((V, E), np.nan, "float32"), "w0")
            )
        ),
        "not finite",
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
    with pytest.raises(FormatError, match=r"pip install 'lrp-lens\[onnx\]'"):
        lrp_engine.load(recurrent_classifier("LSTM"))


def test_every_operation_is_in_a_test_or_a_file():
    used = {node.op_type for path in FILES for node in onnx.load(path).graph.node}
    here = {*OPERATIONS} - used - {*ACTIVATIONS}
    assert not [op for op in here if f'"{op}"' not in Path(__file__).read_text()]
