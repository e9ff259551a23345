"""Python pickles of arrays and plain values, also as joblib writes them."""

from __future__ import annotations

import pickletools
import re
from typing import BinaryIO

from .messages import Output
from .pickle_joblib import inflated, inflated_head, joblib_names
from .pickle_machine import Machine
from .pickle_numpy import numpy_names
from .pickle_objects import object_names
from .pickle_tree import Tree
from .refusal import RefusalError, quoted
from .torch_files import nested_names

# The start of a module's name, and what to save instead of an object of it.
_INSTEAD = (
    ("gensim.", "save the vectors with save_word2vec_format, or as a dictionary word -> vector"),
    ("torchtext.", "save the words, vocab.get_itos(), as JSON"),
    ("torch", "save a model with torch.save(model.state_dict(), 'model.pt')"),
    ("pandas.", "save plain lists or arrays"),
    ("scipy.", "save plain arrays, e.g. matrix.toarray()"),
    ("sklearn.", "save plain values; of scikit-learn LabelEncoder and OneHotEncoder are read"),
)
# Everything of Keras but the module of its Tokenizer.
_KERAS = re.compile(r"(tensorflow\.(python\.)?)?(tf_)?keras\.(?!.*preprocessing)|scikeras\.")


def recognizes(head: bytes) -> bool:
    """Whether the first opcodes are those of a pickle. Nothing is executed."""
    head = inflated_head(head)
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return True
    if head[:1] not in b"(}]cl" or not head:  # protocols 0 and 1 begin with one of these
        return False
    opcodes = []
    try:
        for opcode, _, _ in pickletools.genops(head):
            opcodes.append(opcode.name)
    except Exception:  # noqa: BLE001 - cut off after 512 bytes, or no pickle
        return len(opcodes) >= 4 and {"MARK", "GLOBAL"} & set(opcodes) != set()
    return len(opcodes) > 1


def unpack(stream: BinaryIO, size: int, output: Output) -> None:
    """Emit the value of the pickle that a stream of `size` bytes holds."""
    stream, size = inflated(stream, size, output.limits)
    names = {
        **numpy_names(output.limits, size),
        **object_names(),
        **joblib_names(),
        **nested_names(output.limits),
    }
    Tree(output).emit(Machine(names, refusal, output.limits).run(stream, size))


def refusal(module: str, name: str) -> RefusalError:
    """Why a name in the file is not followed."""
    if _KERAS.match(module):
        return RefusalError(
            f"This is a pickled Keras model (it names {quoted(f'{module}.{name}')}), which would "
            "have to be run; save it as .keras: model.save('model.keras')."
        )
    instead = next(
        (words for start, words in _INSTEAD if module.startswith(start)),
        "save arrays with numpy.savez, words as JSON",
    )
    return RefusalError(
        f"The pickle names {quoted(f'{module}.{name}')}, which is neither an array nor a plain "
        f"value; nothing named in a file is ever run. Instead {instead}."
    )
