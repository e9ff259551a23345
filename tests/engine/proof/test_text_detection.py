"""Pipelines as Keras and PyTorch programs write them: text in, the program's probability out.

Each is loaded with the settings said, and again with none: five to eight texts show them.
Ids are made by Keras' own Tokenizer, `pad_sequences` and TextVectorization, and probabilities by
Keras; of the PyTorch program, whose state dict is written in PyTorch's layout, both by plain loops.
Weights are random: nothing is trained.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from lrp_engine import FormatError, InputError, load
from lrp_engine.cli.main import main
from lrp_engine.errors import OutOfTimeError
from lrp_engine.formats.companions.reference_files import read_reference
from lrp_engine.formats.keras.reader import parse
from lrp_engine.formats.questions import open_questions
from lrp_engine.formats.readers import contents_of
from lrp_engine.layers import GRU, Dense, Embedding
from lrp_engine.model.graph import Node
from lrp_engine.model.network import Network
from lrp_engine.model.text import Tokenizer, Vocabulary
from lrp_engine.proof.deciding_texts import deciding
from lrp_engine.proof.parity import parity, text_verdict
from lrp_engine.proof.sheet import (
    FAIL,
    FAILED,
    LAYER,
    NOT_CHECKED,
    PASS,
    VERIFIED,
    Line,
    ProofSheet,
)
from lrp_engine.proof.text_candidates import LENGTHS, paddings, sequences
from lrp_engine.proof.text_detection import UndecidedTextError, rank, with_detected_text
from lrp_engine.proof.text_search import Search
from lrp_engine.proof.text_twin import text_layer
from lrp_engine.proof.tried_texts import try_texts
from tests.hostile_pickles import shape, state_dict, storage, tensor, torch_zip

# What TensorFlow's variables say to numpy 2 while Keras saves them.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

CORPUS = (
    "the film was good and the actors were great",
    "a very bad plot: not a good film, it's the worst of the year",
    "well-made, day-long and dull",
    "I liked the year's best film; the best!",
)
TEXTS = (
    "The film was good.",
    "It's a very bad plot, NOT great!",
    "Unheard words were in the well-made film; the worst.",
    "a good film and a bad film and a dull film and the best film of the year and the worst plot",
    "Best film",
    "the year's best & worst",
)
WORDS = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class Pipeline:
    """A model, what becomes of texts before it, and the settings that say so.

    Attributes:
        ids: texts -> ids (B, T) as a program makes them; None where the model reads texts.
        words: by embedding row.
        settings: of `spec["tokenizer"]`.
        rows: of the embedding; 0 for as many as words.
        length: T where the model is built for it, with weights for each step (Flatten, Dense).
        vectorize: makes the text layer of a model that reads texts.
        torch: whether the model is a state dict of PyTorch.
    """

    ids: Callable[[Sequence[str]], Any] | None
    words: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    rows: int = 0
    length: int | None = None
    vectorize: Callable[[], Any] | None = None
    torch: bool = False


def _keras(
    maxlen: int, padding: str = "pre", truncating: str = "pre", rows: int = 0, **options: Any
) -> Pipeline:
    """Keras' Tokenizer, then `pad_sequences`."""
    from keras.src.legacy.preprocessing.text import Tokenizer
    from keras.utils import pad_sequences

    made = Tokenizer(**options)
    made.fit_on_texts(CORPUS)
    words = ("<pad>", *made.word_index)
    limit = options.get("num_words")
    settings = {"method": "keras", "unknown": options.get("oov_token", "drop"), "length": maxlen,
                "pad": padding, "truncate": truncating, "num_words": limit,
                **{key: options[key] for key in ("filters", "char_level") if key in options},
                "lowercase": options.get("lower", True)}  # fmt: skip

    def ids(texts: Sequence[str]) -> np.ndarray:
        rows = made.texts_to_sequences(texts)
        return pad_sequences(rows, maxlen=maxlen, padding=padding, truncating=truncating)

    return Pipeline(ids, words, settings, rows=rows)


def _flattened(length: int) -> Pipeline:
    """Keras' usual padding before a model built for one length."""
    padded = _keras(length)
    return replace(padded, length=length)


