"""Vocabularies and labels as programs keep them: Keras, torchtext, scikit-learn, joblib."""

from __future__ import annotations

import collections
import json
import pickle
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras.src.legacy.preprocessing.text import Tokenizer as KerasTokenizer

import lrp_engine
from lrp_engine import FormatError
from lrp_engine.formats.companions.companions import Companions, read_companions
from lrp_engine.formats.containers.pickle_objects import object_names
from lrp_engine.formats.input_file import open_file, unpack_file
from tests import hostile_pickles

SKLEARN = Path(__file__).parents[2] / "fixtures" / "sklearn"
PROTOCOLS = range(6)
WORDS = ("<pad>", "<unk>", "good", "bad")
IDS = {word: number for number, word in enumerate(WORDS)}


def given(vocabulary: Any = None, labels: Any = None) -> Companions:
    return read_companions(
        vocabulary=vocabulary, embeddings=None, labels=labels, spec=None, dtype="float32"
    )


def words(value: Any) -> tuple[str, ...]:
    vocabulary = given(value).vocabulary
    assert vocabulary is not None
    return vocabulary.tokens


def unpickled(data: bytes | Path) -> Any:
    with open_file(data, "The file") as (file, size):
        return unpack_file(file, size).value


@pytest.fixture
def class_of(monkeypatch: pytest.MonkeyPatch):
    """A class that pickles under a name of our choice."""

    def make(module: str, name: str, **members: Any) -> type:
        parts = module.split(".")
        for end in range(1, len(parts) + 1):  # packages that are not installed
            path = ".".join(parts[:end])
            if path == module or path not in sys.modules:
                monkeypatch.setitem(sys.modules, path, types.ModuleType(path))
        kind = type(name, (), {"__module__": module, **members})
        setattr(sys.modules[module], name, kind)
        return kind

    return make


def tokenizer() -> KerasTokenizer:
    made = KerasTokenizer(num_words=4, oov_token="<oov>")
    made.fit_on_texts(["good good film", "good film, bad"])
    return made


# Keras ----------------------------------------------------------------------------------------

MODULES = [module for module, name in object_names() if name == "Tokenizer"]


@pytest.mark.parametrize("module", MODULES)
def test_a_pickled_tokenizer_is_read_by_every_name_its_class_had(module, class_of):
    made = class_of(module, "Tokenizer")()
    made.__dict__.update(tokenizer().__dict__)
    assert type(made.word_counts) is collections.OrderedDict
    assert type(made.word_docs) is collections.defaultdict
    for protocol in PROTOCOLS:
        assert words(pickle.dumps(made, protocol)) == ("<pad>", "<oov>", "good", "film", "bad")


def test_a_tokenizer_is_read_from_its_json_also_within_json():
    text = tokenizer().to_json()
    config = json.dumps(tokenizer().get_config())
    for given_text in (text, json.dumps(text), json.dumps(json.dumps(text)), config):
        assert words(given_text.encode()) == ("<pad>", "<oov>", "good", "film", "bad")


def test_a_tokenizer_of_another_module_is_refused(class_of):
    made = class_of("somewhere.text", "Tokenizer")()
    with pytest.raises(FormatError, match=r"names 'somewhere\.text\.Tokenizer'"):
        words(pickle.dumps(made))


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("keras.engine.sequential", "Sequential"),
        ("keras.src.models.sequential", "Sequential"),
        ("tensorflow.python.keras.engine.training", "Model"),
        ("tf_keras.src.engine.functional", "Functional"),
    ],
)
def test_a_pickled_keras_model_is_named_as_one(module, name, class_of):
    data = pickle.dumps(class_of(module, name)())
    for options in ({}, {"vocabulary": data}):
        with pytest.raises(FormatError, match=r"pickled Keras model .* save it as \.keras") as said:
            lrp_engine.load(data, **options)
        assert "Tokenizer" not in str(said.value)


def test_a_keras_3_model_is_named_though_its_pickle_begins_with_getattr(class_of):
    kind = class_of("keras.src.models.model", "Model", _unpickle=classmethod(lambda cls, x: x))
    made = kind()
    kind.__reduce__ = lambda self: (type(self)._unpickle, (b"",))
    for protocol in PROTOCOLS:
        with pytest.raises(FormatError, match=r"pickled Keras model"):
            lrp_engine.load(pickle.dumps(made, protocol))


# torchtext ------------------------------------------------------------------------------------


def legacy_vocabulary(class_of: Any, module: str) -> Any:
    made = class_of(module, "Vocab")()
    made.freqs = collections.Counter("aab")
    made.itos, made.stoi, made.unk_index, made.vectors = list(WORDS), dict(IDS), 1, None
    return made


