"""Files that come together: each is taken for what it holds, and what it is not is said."""

from __future__ import annotations

import io
import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from lrp_engine.errors import FormatError
from lrp_engine.formats import roles
from lrp_engine.formats.companions.reference_files import ARRAYS, OUTPUTS
from lrp_engine.formats.roles import ROLES, Taken, taken_for, taken_together

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
_CONFIG = {"word_index": '{"a": 1}', "lower": True}
TOKENIZER = json.dumps({"class_name": "Tokenizer", "config": _CONFIG})


def fixture(path: str) -> bytes:
    return (FIXTURES / path).read_bytes()


def npz(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def npy(array) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


TABLE = np.ones((4, 3), np.float32)
FILES = {
    "weights": {
        "keras": fixture("keras3/imdb.keras"), "h5": fixture("keras3/imdb.h5"),
        "torch": fixture("torch/lstm.pt"), "legacy": fixture("torch/lstm_legacy.pt"),
        "views": fixture("torch/views.pt"), "onnx": fixture("onnx/lstm.onnx"),
        "safetensors": fixture("torch/lstm.safetensors"), "npz": fixture("torch/lstm.npz"),
        "eight": npz(**{f"arr_{n}": TABLE for n in range(8)}),
        "pickle": pickle.dumps([TABLE] * 8), "module": fixture("torch/refused_module.pt"),
    },
    "vocabulary": {
        "lines": b"<pad>\n<unk>\ngood\nbad", "word and number": b"good\t0\nbad\t1\n",
        "list": b'["a", "b"]', "word_index": b'{"a": 1, "b": 2}', "brackets": b"[PAD]\n[UNK]\na",
        "tokenizer": TOKENIZER.encode(), "JSON in JSON": json.dumps(TOKENIZER).encode(),
        "pickle": pickle.dumps({"a": 1, "b": 2}), "joblib": fixture("sklearn/words.joblib"),
        "halves": b'{"itos": ["a", "b"], "stoi": {"a": 0, "b": 1}}',
    },
    "embeddings": {
        "npy": npy(TABLE), "npz": npz(table=TABLE), "glove": b"the 0.1 0.2\nof 0.3 0.4\n",
        "json": b'{"a": [0.1, 0.2], "b": [0.3, 0.4]}', "joblib": fixture("sklearn/array.joblib"),
        "pickle": pickle.dumps({"a": TABLE[0], "b": TABLE[1]}),
    },
    "labels": {"encoder": fixture("sklearn/labels.pkl"), "hot": fixture("sklearn/one_hot.pkl")},
    "reference": {
        "csv": b"text,probability\ngood,0.25\nbad,0.5\n", "no head": b"so good,0.25\nso bad,0.5\n",
        "semicolons": b"text;p\ngood;0,25\nbad;0,5\n",
        "jsonl": b'{"text": "good", "p": 0.25}\n{"text": "bad", "p": 0.5}',
        "one row": b'{"text": "good", "p": 0.25}', "pairs": b'[["a b", 0.25], ["c", 0.5]]',
        "npz": npz(ids=np.ones((1, 2), int), logits=np.ones((1, 2))),
    },
    "spec": {"settings": b'{"pooling": "mean"}', "layers": fixture("keras3/imdb.json")},
    "tokenizer": {"options": b'{"method": "keras", "length": 60}'},
    "": {
        "picture": b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(100), "empty": b"",
        "web page": b"<!doctype html><html></html>\n\nx", "latin": b"gut\nsch\xf6n",
        "empty object": b" {}\n", "empty list": b"[]",
        "prose": b"It was a film of the kind one soon forgets.\nI left the hall before it ended.",
    },
}  # fmt: skip
EVERY = [(role, name) for role, files in FILES.items() for name in files]


@pytest.mark.parametrize(("role", "name"), EVERY, ids=[f"{role} {name}" for role, name in EVERY])
def test_a_file_is_taken_for_what_it_holds(role, name):
    found = taken_for(FILES[role][name], "anything.bin")
    assert found.role == role, found
    assert found.what


@pytest.mark.parametrize("letter", ["é", "語", "😀"])
def test_a_text_is_a_text_wherever_its_letters_end(letter):
    for before in range(4):  # of short ones the end, of long ones the end of what is looked at
        for count in (1, 200):
            words = ["x" * before + letter * 2, *(f"{n}{letter}" for n in range(count))]
            assert taken_for("\n".join(words).encode()).role == "vocabulary"
            assert taken_for(json.dumps(words, ensure_ascii=False).encode()).role == "vocabulary"


@pytest.mark.parametrize("encoding", ["cp1252", "cp1251", "utf-16"])
@pytest.mark.parametrize("count", [1, 200])
def test_a_text_in_another_encoding_is_told_from_a_damaged_file(encoding, count):
    word = "фильм" if encoding == "cp1251" else "schön"
    found = taken_for("\r\n".join([word, *[f"{word}s"] * count]).encode(encoding), "vocab.txt")
    assert (found.role, found.what) == ("", "This text is not in UTF-8; save it in UTF-8.")
    assert "no known kind" in taken_for(np.random.default_rng(0).bytes(50)).what


def test_every_role_is_met():
    assert {*ROLES, ""} == {*FILES}
    assert {"ids"} < {*ARRAYS}
    assert {"logits"} < {*OUTPUTS}


def test_texts_with_outputs_are_told_from_other_inputs():
    given = FILES["reference"]
    assert not taken_for(given["npz"]).texts
    assert taken_for(given["csv"]).texts
    assert taken_for(npz(texts=np.array(["a"]), logits=np.ones((1, 2)))).texts


def test_what_is_no_file_of_a_model_says_what_it_is():
    assert "JPEG" in taken_for(FILES[""]["picture"], "model.h5").what
    assert "0 bytes" in taken_for(b"", "model.h5").what
    assert "empty ({})" in taken_for(FILES[""]["empty object"], "spec.json").what
    assert "one word a line" in taken_for(FILES[""]["prose"], "vocabulary.txt").what
    assert "whole model" in taken_for(FILES["weights"]["module"]).what


def test_what_is_too_large_to_be_opened_is_no_network_where_it_is_one_array(monkeypatch):
    tables = FILES["embeddings"]["npz"], FILES["embeddings"]["npy"]
    eight = FILES["weights"]["eight"]
    monkeypatch.setattr(roles, "contents_of", refuse)
    assert [taken_for(one).role for one in tables] == ["embeddings", "embeddings"]
    assert (taken_for(eight).role, taken_for(eight).what) == ("weights", "Too large.")
    assert taken_for(tables[0][:-30]).role == "weights"  # cut off: nothing says what it holds


def refuse(_: bytes) -> None:
    raise FormatError("Too large.")


def test_a_short_list_is_of_classes_by_its_name_or_beside_a_long_one():
    words = taken_for("\n".join(f"w{n}" for n in range(30)).encode(), "words.txt")
    names = taken_for(b"bad\ngood", "two.txt")
    assert (words.role, names.role) == ("vocabulary", "vocabulary")
    assert taken_for(b"bad\ngood", "labels.txt").role == "labels"
    assert [one.role for one in taken_together([words, names])] == ["vocabulary", "labels"]
    tokenizer = taken_for(TOKENIZER.encode())
    assert [one.role for one in taken_together([tokenizer, names])] == ["vocabulary", "labels"]
    assert [one.role for one in taken_together([tokenizer, words])] == ["vocabulary", "labels"]
    close = Taken(role="vocabulary", what="20 words", words=20)
    assert [one.role for one in taken_together([words, close])] == ["vocabulary"] * 2
