"""Networks: weights in any gate order, what does not fit is named, saving loses nothing."""

from __future__ import annotations

import gc
import itertools
import json
import logging
import pickle
import zipfile
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
import tensorflow as tf

import lrp_engine
from lrp_engine import FormatError, InputError, from_weights
from lrp_engine.formats.arrays.eight_arrays import NAMES
from lrp_engine.layers import Dense, Embedding, PReLU
from lrp_engine.model.graph import Node
from lrp_engine.model.network import Network
from lrp_engine.model.text import Tokenizer, Vocabulary
from tests import zoo

E, H, C = 5, 4, 3
SHAPES = [(E, 4 * H), (H, 4 * H), (4 * H,)] * 2 + [(2 * H, C), (C,)]


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape) for shape in SHAPES]


@pytest.fixture(scope="module")
def keras_model():
    import keras

    layers = [
        keras.Input((None, E)),
        keras.layers.Bidirectional(keras.layers.LSTM(H)),
        keras.layers.Dense(C),
    ]
    return keras.Sequential(layers)


def test_eight_arrays_score_as_keras_does(arrays, keras_model):
    keras_model.set_weights(arrays)
    x = np.random.default_rng(1).normal(size=(6, 7, E)).astype("float32")
    np.testing.assert_allclose(from_weights(arrays).predict(x), keras_model(x).numpy(), atol=1e-5)


@pytest.mark.parametrize("order", ["".join(p) for p in itertools.permutations("ifgo")])
def test_every_gate_order_is_read_right(arrays, order):
    """Shuffling the blocks and saying so changes nothing."""
    places = ["ifgo".index(letter) for letter in order]

    def shuffle(array):
        return np.concatenate([np.split(array, 4, axis=-1)[p] for p in places], axis=-1)

    shuffled = [shuffle(a) if a.shape[-1] == 4 * H else a for a in arrays]
    one = from_weights(arrays, dtype="float64")
    two = from_weights(shuffled, gate_order=order, dtype="float64")
    for a, b in zip(one.nodes, two.nodes, strict=True):
        for left, right in zip(zoo_arrays(a.layer), zoo_arrays(b.layer), strict=True):
            np.testing.assert_array_equal(left, right)


def zoo_arrays(layer):
    from lrp_engine.layers import map_arrays

    found = []
    map_arrays(layer, lambda array: found.append(array) or array)
    return found


@pytest.mark.parametrize("order", ["ifg", "ifgoo", "iifo", "IFGO", "", None, 7])
def test_a_wrong_gate_order_is_named(arrays, order):
    with pytest.raises(FormatError, match="permutation"):
        from_weights(arrays, gate_order=order)


@pytest.mark.parametrize("position", range(8))
def test_a_wrong_shape_names_array_found_and_expected(arrays, position):
    arrays[position] = np.zeros([n + 1 for n in arrays[position].shape])
    with pytest.raises(FormatError) as error:
        from_weights(arrays)
    message = str(error.value)
    assert any(name in message for name in NAMES)
    assert "expected" in message
    assert str(arrays[position].shape) in message or position in (0, 1, 6)


def test_wrong_counts_types_and_numbers_are_named(arrays):
    with pytest.raises(FormatError, match="Found 7 arrays, expected eight"):
        from_weights(arrays[:7])
    with pytest.raises(FormatError, match=r"Wh has shape .*, expected 2 dimensions"):
        from_weights([arrays[0], arrays[2], *arrays[2:]])
    with pytest.raises(FormatError, match="b_bw holds"):
        from_weights([*arrays[:5], np.array(["x"] * 4 * H), *arrays[6:]])
    arrays[3][0, 0] = np.nan
    with pytest.raises(FormatError, match=r"'bilstm'.*not finite"):
        from_weights(arrays)


def test_one_output_unit_is_two_classes(arrays):
    net = from_weights([*arrays[:6], arrays[6][:, :1], arrays[7][:1]], labels=["no", "yes"])
    assert (net.output, net.classes, net.labels) == ("sigmoid", 2, ("no", "yes"))
    assert any("sigmoid" in sentence for sentence in net.assumptions)


def test_vocabulary_embedding_and_labels_must_fit(arrays):
    table = np.zeros((6, E))
    words = list("abcdef")
    net = from_weights(arrays, vocabulary=words, embeddings=table, labels=["x", "y", "z"])
    assert net.predict(["a b", "f"]).shape == (2, 3)
    with pytest.raises(FormatError, match=r"7 words, but the embedding has only 6 rows"):
        from_weights(arrays, vocabulary=[*words, "g"], embeddings=table)
    with pytest.raises(FormatError, match=r"no embedding layer; pass `embeddings`.*\(6, 5\)"):
        from_weights(arrays, vocabulary=words)
    with pytest.raises(FormatError, match=r"have shape \(6, 6\), 6 units a word.*expects 5"):
        from_weights(arrays, embeddings=np.zeros((6, 6)))
    with pytest.raises(FormatError, match=r"Found 2 labels .*, expected 3"):
        from_weights(arrays, labels=["x", "y"])
    with pytest.raises(FormatError, match="must be different"):
        from_weights(arrays, labels=["x", "x", "z"])
    with pytest.raises(FormatError, match="'a' more than once"):
        from_weights(arrays, vocabulary=["a", "b", "a"], embeddings=table)
    with pytest.raises(InputError, match=r"'float16'.*'float32', 'float64'"):
        from_weights(arrays, dtype="float16")


