"""Live PyTorch modules: what a trace says becomes the spec; the module is called to compare.

The suite needs no PyTorch: traces are written down as steps, modules are stand-ins with the same
methods. Where PyTorch can be imported, real modules are traced and called.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from lrp_engine import FormatError, InputError, from_torch, load
from lrp_engine.formats.readers import contents_of
from lrp_engine.formats.torch.traced import Part, Ref, Step, Trace
from lrp_engine.formats.torch.traced_spec import spec_of
from lrp_engine.formats.torch.ways import ways
from lrp_engine.proof.live import against_live, live_model
from lrp_engine.proof.probes import probes, without_embedding
from lrp_engine.proof.sheet import FAIL, NOT_CHECKED, PASS
from lrp_engine.propagation.program import Program

pytestmark = pytest.mark.usefixtures("untraced")
V, E, H, C = 9, 4, 3, 3
FIXTURE = Path("tests/fixtures/torch/dense.pt")
needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")


def _line(net: Any, reference: Any) -> Any:
    exact = Program(without_embedding(net), traced=False)
    return against_live(net, live_model(reference), exact, probes(net, exact=exact))


# Traces written down ---------------------------------------------------------------------------

PARTS = {
    "emb": Part("Embedding"),
    "rnn": Part(
        "LSTM", {"batch_first": True, "bidirectional": True, "num_layers": 2, "hidden_size": H}
    ),
    "one": Part("LSTM", {"batch_first": True, "num_layers": 1, "hidden_size": H}),
    "pair": Part(
        "LSTM", {"batch_first": True, "bidirectional": True, "num_layers": 1, "hidden_size": H}
    ),
    "W": Part("Linear", {"out_features": 5}),
    "U": Part("Linear", {"out_features": 5}),
    "v": Part("Linear", {"out_features": 1}),
    "bend": Part("Tanh"),
    "gru": Part("GRU", {"batch_first": False, "bidirectional": False, "num_layers": 1}),
    "conv.0": Part("Conv1d", {"padding": (1,), "stride": (1,), "dilation": (1,)}),
    "conv.1": Part("Conv1d", {"padding": (2,), "stride": (1,), "dilation": (1,)}),
    "norm": Part("LayerNorm", {"eps": 1e-6}),
    "drop": Part("Dropout", {"p": 0.5}),
    "act": Part("GELU", {"approximate": "none"}),
    "fc1": Part("Linear"),
    "fc2": Part("Linear"),
    "heads": Part("MultiheadAttention"),
}


def _module(name: str, path: str, *args: Any) -> Step:
    return Step(name, "call_module", path, args)


def _call(name: str, what: str, *args: Any, **kwargs: Any) -> Step:
    return Step(name, "call", what, args, kwargs)


IDS = Step("ids", "placeholder", "ids")
WORDS = _module("words", "emb", Ref("ids"))
RNN = (IDS, WORDS, _module("r", "rnn", Ref("words")), _call("out", "getitem", Ref("r"), 0))
FINAL = (_call("hc", "getitem", Ref("r"), 1), _call("h", "getitem", Ref("hc"), 0))
HALVES = (_call("f", "getitem", Ref("h"), -2), _call("b", "getitem", Ref("h"), -1))
ALL = slice(None, None, None)


ONE = (IDS, WORDS, _module("r", "one", Ref("words")), _call("out", "getitem", Ref("r"), 0),
       *FINAL, _call("q", "getitem", Ref("h"), -1), _call("qs", "unsqueeze", Ref("q"), 1),
       _call("qu", "unsqueeze", Ref("q"), 2))  # fmt: skip
PAIR = (IDS, WORDS, _module("r", "pair", Ref("words")), _call("out", "getitem", Ref("r"), 0),
        *FINAL)  # fmt: skip
# From scores (B, T, 1) on.
CONTEXT = (_call("a", "softmax", Ref("e"), dim=1), _call("p", "mul", Ref("a"), Ref("out")),
           _call("x", "sum", Ref("p"), dim=1))  # fmt: skip
FC = _module("y", "fc1", Ref("x"))


def _end(last: str) -> Step:
    return Step("output", "output", "output", (Ref(last),))


TRACES: dict[str, tuple[tuple[Step, ...], dict[str, Any]]] = {
    "final": (
        (*RNN, *FINAL, *HALVES, _call("x", "cat", (Ref("f"), Ref("b")), dim=1),
         _module("d", "drop", Ref("x")), _module("y", "fc1", Ref("d")),
         _module("a", "act", Ref("y")), _module("z", "fc2", Ref("a")), _end("z")),
        {"order": ["emb", "rnn", "last", "fc1", "gelu", "fc2"]},
    ),
    "summed": (
        (*RNN, *FINAL, *HALVES, _call("x", "add", Ref("f"), Ref("b")),
         _module("y", "fc1", Ref("x")), _module("z", "fc2", Ref("y")), _end("z")),
        {"order": ["emb", "rnn", "last", "fc1", "linear", "fc2"], "directions": "sum"},
    ),
    "last step": (
        (*RNN, _call("x", "getitem", Ref("out"), (ALL, -1, ALL)), _module("y", "fc1", Ref("x")),
         _call("p", "log_softmax", Ref("y"), dim=-1), _end("p")),
        {"order": ["emb", "rnn", "last_step", "fc1"], "output": "softmax"},
    ),
    "first step": (
        (*RNN, _call("x", "getitem", Ref("out"), (ALL, 0)), _module("y", "fc1", Ref("x")),
         _call("p", "sigmoid", Ref("y")), _call("q", "squeeze", Ref("p"), -1), _end("q")),
        {"order": ["emb", "rnn", "first_step", "fc1"], "output": "sigmoid"},
    ),
    "sigmoid within": (
        (*RNN, *FINAL, *HALVES, _call("x", "cat", (Ref("f"), Ref("b")), dim=1),
         _module("y", "fc1", Ref("x")), _call("a", "sigmoid", Ref("y")),
         _module("z", "fc2", Ref("a")), _end("z")),
        {"order": ["emb", "rnn", "last", "fc1", "sigmoid", "fc2"]},
    ),
    "time first": (
        (IDS, WORDS, _module("r", "gru", Ref("words")), _call("h", "getitem", Ref("r"), 1),
         _call("x", "getitem", Ref("h"), 0), _module("y", "fc1", Ref("x")), _end("y")),
        {"order": ["emb", "gru", "last", "fc1"]},
    ),
    "packed": (
        (IDS, Step("lengths", "placeholder", "lengths"), WORDS,
         _call("p", "pack_padded_sequence", Ref("words"), Ref("lengths"), True),
         _module("r", "rnn", Ref("p")), _call("o", "getitem", Ref("r"), 0),
         _call("u", "pad_packed_sequence", Ref("o"), batch_first=True),
         _call("s", "getitem", Ref("u"), 0), _call("m", "max", Ref("s"), 1),
         _call("v", "getattr", Ref("m"), "values"), _module("n", "norm", Ref("v")),
         _module("y", "fc1", Ref("n")), _end("y")),
        {"order": ["emb", "rnn", "max", "norm", "fc1"], "epsilon": 1e-6},
    ),
    "two poolings": (
        (*RNN, _call("m", "mean", Ref("out"), dim=1), _call("a", "amax", Ref("out"), 1),
         _call("x", "cat", (Ref("m"), Ref("a")), -1), _module("y", "fc1", Ref("x")), _end("y")),
        {"order": ["emb", "rnn", "fc1"], "pooling": ["mean", "max"]},
    ),
    "convolutions": (
        (IDS, WORDS, _call("t", "transpose", Ref("words"), 1, 2),
         *(step for n in (0, 1) for step in (
             _module(f"c{n}", f"conv.{n}", Ref("t")), _call(f"r{n}", "relu", Ref(f"c{n}")),
             _call(f"s{n}", "size", Ref(f"r{n}"), 2),
             _call(f"m{n}", "max_pool1d", Ref(f"r{n}"), Ref(f"s{n}")),
             _call(f"q{n}", "squeeze", Ref(f"m{n}"), 2))),
         _call("x", "cat", (Ref("q0"), Ref("q1")), 1), _module("y", "fc1", Ref("x")), _end("y")),
        {"order": ["emb", ["conv.0", "conv.1"], "relu", "max", "fc1"],
         "conv": {"padding": [1, 2], "stride": [1, 1], "dilation": [1, 1]}},
    ),
    "every word": (
        (*RNN, _module("y", "fc1", Ref("out")), _end("y")),
        {"order": ["emb", "rnn", "every_step", "fc1"]},
    ),
    "a score of each state": (
        (*RNN, _module("w", "W", Ref("out")), _module("b", "bend", Ref("w")),
         _module("e", "v", Ref("b")), *CONTEXT, FC, _end("y")),
        {"order": ["emb", "rnn", "attention", "fc1"],
         "attention": {"score": "additive", "layers": ["W", "v"]}},
    ),
    "masked": (
        (*RNN, _module("s", "v", Ref("out")), _call("s1", "squeeze", Ref("s"), -1),
         _call("no", "eq", Ref("ids"), 0), _call("s2", "masked_fill", Ref("s1"), Ref("no"), -1e9),
         _call("a", "softmax", Ref("s2"), -1), _call("a1", "unsqueeze", Ref("a"), 1),
         _call("c", "bmm", Ref("a1"), Ref("out")), _call("x", "squeeze", Ref("c"), 1), FC,
         _end("y")),
        {"order": ["emb", "rnn", "attention", "fc1"],
         "attention": {"score": "additive", "layers": ["v"]}},
    ),
    "with a query": (
        (*ONE, _module("k", "W", Ref("out")), _module("u", "U", Ref("qs")),
         _call("k1", "add", Ref("k"), Ref("u")), _call("k2", "tanh", Ref("k1")),
         _module("e", "v", Ref("k2")), *CONTEXT, FC, _end("y")),
        {"order": ["emb", "one", "attention", "fc1"],
         "attention": {"score": "additive", "layers": ["W", "U", "v"], "query": "last"}},
    ),
    "side by side": (
        (*ONE, _call("q1", "expand_as", Ref("qs"), Ref("out")),
         _call("k", "cat", (Ref("q1"), Ref("out")), dim=2), _module("k1", "W", Ref("k")),
         _call("k2", "tanh", Ref("k1")), _module("e", "v", Ref("k2")), *CONTEXT, FC, _end("y")),
        {"order": ["emb", "one", "attention", "fc1"],
         "attention": {"score": "additive", "layers": ["W", "v"], "query": "last",
                       "query_first": True}},
    ),
    "scaled product": (
        (*ONE, _call("s", "bmm", Ref("out"), Ref("qu")), _call("n", "size", Ref("out"), -1),
         _call("root", "sqrt", Ref("n")), _call("e", "div", Ref("s"), Ref("root")),
         *CONTEXT, _call("z", "cat", (Ref("x"), Ref("q")), 1), _module("y", "fc1", Ref("z")),
         _end("y")),
        {"order": ["emb", "one", "attention", "fc1"],
         "attention": {"score": "dot", "layers": [], "query": "last", "scaled": True,
                       "joined": ["context", "query"]}},
    ),
    "product by weights": (
        (*ONE, _module("k", "W", Ref("out")), _call("s", "mul", Ref("k"), Ref("qs")),
         _call("e0", "sum", Ref("s"), 2), _call("e", "unsqueeze", Ref("e0"), -1), *CONTEXT, FC,
         _end("y")),
        {"order": ["emb", "one", "attention", "fc1"],
         "attention": {"score": "multiplicative", "layers": ["W"], "query": "last",
                       "on": "states"}},
    ),
    "einsum": (
        (*ONE, _call("e", "einsum", "btd,bd->bt", Ref("out"), Ref("q")),
         _call("a", "softmax", Ref("e"), 1),
         _call("x", "einsum", "bt,btd->bd", Ref("a"), Ref("out")), FC, _end("y")),
        {"order": ["emb", "one", "attention", "fc1"],
         "attention": {"score": "dot", "layers": [], "query": "last"}},
    ),
    "h summed": (
        (*PAIR, _call("x", "sum", Ref("h"), 0), FC, _end("y")),
        {"order": ["emb", "pair", "last", "fc1"], "directions": "sum"},
    ),
    "h turned": (
        (*PAIR, _call("t", "permute", Ref("h"), 1, 0, 2),
         _call("x", "reshape", Ref("t"), Ref("n"), -1), FC, _end("y")),
        {"order": ["emb", "pair", "last", "fc1"]},
    ),
    "a half at either end": (
        (*PAIR, _call("f", "getitem", Ref("out"), (ALL, -1, slice(None, H, None))),
         _call("b", "getitem", Ref("out"), (ALL, 0, slice(H, None, None))),
         _call("x", "cat", (Ref("f"), Ref("b")), 1), FC, _end("y")),
        {"order": ["emb", "pair", "last", "fc1"]},
    ),
    "averaged directions": (
        (*PAIR, _call("c", "chunk", Ref("out"), 2, dim=-1), _call("f", "getitem", Ref("c"), 0),
         _call("b", "getitem", Ref("c"), 1), _call("s", "add", Ref("f"), Ref("b")),
         _call("s2", "div", Ref("s"), 2), _call("x", "sum", Ref("s2"), 1), FC, _end("y")),
        {"order": ["emb", "pair", "sum", "fc1"], "directions": "mean"},
    ),
    "mean of what exists": (
        (*PAIR, _call("m0", "ne", Ref("ids"), 0), _call("m", "unsqueeze", Ref("m0"), -1),
         _call("o", "mul", Ref("out"), Ref("m")), _call("s", "sum", Ref("o"), 1),
         _call("n", "sum", Ref("m"), 1), _call("x", "div", Ref("s"), Ref("n")), FC, _end("y")),
        {"order": ["emb", "pair", "mean", "fc1"]},
    ),
    "windows": (
        (IDS, WORDS, _call("t", "permute", Ref("words"), 0, 2, 1),
         _module("c", "conv.0", Ref("t")), _call("m", "max_pool1d", Ref("c"), 2),
         _call("a", "adaptive_avg_pool1d", Ref("m"), 1), _call("f", "flatten", Ref("a"), 1),
         _module("y", "fc1", Ref("f")), _end("y")),
        {"order": ["emb", "conv.0", "linear", {"max_pool": 2, "stride": 2}, "mean", "fc1"],
         "conv": {"padding": [1], "stride": [1], "dilation": [1]}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TRACES)
def test_a_trace_becomes_the_keys_of_a_spec(name):
    steps, expected = TRACES[name]
    assert spec_of(Trace(steps, PARTS), {}) == expected


def test_what_no_step_reads_is_unused():
    steps, _ = TRACES["time first"]
    used = ["emb.weight", "gru.weight_ih_l0", "fc1.parametrizations.weight.original0"]
    state = dict.fromkeys([*used, "aux.0.weight", "fc11.weight", "w"])
    assert spec_of(Trace(steps, PARTS), state)["unused"] == ["aux.0", "fc11", "w"]


UNKNOWN = {
    "matmul": ((*RNN, _call("x", "matmul", Ref("out"), Ref("out"))), "'matmul'.*'attention'"),
    "mean of all": ((*RNN, _call("x", "mean", Ref("out"))), "'mean'.*'order'"),
    "middle": ((*RNN, _call("x", "getitem", Ref("out"), (ALL, 3))), "'getitem'.*'pooling'"),
    "lower layer": ((*RNN, *FINAL, _call("x", "getitem", Ref("h"), 0)), "'getitem'.*'pooling'"),
    "swapped": (
        (*RNN, *FINAL, *HALVES, _call("x", "cat", (Ref("b"), Ref("f")), 1)), "'cat'.*'order'",
    ),
    "heads": ((*RNN, _module("x", "heads", Ref("out"))), "'MultiheadAttention'.*'attention'"),
    "softmax over time": ((*RNN, _call("x", "softmax", Ref("out"), 1)), "'softmax'.*'attention'"),
    "scores returned": (
        (*ONE, _call("x", "bmm", Ref("out"), Ref("qu"))), "'return' of steps",
    ),
    "a score of other states": (
        (*ONE, _module("g", "rnn", Ref("out")), _call("o", "getitem", Ref("g"), 0),
         _call("e", "bmm", Ref("out"), Ref("qu")), _call("a", "softmax", Ref("e"), 1),
         _call("p", "mul", Ref("a"), Ref("o")), _call("x", "sum", Ref("p"), 1)), "'sum'.*'pooling'",
    ),
    "a half at the wrong end": (
        (*PAIR, _call("x", "getitem", Ref("out"), (ALL, 0, slice(None, H, None)))),
        "'getitem'.*'pooling'",
    ),
    "scaled by another number": (
        (*ONE, _call("s", "bmm", Ref("out"), Ref("qu")), _call("x", "div", Ref("s"), 7.0)),
        "'div'.*'order'",
    ),
    "softmax within": (
        (*RNN, _call("p", "softmax", Ref("out"), -1), _module("x", "fc1", Ref("p"))),
        "'softmax' before other layers",
    ),
    "states given": (
        (IDS, WORDS, _module("x", "rnn", Ref("words"), (Ref("ids"), Ref("ids")))), "initial states",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_operation_that_is_not_known_is_named_with_the_key_that_says_it(name):
    steps, words = UNKNOWN[name]
    with pytest.raises(FormatError) as refused:
        spec_of(Trace((*steps, _end("x")), PARTS), {})
    assert re.search(words, str(refused.value)), str(refused.value)


# Modules that are stand-ins --------------------------------------------------------------------


class Tensor:
    """What has the methods of a tensor."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def detach(self) -> Tensor:
        return self

    def cpu(self) -> Tensor:
        return self

    def numpy(self) -> np.ndarray:
        return self.array


