"""Hostile and broken files: a sentence for the user, nothing run, nothing leaked, no long wait."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pickle
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lrp_engine
from lrp_engine import FormatError
from lrp_engine.formats.arrays.eight_arrays import NAMES
from lrp_engine.formats.companions.companions import Companions, read_companions
from lrp_engine.formats.containers import process, sandbox
from lrp_engine.formats.containers.limits import Limits
from lrp_engine.formats.containers.onnx_files import GRAPH
from lrp_engine.formats.readers import contents_of, read
from lrp_engine.model.text import Tokenizer
from tests import (
    hostile,
    hostile_objects,
    hostile_pickles,
    hostile_saved,
    hostile_tokenizers,
)
from tests.clock import computed

pytestmark = pytest.mark.children

ROUNDS = int(os.environ.get("LRP_LENS_FUZZ", "20"))  # for thousands: python tests/fuzz.py
PATIENCE = 10  # seconds of CPU time
LONGEST = 60  # seconds by the clock, of files read side by side
KERAS_2 = Path(__file__).parents[2] / "fixtures" / "keras2"
KERAS_3 = KERAS_2.with_name("keras3")
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs the limits of Linux")


def refusal(data: bytes, tmp_path: Path, **options: object) -> str:
    """The sentence with which a file is refused; it must come soon and name no folder."""
    path = tmp_path / "upload.h5"
    path.write_bytes(data)
    start = computed()
    with pytest.raises(FormatError) as caught:
        lrp_engine.load(path, **options)
    assert computed() - start < PATIENCE
    message = str(caught.value)
    assert str(tmp_path) not in message
    assert len(message) < 700
    assert message[-1] in ".)?"
    return message


def test_the_files_to_spoil_are_sound():
    """Otherwise every refusal below could have another reason."""
    x = np.eye(3)
    for data in (hostile.keras_h5(), hostile.own()):
        scores = lrp_engine.load(data).predict(x)
        np.testing.assert_allclose(scores, x @ hostile.KERNEL + hostile.BIAS, rtol=1e-6)
    kernel, bias = np.arange(6).reshape(3, 2), np.arange(6, 8)
    scores = lrp_engine.load(hostile_saved.made()).predict(x)
    np.testing.assert_allclose(scores, x @ kernel + bias, rtol=1e-6)


@pytest.mark.parametrize("name", hostile.HOSTILE)
def test_is_refused_with_a_sentence_that_says_why(name, tmp_path):
    maker, words = hostile.HOSTILE[name]
    assert words in refusal(maker(), tmp_path)
    assert not hostile_pickles.CANARY.exists(), "the file was run"


def test_a_file_that_were_run_would_be_noticed(tmp_path):
    """What `test_is_refused_...` looks for does appear when Python itself loads such a pickle."""
    for name in ("pickle-system_0", "pickle-system_4", "pickle-eval_4"):
        data = hostile.HOSTILE[name][0]()
        for options in ({"embeddings": data}, {"vocabulary": data}):
            with pytest.raises(FormatError, match="ever run"):
                lrp_engine.load(hostile.keras_h5(), **options)
        assert not hostile_pickles.CANARY.exists()
        with contextlib.suppress(TypeError):
            pickle.loads(data).pop().close()  # noqa: S301 - our own
        assert hostile_pickles.CANARY.exists()
        hostile_pickles.CANARY.unlink()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_never_run(protocol, tmp_path):
    sign = tmp_path / "was-run"
    for content in (hostile.Runs(sign), np.array([hostile.Runs(sign)], object)):
        raw = pickle.dumps(content, protocol=protocol)
        refusal(raw, tmp_path)
        refusal(hostile.zipped({"archive/data.pkl": raw}), tmp_path)
        refusal(hostile.zipped({"arr_0.npy": hostile.npy(content, allow_pickle=True)}), tmp_path)
    assert not sign.exists()


def test_a_path_is_shown_by_its_last_part_only(tmp_path):
    with pytest.raises(FormatError, match=r"there is no file 'missing\.h5'") as caught:
        lrp_engine.load(tmp_path / "missing.h5")
    assert str(tmp_path) not in str(caught.value)
    with pytest.raises(FormatError, match=r"holds no network\.json") as caught:
        lrp_engine.load(tmp_path)
    assert str(tmp_path.parent) not in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_pipe_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FormatError, match="not a regular file"):
        lrp_engine.load(tmp_path / "pipe")


# The child process -----------------------------------------------------------------------------


def run_instead(monkeypatch, tmp_path, code: str, **limits: int) -> str:
    """The refusal when the child runs `code` in place of the worker."""
    script = tmp_path / "child.py"
    folder = str(Path(sandbox.__file__).parents[1])
    script.write_text(f"import sys, os, time\nsys.path.append({folder!r})\n{code}\n")
    monkeypatch.setattr(sandbox, "_WORKER", script)
    (tmp_path / "file").write_bytes(b"x")
    start = time.monotonic()
    with open(tmp_path / "file", "rb") as file, pytest.raises(FormatError) as caught:
        sandbox.unpack(file, 1, Limits(**limits))
    assert time.monotonic() - start < LONGEST  # a child that sleeps computes nothing
    return str(caught.value)


def test_a_hanging_child_is_stopped(monkeypatch, tmp_path):
    message = run_instead(monkeypatch, tmp_path, "time.sleep(60)", wall_seconds=1)
    assert "longer than 1 seconds" in message


@linux
def test_a_busy_child_is_stopped_by_its_own_limit(monkeypatch, tmp_path):
    code = (
        "from containers import limits, process\n"
        "process.apply(limits.Limits.from_json(sys.argv[1]), 1)\nwhile True: pass"
    )
    assert "1 seconds of computing" in run_instead(monkeypatch, tmp_path, code, cpu_seconds=1)


def test_a_child_on_a_busy_machine_is_waited_for(monkeypatch, tmp_path):
    """It is given its share of the computing late: the clock goes on, its own time does not."""
    code = """
