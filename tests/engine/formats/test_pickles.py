"""Pickles and PyTorch files that tools wrote: read as plain data, and what is made of them."""

from __future__ import annotations

import collections
import io
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lrp_engine
from lrp_engine import FormatError, from_weights
from lrp_engine.formats.arrays.eight_arrays import NAMES
from lrp_engine.formats.input_file import open_file, unpack_file
from tests import hostile, hostile_pickles

pytestmark = pytest.mark.usefixtures("untraced")

PROTOCOLS = range(6)
TORCH = Path(__file__).parents[2] / "fixtures" / "torch"
V, E, H, C = 7, 4, 3, 5


def read(data: bytes | Path) -> Any:
    """What the child process says a file holds."""
    with open_file(data, "The file") as (file, size):
        return unpack_file(file, size).value


# Values ----------------------------------------------------------------------------------------


def _values() -> dict[Any, Any]:
    return {
        "words": ["a", "ünï", "", "tab\t", "\u2028", "a" * 300],
        "numbers": [0, -1, 255, 256, 65536, 2**31, -(2**40), 2**63 - 1, 1.5, -0.0, 1e300],
        "plain": [None, True, False, (), (1,), (1, "b"), (1, 2, 3), (1, 2, 3, 4), [], {}],
        3: {"nested": [[{"deep": [1]}]]},
        "ordered": collections.OrderedDict(b=1, a=2),
        "scalars": [np.float32(0.5), np.int64(-3), np.bool_(True), np.float16(2)],
    }


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_plain_values_are_read_as_they_were_written(protocol):
    def plain(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [plain(entry) for entry in value]
        if isinstance(value, dict):
            return {key: plain(entry) for key, entry in value.items()}
        return value.item() if isinstance(value, np.generic) else value

    expected, found = plain(_values()), read(pickle.dumps(_values(), protocol))
    numbers = found.pop("numbers")  # with decimal points among them they come as an array
    np.testing.assert_array_equal(numbers, expected.pop("numbers"))
    assert found == expected
    assert list(found["ordered"]) == ["b", "a"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_arrays_are_read_in_every_layout(protocol):
    base = np.arange(24).reshape(4, 6)
    arrays = {
        kind: base.astype(kind)
        for kind in ("f2", "f4", "f8", ">f4", ">i8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8")
    }
    arrays |= {
        "fortran": np.asfortranarray(base),
        "view": base[::2, 1:],
        "empty": np.zeros((0, 3)),
        "scalar": np.array(2.5),
        "one": np.ones(1),
        "bool": base > 7,
        "read only": np.frombuffer(b"12345678", "u1"),
    }
    arrays["shared"] = arrays["f4"]
    found = read(pickle.dumps(arrays, protocol))
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array, strict=array.dtype.kind in "fiu" and
                                      array.dtype.isnative)  # fmt: skip


def test_what_python_2_wrote_is_read():
    """Its texts are bytes; arrays hold them as such."""
    words = hostile_pickles.steps(b"]U\x01aa", b"U\x04\xc3\xbcbea", b"S'd\\xe9'\na", protocol=2)
    assert read(words) == ["a", "übe", "dé"]
    raw = np.arange(2, dtype="f4").tobytes()
    parts = hostile_pickles.array(hostile_pickles.shape(2), raw)
    assert b"B\x08\0\0\0" in parts
    old = hostile_pickles.steps(parts.replace(b"B\x08\0\0\0", b"U\x08"), protocol=2)
    np.testing.assert_array_equal(read(old), [0, 1])


def test_many_vectors_travel_as_one_array():
    vectors = {f"w{n}": np.full(3, n, "f4") for n in range(50)}
    with open_file(pickle.dumps(vectors), "x") as (file, size):
        contents = unpack_file(file, size)
    assert [a.shape for a in contents.arrays.values()] == [(50, 3)]
    assert list(contents.value) == list(vectors)
    np.testing.assert_array_equal(contents.value["w49"], vectors["w49"])


@pytest.mark.parametrize("name", ["views.pt", "views_legacy.pt"])
def test_tensors_of_every_type_and_view_are_read(name):
    expected, found = np.load(TORCH / "views.npz"), read(TORCH / name)
    assert sorted(found) == sorted(expected)
    for key, array in found.items():
        np.testing.assert_array_equal(array, expected[key], err_msg=key)
        assert array.shape == expected[key].shape


def test_a_checkpoint_is_read_without_its_training_state():
    found = read(TORCH / "checkpoint.pth")
    assert set(found) == {"epoch", "best", "shape", "model_state_dict"}
    assert (found["epoch"], found["best"], found["shape"]) == (3, 0.5, [2])


# The published SST model -----------------------------------------------------------------------


def _sst(rng: np.random.Generator) -> dict[str, np.ndarray]:
    shapes = {"Wxh": (4 * H, E), "bxh": (4 * H,), "Whh": (4 * H, H), "bhh": (4 * H,),
              "Why": (C, H)}  # fmt: skip
    return {
        f"{name}_{side}": rng.normal(size=shape)
        for side in ("Left", "Right")
        for name, shape in shapes.items()
    }


def _sst_scores(weights: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """The published forward pass, one step after the other; blocks i g f o."""

    def last(side: str, steps: np.ndarray) -> np.ndarray:
        h = c = np.zeros(H)
        for now in steps:
            z = weights[f"Wxh_{side}"] @ now + weights[f"bxh_{side}"]
            z += weights[f"Whh_{side}"] @ h + weights[f"bhh_{side}"]
            i, g, f, o = np.split(z, 4)
            c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
            h = np.tanh(c) / (1 + np.exp(-o))
        return h

    return weights["Why_Left"] @ last("Left", x) + weights["Why_Right"] @ last("Right", x[::-1])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_published_layout_scores_as_its_own_forward_pass(protocol, tmp_path):
    rng = np.random.default_rng(protocol)
    weights, table = _sst(rng), rng.normal(size=(V, E))
    words = [f"w{n}" for n in range(V)]
    model, vocabulary, embeddings = tmp_path / "model", tmp_path / "vocab", tmp_path / "emb.npy"
    model.write_bytes(pickle.dumps(weights, protocol))
    vocabulary.write_bytes(pickle.dumps(words, protocol))
    np.save(embeddings, table)
    net = lrp_engine.load(
        model, vocabulary=vocabulary, embeddings=embeddings, dtype="float64", labels=list("abcde")
    )
    ids = [3, 0, 6, 6, 1]
    scores = net.predict([[words[n] for n in ids]])
    np.testing.assert_allclose(scores[0], _sst_scores(weights, table[ids]), atol=1e-12)
    assert net.nodes[-1].layer.bias is None
    e = net.explain([[words[n] for n in ids]])
    assert abs(e.conservation_error).max() < 1e-10


def test_the_published_layout_names_an_array_that_does_not_fit():
    weights = _sst(np.random.default_rng(0))
    spoiled = {**weights, "Whh_Right": np.ones((4 * H, E))}
    with pytest.raises(FormatError, match=r"Whh_Right has shape \(12, 4\), expected \(12, 3\)"):
        lrp_engine.load(pickle.dumps(spoiled))
    with pytest.raises(FormatError, match="gate_order does not apply"):
        lrp_engine.load(pickle.dumps(weights), spec={"gate_order": "ifgo"})


# Eight arrays ----------------------------------------------------------------------------------

EIGHT = [
    np.random.default_rng(n).normal(size=shape)
    for n, shape in enumerate([(E, 4 * H), (H, 4 * H), (4 * H,)] * 2 + [(2 * H, C), (C,)])
]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_eight_pickled_arrays_are_a_network(protocol):
    expected = from_weights(EIGHT, "igfo").hash
    for value in (EIGHT, tuple(EIGHT), dict(zip(NAMES, EIGHT, strict=True))):
        data = pickle.dumps(value, protocol)
        assert lrp_engine.load(data, spec={"gate_order": "igfo"}).hash == expected


# Companions ------------------------------------------------------------------------------------

WORDS = ["<pad>", "<unk>", "a", "b", "ünï"]
TABLE = np.random.default_rng(3).normal(size=(5, E)).astype("float32")
MODEL = pickle.dumps(EIGHT)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "vocabulary",
    [WORDS, tuple(WORDS), {word: n for n, word in enumerate(WORDS)},
     collections.OrderedDict((word, n) for n, word in reversed(list(enumerate(WORDS)))),
     {word: np.int64(n) for n, word in enumerate(WORDS)}],
    ids=["list", "tuple", "dict", "ordered", "numpy"],
)  # fmt: skip
def test_a_pickled_vocabulary_is_read(vocabulary, protocol):
    data = pickle.dumps(vocabulary, protocol)
    net = lrp_engine.load(MODEL, vocabulary=data, embeddings=pickle.dumps(TABLE, protocol))
    assert net.vocabulary.tokens == tuple(WORDS)
    np.testing.assert_array_equal(net.embedding.table, TABLE)


def _npz(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


VECTORS = dict(zip(WORDS, TABLE, strict=True))


@pytest.mark.parametrize(
    "vectors",
    [
        VECTORS,
        pickle.dumps(VECTORS),
        pickle.dumps({word: row.tolist() for word, row in VECTORS.items()}, 2),
        json.dumps({word: row.tolist() for word, row in VECTORS.items()}).encode(),
        _npz(**VECTORS),
    ],
    ids=["dict", "pickle", "pickled_lists", "json", "npz"],
)
def test_vectors_by_word_are_vocabulary_and_embeddings_in_one(vectors):
    net = lrp_engine.load(MODEL, embeddings=vectors)
    assert net.vocabulary.tokens == tuple(WORDS)
    np.testing.assert_array_equal(net.embedding.table, TABLE)
    # With a vocabulary of its own order the rows follow it.
    net = lrp_engine.load(MODEL, vocabulary=["b", "other", "a"], embeddings=vectors)
    np.testing.assert_array_equal(net.embedding.table, [TABLE[3], 0 * TABLE[0], TABLE[2]])
    assert any("1 of the vocabulary's 3 words" in sentence for sentence in net.assumptions)


def test_vectors_by_word_may_be_given_as_the_vocabulary():
    for vectors in (VECTORS, pickle.dumps(VECTORS)):
        net = lrp_engine.load(MODEL, vocabulary=vectors)
        np.testing.assert_array_equal(net.embedding.table, TABLE)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"embeddings": {"a": [1.0], "b": [1.0, 2.0]}}, "different lengths"),
        ({"embeddings": {"a": 1}}, "not one from words to vectors"),
        ({"embeddings": {1: [1.0]}}, "expected words"),
        ({"embeddings": {"a": ["b"]}}, "expected numbers"),
        ({"embeddings": pickle.dumps("a")}, "expected a .npy"),
        ({"embeddings": VECTORS, "vocabulary": ["x"]}, "do not belong together"),
        ({"embeddings": {"a": [1.0]}}, "1 units a word"),
        ({"vocabulary": pickle.dumps(hostile.Runs(Path("x")))}, "is ever run"),
        ({"vocabulary": pickle.dumps([1, 2])}, "expected text"),
        ({"vocabulary": b'{"a": [1.0]}'}, "given as `embeddings`"),
    ],
    ids=range(10),
)
def test_companions_that_do_not_fit_are_refused(options, words):
    with pytest.raises(FormatError) as caught:
        lrp_engine.load(MODEL, **options)
    assert words in str(caught.value)