def test_arguments_are_read_as_load_reads_them(arrays):
    table = np.ones((3, E))
    net = from_weights(arrays, vocabulary={"c": 2, "a": 0, "b": 1}, embeddings=table)
    assert net.vocabulary.tokens == ("a", "b", "c")
    net = from_weights(arrays, vocabulary=Vocabulary(("a", "b")), embeddings=table.tolist())
    assert net.vocabulary.tokens == ("a", "b")
    assert from_weights(arrays, labels=np.array(["x", "y", "z"])).labels == ("x", "y", "z")
    for wrong in (
        {"arrays": 5},
        {"arrays": None},
        {"arrays": [[[1], [1, 2]]] * 8},
        {"arrays": arrays, "embeddings": [[1], [1, 2]]},
        {"arrays": arrays, "labels": 5},
        {"arrays": arrays, "vocabulary": 5, "embeddings": table},
        {"arrays": arrays, "vocabulary": "abc", "embeddings": table},
    ):
        with pytest.raises((FormatError, InputError)):
            from_weights(**wrong)


def test_networks_and_explanations_can_be_pickled_and_printed(arrays):
    net = from_weights(arrays, labels=["x", "y", "z"])
    found = net.explain(np.ones((2, 3, E)), layers=True)
    again, copied = pickle.loads(pickle.dumps(net)), pickle.loads(pickle.dumps(found))  # noqa: S301
    assert again.hash == net.hash
    np.testing.assert_array_equal(again.explain(np.ones((2, 3, E))).relevance, found.relevance)
    np.testing.assert_array_equal(copied.relevance, found.relevance)
    assert dict(copied.ledger).keys() == dict(found.ledger).keys()
    assert len(repr(net)) < 200
    assert len(repr(found)) < 200


def test_many_networks_in_one_process_are_no_reason_for_warnings(arrays):
    messages: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    logger = logging.getLogger("tensorflow")
    logger.addHandler(handler)
    try:
        for n in range(7):
            arrays[0][0, 0] = n
            from_weights(arrays).predict(np.ones((1, 2, E)))
    finally:
        logger.removeHandler(handler)
    assert not [message for message in messages if "retracing" in message]


def test_a_network_that_is_gone_leaves_nothing_behind(arrays):
    """A server opens models for months: no trace may outlive its network."""

    def one() -> int:
        from_weights(arrays).explain(np.ones((1, 2, E)))
        gc.collect()
        return sum(isinstance(thing, tf.Graph) for thing in gc.get_objects())

    assert one() == one()


def test_graphs_that_do_not_fit_are_named():
    dense = Dense(np.ones((3, 2)))
    for nodes, words in [
        ((), "no layers"),
        ((Node("a", dense, ("b",)),), "reads 'b'"),
        ((Node("a", dense), Node("a", Dense(np.ones((2, 2))), ("a",))), "'a' is empty"),
        ((Node("input", dense),), "'input'"),
        ((Node("a", dense), Node("b", dense, ("a",))), "Layer 'b': expects input with 3 units"),
        ((Node("a", dense), Node("b", PReLU(np.ones(3)), ("a",))), "expects input with 3 units"),
        ((Node("a", dense), Node("e", Embedding(np.ones((4, 2))), ("a",))), "must be the first"),
        ((Node("e", Embedding(np.ones((4, 2)))),), "is an embedding alone"),
        ((Node("a", dense), Node("b", dense)), "No layer reads the output of 'a'"),
    ]:
        with pytest.raises(FormatError) as error:
            Network(nodes=nodes)
        assert words in str(error.value)
    with pytest.raises(FormatError, match="softmax over a single unit"):
        Network(nodes=(Node("a", Dense(np.ones((3, 1)))),))
    with pytest.raises(FormatError, match="slope of a PReLU has shape"):
        PReLU(np.ones((2, 2, 2)))
    with pytest.raises(FormatError, match="has slopes of 2 time steps"):
        Network(nodes=(Node("a", PReLU(np.ones((2, 3)))), Node("b", dense, ("a",))))


def test_networks_and_explanations_cannot_be_changed(arrays):
    net = from_weights(arrays)
    found = net.explain(np.ones((1, 2, E)), layers=True)
    with pytest.raises(FrozenInstanceError):
        net.labels = ()
    with pytest.raises(ValueError, match="read-only"):
        net.nodes[0].layer.forward_layer.kernel[0, 0] = 1
    for array in (found.relevance, found.scores, found.token_relevance, *found.ledger.values(),
                  *found.layers.values(), *found.initial_states.values()):  # fmt: skip
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        found.relevance.flags.writeable = True
    before = net.predict(np.ones((1, 2, E)))
    arrays[0][...] = 0  # the caller's array is the caller's
    np.testing.assert_array_equal(net.predict(np.ones((1, 2, E))), before)