def _imdb() -> Pipeline:
    """As `keras.datasets.imdb.load_data` numbers words: start 1, unknown 2, words from 4 on."""
    index = {word: n for n, word in enumerate(_vocabulary(), start=1)}

    def ids(texts: Sequence[str]) -> np.ndarray:
        from keras.utils import pad_sequences

        rows = [[1, *(index[w] + 3 if w in index else 2 for w in t.lower().split())] for t in texts]
        return pad_sequences(rows, maxlen=20)

    settings = {"method": "whitespace", "offset": 3, "start": 1, "unknown": 2, "length": 20,
                "pad": "pre", "truncate": "pre", "pad_id": 0}  # fmt: skip
    return Pipeline(ids, ("<pad>", *index), settings, rows=len(index) + 4)


def _vocabulary() -> list[str]:
    return sorted({word for text in CORPUS for word in text.lower().split()})


def _torch(length: int, *, tokens: Callable[[str], list[str]], method: str) -> Pipeline:
    """A loop as PyTorch programs have: words or <unk>, cut, filled up behind, nothing packed."""
    words = ("<pad>", "<unk>", *sorted({w for text in CORPUS for w in tokens(text.lower())}))
    index = {word: n for n, word in enumerate(words)}

    def ids(texts: Sequence[str]) -> np.ndarray:
        made = np.zeros((len(texts), length), np.int64)
        for row, text in enumerate(texts):
            found = [index.get(word, 1) for word in tokens(text.lower())][:length]
            made[row, : len(found)] = found
        return made

    settings = {"method": method, "length": length, "pad": "post", "truncate": "post"}
    return Pipeline(ids, words, settings, torch=True)