from containers import limits, messages, process
budget = limits.Limits.from_json(sys.argv[1])
process.apply(budget, 1)
time.sleep(2.5)
messages.Output(os.fdopen(1, "wb"), budget, 1).message(b"E", b"arrived")
"""
    assert run_instead(monkeypatch, tmp_path, code, cpu_seconds=1) == "arrived"


@linux
def test_the_child_may_not_take_all_memory_or_open_files(monkeypatch, tmp_path):
    """Both attempts must fail for the child to get to its message."""
    code = """
from containers import limits, messages, process
budget = limits.Limits.from_json(sys.argv[1])
process.apply(budget, 1)
process.forbid_opening_files()
failed = 0
try: bytearray(2**30)
except MemoryError: failed += 1
try: open(__file__)
except OSError: failed += 1
messages.Output(os.fdopen(1, "wb"), budget, 1).message(b"E", b"%d refused" % failed)
"""
    message = run_instead(monkeypatch, tmp_path, code, memory_bytes=2**29)
    assert message == "2 refused"


@linux
def test_where_memory_ends_the_child_goes_first_and_is_not_called_hostile(monkeypatch, tmp_path):
    code = """
from containers import limits, messages, process
budget = limits.Limits.from_json(sys.argv[1])
process.apply(budget, 1)
score = open("/proc/self/oom_score_adj").read().strip().encode()
messages.Output(os.fdopen(1, "wb"), budget, 1).message(b"E", score)
"""
    assert run_instead(monkeypatch, tmp_path, code) == "1000"
    killed = run_instead(monkeypatch, tmp_path, "os.kill(os.getpid(), 9)")  # as the system does
    assert "ran short of memory" in killed


@linux
def test_the_server_goes_first_where_processors_are_short(monkeypatch, tmp_path):
    code = """