Base = type("Module", (), {"__module__": "not_torch.nn.modules.module"})


class Standin(Base):
    """A module whose package cannot be imported, so that it cannot be traced."""

    def state_dict(self) -> dict[str, Tensor]:
        return {name: Tensor(array) for name, array in contents_of(FIXTURE).value.items()}


def test_a_module_that_cannot_be_traced_is_read_as_its_state_dict():
    net, file = from_torch(Standin()), load(FIXTURE)
    x = np.ones((1, file.input_shape.units))
    np.testing.assert_array_equal(net.predict(x), file.predict(x))
    assert "The code of Standin cannot be traced (ModuleNotFoundError" in net.assumptions[0]
    assert set(file.assumptions) <= set(net.assumptions)
    said = from_torch(Standin(), spec={"activation": "tanh"})
    assert not any("traced" in sentence for sentence in said.assumptions)


def test_a_state_dict_of_tensors_or_arrays_is_read():
    state = Standin().state_dict()
    net = from_torch(state)
    plain = from_torch({name: tensor.array for name, tensor in state.items()})
    assert net.hash == plain.hash == from_torch({"epoch": 3, "state_dict": state}).hash
    assert not any("traced" in sentence for sentence in net.assumptions)
    before = net.predict(np.ones((1, net.input_shape.units)))
    for tensor in state.values():
        tensor.array = tensor.array * 0
    np.testing.assert_array_equal(net.predict(np.ones((1, net.input_shape.units))), before)


