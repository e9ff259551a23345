"""What files of strangers hold besides plain layers: it is read, noted, or refused by its name."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import h5py
import numpy as np
import pytest

import lrp_engine
from lrp_engine import FormatError
from tests import hostile, hostile_saved

V, E, H = 9, 4, 3

pytestmark = [
    pytest.mark.usefixtures("untraced"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def _saved(model: Any, path: Any) -> Any:
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    model.save(path)
    return path


# Keras 2.12 and 2.13 -----------------------------------------------------------------------------


def _counted_twice(path: Any) -> bytes:
    """A .keras archive as Keras 2.13 writes one: no names, layers with weights counted twice."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    layers = json.loads(members["config.json"])["config"]["layers"]
    buffer = io.BytesIO(members["model.weights.h5"])
    with h5py.File(buffer, "r+") as file:
        file.visititems(lambda _, item: item.attrs.pop("name", None) and None)
        groups = file["layers"]
        plain: dict[str, int] = {}
        twice: dict[str, int] = {}
        moves = []
        for layer in layers:
            base = {"Dense": "dense", "Embedding": "embedding", "LSTM": "lstm"}.get(
                layer["class_name"], layer["class_name"].lower()
            )
            old, new = plain.get(base, 0), twice.get(base, 0)
            plain[base] = old + 1
            own = f"{base}_{old}" if old else base
            twice[base] = new + (2 if own in groups and groups[own].get("vars") else 1)
            moves.append((own, f"{base}_{new}" if new else base))
        for own, other in reversed(moves):
            if own != other and own in groups:
                groups.move(own, other)
        assert {"dense", "dense_2", "dense_4"} <= set(groups)
    members["model.weights.h5"] = buffer.getvalue()
    return hostile.zipped(members)


def test_groups_that_count_layers_twice_are_joined_in_order(tmp_path):
    import keras

    k = keras.layers
    x = keras.Input((None,))
    y = k.LSTM(4)(k.LSTM(4, return_sequences=True)(k.Embedding(V, 4)(x)))
    y = k.Dropout(0.1)(k.Dense(4)(k.Dense(4, activation="relu")(y)))
    path = _saved(keras.Model(x, k.Dense(4)(y)), tmp_path / "m.keras")
    expected = lrp_engine.load(path)
    found = lrp_engine.load(_counted_twice(path))
    assert found.hash == expected.hash
    ids = np.array([[1, 2, 3]])
    np.testing.assert_array_equal(found.predict(ids), expected.predict(ids))


# Classes of authors ------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{"step_dim": 10, "bias": True}, {}], ids=["options", "none"])
def test_an_attention_of_the_author_is_told_from_that_of_keras(options):
    layer = {"class_name": "Attention", "config": {"name": "d", **options}}
    model = {"class_name": "Sequential", "config": {"layers": [layer]}}
    with pytest.raises(FormatError, match=r"a class of the author's own that is called Attention"):
        lrp_engine.load(hostile.keras_h5(config=model))


def test_an_unknown_class_may_be_the_authors():
    layer = {"class_name": "AttentionWithContext", "config": {"name": "d"}}
    model = {"class_name": "Sequential", "config": {"layers": [layer]}}
    with pytest.raises(FormatError, match=r"a class of the author's own, its code is not"):
        lrp_engine.load(hostile.keras_h5(config=model))


def test_the_folder_of_a_saved_model_is_named(tmp_path):
    graph = tmp_path / "saved_model.pb"
    graph.write_bytes(b"\x08\x01\x12\x10abc")
    zipped = hostile.zipped({"m/saved_model.pb": graph.read_bytes()})
    again = r".*load_model\('FOLDER'\)\.save\('model\.keras'\)"
    for source, words in [
        (tmp_path, "lists no layers"),
        (zipped, "lists no layers"),
        (graph, "without its weights; give its folder"),
    ]:
        with pytest.raises(FormatError, match=f"TensorFlow SavedModel.*{words}{again}"):
            lrp_engine.load(source)


def test_a_saved_model_from_before_keras_2_5_lists_its_layers_beside_the_graph(tmp_path):
    """Written to its layout: no wheel of TensorFlow 2.4 is for this Python."""
    expected = lrp_engine.load(hostile_saved.GENUINE)
    older = hostile_saved.older()
    with zipfile.ZipFile(io.BytesIO(older)) as archive:
        archive.extractall(tmp_path)
    for source in (older, tmp_path / "model"):
        found = lrp_engine.load(source)
        assert found.hash == expected.hash
        assert found.source == expected.source
    with zipfile.ZipFile(io.BytesIO(older)) as archive:
        graph = {hostile_saved.GRAPH: archive.read(hostile_saved.GRAPH)}
    with pytest.raises(
        FormatError, match=r"lacks variables/variables\.index; give its whole folder"
    ):
        lrp_engine.load(hostile_saved.zipped(graph))


def test_the_twin_of_heads_and_gelu_rounds_nothing(tmp_path):
    """Keras and TensorFlow take the roots of the two in float32, whatever they compute in.

    With this seed gelu ends so far below 0 that slopes have no digits left.
    """
    import keras

    keras.utils.set_random_seed(6)
    k = keras.layers
    x = keras.Input((None, E))
    y = k.GlobalMaxPooling1D()(k.MultiHeadAttention(1, 3)(x, k.LSTM(3, return_sequences=True)(x)))
    path = tmp_path / "m.keras"
    model = keras.Model(x, k.Dense(2, activation="gelu")(y))
    model.set_weights([3 * w for w in model.get_weights()])
    model.save(path)
    assert lrp_engine.parity(path).verdict == "verified"


