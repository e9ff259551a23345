"""Inputs of every supported kind mean the same; everything else gets a sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lrp_engine import Epsilon, InputError
from lrp_engine.layers import Dense
from lrp_engine.model.network import INPUT, Network, Node
from tests import zoo


@pytest.fixture(scope="module")
def net():
    return zoo.network("bilstm_words")


def test_texts_token_lists_ids_and_vectors_agree(net):
    words = [["w3", "w5", "w2"], ["w7"]]
    ids = np.array([[3, 5, 2], [7, 0, 0]])
    vectors = net.embedding.table[ids]
    kinds = {
        "texts": net.explain(["w3 W5  w2", "w7"]),
        "tuple of texts": net.explain(("w3 w5 w2", "w7")),
        "array of texts": net.explain(np.array(["w3 w5 w2", "w7"])),
        "array of objects": net.explain(np.array(["w3 w5 w2", "w7"], dtype=object)),
        "pandas column": net.explain(pd.Series(["w3 w5 w2", "w7"], index=[7, 8])),
        "list of id arrays": net.explain([np.array([3, 5, 2]), np.array([7])]),
        "token lists": net.explain(words),
        "id lists": net.explain([[3, 5, 2], [7]]),
        "ids, padding masked": net.explain(ids),
        "ids with lengths": net.explain(ids, lengths=[3, 1]),
        "vectors": net.explain(vectors, lengths=np.array([3, 1])),
    }
    first = kinds["texts"]
    assert first.tokens == (("w3", "w5", "w2"), ("w7",))
    assert first.lengths.tolist() == [3, 1]
    for name, found in kinds.items():
        np.testing.assert_allclose(found.relevance, first.relevance, atol=1e-14, err_msg=name)
        np.testing.assert_allclose(found.scores, net.predict(words), atol=1e-14, err_msg=name)
    assert kinds["ids, padding masked"].tokens[1] == ("w7", "<pad>", "<pad>")
    assert kinds["vectors"].tokens[0] == ("t0", "t1", "t2")


def test_left_padded_ids_are_skipped_where_zero_is_padding(net):
    left = net.explain(np.array([[0, 0, 3, 5]]))
    right = net.explain([[3, 5]])
    np.testing.assert_allclose(left.relevance[0, 2:], right.relevance[0], atol=1e-14)
    assert not left.relevance[0, :2].any()


def test_a_single_text_is_a_list_of_one(net):
    for text in ("w3 w5", np.str_("w3 w5"), np.array("w3 w5"), np.array("w3 w5", dtype=object)):
        assert net.explain(text).tokens == (("w3", "w5"),)


def test_unknown_words_are_shown_as_unknown_and_read_as_the_unknown_token(net):
    found = net.explain(["w3 zebra w5"])
    assert found.tokens == (("w3", "zebra", "w5"),)
    assert found.unknown.tolist() == [[False, True, False]]
    np.testing.assert_array_equal(found.scores, net.predict([["w3", "<unk>", "w5"]]))


def test_without_an_unknown_token_unknown_words_are_zero_vectors():
    from dataclasses import replace

    from lrp_engine.model.text import Vocabulary

    net = zoo.network("bilstm_words")
    net = replace(net, vocabulary=Vocabulary(("a", "b", "c")))
    vectors = np.stack([net.embedding.table[1], np.zeros(zoo.E)])[None]
    np.testing.assert_array_equal(net.predict(["b zebra"]), net.predict(vectors))


@pytest.mark.parametrize("empty", ["", "   ", []])
def test_an_empty_text_is_explained_by_biases_alone(net, empty):
    for rule in (Epsilon(), Epsilon(bias_factor=1.0)):
        found = net.explain([empty], rule=rule)
        assert found.tokens == ((),)
        assert found.relevance.shape == (1, 0, zoo.E)
        np.testing.assert_allclose(found.conservation_error, 0, atol=1e-14)
        mixed = net.explain([empty if empty == [] else empty.split(), ["w3"]], rule=rule)
        np.testing.assert_allclose(mixed.scores[0], found.scores[0], atol=1e-14)


def test_five_thousand_tokens(net):
    words = [f"w{2 + n % 9}" for n in range(5000)]
    found = net.explain([words, ["w3"]])
    alone = net.explain([["w3"]])
    assert found.relevance.shape == (2, 5000, zoo.E)
    assert np.abs(found.conservation_error).max() < 1e-9
    np.testing.assert_allclose(found[1].relevance, alone.relevance, atol=1e-14)


def test_many_samples_of_mixed_lengths_keep_their_order(net):
    rng = np.random.default_rng(0)
    texts = [[f"w{i}" for i in rng.integers(2, zoo.V, n)] for n in rng.integers(0, 40, 700)]
    found = net.explain(texts)
    for n in rng.integers(0, 700, 12):
        alone = net.explain([texts[n]])
        length = len(texts[n])
        np.testing.assert_allclose(found.relevance[n, :length], alone.relevance[0], atol=1e-12)
        assert found[n].tokens == (tuple(texts[n]),)


BAD_INPUTS = {
    "nothing": ([], "nothing to explain"),
    "a number": (3, "expected texts, token lists or an array"),
    "mixed kinds": (["a text", ["a", "list"]], "input 1 is list"),
    "mixed tokens": ([["a", 3]], "more than words. Expected texts"),
    "flat ids": (np.array([1, 2, 3]), "(3,)"),
    "id too large": (np.array([[1, 11]]), "holds id 11; ids go from 0 to 10"),
    "negative id": ([[1, -1]], "holds id -1"),
    "wrong units": (np.zeros((2, 3, 5)), "(2, 3, 5)"),
    "NaN": (np.full((1, 2, zoo.E), np.nan), "Input 0 holds numbers that are not finite"),
    "objects": (np.array([object()]), "object"),
    "no samples": (np.zeros((0, 3, zoo.E)), "empty"),
    "bytes": ([b"w3"], "The inputs hold |S2"),
    "one text of bytes": (b"w3", "Decode bytes"),
    "an array of bytes": (np.array([b"w3"]), "The inputs hold |S2"),
    "texts in three dimensions": (np.array([[["w3"]]]), "Expected texts"),
    "a single number": (np.array(5), "the inputs are empty"),
    "yes and no as ids": ([[True, False]], "The inputs hold bool"),
    "an id beyond int64": ([[2**70]], "far too large"),
    "infinite vectors": (np.full((1, 1, zoo.E), np.inf), "not finite"),
    "a table": (pd.DataFrame({"text": ["w3"]}), "give one column, as table"),
    "a mapping": ({"w3": 1}, "list the values"),
    "a set": ({"w3"}, "list the values"),
    "ragged numbers": ([[[1.0]], [[1.0], [2.0]]], "unequal shapes"),
}


@pytest.mark.parametrize("name", BAD_INPUTS)
def test_bad_inputs_get_a_sentence(net, name):
    inputs, words = BAD_INPUTS[name]
    for call in (net.predict, net.explain):
        with pytest.raises(InputError) as error:
            call(inputs)
        assert words in str(error.value)


@pytest.mark.parametrize(
    ("lengths", "words"),
    [
        ([1], "(1,)"),
        ([[1], [1, 2]], "2 integers"),
        ([1, 9], "between 0 and 3, found 9"),
        ([-1, 2], "found -1"),
        ([1.5, 2], "float"),
    ],
)
def test_bad_lengths_get_a_sentence(net, lengths, words):
    with pytest.raises(InputError) as error:
        net.explain(np.zeros((2, 3, zoo.E)), lengths=lengths)
    assert words in str(error.value)
    with pytest.raises(InputError, match="only with an array"):
        net.explain(["w3"], lengths=[1])


def test_words_for_a_network_without_vocabulary_get_a_sentence():
    with pytest.raises(InputError, match=r"no vocabulary.*array"):
        zoo.network("bilstm").explain(["a b"])
    with pytest.raises(InputError, match="no embedding"):
        zoo.network("bilstm").explain(np.array([[1, 2]]))


def test_features_have_names_and_no_time_axis():
    net = zoo.network("dense")
    found = net.explain(np.ones((2, 6)))
    assert found.relevance.shape == found.token_relevance.shape == (2, 6)
    assert found.tokens[0] == ("x0", "x1", "x2", "x3", "x4", "x5")
    assert net.explain([[1, 2, 3, 4, 5, 6]]).relevance.shape == (1, 6)
    with pytest.raises(InputError, match=r"\(2, 5\).*\(B, 6\)"):
        net.explain(np.ones((2, 5)))


BAD_TARGETS = {
    "too large": (3, "There is no class 3; choose from 0 'class 0'"),
    "negative": (-1, "no class -1"),
    "unknown label": ("happy", "no class 'happy'"),
    "a boolean": (True, "no class True"),
    "a float": (1.0, "no class 1.0"),
    "three of two": ([0, 1, 2], "3 targets for 2 inputs"),
    "ragged": ([[0], [1, 2]], "no class [0]"),
    "a triple": ((0, 1, 2), "A contrast is a pair"),
    "twice the same": ((1, "class 1"), "two different classes"),
    "a bad pair": ((0, 7), "no class 7"),
}


@pytest.mark.parametrize("name", BAD_TARGETS)
def test_bad_targets_get_a_sentence_with_the_choices(net, name):
    target, words = BAD_TARGETS[name]
    with pytest.raises(InputError) as error:
        net.explain(["w3", "w4"], target=target)
    assert words in str(error.value)


def test_targets_of_every_kind(net):
    texts = ["w3 w4", "w5"]
    by_label = net.explain(texts, target="class 2")
    np.testing.assert_array_equal(
        by_label.relevance, net.explain(texts, target=np.int64(2)).relevance
    )
    pairs = net.explain(texts, target=[(1, 2), ("class 2", 0)])
    assert pairs.target.tolist() == [[1, 2], [2, 0]]
    again = net.explain(texts, target=pairs.target)
    np.testing.assert_array_equal(again.relevance, pairs.relevance)
    column = net.explain(texts, target=pd.Series([2, 0], index=[5, 6]))
    mixed = net.explain(texts, target=np.array([2, 0]))
    np.testing.assert_array_equal(column.relevance, mixed.relevance)
    assert mixed.target.tolist() == [2, 0]
    np.testing.assert_allclose(mixed.relevance[0], by_label.relevance[0], atol=1e-15)
    assert mixed.target_label(1) == "class 0"
    assert net.explain(texts, target=(1, 2)).target_label() == "class 1 − class 2"


def test_a_single_sigmoid_unit_is_two_classes():
    net = zoo.network("bilstm_sigmoid")
    x = zoo.inputs(net, [4, 4])
    no, yes = net.explain(x, target=0), net.explain(x, target=1)
    np.testing.assert_array_equal(no.scores[:, 0], -no.scores[:, 1])
    np.testing.assert_allclose(no.relevance, -yes.relevance, atol=1e-15)
    np.testing.assert_allclose(net.probabilities(x).sum(axis=1), 1)
    z = net.predict(x)[:, 1]
    np.testing.assert_allclose(net.probabilities(x)[:, 1], 1 / (1 + np.exp(-z)))


def test_bad_options_get_a_sentence_with_the_choices(net):
    with pytest.raises(InputError, match=r"'deeplift'.*'lrp', 'sensitivity', 'gradient_x_input'"):
        net.explain(["w3"], method="deeplift")
    with pytest.raises(InputError, match="Epsilon"):
        net.explain(["w3"], rule=0.1)
    with pytest.raises(InputError, match="list some of 'lrp'"):
        net.explain_all(["w3"], methods=5)
    with pytest.raises(InputError, match="methods is \\[\\]; list some of 'lrp'"):
        net.explain_all(["w3"], methods=[])
    assert set(net.explain_all(["w3"], methods="lrp")) == {"lrp"}


def test_numpy_numbers_are_numbers():
    rule = Epsilon(eps=np.float32(0.5), bias_factor=np.int64(1))
    assert rule == Epsilon(eps=0.5, bias_factor=1.0)


def test_numbers_that_overflow_are_named_not_returned():
    from dataclasses import replace

    single = replace(zoo.network("bilstm"), dtype="float32")
    with pytest.raises(InputError, match="not finite"):
        single.explain(np.full((1, 3, zoo.E), 1e300))
    dense = replace(zoo.network("dense"), dtype="float32")
    with pytest.raises(InputError, match="overflow"):
        dense.explain(np.full((1, 6), 3e38))


def test_one_long_text_among_many_leaves_the_others_alone(net):
    texts = [["w3"]] * 400 + [["w4"] * 3000]
    found = net.explain(texts)
    assert found.relevance.shape == (401, 3000, zoo.E)
    alone = net.explain([["w3"]])
    np.testing.assert_allclose(found.relevance[7, :1], alone.relevance[0], atol=1e-14)


def test_threads_share_a_network(net):
    from concurrent.futures import ThreadPoolExecutor

    texts = [[f"w{2 + (n * k) % 9}" for k in range(1 + n % 7)] for n in range(24)]
    expected = [net.explain([text]).relevance for text in texts]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda text: net.explain([text]).relevance, texts))
    for one, two in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    "options",
    [{"eps": 0}, {"eps": -1e-3}, {"eps": float("nan")}, {"eps": float("inf")}, {"eps": "1"},
     {"bias_factor": -0.1}, {"bias_factor": 1.1}, {"bias_factor": float("nan")}, {"eps": True},
     {"eps": 10**400}, {"eps": 1e39}, {"eps": 1e-50}],
    ids=str,
)  # fmt: skip
def test_bad_rule_options_get_a_sentence(options):
    with pytest.raises(InputError, match=next(iter(options))):
        Epsilon(**options)


def test_a_table_gives_features_by_their_names():
    kernel = np.random.default_rng(3).normal(size=(3, 2))
    net = Network(nodes=(Node("out", Dense(kernel), (INPUT,)),), features=("age", "bmi", "s1"))
    table = pd.DataFrame(np.arange(2.0 * len(net.features)).reshape(2, -1), columns=net.features)
    expected = net.explain(table.to_numpy())
    mixed = table[list(reversed(net.features))].assign(note="as well")
    np.testing.assert_array_equal(net.explain(mixed).relevance, expected.relevance)
    whole = table.astype("Int64")
    np.testing.assert_array_equal(net.predict(whole), expected.scores)
    first = net.features[0]
    for bad, said in (
        (table.drop(columns=first), f"no column '{first}'"),
        (table.assign(**{first: "high"}), f"column '{first}' holds"),
        (pd.concat([table, table], axis=1), "two columns of one name"),
        (whole.assign(**{first: pd.array([1, None], "Int64")}), "not finite"),
        (table.iloc[:0], "nothing to explain"),
    ):
        with pytest.raises(InputError, match=said):
            net.explain(bad)