def _called(name: str, answer: Any, monkeypatch: Any) -> Any:
    """A module that cannot be traced, with the weights of a fixture, which answers."""
    state = contents_of(FIXTURE.with_name("modules.pt")).value[name]

    class Called(Standin):
        training = False

        def state_dict(self) -> dict[str, Tensor]:
            return {key: Tensor(array) for key, array in state.items()}

        def parameters(self) -> list[Any]:
            return []

        def modules(self) -> list[Any]:
            return [self]

        def eval(self) -> None:
            pass

        def forward(self, ids: Any) -> Any:
            return self(ids)

        def __call__(self, ids: Tensor) -> Tensor:
            return Tensor(answer([row.tolist() for row in ids.array]))

    package = SimpleNamespace(
        tensor=lambda x, **_: Tensor(x), no_grad=nullcontext, float32=None, int64=None
    )
    monkeypatch.setitem(sys.modules, "not_torch", package)
    return Called(), state


def test_what_cannot_be_traced_is_tried_until_it_gives_the_modules_outputs(monkeypatch):
    spec = json.loads(FIXTURE.with_name("modules.json").read_text())["summed_last"]
    state = contents_of(FIXTURE.with_name("modules.pt")).value["summed_last"]
    own = from_torch(state, spec=spec)
    net = from_torch(_called("summed_last", own.predict, monkeypatch)[0])
    ids = [[1, 2, 3, 4], [8, 0, 7]]
    np.testing.assert_allclose(net.predict(ids), own.predict(ids), rtol=1e-5)
    assert net.assumptions[0].startswith("The code of Called cannot be traced (ModuleNotFound")
    assert net.assumptions[0].endswith("gives its own outputs.")


