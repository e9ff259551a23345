"""Pickles of known classes and files of joblib, made to do harm; none is ever committed."""

from __future__ import annotations

import json
import pickle
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.hostile_pickles import Runs, array, call, dtype, named, number, shape, steps, text

Maker = Callable[[], bytes]

TOKENIZER = named("keras.preprocessing.text", "Tokenizer")
_OBJECT = named("builtins", "object")


def made(kind: bytes, state: bytes | None = None) -> bytes:
    """An object of a class, with a state."""
    return kind + b")\x81" + (b"" if state is None else state + b"b")


def entries(**values: bytes) -> bytes:
    return b"}(" + b"".join(text(name) + value for name, value in values.items()) + b"u"


def _pickled(value: Any) -> bytes:
    """Steps that leave a value on the stack."""
    return pickle.dumps(value, 2)[2:-1]


SETTINGS = {
    "word_index": {f"word{n}": n + 1 for n in range(30)}, "num_words": 20, "lower": True,
    "filters": "!?.", "split": " ", "char_level": False, "oov_token": None,
}  # fmt: skip
TEXT_OPTIONS = {
    "method": "keras", "filters": ".,", "num_words": 3, "unknown": "drop", "offset": 1, "start": 1,
    "length": 9, "pad": "pre", "truncate": "pre", "pad_id": 0, "drop": ["the"], "lowercase": True,
}  # fmt: skip
KERAS_JSON = json.dumps(
    {
        "class_name": "Tokenizer",
        "config": {**SETTINGS, "word_index": json.dumps(SETTINGS["word_index"])},
    }
)


def keras_tokenizer() -> bytes:
    """A sound one."""
    state = {name: _pickled(value) for name, value in SETTINGS.items()}
    return steps(made(TOKENIZER, entries(**state)))


_LABELS = named("sklearn.preprocessing._label", "LabelEncoder")
_VOCAB = named("torchtext.vocab", "Vocab")

