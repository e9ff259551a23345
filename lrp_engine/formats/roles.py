"""What a file that comes with others is for: weights, words, vectors, names, outputs or a spec.

It is told by what a file holds; its name only decides between a list of words and one of classes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError, LensError
from lrp_engine.formats.companions.embeddings import is_vectors
from lrp_engine.formats.companions.files import plain_list
from lrp_engine.formats.companions.reference_files import ARRAYS, OUTPUTS
from lrp_engine.formats.companions.reference_tables import TEXT_COLUMNS, Table, parse_table
from lrp_engine.formats.companions.spec import KEYS, is_model_config
from lrp_engine.formats.companions.vocabulary import parse_words
from lrp_engine.formats.companions.vocabulary_values import has_halves, words_of
from lrp_engine.formats.containers import zips
from lrp_engine.formats.containers.messages import HEAD
from lrp_engine.formats.containers.pickle_objects import (
    KERAS_TOKENIZER,
    LABEL_ENCODER,
    ONE_HOT_ENCODER,
)
from lrp_engine.formats.containers.pickle_tree import PickledObject
from lrp_engine.formats.containers.sandbox import Contents
from lrp_engine.formats.json_texts import NotJsonError, parse_json
from lrp_engine.formats.readers import READERS, contents_of
from lrp_engine.formats.sniff import looks_like
from lrp_engine.formats.torch.state import looks_like_torch
from lrp_engine.model.text.options import OPTIONS

# Key -> for people. The keys are arguments of `load` and `parity`.
ROLES = {
    "weights": "weights",
    "vocabulary": "vocabulary",
    "tokenizer": "settings of the tokenizer",
    "embeddings": "word vectors",
    "labels": "names of the classes",
    "reference": "outputs to compare with",
    "spec": "what the file does not say",
}
OPENED = 20 * 2**20  # bytes up to which a file that may be several things is opened to see which
_MEMBER = slice(30, 200)  # of the head of a zip: the name of its first member
_END = slice(10, 12)  # of the end of a zip's directory: how many members it has
_NAMES_CLASSES = re.compile(r"label|class|categor|target", re.IGNORECASE)
_LONGEST_ENTRY = 6  # words of a phrase that a vocabulary may list as one
_FEW = 100  # words that can be names of classes


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What a file was taken for.

    Attributes:
        role: a key of `ROLES`; "" where it is nothing that can be used.
        what: it holds, in a few words; where it cannot be used, a sentence.
        words: how many, of a list that could be words or names of classes; else 0.
        texts: whether it holds texts with outputs.
    """

    role: str
    what: str
    words: int = 0
    texts: bool = False


def taken_for(data: bytes, name: str = "") -> Taken:
    """What a file is for, by itself.

    Args:
        name: of the file; it only tells names of classes from words.
    """
    if not data:
        cut_off = "The file is empty (0 bytes); the save or upload was cut off. Save it again."
        return Taken(role="", what=cut_off)
    kind, sentence = looks_like(data[:HEAD], len(data))
    try:
        if kind in ("text", "vectors"):
            found = _of_text(data, kind)
        elif kind == "other":
            found = Taken(role="", what=sentence)
        else:
            found = _of_container(data, kind)
    except LensError as error:
        # Who reads it as such says more of it.
        role = "" if kind == "text" else "embeddings" if _is_one_array(data, kind) else "weights"
        found = Taken(role=role, what=str(error))
    if found.role == "vocabulary" and 0 < found.words <= _FEW and _NAMES_CLASSES.search(name):
        return replace(found, role="labels", what=f"{found.words} names")
    return found


def taken_together(files: Sequence[Taken]) -> list[Taken]:
    """The same files side by side: of two lists of words the short one names the classes."""
    lists = [n for n, one in enumerate(files) if one.role == "vocabulary"]
    named = any(one.role == "labels" for one in files)
    if len(lists) != 2 or named:
        return list(files)
    # Of a Keras Tokenizer it is certain what it is.
    short, long = sorted(lists, key=lambda n: files[n].words or _FEW * 2)
    most = files[long].words // 2 or _FEW
    if not 0 < files[short].words <= min(_FEW, most):
        return list(files)
    names = Taken(role="labels", what=f"{files[short].words} names")
    return [names if n == short else one for n, one in enumerate(files)]