@pytest.mark.parametrize("name", ["dot", "mean_and_max", "bahdanau", "luong_on_query", "additive"])
def test_the_usual_attention_and_poolings_are_among_the_ways_tried(name):
    wanted = json.loads(FIXTURE.with_name("modules.json").read_text())[name]
    state = contents_of(FIXTURE.with_name("modules.pt")).value[name]
    assert _hash(state, wanted) in {_hash(state, spec) for spec in _fitting(state)}


def _hash(given: Any, spec: Any) -> str:
    """Of the layers and weights, whatever is assumed."""
    return replace(from_torch(given, spec=spec), assumptions=()).hash


def _fitting(state: Any) -> Iterator[dict[str, Any]]:
    for spec in ways(state):
        with suppress(FormatError):
            from_torch(state, spec=spec)
            yield spec


def test_what_no_way_explains_is_refused(monkeypatch):
    own = from_torch(_called("bag", None, monkeypatch)[1])
    module, state = _called("bag", lambda ids: own.predict(ids) ** 2, monkeypatch)
    with pytest.raises(FormatError) as refused:
        from_torch(module)
    assert re.search(r"none of [1-9]\d* ways .* off by .*%\. Say in the spec", str(refused.value))
    assert _hash(module, {"pooling": "mean"}) == _hash(state, None)