KNOWN_OBJECTS: dict[str, tuple[Maker, str]] = {
    "without_state": (lambda: steps(made(TOKENIZER)), "a Keras Tokenizer without content"),
    "state_list": (lambda: steps(made(TOKENIZER, b"]")), "lacks 'word_index'"),
    "state_number": (lambda: steps(made(TOKENIZER, b"K\x01")), "lacks 'word_index'"),
    "state_none": (lambda: steps(made(TOKENIZER, b"N")), "lacks 'word_index'"),
    "state_tuple": (lambda: steps(made(TOKENIZER, b"N}\x86")), "lacks 'word_index'"),
    "state_of_others": (
        lambda: steps(made(TOKENIZER, entries(__setstate__=b"N"))), "lacks 'word_index'"
    ),
    "state_runs": (
        lambda: steps(made(TOKENIZER, entries(word_index=_pickled(Runs())))), ".system'"
    ),
    "state_names": (
        lambda: steps(made(TOKENIZER, entries(word_index=named("builtins", "int")))),
        "holds the name builtins.int",
    ),
    "getattr_alone": (
        lambda: steps(call(named("builtins", "getattr"), TOKENIZER, text("__init__"))),
        "calls the name builtins.getattr, which is not allowed",
    ),
    "called": (lambda: steps(call(TOKENIZER, b"}")), "calls a Keras Tokenizer"),
    "arguments": (lambda: steps(TOKENIZER, b"N\x85\x81"), "step NEWOBJ"),
    "arguments_list": (lambda: steps(TOKENIZER, b"]\x81"), "step NEWOBJ"),
    "newobj_ex": (lambda: steps(TOKENIZER, b")}\x92"), "step NEWOBJ_EX"),
    "obj": (lambda: steps(b"(", TOKENIZER, b"o"), "step OBJ"),
    "inst": (
        lambda: steps(b"(ikeras.preprocessing.text\nTokenizer\n", protocol=None), "step INST"
    ),
    "newobj_of_function": (lambda: steps(named("numpy", "dtype"), b")\x81"), "step NEWOBJ"),
    "newobj_of_type": (lambda: steps(_OBJECT, b")\x81"), "class object"),
    "newobj_of_text": (lambda: steps(text("os"), b")\x81"), "step NEWOBJ"),
    "newobj_on_nothing": (lambda: steps(b")\x81"), "damaged"),
    "state_of_class": (lambda: steps(TOKENIZER, b"}b"), "sets the state of a Keras Tokenizer"),
    "dotted": (
        lambda: steps(named("keras.preprocessing.text", "Tokenizer.__init__")), "Tokenizer.__init__"
    ),
    "neighbour": (lambda: steps(named("keras.preprocessing.text", "one_hot")), "one_hot"),
    "in_a_circle": (
        lambda: steps(TOKENIZER, b")\x81q\x01", entries(word_index=b"h\x01"), b"b"), "in a circle"
    ),
    "in_itself_often": (
        lambda: steps(made(_VOCAB, entries(vocab=b"N"))), "a torchtext Vocab in a form"
    ),
    "vocab_tuple_short": (lambda: steps(made(_VOCAB, b"N\x85")), "a torchtext Vocab in a form"),
    "vocab_words": (
        lambda: steps(made(_VOCAB, b"(NN" + text("a") + b"Nt")), "a torchtext Vocab in a form"
    ),
    "vocab_in_vocab_without_state": (
        lambda: steps(made(_VOCAB, entries(vocab=made(_VOCAB)))), "without content"
    ),
    "labels_of_objects": (
        lambda: steps(made(_LABELS, entries(classes_=_pickled(np.array([{}], object))))),
        "Python objects",
    ),
    "reconstructor": (
        lambda: steps(call(named("copyreg", "_reconstructor"), named("numpy", "ndarray"), _OBJECT,
                           b"N"), protocol=2),
        "builds an object of the class numpy.ndarray",
    ),
    "reconstructor_base": (
        lambda: steps(call(named("copyreg", "_reconstructor"), TOKENIZER, TOKENIZER, b"N")),
        "builds an object of a Keras Tokenizer",
    ),
    "reconstructor_state": (
        lambda: steps(call(named("copyreg", "_reconstructor"), TOKENIZER, _OBJECT, text("x"))),
        "builds an object",
    ),
    "defaultdict_runs": (
        lambda: steps(call(named("collections", "defaultdict"), named("os", "system"))), "os.system"
    ),
    "defaultdict_text": (
        lambda: steps(call(named("collections", "defaultdict"), text("os.system"))), "never writes"
    ),
    "counter_list": (
        lambda: steps(call(named("collections", "Counter"), b"]")), "never writes"
    ),
    "set_in_list": (lambda: steps(b"]\x8fa"), "no order"),
    "adds_to_list": (lambda: steps(b"](Na\x90", protocol=4), "damaged"),
    "adds_items_to_list": (lambda: steps(b"](N\x90", protocol=4), "adds to what is no set"),
    "frozen_set": (lambda: steps(b"(N\x91"), "no order"),
}  # fmt: skip

# Texts in arrays --------------------------------------------------------------------------------


def texts(code: str, sizes: bytes, data: bytes, flags: tuple[int, int, int] | None = None) -> bytes:
    """An array of texts as numpy writes it, with parts of our own."""
    width = 4 * int(code[1:])
    sizes_of_type = b"".join(map(number, flags or (width, 4, 8)))
    state = b"(K\x03" + text("<") + b"NNN" + sizes_of_type + b"t"
    return array(sizes, data, dtype(code, state))


TEXT_ARRAYS: dict[str, tuple[Maker, str]] = {
    "too_many": (lambda: steps(texts("U1", shape(2**40), b"a\0\0\0")), "but holds 4 bytes"),
    "too_few": (lambda: steps(texts("U1", shape(1), b"")), "but holds 0 bytes"),
    "without_content": (lambda: steps(texts("U0", shape(2**40), b"")), "without content"),
    "overflow": (lambda: steps(texts("U1", shape(2**61, 2**61), b"")), "one row of them"),
    "negative": (lambda: steps(texts("U1", shape(-1), b"")), "sizes of 0 or more"),
    "wide": (lambda: steps(texts("U9999999", shape(1), b"")), "expected real numbers or texts"),
    "flags": (lambda: steps(texts("U1", shape(1), b"a\0\0\0", (4, 4, 63))), "never writes"),
    "width": (lambda: steps(texts("U1", shape(1), b"a\0\0\0", (400, 4, 8))), "never writes"),
    "rows": (lambda: steps(texts("U1", shape(1, 1), b"a\0\0\0")), "one row of them"),
    "broken": (lambda: steps(texts("U1", shape(1), b"\xff\xff\xff\xff")), "a list of 1 entries"),
}

