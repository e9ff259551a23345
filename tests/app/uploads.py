"""A small upload of every format that is read, with what belongs to it: the table `UPLOADS`."""

from __future__ import annotations

import json
import pickle
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import lrp_engine
from app.models.uploads import Upload
from tests.app.tiny import WORDS, C, E, H, eight_arrays, embeddings, npy, npz

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
NINE = ("<pad>", "<unk>", "good", "bad", "film", "not", "a", "the", ".")  # of the fixtures
LINES = "\n".join(NINE).encode()
TABBED = "\n".join(f"{word}\t{n}" for n, word in enumerate(NINE)).encode()


WEIGHTS = "weights verified, text pipeline not verified"


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a user puts into the form, and what the page must then say.

    Attributes:
        weights, vocabulary, embeddings, reference: names and contents of files.
        reader: of the format.
        more: the field for JSON; `gates` the choice of the gates' order.
        says: parts of the report.
        asks: a part of the questions that the files leave open.
        unknown: words of "good unseen film" that the model does not know.
    """

    reader: str
    weights: tuple[str, bytes]
    vocabulary: tuple[str, bytes] | None = None
    embeddings: tuple[str, bytes] | None = None
    reference: tuple[str, bytes] | None = None
    more: str = ""
    gates: str = ""
    says: tuple[str, ...] = ()
    asks: str = ""
    unknown: tuple[str, ...] = ("unseen",)
    verdict: str = "unverified"
    files: Mapping[str, tuple[str, bytes]] = field(init=False)

    def __post_init__(self) -> None:
        parts = ("weights", "vocabulary", "embeddings", "reference")
        found = {name: getattr(self, name) for name in parts if getattr(self, name) is not None}
        object.__setattr__(self, "files", found)

    def upload(self) -> Upload:
        """The same, past the form."""
        return Upload(
            name=self.weights[0],
            **{name: data for name, (_, data) in self.files.items()},
            more=self.more,
            spec={"gate_order": self.gates} if self.gates else {},
        )


def _fixture(path: str) -> tuple[str, bytes]:
    return Path(path).name, (FIXTURES / path).read_bytes()


def _own() -> tuple[str, bytes]:
    """A network as `Network.save` writes it."""
    net = lrp_engine.from_weights(eight_arrays(), vocabulary=WORDS, embeddings=embeddings())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "own.zip"
        net.save(path)
        return path.name, path.read_bytes()


def _sst() -> tuple[str, bytes]:
    """The published model's dictionary: rows of gates, blocks i g f o, no output bias."""
    rng = np.random.default_rng(3)
    shapes = {"Wxh": (4 * H, E), "bxh": (4 * H,), "Whh": (4 * H, H), "bhh": (4 * H,),
              "Why": (C, H)}  # fmt: skip
    named = {
        f"{name}_{side}": rng.normal(size=shape)
        for side in ("Left", "Right")
        for name, shape in shapes.items()
    }
    return "model", pickle.dumps(named, 2)