from containers import limits, messages, process
budget = limits.Limits.from_json(sys.argv[1])
process.apply(budget, 1)
nice = str(os.nice(0)).encode()
messages.Output(os.fdopen(1, "wb"), budget, 1).message(b"E", nice)
"""
    found = int(run_instead(monkeypatch, tmp_path, code))
    assert found == min(19, os.nice(0) + process.NICENESS)


@pytest.mark.parametrize(
    "code",
    [
        "os.abort()",
        "sys.exit(3)",
        "os.write(1, b'nonsense' * 99)",
        "os.write(1, b'Z' + (2).to_bytes(8, 'little') + b'{}')",
        "os.write(1, b'D' + (1).to_bytes(8, 'little') + b'x')",
        "os.write(1, b'A' + (2**60).to_bytes(8, 'little'))",
    ],
)
def test_a_crashed_or_lying_child_is_reported(code, monkeypatch, tmp_path):
    assert "crashed its reader" in run_instead(monkeypatch, tmp_path, code)


@pytest.mark.parametrize("dtype", ["|O", "<f4,<i4", "<U9"])
def test_the_parent_takes_only_numbers_from_its_child(dtype, monkeypatch, tmp_path):
    code = f"""
import json
text = json.dumps(dict(name="a", dtype={dtype!r}, shape=[1], order="C")).encode()
os.write(1, b"A" + len(text).to_bytes(8, "little") + text)
os.write(1, b"D" + (8).to_bytes(8, "little") + bytes(8))
"""
    assert "crashed its reader" in run_instead(monkeypatch, tmp_path, code)


def test_the_child_sees_no_secrets(monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "1")
    assert "SECRET_TOKEN" not in process.environment()


def test_the_worker_loads_nothing_heavy():
    folder = str(Path(sandbox.__file__).parents[1])
    code = (
        f"import sys; sys.path.append({folder!r}); import containers.worker; "
        "print(sorted({'tensorflow', 'keras', 'numpy', 'h5py', 'lrp_engine'} & set(sys.modules)))"
    )
    out = subprocess.run(
        [*process.interpreter(), "-c", code], capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"output_bytes": 20}, "at most 20 bytes"),
        ({"entries": 1}, "entries"),
        ({"nesting": 0}, "nested deeper"),
        ({"text_bytes": 10}, "plausible size"),
    ],
)
def test_every_budget_is_enforced(limits, words, tmp_path):
    path = tmp_path / "model"
    path.write_bytes(hostile.keras_h5())
    with open(path, "rb") as file, pytest.raises(FormatError, match=words):
        sandbox.unpack(file, path.stat().st_size, dataclasses.replace(Limits(), **limits))


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"output_bytes": 20}, "at most 20 bytes"),
        ({"entries": 1}, "entries"),
        ({"nesting": 0}, "nests values deeper"),
        ({"opcodes": 9}, "more than 9 steps"),
        ({"memo": 1}, "more than 1 values"),
        ({"values": 3}, "more than 3 plain values"),
        ({"text_bytes": 10}, "plain values"),
        ({"dimensions": 1}, "no shape of a weight"),
    ],
)
def test_every_budget_of_a_pickle_is_enforced(limits, words, tmp_path):
    path = tmp_path / "model"
    path.write_bytes(pickle.dumps({"a": np.ones((3, 2)), "b": [1, 2.5, np.ones((4, 5))]}, 4))
    with open(path, "rb") as file:
        assert sandbox.unpack(file, path.stat().st_size).value["b"][0] == 1
    with open(path, "rb") as file, pytest.raises(FormatError, match=words):
        sandbox.unpack(file, path.stat().st_size, dataclasses.replace(Limits(), **limits))


# Damage at random ------------------------------------------------------------------------------


TORCH = Path(__file__).parents[2] / "fixtures" / "torch"
SKLEARN = Path(__file__).parents[2] / "fixtures" / "sklearn"
ONNX = Path(__file__).parents[2] / "fixtures" / "onnx"
EIGHT = {
    name: np.ones(shape, "float32")
    for name, shape in zip(
        NAMES, [(2, 4), (1, 4), (4,), (2, 4), (1, 4), (4,), (2, 3), (3,)], strict=True
    )
}

# What is damaged, and what is made of it afterwards: checksums of a zip would notice damage to the
# whole before its members are looked at.
GENUINE = KERAS_2 / "text.keras"


def _replaced(member: str, data: bytes) -> bytes:
    """The genuine archive with another member."""
    with zipfile.ZipFile(GENUINE) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return hostile.zipped({**members, member: data})


def _member(name: str) -> bytes:
    with zipfile.ZipFile(GENUINE) as archive:
        return archive.read(name)


def exported(name: str) -> bytes:
    with zipfile.ZipFile(ONNX / "modules.zip") as archive:
        return archive.read(name)


DAMAGED: dict[str, tuple[bytes, Callable[[bytes], bytes]]] = {
    # What Keras wrote.
    "genuine_h5": ((KERAS_2 / "inner.h5").read_bytes(), bytes),
    "slices_h5": ((KERAS_2 / "slices.h5").read_bytes(), bytes),
    "genuine_weights_h5": ((KERAS_2 / "bilstm.weights.h5").read_bytes(), bytes),
    "genuine_keras": (GENUINE.read_bytes(), bytes),
    "weights_in_genuine_keras": (
        _member("model.weights.h5"),
        lambda data: _replaced("model.weights.h5", data),
    ),
    **{
        f"{name}_of_saved_model": (
            hostile_saved.members()[member],
            lambda data, member=member: hostile_saved.replaced(member, data),
        )
        for name, member in [
            ("layers", hostile_saved.METADATA),
            ("index", hostile_saved.INDEX),
            ("data", hostile_saved.DATA),
        ]
    },
    "older_saved_model": (hostile_saved.older_graph(), hostile_saved.older),
    # What was made above.
    "h5": (hostile.keras_h5(), bytes),
    "zip": (hostile.keras_archive(), bytes),
    "weights_in_keras": (
        hostile.weights_h5(),
        lambda data: hostile.keras_archive(weights=data),
    ),
    "torch": ((TORCH / "lstm.pt").read_bytes(), bytes),
    "torch_legacy": ((TORCH / "lstm_legacy.pt").read_bytes(), bytes),
    "pickle_in_torch": (
        hostile_pickles.LINEAR,
        lambda data: hostile_pickles.torch_zip(data, hostile_pickles.NUMBERS),
    ),
    "torch_in_pickle": ((TORCH / "attention.pkl").read_bytes(), bytes),
    "torch_in_joblib": ((TORCH / "attention.joblib").read_bytes(), bytes),
    "torch_attention": ((TORCH / "attention.pt").read_bytes(), bytes),
    "torch_cell": (hostile_pickles.CELL, bytes),
    "safetensors": ((TORCH / "lstm.safetensors").read_bytes(), bytes),
    "onnx": ((ONNX / "lstm_time_first.onnx").read_bytes(), bytes),
    "onnx_attention": (exported("torch_bahdanau.onnx"), bytes),
    "onnx_of_keras": (exported("keras_last_step.onnx"), bytes),
    "onnx_loops": (exported("keras_loops.onnx"), bytes),
    **{
        f"pickle_{protocol}": (pickle.dumps(EIGHT, protocol=protocol), bytes)
        for protocol in (0, 2, 5)
    },
    "tokenizer": (hostile_objects.keras_tokenizer(), bytes),
    "tokenizer_beside_words": (hostile_objects.keras_tokenizer(), bytes),
    "tokenizer_settings": (json.dumps(hostile_objects.TEXT_OPTIONS).encode(), bytes),
    "tokenizer_json": (hostile_objects.KERAS_JSON.encode(), bytes),
    "tokenizer_json_in_json": (
        hostile_objects.KERAS_JSON.encode(),
        lambda data: json.dumps(data.decode("latin-1")).encode(),
    ),
    "subwords": (json.dumps(hostile_tokenizers.WORDPIECE).encode(), bytes),
    "labels": ((SKLEARN / "labels.joblib").read_bytes(), bytes),
    "joblib": ((SKLEARN / "words.joblib").read_bytes(), bytes),
    "joblib_in_zlib": ((SKLEARN / "words.joblib").read_bytes(), zlib.compress),
    "joblib_array": ((SKLEARN / "array.joblib").read_bytes(), bytes),
    "npy_in_npz": (hostile.npy(np.ones((4, 3))), lambda data: hostile.zipped({"arr_0.npy": data})),
    "safetensors_in_own": (hostile.OWN_WEIGHTS, lambda data: hostile.own(weights=data)),
    "description_in_own": (
        json.dumps(hostile.OWN).encode(),
        lambda data: hostile.own(data.decode("latin-1")),
    ),
}


# What is no model: the argument it is given as.
GIVEN_AS = {
    "tokenizer": "vocabulary", "tokenizer_json": "vocabulary",
    "tokenizer_beside_words": "tokenizer", "tokenizer_settings": "tokenizer",
    "tokenizer_json_in_json": "vocabulary", "subwords": "vocabulary", "labels": "labels",
    "joblib": "vocabulary", "joblib_in_zlib": "vocabulary", "joblib_array": "embeddings",
}  # fmt: skip


LUONG = {"attention": {"score": "multiplicative", "joined": ["context", "query"]},
         "order": ["embedding", "lstm", "attention", "tanh", "fc"]}  # fmt: skip
# What a weight file does not say; of PyTorch all of a spec that names weights.
SPECS: dict[str, object] = {
    "genuine_weights_h5": KERAS_2 / "bilstm.json",
    "torch_cell": hostile_pickles.CELL_SPEC,
    "torch_in_pickle": LUONG,
    "torch_in_joblib": LUONG,
    "torch_attention": LUONG,
}  # fmt: skip
WORDS_BESIDE = ["<pad>", "<unk>", "word1", "word2"]

ODD_VALUES = (None, True, 0, -1, 2**70, float("nan"), "", "x", "input", "LSTM", "softmax", "/",
              [], {}, [[]], [None], {"a": 1}, ["i", 0, 0])  # fmt: skip


def changed(value: object, rng: np.random.Generator) -> object:
    """A copy of a JSON value with one entry removed or replaced, at any depth, also within texts
    that are JSON objects themselves."""
    copy = json.loads(json.dumps(value))
    places = [(copy, key) for key in hostile.keys(copy)]
    for container, key in places:
        places += [(container[key], inner) for inner in hostile.keys(container[key])]
    container, key = places[rng.integers(len(places))]
    if str(container[key]).startswith("{") and isinstance(container[key], str):
        container[key] = json.dumps(changed(json.loads(container[key]), rng))
    elif rng.random() < 0.2:
        del container[key]
    else:
        container[key] = ODD_VALUES[rng.integers(len(ODD_VALUES))]
    return copy


# What is described, and by which member of its archive.
DESCRIBED: dict[str, tuple[bytes, str]] = {
    "own": (hostile.own(), "m/network.json"),
    "own_of_two": (hostile.own(hostile.OWN_OF_TWO), "m/network.json"),
    "two_inputs": (hostile.keras_archive(hostile.of_two()), "config.json"),
    "sequential": (hostile.keras_archive(), "config.json"),
    "functional": (hostile.keras_archive(hostile.FUNCTIONAL), "config.json"),
    "sliced": (
        hostile.keras_archive(hostile.sliced([hostile.cut(), hostile.cut(0, 3)])),
        "config.json",
    ),
    "kinds": ((KERAS_3 / "kinds.keras").read_bytes(), "config.json"),
    "saved_layers": (hostile_saved.made(), "layers"),
    "saved_objects": (hostile_saved.made(), "objects"),
    "older_saved_layers": (hostile_saved.older(), "layers"),
    "statistics": (hostile.keras_archive(hostile.STATISTICS), "config.json"),
    "texts_and_inner_model": ((KERAS_2 / "text.keras").read_bytes(), "config.json"),
    **{name: (exported(f"{name}.onnx"), GRAPH) for name in (
        "torch_bahdanau", "torch_normalized", "keras_convolved", "keras_self_attended",
        "keras_loops")},
}  # fmt: skip


def refused_of(rounds: int, seed: int, attempt: Callable[[np.random.Generator], object]) -> int:
    """How many attempts of so many were refused; any other error comes through."""
    rng, refused = np.random.default_rng(seed), 0
    for _ in range(rounds):
        try:
            attempt(rng)
        except FormatError:
            refused += 1
    return refused


def change_description(kind: str, rounds: int, seed: int) -> int:
    """How many changed descriptions were refused; in this process, on contents unpacked once."""
    data, member = DESCRIBED[kind]
    contents = contents_of(data)
    read(contents, Companions())

    def attempt(rng: np.random.Generator) -> None:
        text = json.dumps(changed(json.loads(contents.texts[member]), rng))
        read(dataclasses.replace(contents, texts={**contents.texts, member: text}), Companions())

    return refused_of(rounds, seed, attempt)


@pytest.mark.parametrize("kind", DESCRIBED)
def test_a_description_changed_at_random_is_read_or_refused(kind):
    assert change_description(kind, 10 * ROUNDS, 5) > ROUNDS


# State dicts that a spec explains: of `torch/modules.pt`, whose specs lie beside it.
EXPLAINED = ("tutorial", "zhou", "cell_by_hand", "cell_gru", "conv_lstm", "normalized", "windows")


@cache
def explained(name: str) -> tuple[bytes, Any]:
    """A state dict, pickled, and its spec."""
    spec = json.loads((TORCH / "modules.json").read_text())[name]
    return pickle.dumps(_modules()[name]), spec


@cache
def _modules() -> dict[str, Any]:
    states: dict[str, Any] = contents_of(TORCH / "modules.pt").value
    return states


def change_spec(name: str, rounds: int, seed: int) -> int:
    """How many changed specs were refused; in this process, on contents unpacked once."""
    state, spec = explained(name)
    contents = contents_of(state)

    def told(said: object) -> None:
        given = {"vocabulary": None, "embeddings": None, "labels": None}
        read(contents, read_companions(**given, spec=said, dtype="float32"))

    told(spec)
    return refused_of(rounds, seed, lambda rng: told(changed(spec, rng)))


@pytest.mark.parametrize("name", EXPLAINED)
def test_a_spec_changed_at_random_is_read_or_refused(name):
    assert change_spec(name, 2 * ROUNDS, 5) > ROUNDS


# Arrays that readers compute with before a layer is made of them: statistics, weights sliced and
# joined, cells and attention by name.
COMPUTED = ("normalized", "conv_lstm", "weight_norm", "cell_by_hand", "cell_joined", "tutorial",
            "torch_last_step.onnx", "torch_normalized.onnx", "keras_convolved.onnx",
            "keras_loops.onnx")  # fmt: skip


def other_array(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Of another shape, type or content."""
    made = (
        lambda: array.reshape(-1),
        lambda: array.T,
        lambda: np.atleast_1d(array)[..., :-1],
        lambda: np.atleast_1d(array)[:0],
        lambda: np.stack([array, array]),
        lambda: np.zeros((), array.dtype),
        lambda: np.full_like(array, (np.nan, np.inf, -1, 0)[rng.integers(4)], "float64"),
        lambda: (array * 1e30).astype("float64"),
        lambda: np.nan_to_num(array).astype(("int64", "uint8", "float16", "bool")[rng.integers(4)]),
        lambda: np.ones(tuple(rng.integers(0, 5, rng.integers(0, 5))), "float32"),
    )
    with np.errstate(all="ignore"):
        return np.asarray(made[rng.integers(len(made))]())


