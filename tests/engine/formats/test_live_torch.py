"""Live PyTorch modules: what a trace says becomes the spec; the module is called to compare.

The suite needs no PyTorch: traces are written down as steps, modules are stand-ins with the same
methods. Where PyTorch can be imported, real modules are traced and called.
"""

from __future__ import annotations

import importlib
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lrp_engine import FormatError, InputError, from_torch, load
from lrp_engine.formats.readers import contents_of
from lrp_engine.formats.torch.traced import Part, Ref, Step, Trace
from lrp_engine.formats.torch.traced_spec import spec_of
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
    "rnn": Part("LSTM", {"batch_first": True, "bidirectional": True, "num_layers": 2}),
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
        "labels": Model(
            lambda m, x: m.fc(m.rnn(x)[0]), rnn=nn.GRU(E, H, batch_first=True), fc=nn.Linear(H, C)
        ),
    }  # fmt: skip


@needs_torch
@pytest.mark.parametrize(
    "name", ["packed", "time first", "last step", "cnn", "normed", "sequential", "labels"]
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
def test_a_module_with_a_loop_falls_back_and_the_call_shows_it():
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
    assert _line(net, module).verdict == FAIL
    assert _line(from_torch(module, spec={"pooling": "mean"}), module).verdict == PASS


@needs_torch
def test_directions_that_are_said_settle_what_the_trace_does_not_know():
    torch = importlib.import_module("torch")

    class Summed(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = torch.nn.LSTM(E, H, bidirectional=True, batch_first=True)
            self.fc = torch.nn.Linear(H, C)

        def forward(self, x: Any) -> Any:
            return self.fc(self.rnn(x)[1][0].sum(0))

    module = Summed()
    with pytest.raises(FormatError, match="calls 'sum'"):
        from_torch(module)
    assert _line(from_torch(module, spec={"directions": "sum"}), module).verdict == PASS


@needs_torch
def test_a_module_that_fails_gives_no_answer():
    module = _real()["sequential"]
    net = from_torch(module)
    line = _line(net, importlib.import_module("torch").nn.Linear(2, 2))
    assert line.verdict == NOT_CHECKED
    assert "gave no answer: RuntimeError" in line.detail