def _words(count: int, what: str = "") -> Taken:
    """A list that may as well be of classes, unless `what` holds it."""
    s = "s" * (count != 1)
    return Taken(
        role="vocabulary",
        what=f"{what}, {count:,} word{s}" if what else f"{count:,} word{s}",
        words=0 if what else count,
    )


# Containers --------------------------------------------------------------------------------------


def _of_container(data: bytes, kind: str) -> Taken:
    member = data[_MEMBER] if kind == "zip" else b""
    title = next((what for name, what in _MEMBERS.items() if name in member), _TITLES[kind])
    arrays = b".npy" in member
    may_be_more = kind in ("npy", "pickle", "torch") or arrays or b"data.pkl" in member
    if not may_be_more or (len(data) > OPENED and not arrays):
        return Taken(role="weights", what=title)
    contents = contents_of(data)
    found = _of_arrays(contents) if contents.kind in ("zip", "npy") else _of_value(contents)
    if found is not None:
        return found
    reader = next((one for one in READERS if one.recognizes(contents)), None)
    if reader is None:
        raise FormatError(f"The file is {title} and holds no weights that can be read.")
    return Taken(role="weights", what=title)


_TITLES = {
    "hdf5": "an HDF5 file", "zip": "an archive", "npy": "an array", "pickle": "a pickle",
    "safetensors": "a safetensors file", "torch": "a PyTorch file", "onnx": "an ONNX model",
}  # fmt: skip
# The same of an archive, by what its first member is called.
_MEMBERS = {b".npy": "an .npz file", b"data.pkl": "a PyTorch file", b"config.json": "a Keras model",
            b"metadata.json": "a Keras model", b"network.json": "a model saved here"}  # fmt: skip


def _is_one_array(data: bytes, kind: str) -> bool:
    """Whether a file can hold one array at most, which is no network; nothing is unpacked."""
    if kind != "zip":
        return kind == "npy"
    end = data[data.rfind(zips.EMPTY_MAGIC, -zips.TAIL) :]
    return b".npy" in data[_MEMBER] and int.from_bytes(end[_END], "little") == 1


def _of_arrays(contents: Contents) -> Taken | None:
    names = {name.removesuffix(".npy") for name in contents.names or contents.arrays}
    if names & {*ARRAYS, "texts"} and names & {*OUTPUTS}:
        texts = "texts" in names
        what = "texts with outputs" if texts else "inputs with outputs"
        return Taken(role="reference", what=what, texts=texts)
    only = next(iter(contents.arrays.values())) if len(contents.arrays) == 1 else None
    return None if only is None else _table(only)


def _table(array: np.ndarray) -> Taken | None:
    if array.ndim != 2 or array.dtype.kind not in "fiu":
        return None
    return Taken(role="embeddings", what=f"{array.shape[0]:,} vectors of {array.shape[1]:,}")


def _of_value(contents: Contents) -> Taken | None:
    value = plain_list(contents.value) if _texts(contents.value) else contents.value
    if isinstance(value, PickledObject):
        if value.title in (LABEL_ENCODER, ONE_HOT_ENCODER):
            return Taken(role="labels", what=value.title)
        return _words(len(_listed(value)), value.title)
    if isinstance(value, np.ndarray):
        return _table(value)
    if isinstance(value, Mapping) and looks_like_torch([*map(str, value)]):
        return None
    if is_vectors(value) and len({np.shape(one) for one in value.values()}) == 1:
        return Taken(role="embeddings", what=f"{len(value):,} vectors by word")
    plain = isinstance(value, Mapping) and all(isinstance(k, (str, int)) for k in value)
    if (plain or _texts(value)) and not _holds_arrays(value):
        return _words(len(_listed(value)))
    return None


def _texts(value: Any) -> bool:
    value = plain_list(value) if isinstance(value, np.ndarray) else value
    return isinstance(value, list) and bool(value) and all(isinstance(v, str) for v in value)