def change_arrays(kind: str, rounds: int, seed: int) -> int:
    """How many files with one or two other arrays were refused; in this process."""
    if kind.endswith(".onnx"):
        data, spec = exported(kind), None
    else:
        data, spec = explained(kind)
    contents = contents_of(data)
    arrays = contents.arrays
    given = {"vocabulary": None, "embeddings": None, "labels": None, "spec": spec}

    def attempt(rng: np.random.Generator) -> None:
        chosen = rng.choice([*arrays], rng.integers(1, 3), replace=False)
        others = {**arrays, **{name: other_array(arrays[name], rng) for name in chosen}}
        other = dataclasses.replace(contents, arrays=others)
        read(other, read_companions(**given, dtype="float32"))

    return refused_of(rounds, seed, attempt)


@pytest.mark.parametrize("kind", COMPUTED)
def test_arrays_changed_at_random_are_read_or_refused(kind):
    assert change_arrays(kind, 2 * ROUNDS, 5) > ROUNDS


# What says how texts become ids, as a value, and the argument it is given as.
SAID: dict[str, tuple[Any, str]] = {
    "settings": (hostile_objects.TEXT_OPTIONS, "tokenizer"),
    "keras": (json.loads(hostile_objects.KERAS_JSON), "vocabulary"),
    "keras_beside_words": (json.loads(hostile_objects.KERAS_JSON), "tokenizer"),
    "halves": ({"word2idx": {"a": 0, "b": 1}, "idx2word": {"0": "a", "1": "b"}}, "vocabulary"),
}


