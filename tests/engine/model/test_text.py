"""The text pipeline as data: options that are checked, saved and read again."""

import json
from dataclasses import replace

import pytest

from lrp_engine import FormatError, InputError, load
from lrp_engine.model.text import Tokenizer, Vocabulary
from lrp_engine.model.text.options import OPTIONS, checked
from tests import zoo

pytestmark = pytest.mark.usefixtures("untraced")

ALL = {
    "method": "keras", "lowercase": False, "standardize": "lower", "filters": ".,", "split": "|",
    "char_level": True, "drop": ["a"], "num_words": 9, "unknown": "film", "offset": 3, "start": 1,
    "end": "film", "length": 7, "truncate": "pre", "pad": "pre", "pad_id": 2,
}  # fmt: skip
BY_PIECES = {"method": "pieces", "pieces": "{}"}


WORDS = ["<pad>", "<unk>", "the", "film", "was", "good", "bad"]


def network(**options):
    """A network that reads these words."""
    return replace(zoo.reader(WORDS, ["no", "yes"], 0), tokenizer=Tokenizer(**options))


def test_every_option_is_read_written_and_no_two_are_the_same():
    assert {*ALL, *BY_PIECES} == set(OPTIONS)
    assert Tokenizer(**checked(BY_PIECES, "It")).changed_options() == BY_PIECES
    tokenizer = Tokenizer(**checked(ALL, "It"))
    assert {**tokenizer.changed_options()} == ALL
    assert Tokenizer(**checked(json.loads(json.dumps(ALL)), "It")) == tokenizer
    assert Tokenizer().changed_options() == {}


def test_true_is_the_pad_of_the_first_version():
    assert Tokenizer(length=3, pad=True) == Tokenizer(length=3, pad="post")
    assert Tokenizer(length=3, pad="post").changed_options()["pad"] is True


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"pattern": ".*"}, "unknown key 'pattern'; valid: 'lowercase' .true or false., 'method'"),
        ({"pad": 1}, '\'pad\': 1, expected "pre", "post" or false'),
        ({"length": True}, "'length': True, expected a number"),
        ({"drop": "the"}, "'drop': 'the', expected a list of words"),
        ({"drop": [1]}, "expected a list of words"),
        ([], "expected an object with some of 'lowercase'"),
    ],
)
def test_options_of_the_wrong_type_are_refused(options, said):
    with pytest.raises(FormatError, match=said):
        checked(options, "The tokenizer in the spec")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"filters": ","}, "'filters' belongs to the tokenizer 'keras', and this one is 'white"),
        ({"method": "keras", "split": ""}, "'split' of the tokenizer is empty"),
        ({"truncate": "left"}, "cut at 'left'; choose from 'pre', 'post'"),
        ({"pad": "left", "length": 2}, "padded at 'left'"),
        ({"pad": "pre"}, "no length is given"),
        ({"offset": -1}, "'offset' is -1, expected a whole number from 0 on"),
        ({"num_words": 0}, "'num_words' is 0"),
        ({"start": -2}, "'start' is -2"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, said):
    with pytest.raises(FormatError, match=said):
        Tokenizer(**options)


def test_another_method_forgets_what_belongs_to_keras():
    keras = Tokenizer(method="keras", filters="!", length=5, unknown="drop")
    assert keras.with_options({"method": "words"}) == Tokenizer(
        method="words", length=5, unknown="drop"
    )
    assert keras.with_options({"filters": "?"}).filters == "?"


def test_a_pipeline_is_saved_with_its_network(tmp_path):
    net = network(**{**ALL, "offset": 0})
    net.save(tmp_path / "net.zip")
    again = load(tmp_path / "net.zip")
    assert again.tokenizer == net.tokenizer
    assert again.hash == net.hash
    assert replace(net, tokenizer=Tokenizer()).hash != net.hash


def test_a_function_cuts_texts_but_cannot_be_saved(tmp_path):
    net = network(function=lambda text: text.split("/"))
    assert net.tokenizer("The/film") == ["the", "film"]
    with pytest.raises(InputError, match="a function of yours, which is code and cannot be saved"):
        net.save(tmp_path / "net.zip")
    assert net.tokenizer.with_options({"method": "words"}).function is None


def test_options_of_the_spec_change_those_of_the_file_one_by_one(tmp_path):
    network(method="words", length=4, pad="pre").save(tmp_path / "net.zip")
    net = load(tmp_path / "net.zip", spec={"tokenizer": {"truncate": "pre"}})
    assert net.tokenizer == Tokenizer(method="words", length=4, pad="pre", truncate="pre")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "net.zip"
    network(method="words").save(path)
    return path


