"""Slices and other functions of keras.ops among the layers of a model, in Keras 2 and 3."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lrp_engine
from lrp_engine import FormatError
from lrp_engine.formats.keras.classes import KERAS_CLASSES
from lrp_engine.formats.keras.graph import PREFIX
from lrp_engine.formats.keras.nested import parse_model
from tests import hostile

V, E, T, H = 9, 4, 6, 3

pytestmark = [
    pytest.mark.usefixtures("untraced"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*destroy the mask information:UserWarning"),
]


def _slices(h: Any) -> list[Any]:
    """(B, T, H) to signals (B, n)."""
    import keras

    k = keras.layers
    return [
        h[:, -1],
        h[:, 0, :],
        h[:, 2, 1:],
        h[:, -1][:, :2],
        h[..., 1:][:, 1],
        k.GRU(2)(h[:, 1:-1]),
        k.GRU(2)(h[:, ::-2, :2]),
        k.Dense(2)(k.Flatten()(h[:, 1 : 10**9])),
        k.Dense(2)(h[:, :, -1]),
    ]


def _functions(h: Any) -> list[Any]:
    import keras
    from keras import ops

    k = keras.layers
    weights = ops.softmax(k.Dense(1)(h), axis=1)
    row = ops.softmax(ops.squeeze(k.Dense(1)(h), -1), axis=1)
    last = h[:, -1]
    return [
        ops.sum(h * weights, axis=1),
        ops.sum(ops.expand_dims(row, -1) * h, axis=1),
        ops.mean(ops.tanh(h), axis=1),
        ops.max(-h, axis=1),
        ops.squeeze(ops.sum(h, axis=1, keepdims=True), 1),
        k.Flatten()(k.Attention()([ops.expand_dims(last, 1), h])),
        ops.relu(2 * last + 1),
        ops.reshape(ops.transpose(h, (0, 2, 1)), (-1, T * H)),
        k.GRU(2)(ops.reshape(h, (-1, 2, 9))),
        ops.gelu((1 - last) / 2),
        ops.maximum(ops.sigmoid(last), h[:, 0] - last),
        ops.concatenate([ops.silu(last), last * h[:, 1], last + h[:, 1]], axis=-1),
    ]


TRIED: set[str] = set()  # functions that a model above holds


@pytest.mark.parametrize("mask", [False, True], ids=["plain", "masked"])
@pytest.mark.parametrize("make", [_slices, _functions])
def test_functions_score_as_in_keras(make, mask, tmp_path):
    import keras

    k = keras.layers
    x = keras.Input((T,))
    h = k.Bidirectional(k.LSTM(H, return_sequences=True), merge_mode="sum")(
        k.Embedding(V, E, mask_zero=mask)(x)
    )
    model = keras.Model(x, k.Dense(2)(k.Concatenate()(make(h))))
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    model.save(tmp_path / "m.keras")
    net = lrp_engine.load(tmp_path / "m.keras")
    for layer in model.operations:
        TRIED.add(f"{PREFIX}{type(layer).__name__}")
    ids = rng.integers(1, V, (4, T))
    ids[0, :2] = ids[1, 4:] = 0
    e = net.explain(ids)
    np.testing.assert_allclose(e.scores, model(ids).numpy(), atol=1e-5)
    assert np.abs(e.conservation_error).max() < 1e-4
    assert lrp_engine.parity(tmp_path / "m.keras").verdict == "verified"


def test_every_function_in_the_table_is_tried_above():
    assert {name for name in KERAS_CLASSES if name.startswith(PREFIX)} <= TRIED


def test_a_slice_of_texts_of_any_length_counts_from_their_own_end(tmp_path):
    import keras

    k = keras.layers
    x = keras.Input((None,))
    h = k.LSTM(H, return_sequences=True)(k.Embedding(V, E)(x))
    model = keras.Model(x, k.Dense(2)(k.Concatenate()([h[:, -1], k.GRU(2)(h[:, -3:])])))
    model.save(tmp_path / "m.keras")
    net = lrp_engine.load(tmp_path / "m.keras")
    texts = [[1, 2, 3, 4, 5], [6, 7], [8]]
    alone = np.concatenate([model(np.array([text])).numpy() for text in texts])
    np.testing.assert_allclose(net.predict(texts), alone, atol=1e-5)
    assert net.length is None


def test_functions_of_tensorflow_in_a_keras_2_file():
    """Written by tf_keras: slices as SlicingOpLambda, the rest as TFOpLambda."""
    folder = Path(__file__).parents[2] / "fixtures" / "keras2"
    net = lrp_engine.load(folder / "slices.h5")
    with np.load(folder / "expected.npz") as expected:
        x, y = expected["slices/x"], expected["slices/y"]
    e = net.explain(x)
    np.testing.assert_allclose(e.probabilities, y, atol=1e-5)
    assert np.abs(e.conservation_error).max() < 1e-4
    assert lrp_engine.parity(folder / "slices.h5").verdict == "verified"


# What nobody writes by accident ------------------------------------------------------------------


_sliced, _cut = hostile.sliced, hostile.cut


ODD = [
    ([_cut(), _cut(0, 1.5)], "expected whole numbers"),
    ([_cut(), _cut(0, True)], "expected whole numbers"),
    ([_cut(), _cut("0", 2)], "expected whole numbers"),
    ([_cut(), _cut(0, 2, 0)], "a step that is not 0"),
    ([_cut(), _cut(9, 10)], "takes no unit"),
    ([_cut(0, 1), _cut()], "supported: one step"),
    ([_cut()] * 9, "supported: one step"),
    ([], "supported: one step"),
    (None, "supported: one step"),
    ([_cut(), {"class_name": "__slice__", "config": [1]}], "supported: one step"),
    ([_cut(), [[[]]]], "supported: one step"),
]


@pytest.mark.parametrize(("key", "words"), ODD, ids=str)
def test_a_slice_that_makes_no_sense_is_a_sentence(key, words):
    with pytest.raises(FormatError) as caught:
        lrp_engine.load(hostile.keras_h5(config=_sliced(key)))
    assert words in str(caught.value)


def test_a_bound_beyond_every_length_is_no_bound():
    plain = lrp_engine.load(hostile.keras_h5())
    for key in ([_cut(), _cut(-(2**70), 2**70)], [_cut(), _cut()]):
        net = lrp_engine.load(hostile.keras_h5(config=_sliced(key)))
        np.testing.assert_array_equal(net.predict(np.eye(3)), plain.predict(np.eye(3)))


def test_a_function_that_is_not_read_lists_those_that_are():
    with pytest.raises(FormatError, match=r"is a function, not a layer.*'GetItem', 'Sum'"):
        lrp_engine.load(hostile.keras_h5(config=_sliced([], class_name="Einsum")))


@pytest.mark.parametrize(
    "changes",
    [
        {"class_name": "Multiply", "inbound_nodes": [{"args": [2.0, 3.0]}]},
        {"class_name": "Add", "inbound_nodes": [{"args": [["i", 0, 0], float("nan")]}]},
        {"class_name": "TrueDivide", "inbound_nodes": [{"args": [["i", 0, 0], 0]}]},
        {"class_name": "TrueDivide", "inbound_nodes": [{"args": [2.0, ["i", 0, 0]]}]},
        {"class_name": "Sum", "inbound_nodes": [{"args": [["i", 0, 0]]}]},
        {"class_name": "Concatenate", "inbound_nodes": [{"args": []}]},
        {"inbound_nodes": []},
        {"inbound_nodes": [[3]]},
        {"inbound_nodes": [{"args": 3, "kwargs": 4}]},
        {"class_name": "TFOpLambda", "config": {"name": "o", "function": "os.system"}},
    ],
    ids=str,
)
def test_a_function_called_with_nonsense_is_a_sentence(changes):
    with pytest.raises(FormatError):
        lrp_engine.load(hostile.keras_h5(config=_sliced([_cut(), 1], **changes)))


def test_a_number_is_no_second_signal():
    """x * 2 was read as x."""
    config = _sliced(
        [], class_name="Multiply", inbound_nodes=[{"args": [["i", 0, 0], 2.0], "kwargs": {}}]
    )
    entry = parse_model(json.loads(json.dumps(config))).entries[0]
    assert entry.kind == "ops.Multiply"
    net = lrp_engine.load(hostile.keras_h5(config=config))
    plain = lrp_engine.load(hostile.keras_h5())
    np.testing.assert_allclose(net.predict(np.eye(3)), plain.predict(2 * np.eye(3)), rtol=1e-6)