def vocabulary_with_compiled_part(class_of: Any, module: str) -> Any:
    compiled = class_of("torchtext._torchtext", "Vocab", __getstate__=lambda self: self.held)()
    compiled.held = ("0.0.2", [1], list(WORDS), [])
    made = class_of(module, "Vocab")()
    made.training, made._buffers, made.vocab = True, collections.OrderedDict(), compiled
    made._non_persistent_buffers_set = set()
    return made


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("make", "module"),
    [
        (legacy_vocabulary, "torchtext.vocab"),
        (legacy_vocabulary, "torchtext.legacy.vocab"),
        (vocabulary_with_compiled_part, "torchtext.vocab"),
        (vocabulary_with_compiled_part, "torchtext.vocab.vocab"),
    ],
)
def test_a_torchtext_vocabulary_is_read(make, module, protocol, class_of):
    data = pickle.dumps(make(class_of, module), protocol)
    assert words(data) == WORDS
    if protocol == 2:  # torch.save
        assert words(hostile_pickles.torch_zip(data)) == WORDS


# Tables of two halves, lists, dictionaries ----------------------------------------------------

HALVES = [
    {"word2idx": IDS, "idx2word": {str(n): word for word, n in IDS.items()}},
    {"itos": list(WORDS), "stoi": IDS},
    {"itos": list(WORDS)},
    {"token_to_id": IDS},
    {"vocab": IDS, "pad_idx": 0, "unk_token": "<unk>"},
    {"idx2word": dict(enumerate(WORDS)), "word2count": {"good": 3}},
]


@pytest.mark.parametrize("value", HALVES, ids=range(6))
def test_a_table_of_two_halves_is_read(value):
    for data in (
        value,
        json.dumps(value).encode(),
        pickle.dumps(value),
        hostile_pickles.torch_zip(pickle.dumps(value, 2)),
    ):
        assert words(data) == WORDS


def test_words_that_are_called_like_a_half_are_words():
    ids = {"vocab": 0, "itos": 1, "config": 2}
    assert words(json.dumps(ids).encode()) == tuple(ids)


def test_halves_that_contradict_each_other_are_refused():
    with pytest.raises(FormatError, match="contradict each other: 'good' has id 3"):
        words({"itos": list(WORDS), "stoi": {**IDS, "good": 3, "bad": 2}})


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_numpy_texts_are_words(protocol):
    """`get_vocabulary()` of Keras gives numpy texts, the first of them empty."""
    listed = [np.str_(word) for word in ("", "[UNK]", "ünï", "x\u2028")]
    for value in (listed, np.array(listed), np.array(listed, object), np.array(listed, ">U9")):
        assert words(pickle.dumps(value, protocol)) == ("", "[UNK]", "ünï", "x\u2028")
    assert words(pickle.dumps(np.array([b"a", b"bcd"]), protocol)) == ("a", "bcd")
    assert words(pickle.dumps([("a", 0), ("b", np.int64(1))], protocol)) == ("a", "b")


@pytest.mark.parametrize("name", ["words.joblib", "words_zlib.joblib"])
def test_a_dictionary_of_joblib_is_read(name):
    assert words(SKLEARN / name) == WORDS
    assert words((SKLEARN / name).read_bytes()) == WORDS


@pytest.mark.parametrize("name", ["arrays.joblib", "arrays_zlib.joblib"])
def test_arrays_of_joblib_are_read(name):
    value = unpickled(SKLEARN / name)
    np.testing.assert_array_equal(value["c"], np.arange(6, dtype="f4").reshape(2, 3), strict=True)
    np.testing.assert_array_equal(value["f"], np.eye(2, 3), strict=True)
    assert (value["texts"], value["n"]) == (["a", "ünï"], 3)
    table = unpickled(SKLEARN / "array.joblib")
    np.testing.assert_array_equal(table, np.eye(4, 3, dtype="f4"), strict=True)


# Words that are blanks or line breaks ---------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        rb'["<unk>", "\n", "\n\n", " ", "good", "\""]',
        rb'"<unk>"' b"\n" rb'"\n"' b"\n" rb'"\n\n"' b"\n" b'" "\n"good"\n' rb'"\""' b"\n",
        rb'"<unk>",0' b"\n" rb'"\n",1' b"\n" rb'"\n\n",2' b"\n" b'" ",3\n"good",4\n' rb'"\"",5',
        b'0\t<unk>\n1\t\n\n2\t\n\n\n3\t \n4\tgood\n5\t"\n',  # as spaCy's words come out of print
    ],
    ids=["json", "json_lines", "json_pairs", "printed"],
)
def test_blanks_and_line_breaks_can_be_words(data):
    assert words(data) == ("<unk>", "\n", "\n\n", " ", "good", '"')


def test_a_blank_line_is_refused_with_the_notation_that_says_what_is_meant():
    for data in (b"a\n\nb\n", b"0\ta\n\n1\tb\n"):
        with pytest.raises(FormatError, match=r'every line in quotes, "\\n"'):
            words(data)


# Labels ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["labels.pkl", "labels.joblib", "one_hot.pkl"])
def test_the_classes_of_an_encoder_are_labels(name):
    for source in (SKLEARN / name, str(SKLEARN / name), (SKLEARN / name).read_bytes()):
        assert given(labels=source).labels == ("negative", "positive")


def test_numbers_as_classes_are_named_by_them():
    assert given(labels=SKLEARN / "numbers.pkl").labels == ("1", "2")