@pytest.mark.parametrize("suffix", ["", ".zip"])
@pytest.mark.parametrize("name", zoo.NETWORKS)
def test_saving_and_loading_gives_the_same_network(tmp_path, name, suffix):
    net = replace(
        zoo.network(name),
        assumptions=("One.", "Zwei ⚙."),
        source="a test",
        tokenizer=Tokenizer(method="words", lowercase=False),
    )
    path = tmp_path / f"model{suffix}"
    net.save(path)
    again = lrp_engine.load(path, dtype="float64")
    assert again.hash == net.hash
    for attribute in ("labels", "features", "assumptions", "source", "tokenizer", "vocabulary"):
        assert getattr(again, attribute) == getattr(net, attribute)
    again.save(tmp_path / f"again{suffix}")
    if suffix:
        assert path.read_bytes() == (tmp_path / "again.zip").read_bytes()
        assert set(zipfile.ZipFile(path).namelist()) >= {"network.json", "weights.safetensors"}
    else:
        assert json.loads((path / "network.json").read_text())["format"] == "lrp-lens network"


def test_the_hash_knows_everything_that_decides_an_explanation(arrays):
    words, table = list("abcd"), np.ones((4, E))
    base = from_weights(arrays, vocabulary=words, embeddings=table)
    assert base.hash == from_weights(arrays, vocabulary=words, embeddings=table).hash
    changed = [a.copy() for a in arrays]
    changed[4][0, 0] += 1e-3
    others = [
        from_weights(changed, vocabulary=words, embeddings=table),
        from_weights(arrays, vocabulary=list("abdc"), embeddings=table),
        from_weights(arrays, vocabulary=words, embeddings=table + 1),
        from_weights(arrays, vocabulary=words, embeddings=table, labels=list("xyz")),
        from_weights(arrays, vocabulary=words, embeddings=table, dtype="float64"),
        replace(base, tokenizer=Tokenizer(method="words")),
        replace(base, output="sigmoid"),
    ]
    assert len({base.hash, *(net.hash for net in others)}) == len(others) + 1


@pytest.mark.parametrize("name", ["model", "model.zip"])
def test_words_with_line_breaks_and_blanks_are_saved(name, tmp_path, arrays):
    words, table = ["a", "\n", "b\r\nc", "", " ", '"', "\\n", "\t"], np.ones((8, E))
    net = from_weights(arrays, vocabulary=words, embeddings=table)
    plain = from_weights(arrays, vocabulary=["a", "b"], embeddings=table[:2])
    for saved in (plain, net, plain, net):  # in one folder: the other file of words goes
        saved.save(tmp_path / name)
        assert lrp_engine.load(tmp_path / name).hash == saved.hash


def test_an_empty_path_does_not_fill_the_current_folder(tmp_path, arrays, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="path to save to is empty"):
        from_weights(arrays).save("")
    assert not list(tmp_path.iterdir())


def test_words_tokenizer_drops_nothing_but_white_space():
    text = "It's  a well-drawn,\tU.S. film... 'naïve' 😀\n<b>3.5</b> don’t!"
    tokens = Tokenizer(method="words", lowercase=False)(text)
    assert "".join(tokens) == "".join(text.split())
    assert {"It's", "well-drawn", ",", "naïve", "😀", "3.5", "don’t", "!"} <= set(tokens)
    whole = [
        "cafe\u0301", "नमस्ते", "می\u200cخواهم", "👩\u200d👩\u200d👧", "🏳\ufe0f\u200d🌈", "👍🏽",
        "🇩🇪", "🇫🇷", "\u0301", "\u0301",
    ]  # fmt: skip
    assert Tokenizer(method="words")(" ".join(whole)) == whole
    assert Tokenizer(method="words")("a\u0301.b\u0301 good👍🏽👍 \u200d") == [
        "a\u0301.b\u0301", "good", "👍🏽", "👍", "\u200d",
    ]  # fmt: skip
    with pytest.raises(FormatError, match="'whitespace', 'words'"):
        Tokenizer(method="bpe")


def test_a_word_is_looked_up_as_the_tokenizer_standardizes_it(arrays):
    net = lrp_engine.from_weights(arrays, vocabulary=["good"], embeddings=np.ones((1, E)))
    net = replace(net, tokenizer=Tokenizer(method="words", standardize="lower", lowercase=False))
    assert net.unknown(["Good", "bad"]).tolist() == [False, True]
    assert net.explain(["Good bad"]).unknown.tolist() == [[False, True]]
    assert lrp_engine.from_weights(arrays).unknown(["Good"]) is None


def test_vocabulary_finds_words_and_says_what_it_lacks():
    words = Vocabulary(("", "[UNK]", "good"))
    assert words.ids(["good", "bad"]).tolist() == [2, 1]
    assert words.lacks(["good", "bad"]).tolist() == [False, True]
    assert (words.unknown, words.padding_id) == ("[UNK]", 0)
    assert Vocabulary(("good",)).ids(["bad"]).tolist() == [-1]
    assert Vocabulary(("good",)).words([0, 5]) == ["good", "#5"]
    with pytest.raises(FormatError, match="empty"):
        Vocabulary(())