def change_said(kind: str, rounds: int, seed: int) -> int:
    """How many changed values were refused; each is JSON, or JSON within JSON."""
    value, argument = SAID[kind]

    def attempt(rng: np.random.Generator) -> None:
        text = json.dumps(changed(value, rng))
        data = (json.dumps(text) if rng.random() < 0.3 else text).encode()
        given = {"vocabulary": None, "embeddings": None, "labels": None, "spec": None}
        if kind == "keras_beside_words":
            given["vocabulary"] = WORDS_BESIDE
        said = read_companions(**{**given, argument: data}, dtype="float32")
        Tokenizer().with_options(said.words.options).with_options(said.tokenizer)

    return refused_of(rounds, seed, attempt)


@pytest.mark.parametrize("kind", SAID)
def test_what_is_said_of_texts_and_changed_at_random_is_read_or_refused(kind):
    assert 0 < change_said(kind, 10 * ROUNDS, 3) < 10 * ROUNDS


def damage(kind: str, rounds: int, seed: int) -> tuple[list[float], int]:
    """Seconds that each damaged file took, and how many were refused; other errors come through."""
    (base, finish), rng = DAMAGED[kind], np.random.default_rng(seed)
    spec = SPECS.get(kind)

    def attempt(data: bytes) -> tuple[float, bool]:
        start, refused = time.monotonic(), False
        try:
            if kind in GIVEN_AS:
                given = {"vocabulary": None, "embeddings": None, "labels": None, "spec": None}
                if GIVEN_AS[kind] == "tokenizer":
                    given["vocabulary"] = WORDS_BESIDE
                read_companions(**{**given, GIVEN_AS[kind]: data}, dtype="float32")
            else:
                lrp_engine.load(data, spec=spec)
        except FormatError:
            refused = True
        return time.monotonic() - start, refused

    files = [finish(hostile.flipped(base, rng)) for _ in range(rounds)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        seconds, refusals = zip(*pool.map(attempt, files), strict=True)
    return list(seconds), sum(refusals)


@pytest.mark.parametrize("kind", DAMAGED)
def test_damage_at_random_is_read_or_refused(kind):
    seconds, refused = damage(kind, ROUNDS, sum(map(ord, kind)))
    assert max(seconds) < LONGEST
    assert refused