def test_labels_and_words_are_told_apart():
    with pytest.raises(FormatError, match="more than one column"):
        given(labels=SKLEARN / "one_hot_of_two.pkl")
    with pytest.raises(FormatError, match=r"a LabelEncoder, which names classes; .* `labels`"):
        words(SKLEARN / "labels.pkl")
    with pytest.raises(FormatError, match="is a Keras Tokenizer; give it as `vocabulary`"):
        given(labels=pickle.dumps(tokenizer()))
    for name, where in (("labels.joblib", "labels"), ("one_hot.pkl", "labels")):
        with pytest.raises(FormatError, match=f"not a network; give it as `{where}`"):
            lrp_engine.load(SKLEARN / name)
    with pytest.raises(FormatError, match=r"not a network; give it as `vocabulary`"):
        lrp_engine.load(pickle.dumps(tokenizer()))


# Hostile --------------------------------------------------------------------------------------


class Spoiled:
    """A pickle of a known class with a state of our choice."""

    def __init__(self, module: str, name: str, state: Any) -> None:
        self.kind, self.state = (module, name), state

    def data(self, protocol: int) -> bytes:
        module, name = self.kind
        state = pickle.dumps(self.state, protocol)[2:-1] if protocol > 1 else b""
        return hostile_pickles.steps(
            hostile_pickles.named(module, name), b")\x81", state, b"b", protocol=protocol
        )


TOKENIZER = ("keras.preprocessing.text", "Tokenizer")


@pytest.mark.parametrize(
    ("kind", "state", "said"),
    [
        (TOKENIZER, {"word_index": 3}, "without 'word_index'"),
        (TOKENIZER, {"word_index": "["}, "not valid JSON"),
        (TOKENIZER, {"word_index": {"a": []}}, "expected a word and its id"),
        (TOKENIZER, {"word_index": {"a": None}}, "expected a word and its id"),
        (TOKENIZER, {"word_index": {1: "a"}}, "expected a word and its id"),
        (TOKENIZER, {"word_index": {"a": -1}}, "from 0 or 1"),
        (TOKENIZER, {"word_index": {"a": 2**62}}, "from 0 or 1"),
        (TOKENIZER, {"word_index": {}}, "empty"),
        (TOKENIZER, {"word_index": {"a": 1.5}}, "expected a word and its id"),
        (("torchtext.vocab", "Vocab"), {"itos": [1]}, "expected text"),
        (("torchtext.vocab", "Vocab"), {"itos": ["a", "a"]}, "more than once"),
        (("sklearn.preprocessing._label", "LabelEncoder"), {"classes_": ["a"]}, "`labels`"),
    ],
    ids=range(12),
)
def test_states_with_wrong_values_are_refused(kind, state, said):
    for protocol in (2, 4):
        with pytest.raises(FormatError, match=said):
            words(Spoiled(*kind, state).data(protocol))


@pytest.mark.parametrize(
    ("kind", "state", "said"),
    [
        (("sklearn.preprocessing._label", "LabelEncoder"), {"classes_": 3}, "no list"),
        (("sklearn.preprocessing._label", "LabelEncoder"), {"classes_": []}, "found none"),
        (("sklearn.preprocessing._label", "LabelEncoder"), {"classes_": [None]}, "one text"),
        (("sklearn.preprocessing._encoders", "OneHotEncoder"), {"categories_": 3}, "more than one"),
        (("sklearn.preprocessing._encoders", "OneHotEncoder"), {"categories_": [3]}, "no list"),
    ],
    ids=range(5),
)
def test_encoders_with_wrong_values_are_refused(kind, state, said):
    with pytest.raises(FormatError, match=said):
        given(labels=Spoiled(*kind, state).data(4))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (json.dumps(json.dumps(json.dumps(json.dumps(json.dumps("{}"))))), "more than 3 times"),
        ('"' * 5000, "characters"),
        (json.dumps("[" * 100_000), "not valid JSON"),
        (json.dumps("[1]"), "expected text"),
        (json.dumps('{"class_name": 1, "config": 2}'), "without 'word_index'"),
        ('{"itos": 1, "stoi": [2]}', "holds int"),
        ('{"idx2word": {"x": "a"}}', "not all of them"),
        ('{"word_index": {"a": {}}}', "expected a word"),
        ('{"itos": ["a"], "stoi": {"a": [0]}}', "contradict"),
    ],
    ids=range(9),
)
def test_json_that_is_no_vocabulary_is_refused(data, said):
    with pytest.raises(FormatError, match=said):
        words(data.encode())


def test_nothing_of_an_object_is_ever_called(class_of):
    """What `__setstate__` and `__reduce__` of the file's own class would do is not done."""
    hostile_pickles.CANARY.unlink(missing_ok=True)
    state = {"word_index": {"a": 1}, "__setstate__": 1, "__class__": "os.system", "__dict__": {}}
    assert words(Spoiled(*TOKENIZER, state).data(4)) == ("<pad>", "a")
    assert not hostile_pickles.CANARY.exists()