def _state_dict(one: Pipeline, seed: int) -> tuple[bytes, np.ndarray]:
    """An LSTM classifier as `torch.save(model.state_dict())` writes it; what it says of TEXTS.

    The program reads the last state behind the padding, as `out[:, -1]` and `h_n` do.
    """
    draw, (e, h) = np.random.default_rng(seed), (5, 4)
    shapes = {
        "embedding.weight": (len(one.words), e), "lstm.weight_ih_l0": (4 * h, e),
        "lstm.weight_hh_l0": (4 * h, h), "lstm.bias_ih_l0": (4 * h,), "lstm.bias_hh_l0": (4 * h,),
        "fc.weight": (1, h), "fc.bias": (1,),
    }  # fmt: skip
    state = {name: draw.normal(size=size).astype(np.float32) for name, size in shapes.items()}
    # Padding is zeros (`padding_idx=0`), and is remembered through, as trained models do.
    state["embedding.weight"][0] = 0
    for name in ("lstm.weight_hh_l0", "lstm.bias_ih_l0", "lstm.bias_hh_l0"):
        state[name] *= 0.3
    state["lstm.bias_ih_l0"][h : 2 * h] += 3
    entries = [
        (name, tensor(shape(*array.shape), shape(*(n // 4 for n in array.strides)),
                      where=storage(array.size, str(n))))
        for n, (name, array) in enumerate(state.items())
    ]  # fmt: skip
    table, w_ih, w_hh, b_ih, b_hh, fc, bias = (v.astype(np.float64) for v in state.values())
    assert one.ids is not None
    said = []
    for ids in one.ids(TEXTS):
        hidden, cell = np.zeros(h), np.zeros(h)
        for n in ids:
            i, f, g, o = np.split(w_ih @ table[n] + b_ih + w_hh @ hidden + b_hh, 4)
            cell = cell / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
            hidden = np.tanh(cell) / (1 + np.exp(-o))
        said.append(1 / (1 + np.exp(-(fc @ hidden + bias)[0])))
    arrays = [array.tobytes() for array in state.values()]
    return torch_zip(state_dict(*entries), *arrays), np.array(said)


def _vectorization() -> Pipeline:
    import keras

    def layer() -> Any:
        made = keras.layers.TextVectorization(output_sequence_length=16)
        made.adapt(list(CORPUS))
        return made

    return Pipeline(None, vectorize=layer)


PIPELINES: dict[str, Callable[[], Pipeline]] = {
    "pad pre, cut pre": lambda: _keras(12),
    "pad post, cut post": lambda: _keras(15, "post", "post"),
    "pad pre, cut post": lambda: _keras(10, "pre", "post"),
    "filters": lambda: _keras(20, filters="!.,;:'&"),
    "char level": lambda: _keras(60, char_level=True),
    "oov token": lambda: _keras(25, oov_token="<OOV>"),
    "num_words": lambda: _keras(20, num_words=12, rows=12),
    "imdb": _imdb,
    "fixed length, flattened": lambda: _flattened(14),
    "text vectorization": _vectorization,
    "padded pytorch": lambda: _torch(18, tokens=str.split, method="whitespace"),
}  # fmt: skip


@cache
def built(name: str) -> tuple[bytes, Pipeline, np.ndarray]:
    """A model's file, its pipeline, and the program's probabilities of the texts."""
    import tempfile
    from pathlib import Path

    import keras

    k, one = keras.layers, PIPELINES[name]()
    if one.torch:
        data, said = _state_dict(one, len(name))
        return data, one, said
    layers: list[Any] = []
    if one.vectorize is not None:
        layers = [keras.Input((1,), dtype="string"), one.vectorize()]
        rows = layers[1].vocabulary_size()
    else:
        layers, rows = [keras.Input((one.length,))], one.rows or len(one.words)
    read_by = [k.LSTM(4)] if one.length is None else [k.LSTM(4, return_sequences=True), k.Flatten()]
    layers += [k.Embedding(rows, 5), *read_by, k.Dense(1, activation="sigmoid")]
    model = keras.Sequential(layers)
    draw = np.random.default_rng(len(name))
    for weight in model.trainable_weights:
        weight.assign(draw.normal(size=weight.shape))
    read = one.ids(TEXTS) if one.ids else np.array(TEXTS, object)[:, None]
    if one.ids is None:
        import tensorflow as tf

        read = tf.constant(read.tolist())
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes(), one, np.array(model(read))[:, 0]


def loaded(name: str, **options: Any) -> Any:
    data, one, _ = built(name)
    words = list(one.words[: one.rows or None]) or None
    if one.settings.get("offset"):
        words = list(one.words)
    return load(data, vocabulary=words, **options)


@pytest.mark.parametrize("name", PIPELINES)
def test_the_probability_of_a_text_is_that_of_the_program(name):
    _, one, expected = built(name)
    net = loaded(name, spec={"tokenizer": dict(one.settings)} if one.settings else None)
    found = net.probabilities(list(TEXTS))[:, 1]
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("name", PIPELINES)
def test_the_settings_are_found_from_a_few_texts(name):
    _, _, expected = built(name)
    net = loaded(name, spec={"tokenizer": "detect"}, reference=(TEXTS, expected))
    found = net.probabilities(list(TEXTS))[:, 1]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert any("text pipeline is detected" in sentence for sentence in net.assumptions)
    assert not [one for one in open_questions(net) if one.key.startswith("tokenizer.")]
    assert text_verdict(net, (TEXTS, expected)) == VERIFIED


NAME = "pad pre, cut post"
KERAS = Tokenizer(method="keras", unknown="drop")


@pytest.fixture(scope="module")
def plain():
    """A model whose text pipeline nobody described; traced once."""
    return loaded(NAME)


def test_the_search_is_bounded_and_its_ranking_plain(plain):
    expected = built(NAME)[2]
    assert np.abs(plain.probabilities(list(TEXTS))[:, 1] - expected).max() > 0.01
    found = sequences(plain, TEXTS)
    ways = {ids: paddings(plain.tokenizer, ids, lengths=LENGTHS) for ids in {(0,)}}
    assert len(found) * len(ways[0,]) > 10_000
    search = Search(plain, read_reference((TEXTS, expected)))
    best, second, *_ = search.ranking(found, ways)
    assert best.difference < 1e-5
    assert second.difference > 1e-4
    settings = best.tokenizer
    assert (settings.length, settings.pad, settings.truncate) == (10, "pre", "post")
    assert "length 10" in str(best)
    assert search.spent < 600_000  # time steps, of all ways and six texts
    scores = np.log(expected / (1 - expected))
    assert rank(plain, read_reference((TEXTS, scores)))[0].tokenizer == settings


def test_a_vocabulary_is_shifted_once_for_all_ways_to_cut(plain):
    """It can be large: 20,000 words made anew for every way took most of the time."""
    cut = replace(plain, vocabulary=Vocabulary((*plain.vocabulary.tokens, "more")[:-1]))
    vocabularies = {id(one.vocabulary) for one in sequences(cut, TEXTS)}
    assert len(vocabularies) == 4  # shifted by 0 to 3


def test_a_length_that_nobody_would_guess_is_found(plain):
    """Of what the usual lengths show to be near, every length is tried."""
    odd = replace(plain, tokenizer=replace(KERAS, length=7, pad="post", truncate="post"))
    expected = odd.probabilities(list(TEXTS))
    best = rank(plain, read_reference((TEXTS, expected)))[0]
    assert 7 not in LENGTHS
    assert (best.tokenizer.length, best.tokenizer.pad) == (7, "post")
    assert best.difference < 1e-5


def test_a_text_layer_is_proved_by_its_twin():
    data = built("text vectorization")[0]
    sheet = parity(data)
    assert sheet[LAYER].verdict == PASS
    assert sheet["text"].verdict == NOT_CHECKED
    assert (sheet.weights, sheet.text, sheet.verdict) == (VERIFIED,) * 3
    # What the file itself says is not searched for.
    net, expected = load(data), built("text vectorization")[2]
    tried = try_texts(net, sheet, read_reference((TEXTS, expected)))
    assert (tried.network.tokenizer, tried.candidates) == (net.tokenizer, ())
    assert tried.sheet["text"].verdict == PASS
    wrong = try_texts(net, sheet, read_reference((TEXTS, 0.9 * expected)))
    assert (wrong.sheet.text, wrong.candidates) == (FAILED, ())
    again = try_texts(wrong.network, wrong.sheet, read_reference((TEXTS, 0.9 * expected)))
    assert again.sheet[LAYER].verdict == PASS
    assert again.candidates == ()
    entry = parse(contents_of(data)).text_layer
    assert entry is not None
    for other in ({"standardize": "lower"}, {"length": 9}, {"standardize": "strip_punctuation"}):
        line = text_layer(load(data, spec={"tokenizer": other}), entry, ())
        assert line.verdict == FAIL, other
        failed = replace(sheet, lines=(*(one for one in sheet.lines if one.name != LAYER), line))
        assert (failed.weights, failed.text, failed.verdict) == (VERIFIED, FAILED, FAILED)


def test_what_texts_do_not_show_is_said_with_the_text_that_would(plain):
    """Two texts of known words, shorter than any length: nothing is known of other texts."""
    texts = ("the film was good", "a dull plot")
    ids = [[0] * (10 - len(text.split())) + plain.vocabulary.ids(text.split()).tolist()
           for text in texts]  # fmt: skip
    found = with_detected_text(plain, read_reference((texts, plain.probabilities(ids))))
    assert (found.tokenizer.pad, found.tokenizer.length) == ("pre", 10)
    said = " ".join(found.assumptions)
    for text in ("with a word that the vocabulary lacks", "with capital letters", "longer than 10"):
        assert f"a text {text}" in said, text
    settled = with_detected_text(plain, read_reference((TEXTS, built(NAME)[2])))
    assert "a word that the vocabulary lacks" not in " ".join(settled.assumptions)


def test_what_is_not_found_comes_with_the_nearest(plain):
    wrong = read_reference((TEXTS[:3], 0.9 * built(NAME)[2][:3]))
    with pytest.raises(UndecidedTextError, match=r"no way to read them .* The best are") as caught:
        with_detected_text(plain, wrong)
    assert len(caught.value.candidates) == 4
    assert caught.value.candidates[0].difference > 1e-3


@pytest.fixture(scope="module")
def blind():
    """A model that sees no difference between its words cannot tell how they are looked up."""
    draw = np.random.default_rng(0).normal
    nodes = (
        Node("words", Embedding(np.tile(draw(size=(1, 4)), (9, 1))), ("input",)),
        Node("gru", GRU(draw(size=(4, 9)), draw(size=(3, 9)), draw(size=9)), ("words",)),
        Node("out", Dense(draw(size=(3, 1)), draw(size=1)), ("gru",)),
    )
    return Network(nodes=nodes, output="sigmoid", vocabulary=Vocabulary(tuple("abcdefg")))


def test_texts_that_do_not_decide_ask_for_one_that_would(blind):
    reference = read_reference((("a B", "c x"), blind.probabilities(["a b", "c x"])))
    with pytest.raises(UndecidedTextError, match=r"not 10 times worse .* would decide") as caught:
        with_detected_text(blind, reference)
    assert caught.value.deciding


def test_a_sign_that_a_network_forgets_is_asked_for_near_the_end_of_a_text():
    words, cased = Vocabulary(("good", "film")), replace(KERAS, lowercase=False)
    found = [
        deciding(
            replace(KERAS, length=length), [replace(cased, length=length)], words, 2, given=given
        )
        for length, given in ((None, ()), (None, ("Good",)), (60, ("Good",)))
    ]
    ends = ("", " near its end", " near its end")
    of = ("", "", " of about 60 tokens")
    assert found == [
        [f"a text{n} with capital letters{end}"] for n, end in zip(of, ends, strict=True)
    ]


def sheet_of(network: Network) -> ProofSheet:
    """A sheet that says nothing yet of texts, and fails in something else."""
    lines = (
        Line(name="ledger", title="Ledger", verdict=FAIL, detail="It fails."),
        Line(name="text", title="Texts", verdict=NOT_CHECKED, detail="Nothing was given."),
    )
    return ProofSheet(model_hash=network.hash, source="s", dtype="float32", lines=lines)


def test_texts_tried_settle_how_texts_are_read_and_the_line_of_the_proof(plain):
    expected = built(NAME)[2]
    found = try_texts(plain, sheet_of(plain), read_reference((TEXTS, expected)))
    assert (found.network.tokenizer.pad, found.network.tokenizer.length) == ("pre", 10)
    assert (found.sheet.weights, found.sheet.text) == (FAILED, VERIFIED)
    assert found.sheet.model_hash == replace(found.network, warnings=()).hash
    assert found.sheet.warnings[0] in found.network.warnings
    np.testing.assert_allclose(found.outputs, found.expected, atol=1e-5)
    np.testing.assert_array_equal(found.expected[:, 1], expected)
    assert not found.candidates
    assert "other ways" not in found.sheet["text"].detail


def test_texts_that_do_not_decide_leave_a_choice(blind):
    texts = ("a B", "c x")
    outputs = blind.probabilities(list(texts))
    reference = read_reference((texts, outputs))
    undecided = try_texts(blind, sheet_of(blind), reference)
    assert undecided.network.tokenizer == blind.tokenizer
    assert len(undecided.candidates) == 4
    assert undecided.deciding
    said = undecided.sheet["text"]
    assert said.verdict == PASS
    assert f"other ways to read texts give the same numbers, which {undecided.deciding[0]}" in (
        said.detail
    )
    chosen = undecided.candidates[1]
    found = try_texts(blind, sheet_of(blind), reference, chosen=chosen)
    assert found.network.tokenizer == chosen.tokenizer
    assert any("chosen by a person" in sentence for sentence in found.network.assumptions)
    far = try_texts(blind, sheet_of(blind), read_reference((texts, 0.9 * outputs)))
    assert far.sheet.text == FAILED
    assert not far.deciding
    assert "other ways" not in far.sheet["text"].detail


def test_texts_are_tried_within_a_time(plain):
    reference = read_reference((TEXTS, built(NAME)[2]))
    with pytest.raises(OutOfTimeError):
        try_texts(plain, sheet_of(plain), reference, seconds=-1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"spec": {"tokenizer": "detect"}}, "needs a reference"),
        ({"spec": {"tokenizer": "detect"}, "reference": ([[1, 2]], [[0.5, -0.5]])}, "needs a ref"),
        ({"spec": {"tokenizer": "detect"}, "reference": (TEXTS, [1, 0, 1, 0, 1, 0])}, "Labels"),
        ({"reference": (TEXTS, np.ones(6))}, "tokenizer='detect'"),
        ({"spec": {"tokenizer": "find"}}, "expected an object"),
    ],
    ids=str,
)
def test_detecting_needs_texts_with_outputs(options, words):
    with pytest.raises((InputError, FormatError), match=words):
        loaded(NAME, **options)


def test_the_command_finds_the_settings(tmp_path, capsys):
    data, one, expected = built(NAME)
    (tmp_path / "model.keras").write_bytes(data)
    (tmp_path / "words.txt").write_text("\n".join(one.words) + "\n")
    (tmp_path / "spec.json").write_text('{"tokenizer": "detect"}')
    rows = [json.dumps([text, float(p)]) for text, p in zip(TEXTS, expected, strict=True)]
    (tmp_path / "mine.jsonl").write_text("\n".join(rows))
    command = ["prove", str(tmp_path / "model.keras"), "--json"]
    files = {"vocabulary": "words.txt", "spec": "spec.json", "reference": "mine.jsonl"}
    for option, name in files.items():
        command += [f"--{option}", str(tmp_path / name)]
    assert main(command) == 0
    sheet = json.loads(capsys.readouterr().out)
    assert (sheet["verdict"], sheet["weights"], sheet["text"]) == (VERIFIED,) * 3
    assert any("length 10" in sentence for sentence in sheet["assumptions"])