def _holds_arrays(value: Any) -> bool:
    inside = value.values() if isinstance(value, Mapping) else value
    return any(isinstance(one, np.ndarray) or (isinstance(one, Mapping) and _holds_arrays(one))
               for one in inside)  # fmt: skip


def _listed(value: Any) -> Any:
    found = words_of(value)
    if found is None:
        raise FormatError("It holds no words.")
    return found.words


# Texts -------------------------------------------------------------------------------------------


def _of_text(data: bytes, kind: str) -> Taken:
    if len(data) > OPENED:
        if kind == "vectors":
            return Taken(role="embeddings", what="word vectors")
        raise FormatError("This text is larger than vocabularies and tables are.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if kind == "vectors":  # word2vec's binary file
            return Taken(role="embeddings", what="word vectors")
        raise FormatError("This text is not in UTF-8; save it in UTF-8.") from None
    if text.lstrip()[:1] in ("{", "["):
        try:
            value = parse_json(text, "The file")
        except NotJsonError:
            pass  # words such as [PAD], or JSON Lines
        else:
            return _of_json(value, text)
    table = _outputs(text)
    if table is not None:
        return _compared(table)
    if kind == "vectors":
        return Taken(role="embeddings", what="word vectors")
    words = parse_words(text)[0]
    if isinstance(words.words, Sequence) and _is_prose(words.words):
        raise FormatError(
            f"This text has {len(words.words):,} lines, most of them sentences; a vocabulary has "
            "one word a line. Texts to compare with are a CSV file with the columns text and "
            "probability."
        )
    return _words(len(words.words), KERAS_TOKENIZER if words.keras else "")


def _is_prose(lines: Sequence[str]) -> bool:
    """Whether most lines hold more words than an entry of a vocabulary does."""
    return 2 * sum(len(line.split()) > _LONGEST_ENTRY for line in lines) > len(lines)


def _of_json(value: Any, text: str) -> Taken:
    rows = value if isinstance(value, list) else [value]
    if rows and all(_is_row(row) for row in rows):
        return _compared(parse_table(text, "The file"))
    if isinstance(value, Mapping) and value:
        if is_model_config(value) and value["class_name"] != "Tokenizer":
            return Taken(role="spec", what="the layers of a Keras model")
        if all(key in KEYS for key in value):
            return Taken(role="spec", what=f"settings ({', '.join(value)})")
        if all(key in OPTIONS for key in value):
            return Taken(role="tokenizer", what=f"settings ({', '.join(value)})")
        if is_vectors(value) and not has_halves(value):
            return Taken(role="embeddings", what=f"{len(value):,} vectors by word")
    if value in ({}, []):
        raise FormatError(f"This JSON is empty ({text.strip():.20}): no words and no settings.")
    words = words_of(value)
    if words is None:
        raise FormatError("This JSON holds neither words nor settings.")
    if words.tokenizer_json is not None:
        return Taken(role="vocabulary", what="a tokenizer.json of Hugging Face")
    return _words(len(words.words), KERAS_TOKENIZER if words.keras else "")


def _is_row(value: Any) -> bool:
    """Whether it is a text with something said of it: {"text": ..., ...} or [text, number, ...]."""
    if isinstance(value, Mapping):
        return len(value) > 1 and any(isinstance(value.get(name), str) for name in TEXT_COLUMNS)
    numbers = (float, list)
    return isinstance(value, list) and len(value) > 1 and isinstance(value[1], numbers)


def _compared(table: Table) -> Taken:
    what = f"{len(table.texts):,} texts with outputs"
    return Taken(role="reference", what=what, texts=True)


def _outputs(text: str) -> Table | None:
    """A table of texts with outputs; None of anything else, also of words with numbers."""
    try:
        table = parse_table(text, "The file")
    except LensError:
        return None
    head = {name.strip().strip('"').casefold() for name in re.split(r"[,;\t]", text.split("\n")[0])}
    titled = bool(head & {*TEXT_COLUMNS}) or text.lstrip()[:1] == "{"
    sentences = any(" " in one.strip() for one in table.texts)
    return table if titled or (sentences and table.kind != "labels") else None