def _by_order(order: str) -> tuple[tuple[str, bytes], tuple[str, bytes]]:
    """Eight arrays in an order of gates, and what their author's program says of one document."""
    from lrp_engine.layers.lstm import reorder_gates

    arrays, x = eight_arrays(seed=4), np.random.default_rng(2).normal(size=(1, 6, E))
    written = [reorder_gates(a, "ifgo", to=order) if n < 6 else a for n, a in enumerate(arrays)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scores.npz"
        np.savez(path, vectors=x, logits=lrp_engine.from_weights(arrays).predict(x))
        return ("theirs.npz", npz(written)), (path.name, path.read_bytes())


def _glove() -> bytes:
    rows = zip(WORDS, embeddings(), strict=True)
    return "".join(f"{word} {' '.join(map(str, row))}\n" for word, row in rows).encode()


def uploads() -> dict[str, Given]:
    """By name of the format."""
    words = ("words.txt", "\n".join(WORDS).encode())
    table = ("vectors.npy", npy(embeddings()))
    vectors = {word: row.tolist() for word, row in zip(WORDS, embeddings(), strict=True)}
    eight = ("mine.npz", npz(eight_arrays()))
    theirs, scores = _by_order("ogfi")
    lines, tabbed = ("words.txt", LINES), ("words.tsv", TABBED)
    nine = ("words.json", json.dumps(NINE).encode())
    numbered = ("words.json", json.dumps({word: n for n, word in enumerate(NINE)}).encode())
    pickled = ("words.pkl", pickle.dumps(list(NINE), 2))
    bidirectional = f"H = {H} and {H}"
    relu = "Which activation follows the Linear layers"
    return {
        "own zip": Given(
            reader="native",weights=_own(), says=(bidirectional, "split at white space")),
        "keras": Given(
            reader="keras",
            weights=_fixture("keras3/imdb.keras"), vocabulary=lines, verdict=WEIGHTS,
            says=("Keras 3", "H = 3 and 3 and 3 and 3", "one sigmoid unit"),
        ),
        "h5": Given(
            reader="keras",
            weights=_fixture("keras3/imdb.h5"), vocabulary=tabbed, verdict=WEIGHTS,
            says=("Keras 3", "one sigmoid unit"),
        ),
        "keras with texts": Given(
            reader="keras",
            weights=_fixture("keras3/reviews.keras"), verdict="verified",
            says=(
                "Words are looked up in lower case and without punctuation.", "one sigmoid unit",
            ),
        ),
        "h5 with texts": Given(
            reader="keras",
            weights=_fixture("keras3/reviews.h5"), verdict="verified",
            vocabulary=("words.json", _words_of("keras3/reviews.keras")),
            says=("Words are looked up in lower case and without punctuation.",),
        ),
        "keras weights": Given(
            reader="keras",
            weights=_fixture("keras3/imdb.weights.h5"), vocabulary=nine, verdict=WEIGHTS,
            more=(FIXTURES / "keras3" / "imdb.json").read_text(), says=("one sigmoid unit",),
        ),
        "keras 2": Given(
            reader="keras",
            weights=_fixture("keras2/bilstm.keras"), vocabulary=numbered, verdict=WEIGHTS,
            says=("Keras 2", "H = 2 and 2", "2 classes"),
        ),
        "keras 2 weights": Given(
            reader="keras",
            weights=_fixture("keras2/bilstm.weights.h5"), vocabulary=lines, verdict=WEIGHTS,
            more=(FIXTURES / "keras2" / "bilstm.json").read_text(),
        ),
        "torch": Given(
            reader="pytorch",
            weights=_fixture("torch/lstm.pt"), vocabulary=pickled, more='{"pooling": "mean"}',
            says=("PyTorch", "H = 3 and 3 and 3 and 3"), asks=relu,
        ),
        "torch legacy": Given(
            reader="pytorch",
            weights=_fixture("torch/lstm_legacy.pt"), vocabulary=lines, says=("PyTorch",),
        ),
        "torch gru": Given(
            reader="pytorch",
            weights=_fixture("torch/gru.pt"), vocabulary=lines,
            says=("PyTorch", "H = 3 and 3 and 3 and 3"),
        ),
        "torch checkpoint": Given(
            reader="pytorch",
            weights=_fixture("torch/checkpoint.pth"), vocabulary=lines, says=("PyTorch",),
        ),
        "safetensors": Given(
            reader="pytorch",
            weights=_fixture("torch/lstm.safetensors"), vocabulary=lines,
            more='{"pooling": "max", "activation": "tanh"}', says=("safetensors",),
        ),
        "onnx": Given(
            reader="onnx",
            weights=_fixture("onnx/lstm.onnx"), vocabulary=lines, says=("ONNX",),
        ),
        "npz": Given(
            reader="npz",weights=eight, vocabulary=words, embeddings=table, says=(bidirectional,)),
        "pickled list": Given(
            reader="npz",
            weights=("eight.pkl", pickle.dumps(eight_arrays())), vocabulary=words,
            embeddings=table, gates="igfo", says=(bidirectional,),
        ),
        "gates detected": Given(
            reader="npz",
            weights=theirs, vocabulary=words, embeddings=table, reference=scores, gates="detect",
            says=("o g f i", "detected from reference scores"), verdict=WEIGHTS,
        ),
        "published sst model": Given(
            reader="sst",
            weights=_sst(), vocabulary=("vocab", pickle.dumps(list(WORDS), 2)), embeddings=table,
            says=(bidirectional,),
        ),
        "vectors as pickle": Given(
            reader="npz",
            weights=eight, embeddings=("vectors.pkl", pickle.dumps(vectors))
        ),
        "vectors as json": Given(
            reader="npz",
            weights=eight, embeddings=("vectors.json", json.dumps(vectors).encode())
        ),
        "vectors of glove": Given(
            reader="npz",weights=eight, embeddings=("glove.txt", _glove())),
    }  # fmt: skip


def _words_of(path: str) -> bytes:
    """What `layer.get_vocabulary()` says, as JSON."""
    return json.dumps(list(lrp_engine.load(FIXTURES / path).vocabulary.tokens)).encode()


UPLOADS = uploads()
TEXT = "good unseen film"