# joblib -----------------------------------------------------------------------------------------

_WRAPPER = named("joblib.numpy_pickle", "NumpyArrayWrapper")


def wrapped(after: bytes = b"\0" * 8, **changes: bytes | None) -> bytes:
    """An array as joblib writes it, with parts of our own: its description, then its bytes."""
    state: dict[str, bytes | None] = {
        "subclass": named("numpy", "ndarray"), "shape": shape(2), "order": text("C"),
        "dtype": dtype(), "allow_mmap": b"\x88", **changes,
    }  # fmt: skip
    return made(_WRAPPER, entries(**{k: v for k, v in state.items() if v is not None})) + after


_OBJECTS = dtype("O8", b"(K\x03" + text("|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x3ft")


def _bomb() -> bytes:
    return zlib.compress(pickle.dumps("a" * 20 * 2**20), 9)


JOBLIB: dict[str, tuple[Maker, str]] = {
    "subclass": (lambda: steps(wrapped(subclass=named("numpy", "float64"))), "form that is not"),
    "subclass_memmap": (lambda: steps(wrapped(subclass=named("numpy", "memmap"))), "numpy.memmap"),
    "key_missing": (lambda: steps(wrapped(order=None)), "form that is not known"),
    "key_more": (lambda: steps(wrapped(filename=text("/etc/passwd"))), "form that is not known"),
    "order": (lambda: steps(wrapped(order=text("K"))), "form that is not known"),
    "dtype_text": (lambda: steps(wrapped(dtype=text("f4"))), "form that is not known"),
    "state_list": (lambda: steps(made(_WRAPPER, b"]")), "form that is not known"),
    "without_state": (lambda: steps(made(_WRAPPER)), "holds an array of joblib"),
    "shape_huge": (lambda: steps(wrapped(shape=shape(2**40))), "declares a piece of"),
    "shape_overflow": (lambda: steps(wrapped(shape=shape(2**61, 2**61))), "declares a piece of"),
    "shape_negative": (lambda: steps(wrapped(shape=shape(-2))), "sizes of 0 or more"),
    "shape_list": (lambda: steps(wrapped(shape=b"]")), "sizes of 0 or more"),
    "cut_off": (lambda: steps(wrapped(b"\0"), stop=False), "ends in the middle"),
    "alignment_beyond": (
        lambda: steps(wrapped(b"\xff", numpy_array_alignment_bytes=b"K\x10")), "declares a piece"
    ),
    "state_twice": (lambda: steps(wrapped(), b"}b"), "numpy array in a form"),
    "objects_run": (
        lambda: steps(wrapped(pickle.dumps(np.array([Runs()], object)), dtype=_OBJECTS)), ".system'"
    ),
    "objects_none": (lambda: steps(wrapped(b"N.", dtype=_OBJECTS)), "objects where an array"),
    "objects_nested": (
        lambda: steps(wrapped(
            steps(wrapped(steps(b"N"), dtype=_OBJECTS)), dtype=_OBJECTS)),
        "a pickle that holds a pickle",
    ),
    "objects_numbers": (
        lambda: steps(wrapped(pickle.dumps(np.ones(2)), dtype=_OBJECTS)), "objects where an array"
    ),
    "bytes_missing": (lambda: steps(b"]", wrapped(b""), b"a"), "ends in the middle"),
    "zlib_bomb": (_bomb, "decompression bomb"),
    "zlib_bomb_within": (
        lambda: zlib.compress(steps(b"B" + struct.pack("<I", 2**31) + b"abc")), "declares a piece"
    ),
    "zlib_cut_off": (lambda: zlib.compress(pickle.dumps(["a"] * 99))[:-6], "ends in the middle"),
    "zlib_goes_on": (lambda: zlib.compress(pickle.dumps(["a"])) + b"more", "goes on after"),
    "zlib_runs": (lambda: zlib.compress(pickle.dumps([Runs()])), ".system'"),
    "zlib_of_zlib": (lambda: zlib.compress(zlib.compress(pickle.dumps(["a"]))), "no known kind"),
    "zlib_damaged": (
        lambda: zlib.compress(pickle.dumps([*range(999)]))[:-4] + b"\0\0\0\0", "damaged"
    ),
    "zlib_of_text": (lambda: zlib.compress(b"these are words"), "no known kind"),
}  # fmt: skip
