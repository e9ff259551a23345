"""What a caller gives beside a file: vocabulary, embeddings, labels, overrides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError, InputError, choices
from lrp_engine.formats.companions.embeddings import (
    Vectors,
    holds_vectors,
    is_vectors,
    read_vectors,
    table_of,
)
from lrp_engine.formats.companions.files import read_embeddings, read_text, unpickled
from lrp_engine.formats.companions.reference import Reference
from lrp_engine.formats.companions.vocabulary import parse_words
from lrp_engine.formats.keras.spec import Architecture, architecture, is_model
from lrp_engine.formats.plain import parse_json, words_by_id
from lrp_engine.formats.sources import is_source
from lrp_engine.layers import Embedding
from lrp_engine.model.graph import INPUT, Node, find_shapes
from lrp_engine.model.network import OUTPUTS, Network
from lrp_engine.model.text import Tokenizer, Vocabulary

SPEC_KEYS = (
    "gate_order", "output", "tokenizer", "labels", "features", "architecture", "layers"
)  # fmt: skip
_TOKENIZER_KEYS = {
    "method": str, "lowercase": bool, "standardize": str, "length": int, "pad": bool
}  # fmt: skip
# Of these each format says which it understands (`Reader.options`) and checks the values.
OPTION_KEYS = ("order", "activation", "pooling", "rnn_activation")


@dataclass(frozen=True, eq=False, kw_only=True)
class Companions:
    """Checked and parsed; None stands for "not given"."""

    vocabulary: Vocabulary | None = None
    embeddings: np.ndarray | None = None  # (V, E)
    labels: tuple[str, ...] | None = None
    features: tuple[str, ...] | None = None
    gate_order: str | None = None
    output: str | None = None
    tokenizer: Tokenizer | None = None
    architecture: Architecture | None = None
    dtype: str = "float32"
    reference: Reference | None = None
    assumptions: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def network(self, *, nodes: Sequence[Node], **parts: Any) -> Network:
        """The network of a file's parts, with what the caller gave in place.

        Raises:
            FormatError: the parts do not fit each other.
        """
        parts["assumptions"] = (*parts.get("assumptions", ()), *self.assumptions)
        for name in ("vocabulary", "labels", "features", "output", "tokenizer"):
            if getattr(self, name) is not None:
                parts[name] = getattr(self, name)
        if self.embeddings is not None:
            nodes = _prepend(self.embeddings, nodes)
        network = Network(nodes=tuple(nodes), dtype=self.dtype, **parts)
        if self.features and network.input_shape.time:
            raise FormatError(
                f"The spec names {len(self.features)} features, but the network reads sequences; "
                "leave `features` out."
            )
        return network


def companions(
    *,
    vocabulary: Any,
    embeddings: Any,
    labels: Any,
    spec: Any,
    dtype: str,
    reference: Any = None,
) -> Companions:
    """The arguments of `load`, read.

    Raises:
        FormatError: something read from a file or text is malformed.
        InputError: an argument is of a type that cannot be meant.
    """
    overrides = spec_of(spec)
    if is_source(vocabulary) and holds_vectors(vocabulary, "The vocabulary"):
        vocabulary = read_vectors(vocabulary, "The vocabulary")
    vocabulary = unpickled(vocabulary)
    if isinstance(vocabulary, Vectors) or (embeddings is None and is_vectors(vocabulary)):
        if embeddings is not None:
            raise FormatError(
                "The vocabulary holds words with their vectors, which is vocabulary and embeddings "
                "in one; leave `embeddings` out."
            )
        vocabulary, embeddings = None, vocabulary
    words, assumptions = _vocabulary(vocabulary)
    table = _embeddings(embeddings)
    if isinstance(table, Vectors):
        words, table, missing = table.by_word(words)
        assumptions += missing
    names = labels if labels is not None else overrides.get("labels")
    return Companions(
        vocabulary=words,
        embeddings=table,
        labels=_labels(names),
        features=_features(overrides.get("features")),
        gate_order=overrides.get("gate_order"),
        output=_output(overrides.get("output")),
        tokenizer=_tokenizer(overrides.get("tokenizer")),
        architecture=architecture(
            model=_json(overrides.get("architecture"), "The architecture"),
            layers=overrides.get("layers"),
        ),
        dtype=dtype,
        reference=Reference.read(reference),
        assumptions=tuple(assumptions),
        options={key: overrides[key] for key in OPTION_KEYS if key in overrides},
    )


def _json(value: Any, what: str) -> Any:
    """A value as it is, or what a JSON text, file or bytes says."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        return parse_json(value, what)
    return parse_json(read_text(value, what), what) if is_source(value) else value