@pytest.mark.parametrize("value", [None, 3, "model.pt", object, [1]])
def test_another_value_is_an_input_error(value):
    with pytest.raises(InputError, match=r"expects a torch.nn.Module or a state dict"):
        from_torch(value)


# PyTorch itself --------------------------------------------------------------------------------


def _real() -> dict[str, Any]:
    """Modules with what they are written as."""
    torch = importlib.import_module("torch")
    nn, F = torch.nn, torch.nn.functional
    rnn_utils = importlib.import_module("torch.nn.utils.rnn")

    class Model(nn.Module):
        def __init__(self, run: Any, **parts: Any) -> None:
            super().__init__()
            self.embedding = nn.Embedding(V, E, padding_idx=0)
            for name, part in parts.items():
                self.add_module(name, part)
            self.drop = nn.Dropout(0.5)
            self.run = run

        def forward(self, ids: Any) -> Any:
            return self.run(self, self.embedding(ids))

    class Packed(Model):
        def forward(self, ids: Any, lengths: Any) -> Any:
            x = rnn_utils.pack_padded_sequence(
                self.embedding(ids), lengths.cpu(), batch_first=True, enforce_sorted=False
            )
            _, (h, _) = self.rnn(x)
            return self.fc(self.drop(torch.cat((h[-2], h[-1]), dim=1)))

    def last(m: Any, x: Any) -> Any:
        _, (h, _) = m.rnn(x)
        return m.fc(m.drop(h[-1]))

    def cnn(m: Any, x: Any) -> Any:
        x = x.permute(0, 2, 1)
        pooled = [F.relu(conv(x)).max(dim=2)[0] for conv in (m.one, m.two)]
        return F.log_softmax(m.fc(torch.cat(pooled, 1)), dim=1)

    def normed(m: Any, x: Any) -> Any:
        out, _ = m.rnn(x)
        return torch.sigmoid(m.fc2(torch.tanh(m.norm(m.fc1(out.mean(1)))))).squeeze(-1)

    def attended(m: Any, x: Any) -> Any:
        out, (h, _) = m.rnn(x)
        last = torch.cat([*h[-2:]], dim=1)
        weights = F.softmax(m.energy(torch.tanh(m.keys(out) + m.query(last)[:, None])), dim=1)
        return m.fc(torch.cat(((weights * out).sum(1), last), dim=1))

    lstm = {"batch_first": True, "bidirectional": True, "num_layers": 2, "dropout": 0.3}
    return {
        "packed": Packed(None, rnn=nn.LSTM(E, H, **lstm), fc=nn.Linear(2 * H, C)),
        "time first": Model(last, rnn=nn.LSTM(E, H), fc=nn.Linear(H, C)),
        "last step": Model(
            lambda m, x: m.fc(m.rnn(x)[0][:, -1, :]),
            rnn=nn.RNN(E, H, batch_first=True, nonlinearity="relu"), fc=nn.Linear(H, C),
        ),
        "cnn": Model(
            cnn, one=nn.Conv1d(E, 5, 2, padding=1), two=nn.Conv1d(E, 5, 3, padding="same"),
            fc=nn.Linear(10, C),
        ),
        "normed": Model(
            normed, rnn=nn.GRU(E, H, batch_first=True),
            fc1=nn.utils.parametrizations.weight_norm(nn.Linear(H, 6)),
            norm=nn.LayerNorm(6, eps=1e-3), fc2=nn.Linear(6, 1),
        ),
        "sequential": nn.Sequential(nn.Linear(5, 6), nn.GELU(), nn.Linear(6, 4), nn.Linear(4, C)),
        "attention": Model(
            attended, rnn=nn.LSTM(E, H, batch_first=True, bidirectional=True),
            keys=nn.Linear(2 * H, 5), query=nn.Linear(2 * H, 5), energy=nn.Linear(5, 1),
            fc=nn.Linear(4 * H, C),
        ),
        "labels": Model(
            lambda m, x: m.fc(m.rnn(x)[0]), rnn=nn.GRU(E, H, batch_first=True), fc=nn.Linear(H, C)
        ),
    }  # fmt: skip


