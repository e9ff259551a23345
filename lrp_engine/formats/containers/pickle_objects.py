"""Objects of the few classes that hold words or labels: their state as plain data.

A class is known by the names that its library gave it over time. Nothing is imported and no method
of an object is called: of its state the entries listed here are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .pickle_values import Constructible, Named, StandIn, Unordered
from .refusal import RefusalError

KERAS_TOKENIZER = "a Keras Tokenizer"
TORCHTEXT = "a torchtext Vocab"
LABEL_ENCODER = "a LabelEncoder"
ONE_HOT_ENCODER = "a OneHotEncoder"


class KnownClass(Constructible):
    """Stands for a class named in the file.

    Args:
        title: of its objects, in words.
        state: what is kept of the state that a file gives to an object.
    """

    def __init__(self, title: str, state: Callable[[Any], dict[str, Any]]) -> None:
        super().__init__(title, lambda: Known(self))
        self.state = state


class Known(StandIn):
    """An object of a known class."""

    def __init__(self, kind: KnownClass) -> None:
        self.kind, self.title = kind, kind.title
        self._state: dict[str, Any] | None = None

    def build(self, state: Any) -> None:
        self._state = self.kind.state(state)

    def entries(self) -> dict[str, Any]:
        """What the file says of the object, by the names of its attributes."""
        if self._state is None:
            raise RefusalError(f"The pickle holds {self.title} without content; it is damaged.")
        return self._state


def _attributes(title: str, *names: str) -> KnownClass:
    """A class of whose objects these attributes are kept; the first is required."""

    def state(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or names[0] not in value:
            raise RefusalError(
                f"The pickle holds {title} in a form that is not known; it lacks {names[0]!r}."
            )
        return {name: value[name] for name in names if name in value}

    return KnownClass(title, state)


def _torchtext(value: Any) -> dict[str, Any]:
    """The words of a Vocab: its own list, that of the compiled object it holds, or that object's
    state (version, [default index], words, []).
    """
    if isinstance(value, dict) and isinstance(value.get("vocab"), Known):
        return value["vocab"].entries()
    words = value.get("itos") if isinstance(value, dict) else None
    if type(value) is tuple and len(value) == 4:
        words = value[2]
    if type(words) is not list:
        raise RefusalError(f"The pickle holds {TORCHTEXT} in a form that is not known.")
    return {"itos": words}


KERAS_SETTINGS = ("num_words", "filters", "lower", "split", "char_level", "oov_token")
# A class, its name, the modules it has been in.
_CLASSES: tuple[tuple[KnownClass, str, tuple[str, ...]], ...] = (
    (
        _attributes(KERAS_TOKENIZER, "word_index", *KERAS_SETTINGS),
        "Tokenizer",
        (
            "keras_preprocessing.text",
            "keras.preprocessing.text",
            "keras.src.preprocessing.text",
            "keras.src.legacy.preprocessing.text",
            "tensorflow.python.keras.preprocessing.text",
            "tensorflow.python.keras._impl.keras.preprocessing.text",
            "tf_keras.preprocessing.text",
            "tf_keras.src.preprocessing.text",
        ),
    ),
    (
        KnownClass(TORCHTEXT, _torchtext),
        "Vocab",
        (
            "torchtext.vocab",
            "torchtext.vocab.vocab",
            "torchtext.legacy.vocab",
            "torchtext._torchtext",
        ),
    ),
    (
        _attributes(LABEL_ENCODER, "classes_"),
        "LabelEncoder",
        ("sklearn.preprocessing._label", "sklearn.preprocessing.label"),
    ),
    (
        _attributes(ONE_HOT_ENCODER, "categories_"),
        "OneHotEncoder",
        ("sklearn.preprocessing._encoders", "sklearn.preprocessing.encoders"),
    ),
)

_PYTHON = ("builtins", "__builtin__")
_OBJECT = Named("the class object")
# What a state mentions, as the type of numbers an encoder makes; it stands for nothing.
_MENTIONED = (
    *((module, name) for module in _PYTHON
      for name in ("int", "long", "float", "str", "unicode", "list", "dict")),
    *(("numpy", name) for name in ("float64", "float32", "int64", "int32")),
    ("torchtext.vocab", "_default_unk_index"),
    # It is never called; a pickled model names it first, and then the class that says what it is.
    *((module, "getattr") for module in _PYTHON),
)  # fmt: skip


def _defaulting(*arguments: Any) -> dict[Any, Any]:
    """`defaultdict(factory)`: a dictionary; what it would make of other keys is left out."""
    if len(arguments) > 1 or not all(isinstance(a, Named | None) for a in arguments):
        raise RefusalError("The pickle makes a defaultdict in a way that Python never writes.")
    return {}


def _counter(*arguments: Any) -> dict[Any, Any]:
    if len(arguments) > 1 or not all(isinstance(argument, dict) for argument in arguments):
        raise RefusalError("The pickle makes a Counter in a way that Python never writes.")
    return dict(arguments[0]) if arguments else {}


def _set(*_: Any) -> Unordered:
    return Unordered()


def _reconstructor(kind: Any, base: Any, state: Any) -> StandIn:
    """`copyreg._reconstructor(class, object, None)`: a new object in protocols 0 and 1."""
    if not isinstance(kind, KnownClass) or base is not _OBJECT or state is not None:
        what = kind.title if isinstance(kind, StandIn) else "a plain value"
        raise RefusalError(f"The pickle builds an object of {what}, which is not allowed.")
    return kind.make()


def object_names() -> dict[tuple[str, str], Any]:
    """The classes and what their states need, by (module, name)."""
    calls: dict[tuple[str, str], Callable[..., Any]] = {
        ("collections", "defaultdict"): _defaulting,
        ("collections", "Counter"): _counter,
        ("copyreg", "_reconstructor"): _reconstructor,
        ("copy_reg", "_reconstructor"): _reconstructor,
        **{(module, name): _set for module in _PYTHON for name in ("set", "frozenset")},
    }
    return {
        **{name: Named(f"the function {'.'.join(name)}", call) for name, call in calls.items()},
        **{name: Named(f"the name {'.'.join(name)}") for name in _MENTIONED},
        **{(module, "object"): _OBJECT for module in _PYTHON},
        **{(module, name): kind for kind, name, modules in _CLASSES for module in modules},
    }