def test_heads_that_read_masked_steps_are_refused(tmp_path):
    """Keras takes the mask from the tensor itself, so that layers that read it later have none."""
    import keras

    k = keras.layers
    x = keras.Input((None,))
    h = k.Embedding(V, E, mask_zero=True)(x)
    y = k.GlobalAveragePooling1D()(k.MultiHeadAttention(1, 2)(h, h))
    path = _saved(keras.Model(x, k.Dense(2)(y)), tmp_path / "m.keras")
    with pytest.raises(FormatError, match="build the model again with mask_zero=False"):
        lrp_engine.load(path)


def test_a_separable_convolution_is_not_rounded_on_the_way(tmp_path):
    import keras

    k = keras.layers
    x = keras.Input((7, E))
    y = k.GlobalMaxPooling1D()(k.SeparableConv1D(5, 3, activation="relu", padding="same")(x))
    path = _saved(keras.Model(x, k.Dense(2)(y)), tmp_path / "m.keras")
    assert lrp_engine.parity(path).verdict == "verified"


# States ----------------------------------------------------------------------------------------


def test_states_that_are_kept_from_batch_to_batch_are_noted(tmp_path):
    import keras

    k = keras.layers
    layers = [keras.Input(batch_shape=(1, 5, E)), k.Bidirectional(k.LSTM(H, stateful=True))]
    model = keras.Sequential([*layers, k.Dense(2)])
    net = lrp_engine.load(_saved(model, tmp_path / "m.keras"))
    assert any("stateful: 'bidirectional" in sentence for sentence in net.assumptions)
    x = np.random.default_rng(0).normal(size=(1, 5, E))
    np.testing.assert_allclose(net.predict(x), model(x).numpy(), atol=1e-5)


def test_the_cell_states_of_both_directions_are_read(tmp_path):
    import keras

    k = keras.layers
    x = keras.Input((None, E))
    _, h, c = k.LSTM(H, return_state=True)(x)
    _, one, cell, *_, other = k.Bidirectional(k.LSTM(H, return_state=True))(x)
    out = k.Dense(2)(k.Concatenate()([h, c, one, cell, other]))
    model = keras.Model(x, out)
    path = _saved(model, tmp_path / "m.keras")
    values = np.random.default_rng(1).normal(size=(2, 5, E)).astype("float32")
    net = lrp_engine.load(path)
    e = net.explain(values)
    np.testing.assert_allclose(e.scores, model(values).numpy(), atol=1e-5)
    assert abs(e.conservation_error).max() < 1e-5
    assert lrp_engine.parity(path).weights == "verified"
    net.save(tmp_path / "own.zip")
    assert lrp_engine.load(tmp_path / "own.zip").hash == net.hash


def test_a_state_that_a_layer_does_not_have_is_named():
    layer = {"class_name": "GRU", "config": {"name": "d"}}
    with pytest.raises(FormatError, match="at its output 2; its states are the output 1"):
        lrp_engine.load(hostile.keras_h5(config=_reads(layer, 2)))


def _reads(layer: dict[str, Any], output: int) -> dict[str, Any]:
    """A functional model that ends in an output of a layer."""
    start = {"class_name": "InputLayer", "name": "i", "inbound_nodes": [],
             "config": {"name": "i", "batch_input_shape": [None, None, 3]}}  # fmt: skip
    called = {**layer, "name": "d", "inbound_nodes": [[["i", 0, 0, {}]]]}
    config = {"name": "m", "layers": [start, called], "input_layers": [["i", 0, 0]],
              "output_layers": [["d", 0, output]]}  # fmt: skip
    return {"class_name": "Functional", "config": config}


def test_layers_used_twice_share_their_weights(tmp_path):
    import keras

    k = keras.layers
    x = keras.Input((E,))
    shared = k.Dense(E, activation="tanh")
    path = _saved(keras.Model(x, k.Dense(2)(shared(shared(x)))), tmp_path / "m.keras")
    net = lrp_engine.load(path)
    one, two, _ = net.nodes
    assert one.layer.kernel is two.layer.kernel
    net.save(tmp_path / "own.zip")
    assert lrp_engine.load(tmp_path / "own.zip").hash == net.hash


def test_a_model_inside_may_be_used_twice(tmp_path):
    import keras

    k = keras.layers
    inner = keras.Sequential([keras.Input((E,)), k.Dense(E)], name="inner")
    x = keras.Input((E,))
    model = keras.Model(x, k.Dense(2)(inner(inner(x))))
    net = lrp_engine.load(_saved(model, tmp_path / "m.keras"))
    values = np.random.default_rng(0).normal(size=(3, E)).astype("float32")
    np.testing.assert_allclose(net.predict(values), model(values).numpy(), atol=1e-5)


def test_attention_scores_that_nobody_reads_are_no_reason_to_refuse(tmp_path):
    import keras

    k = keras.layers
    x = keras.Input((None, E))
    context, scores = k.Attention()([x, x], return_attention_scores=True)
    pooled = k.GlobalAveragePooling1D()
    model = keras.Model(x, k.Dense(2)(pooled(context)))
    net = lrp_engine.load(_saved(model, tmp_path / "m.keras"))
    values = np.random.default_rng(0).normal(size=(2, 5, E))
    np.testing.assert_allclose(net.predict(values), model(values).numpy(), atol=1e-5)
    other = keras.Model(x, k.Dense(2)(k.GRU(2)(k.Reshape((-1, 5))(scores))))
    with pytest.raises(FormatError):
        lrp_engine.load(_saved(other, tmp_path / "m.keras"))