@needs_torch
@pytest.mark.parametrize(
    "name",
    ["packed", "time first", "last step", "cnn", "normed", "sequential", "labels", "attention"],
)
def test_a_live_module_is_traced_and_gives_its_own_scores(name):
    module = _real()[name]
    net = from_torch(module)
    line = _line(net, module)
    assert line.verdict == PASS, line
    assert f"from the live PyTorch module {type(module).__name__}" in line.detail
    assert all(part.training for part in module.modules())
    assert not any("activation" in s or "order" in s for s in net.assumptions), net.assumptions


@needs_torch
def test_a_module_with_a_condition_is_tried():
    torch = importlib.import_module("torch")

    class Loop(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.rnn = torch.nn.Embedding(V, E), torch.nn.GRU(E, H)
            self.fc = torch.nn.Linear(H, C)

        def forward(self, ids: Any) -> Any:
            if ids.sum() < 0:
                return ids
            return self.fc(self.rnn(self.embedding(ids))[0].mean(0))

    module = Loop()
    net = from_torch(module)
    assert "The code of Loop cannot be traced (TraceError" in net.assumptions[0]
    assert _line(net, module).verdict == PASS
    assert _line(from_torch(module, spec={"pooling": "last"}), module).verdict == FAIL


@needs_torch
def test_directions_that_are_said_settle_what_the_trace_does_not_know():
    torch = importlib.import_module("torch")

    class Summed(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = torch.nn.LSTM(E, H, bidirectional=True, batch_first=True)
            self.fc = torch.nn.Linear(H, C)

        def forward(self, x: Any) -> Any:
            return self.fc(self.rnn(x)[1][0].nansum(0))

    module = Summed()
    assert "Not all of the code of Summed is read" in from_torch(module).assumptions[0]
    assert _line(from_torch(module, spec={"directions": "sum"}), module).verdict == PASS


@needs_torch
def test_a_module_that_fails_gives_no_answer():
    module = _real()["sequential"]
    net = from_torch(module)
    line = _line(net, importlib.import_module("torch").nn.Linear(2, 2))
    assert line.verdict == NOT_CHECKED
    assert "gave no answer: RuntimeError" in line.detail
