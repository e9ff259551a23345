"""Pieces of words: Hugging Face's tokenizer.json and BERT's vocab.txt, read and used."""

from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pytest
import tokenizers

import lrp_engine
from lrp_engine import FormatError
from lrp_engine.formats.companions.companions import read_companions
from lrp_engine.formats.containers import sandbox
from lrp_engine.formats.questions import open_questions
from lrp_engine.model.text import Tokenizer
from tests import hostile_tokenizers as hostile
from tests.children import IN_A_CHILD
from tests.clock import computed
from tests.fixed_length import NINE, of_length

pytestmark = pytest.mark.usefixtures("untraced")

PIECES = list(hostile.WORDPIECE["model"]["vocab"])
E, H = 3, 2


def network(vocabulary: Any, **spec: Any) -> lrp_engine.Network:
    rng = np.random.default_rng(0)
    shapes = [(E, 4 * H), (H, 4 * H), (4 * H,)] * 2 + [(2 * H, 2), (2,)]
    return lrp_engine.load(
        pickle.dumps([rng.normal(size=shape) for shape in shapes]),
        vocabulary=vocabulary,
        embeddings=rng.normal(size=(len(PIECES), E)),
        spec={"tokenizer": spec} if spec else None,
    )


def test_what_a_tokenizer_json_says_is_not_asked():
    model = {**hostile.WORDPIECE["model"], "vocab": {word: n for n, word in enumerate(PIECES[:9])}}
    told = json.dumps({**hostile.WORDPIECE, "model": model}).encode()
    for vocabulary, asked in ((told, False), ("\n".join(NINE).encode(), True)):
        net = lrp_engine.load(of_length(None), vocabulary=vocabulary)
        assert ("tokenizer.method" in {one.key for one in open_questions(net)}) is asked


def given(value: Any) -> Any:
    data = json.dumps(value).encode() if isinstance(value, dict) else value
    return read_companions(
        vocabulary=data, embeddings=None, labels=None, spec=None, dtype="float32"
    ).words


def bert(words: str) -> bytes:
    return words.replace(" ", "\n").encode()


def cut(words: Any, text: str) -> list[str]:
    return list(Tokenizer().with_options(words.options).cut(text))


def test_the_vocabulary_of_bert_cuts_words_into_pieces():
    words = given(bert("[PAD] [UNK] the film good ##ly bad very"))
    assert cut(words, "The Goodly film, zzz") == ["the", "good", "##ly", "film", "[UNK]", "[UNK]"]
    assert "as BERT does, in lower case." in words.assumptions[0]
    assert not {"start", "end"} & set(words.options)


def test_cased_pieces_and_marks_are_read_off_the_list():
    words = given(bert("[PAD] [UNK] [CLS] [SEP] The good ##ly"))
    assert cut(words, "The the") == ["The", "[UNK]"]
    assert (words.options["start"], words.options["end"]) == ("[CLS]", "[SEP]")
    assert "as they are written, between [CLS] and [SEP]" in words.assumptions[0]


def test_a_tokenizer_json_says_what_stands_around_a_text():
    words = given(hostile.WORDPIECE)
    assert words.vocabulary.tokens == tuple(PIECES)
    expected = {"start": "[CLS]", "end": "[SEP]", "length": 9, "pad": "pre", "truncate": "pre",
                "pad_id": 0, "lowercase": False}  # fmt: skip
    assert {name: words.options[name] for name in expected} == expected
    assert cut(words, "The GOODLY film") == ["the", "good", "##ly", "film"]


@pytest.mark.parametrize("kind", ["bpe", "unigram", "wordlevel"])
def test_pieces_are_those_of_the_package(kind):
    from tokenizers import models, normalizers, pre_tokenizers, processors, trainers

    special = ["<s>", "</s>", "<unk>"]
    options = {"vocab_size": 120, "special_tokens": special, "show_progress": False}
    made, trainer = {
        "bpe": (models.BPE(), trainers.BpeTrainer(**options)),
        "unigram": (models.Unigram(), trainers.UnigramTrainer(**options, unk_token="<unk>")),
        "wordlevel": (models.WordLevel(unk_token="<unk>"), trainers.WordLevelTrainer(**options)),
    }[kind]
    theirs = tokenizers.Tokenizer(made)
    theirs.pre_tokenizer = {
        "bpe": pre_tokenizers.ByteLevel(add_prefix_space=True),
        "unigram": pre_tokenizers.Metaspace(),
        "wordlevel": pre_tokenizers.Whitespace(),
    }[kind]
    theirs.normalizer = normalizers.NFKC()
    texts = ["the film was good and goodly", "naïve films, bad films"] * 9
    theirs.train_from_iterator(texts, trainer)
    theirs.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    words = given(theirs.to_str().encode())
    text = "The goodly ﬁlm was naïve, zzz"
    assert cut(words, text) == theirs.encode(text, add_special_tokens=False).tokens
    marks = [words.options["start"], *cut(words, text), words.options["end"]]
    assert list(words.vocabulary.ids(marks)) == theirs.encode(text).ids
    assert list(words.vocabulary.tokens) == [
        theirs.id_to_token(n) for n in range(theirs.get_vocab_size())
    ]


