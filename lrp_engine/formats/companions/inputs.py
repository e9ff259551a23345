"""What a caller gives of each of several inputs, put in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from lrp_engine.errors import FormatError, choices
from lrp_engine.formats.companions.given_words import GivenWords
from lrp_engine.formats.companions.spec import INPUTS
from lrp_engine.layers import Embedding
from lrp_engine.model.assumption import Assumption, still_open
from lrp_engine.model.graph import Node
from lrp_engine.model.reads import Input
from lrp_engine.model.text import Vocabulary

# Of a network of one input; of several they are said of each.
_OF_ONE = {"embeddings": "embeddings", "features": "features", "unit_names": "units"}


class Given(Protocol):
    """What is read of `Companions`."""

    @property
    def words(self) -> GivenWords: ...
    @property
    def vocabulary(self) -> Vocabulary | None: ...
    @property
    def tokenizer(self) -> Mapping[str, Any]: ...
    @property
    def features(self) -> tuple[str, ...] | None: ...
    @property
    def unit_names(self) -> tuple[str, ...] | None: ...
    @property
    def detects_text(self) -> bool: ...
    @property
    def said(self) -> frozenset[str]: ...
    @property
    def inputs(self) -> Mapping[str, Given]: ...
    def of_input(self, name: str) -> Given: ...


def with_inputs(given: Given, nodes: Sequence[Node], parts: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a network of several inputs that the caller has a say in.

    Args:
        parts: of the file: several, assumptions, warnings.

    Raises:
        FormatError: something is given of no input, or of all that is of one alone.
    """
    inputs: Sequence[Input] = parts["several"]
    names = [one.name for one in inputs]
    for name in given.inputs:
        if name not in names:
            raise FormatError(f"The spec describes the input {name!r:.60}; the network has "
                              f"{choices(names)}.")  # fmt: skip
    for attribute, key in _OF_ONE.items():
        if getattr(given, attribute) is not None:
            raise FormatError(
                f"The network has several inputs, {choices(names)}, so `{key}` is not of all of "
                f'them; say of each, in the spec: "inputs": {{"{names[0]}": {{...}}}}.'
            )
    if given.detects_text:
        raise FormatError(
            "The tokenizer is found by texts for models of one input; this one has several: say "
            "the options by name."
        )
    tables = {one.name: _table_of(one, nodes) for one in inputs if one.ids}
    _require_one_table(given, tables)
    several = []
    said: dict[str, list[str]] = {"assumptions": [], "warnings": []}
    for one in inputs:
        own, changes = given.of_input(one.name), dict[str, Any]()
        if own.features is not None:
            changes["features"] = own.features
        if own.unit_names is not None:
            changes["unit_names"] = own.unit_names
        if one.ids:
            text = own.words.parts(tables[one.name], one.tokenizer, own.tokenizer)
            for key, found in said.items():
                found += [about_input(one.name, sentence) for sentence in text.pop(key)]
            changes |= text
        elif (told := given.inputs.get(one.name)) and (told.vocabulary or told.tokenizer):
            raise FormatError(
                f"The input {one.name!r:.60} reads numbers; leave its vocabulary and tokenizer out."
            )
        several.append(replace(one, **changes))
    return {
        "several": tuple(several),
        **{
            key: still_open((*parts.get(key, ()), *found), given.said)
            for key, found in said.items()
        },
    }


def about_input(name: str, sentence: str) -> str:
    """What is said of one input; where it is assumed, with the keys of the spec that say it."""
    told = f"Input {name!r}: {sentence}"
    if not isinstance(sentence, Assumption):
        return told
    keys = (f"{INPUTS}.{name}.{key}" for key in sentence.about)
    return Assumption(told, *keys, kept=sentence.kept)


def _table_of(one: Input, nodes: Sequence[Node]) -> Embedding:
    for node in nodes:
        if isinstance(node.layer, Embedding) and one.name in node.inputs:
            return node.layer
    raise FormatError(f"The input {one.name!r:.60} holds ids, but no embedding reads it.")


def _require_one_table(given: Given, tables: Mapping[str, Embedding]) -> None:
    """Stop where one vocabulary is given for embeddings of different sizes."""
    shared = [name for name in tables if given.of_input(name).words is given.words]
    rows = {name: len(tables[name].table) for name in shared}
    if given.vocabulary is not None and len(set(rows.values())) > 1:
        listed = ", ".join(f"{name!r} {count:,}" for name, count in rows.items())
        raise FormatError(
            f"The embeddings have different numbers of rows ({listed}), so one vocabulary cannot "
            "be of all of them; say it of each input that reads words, in the spec: "
            f'"inputs": {{"{shared[0]}": {{"vocabulary": [...]}}}}.'
        )