def _vocabulary(value: Any) -> tuple[Vocabulary | None, list[str]]:
    assumptions: list[str] = []
    if value is None or isinstance(value, Vocabulary):
        return value, assumptions
    if is_source(value):
        value, assumptions = parse_words(read_text(value, "The vocabulary"))
    if isinstance(value, Mapping):
        words, more = words_by_id(value)
        return Vocabulary(tuple(words)), [*assumptions, *more]
    value = _plain_list(value)
    if isinstance(value, Sequence):
        return Vocabulary(tuple(value)), assumptions
    raise InputError(
        f"vocabulary is {type(value).__name__}; give a list of words, a dictionary from word to "
        "id, or the path or bytes of a text or JSON file."
    )


def _plain_list(value: Any) -> Any:
    """Arrays and pandas columns as lists of plain values."""
    return value.tolist() if hasattr(value, "tolist") else value


def _embeddings(value: Any) -> np.ndarray | Vectors | None:
    if value is None or isinstance(value, Vectors):
        return value
    if is_source(value):
        if holds_vectors(value, "The embeddings file"):
            return read_vectors(value, "The embeddings file")
        value = read_embeddings(value)
    if isinstance(value, Mapping):
        return Vectors.of(value)
    return table_of(value)


def _labels(value: Any) -> tuple[str, ...] | None:
    value = _json(value, "The list of labels")
    if value is None:
        return None
    if isinstance(value, Mapping):
        value = _labels_by_number(value)
    value = _plain_list(value)
    if not isinstance(value, Sequence):
        raise InputError(f"labels is {type(value).__name__}; give one name per class.")
    names = tuple(value)
    wrong = [name for name in names if not isinstance(name, str)]
    if wrong or not names:
        raise FormatError(f"labels must be one text per class, found {wrong[:1] or 'none'}.")
    return tuple(map(str, names))


def _features(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        raise FormatError(
            f"The spec has features {value!r:.80}, expected a list with one name per input."
        )
    return tuple(value)


def _labels_by_number(value: Mapping[Any, Any]) -> list[Any]:
    """{0: "no", 1: "yes"}, {"0": "no", ...} or {"no": 0, ...} as a list."""
    by_number = {str(key): name for key, name in value.items()}
    if all(type(number) is int for number in value.values()):
        by_number = {str(number): name for name, number in value.items()}
    if set(by_number) != {str(n) for n in range(len(value))}:
        raise FormatError(f"labels must number the classes from 0 to {len(value) - 1}, each once.")
    return [by_number[str(n)] for n in range(len(value))]


def spec_of(value: Any) -> Mapping[str, Any]:
    """What a file does not say: a mapping, JSON, or the path or bytes of JSON; empty for None.

    Raises:
        FormatError: it is no object, or has a key that means nothing.
    """
    value = _json(value, "The spec")
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise FormatError(f"The spec is {type(value).__name__}, expected an object with names.")
    if is_model(value):  # model.to_json() alone
        return {"architecture": value}
    for key in value:
        if key not in (*SPEC_KEYS, *OPTION_KEYS):
            valid = choices((*SPEC_KEYS, *OPTION_KEYS))
            raise FormatError(f"The spec has an unknown key {key!r:.60}; valid: {valid}.")
    return value


def _output(value: Any) -> str | None:
    if value is not None and value not in OUTPUTS:
        raise FormatError(f"The spec has output {value!r:.60}; choose from {choices(OUTPUTS)}.")
    return value


def _tokenizer(value: Any) -> Tokenizer | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or not all(
        isinstance(option, _TOKENIZER_KEYS.get(key, ())) for key, option in value.items()
    ):
        raise FormatError(
            "The tokenizer in the spec must be an object with 'method' (a name), 'lowercase' "
            "(true or false), 'standardize' (a name), 'length' (a number) and 'pad' (true or "
            f"false), found {value!r:.80}."
        )
    return Tokenizer(**value)


def _prepend(table: np.ndarray, nodes: Sequence[Node]) -> list[Node]:
    first = nodes[0].layer
    if isinstance(first, Embedding):
        raise FormatError(
            f"The file has an embedding of its own ({nodes[0].name!r}, shape "
            f"{tuple(first.table.shape)}); leave `embeddings` out."
        )
    wanted = find_shapes(nodes)[INPUT]
    if not wanted.time:
        raise FormatError(
            f"The network takes {wanted.units} features, not words; leave `embeddings` out."
        )
    if table.shape[1] != wanted.units:
        raise FormatError(
            f"The embeddings have shape {table.shape}, {table.shape[1]} units a word; layer "
            f"{nodes[0].name!r} expects {wanted.units}."
        )
    names = {node.name for node in nodes}
    name = next(n for n in ("embedding", "embeddings", "word_vectors_given") if n not in names)
    moved = [
        Node(node.name, node.layer, tuple(name if i == INPUT else i for i in node.inputs))
        for node in nodes
    ]
    return [Node(name, Embedding(table)), *moved]