def test_a_network_reads_pieces_and_keeps_them(tmp_path):
    net = network(bert(" ".join(PIECES)), start=None, end=None)
    ids = np.array([[PIECES.index(piece) for piece in ("good", "##ly", "film")]])
    np.testing.assert_allclose(net.predict(["Goodly film"]), net.predict(ids), atol=1e-6)
    assert net.explain(["Goodly film"]).tokens == (("good", "##ly", "film"),)
    net.save(tmp_path / "model.zip")
    kept = lrp_engine.load(tmp_path / "model.zip")
    assert kept.hash == net.hash
    np.testing.assert_allclose(kept.predict(["Goodly film"]), net.predict(ids), atol=1e-6)


def test_whole_words_by_wish():
    net = network(bert(" ".join(PIECES)), method="words")
    assert net.tokenizer.pieces is None
    assert list(net.tokenizer.cut("goodly film")) == ["goodly", "film"]


@pytest.fixture
def without_the_package(monkeypatch, tmp_path):
    """A child that finds no package."""
    script = tmp_path / "worker.py"
    folder = sandbox._WORKER.parents[1]
    script.write_text(
        f"import sys\nsys.path.append({str(folder)!r})\nsys.modules['tokenizers'] = None\n"
        "from containers import worker\nworker.main(*sys.argv[1:])\n"
    )
    monkeypatch.setattr(sandbox, "_WORKER", script)
    monkeypatch.setattr(sandbox, "unpack", IN_A_CHILD)


def test_without_the_package_every_explanation_says_so(without_the_package):
    for vocabulary in (bert(" ".join(PIECES)), json.dumps(hostile.WORDPIECE).encode()):
        net = network(vocabulary)
        assert net.vocabulary.tokens == tuple(PIECES)
        assert net.tokenizer.pieces is None
        (warning,) = net.explain(["the film"]).warnings
        assert "needs the package tokenizers" in warning
        assert "pip install" in warning


def test_pieces_without_their_merges_are_named_on_every_explanation():
    words = given("<s>\n</s>\nĠthe\nĠfilm\nly\nĠgood".encode())
    assert "pieces of words (Ġ...)" in words.warnings[0]
    assert words.options == {}
    # A few such words stand in many lists.
    assert (
        given("the\n▁\n##\nĠthe\n".encode() + b"\n".join(b"w%d" % n for n in range(50))).warnings
        == ()
    )


# Hostile --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", hostile.HOSTILE)
def test_hostile_tokenizers_are_refused_soon(name):
    make, said = hostile.HOSTILE[name]
    value, start = make(), computed()
    with pytest.raises(FormatError) as caught:
        given(value)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 500
    assert computed() - start < 10


def test_pieces_in_the_projects_own_format_are_read_by_the_child_too(tmp_path):
    net = network(bert(" ".join(PIECES)))
    net.save(tmp_path / "model")
    description = json.loads((tmp_path / "model" / "network.json").read_text())
    spoiled = json.loads(description["tokenizer"]["pieces"])
    spoiled["pre_tokenizer"] = {"type": "Split", "pattern": {"Regex": "(a+)+$"}}
    for pieces, said in ((json.dumps(spoiled), "a pattern of its own"), ("[", "not valid JSON"),
                         ("[]", "no 'model'"), ('{"model": 1}', "no 'model'")):  # fmt: skip
        description["tokenizer"]["pieces"] = pieces
        (tmp_path / "model" / "network.json").write_text(json.dumps(description))
        with pytest.raises(FormatError, match=said):
            lrp_engine.load(tmp_path / "model")