def keras_tokenizer(**options):
    from keras.src.legacy.preprocessing.text import Tokenizer as KerasTokenizer

    made = KerasTokenizer(**options)
    made.fit_on_texts(["the film was good"])
    return made


def layer_of_keras():
    import keras

    return keras.layers.TextVectorization(vocabulary=["a"])


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"length": 3, "pad": "pre"}, Tokenizer(method="words", length=3, pad="pre")),
        (b'{"offset": 0, "drop": ["the"]}', Tokenizer(method="words", drop=("the",))),
        (Tokenizer(method="characters"), Tokenizer(method="characters")),
        (lambda: keras_tokenizer(lower=False), Tokenizer(method="keras", lowercase=False,
                                                         unknown="drop")),
        (lambda: keras_tokenizer(num_words=3).get_config(), Tokenizer(method="keras", num_words=3,
                                                                      unknown="drop")),
        (lambda: keras_tokenizer().to_json().encode(), Tokenizer(method="keras", unknown="drop")),
    ],
    ids=["options", "JSON", "own", "a Keras Tokenizer", "its configuration", "its JSON"],
)  # fmt: skip
def test_a_tokenizer_is_given_in_many_forms(file, given, read):
    given = given() if callable(given) and not isinstance(given, Tokenizer) else given
    assert load(file, WORDS, tokenizer=given).tokenizer == read
    spec = {"tokenizer": {"length": 2}}  # what is said key by key counts most
    assert load(file, WORDS, tokenizer=given, spec=spec).tokenizer == replace(read, length=2)


def test_a_function_is_given_and_said(file, tmp_path):
    net = load(file, tokenizer=lambda text: text.split("/"))
    assert net.explain(["the/Film"]).tokens == (("the", "Film"),)
    assert any("a function of the caller" in sentence for sentence in net.assumptions)
    with pytest.raises(InputError, match="cannot be saved"):
        net.save(tmp_path / "net.zip")


@pytest.mark.parametrize(
    ("given", "said"),
    [("a text", "a text"), ([1, 2], r"\[1, 2\]"), ({"input_ids": [1]}, "input_ids"), (7, "7")],
)
def test_what_a_function_gives_must_be_words(file, given, said):
    net = load(file, tokenizer=lambda text: given)
    with pytest.raises(InputError, match=f"function gave .*{said}.*, expected a list of words"):
        net.explain(["the film"])


@pytest.mark.parametrize(
    "given",
    [7, {"methd": "words", "length": 3}, b'{"length": "x"}', ["the", "film"], layer_of_keras],
)
def test_what_is_no_tokenizer_is_refused(file, given):
    given = given() if given is layer_of_keras else given
    with pytest.raises((FormatError, InputError), match="tokenizer"):
        load(file, WORDS, tokenizer=given)


def test_words_alone_say_nothing_of_how_texts_are_cut(file):
    with pytest.raises(FormatError, match="holds words and no settings"):
        load(file, WORDS, tokenizer=b"the\nfilm\n")


def test_words_that_cannot_be_found_are_a_warning():
    cased = replace(
        network(), vocabulary=Vocabulary(("<UNK>", "The", "Film", "was", "a", "b", "c"))
    )
    assert "2 of the 6 words of the vocabulary hold capitals" in cased.explain(["a"]).warnings[0]
    assert not replace(cased, tokenizer=Tokenizer(lowercase=False)).explain(["a"]).warnings
    glued = Vocabulary(("<unk>", "the", "film.", "was", "good!", "b", "."))
    for method, count in (("words", 1), ("keras", 1), ("whitespace", 0)):
        net = replace(network(method=method), vocabulary=glued)
        assert len(net.explain(["the"]).warnings) == count


@pytest.mark.parametrize(
    ("name", "found", "lost"),
    [("lower", "Über", "Film"), ("strip_punctuation", "gut”", "gut.")],
)
def test_tensorflow_changes_letters_of_ascii_only_and_finds_words_with_others(name, found, lost):
    of_keras = Tokenizer(method="ascii_whitespace", lowercase=False, standardize=name)
    for word, count in ((found, 0), (lost, 1)):
        net = replace(network(), tokenizer=of_keras, vocabulary=Vocabulary(("[UNK]", word, "b")))
        e = net.explain([word])
        assert (len(e.warnings), int(e.unknown.sum())) == (count, count)


def test_a_text_of_unknown_words_is_a_warning():
    e = network().explain(["the film was good", "x y z w the film", "x y the film was good"])
    assert e.warnings == ()
    assert [len(e[n].warnings) for n in range(3)] == [0, 1, 0]
    assert "4 of the 6 words of this text are unknown" in e[1].warnings[0]
    alone = network().explain(["x y z w the film"])
    assert alone.warnings == e[1].warnings == alone[0].warnings
