"""Attention as a spec describes it: how states are scored, with which weights, against what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lrp_engine.errors import FormatError
from lrp_engine.formats.torch.named_weights import require, require_one_of
from lrp_engine.layers.activations import ACTIVATIONS

# How a state is scored -> what that is, a line of docs/formats.md.
SCORES: Mapping[str, str] = {
    "additive": "`v tanh(W h + b)`: `layers` are W and v; a single Linear layer to one unit is "
    "`W h + b`, a single vector `v tanh(h)`. With a `query` q `v tanh(W h + U q)`: W, U and v, or "
    "W of both side by side and v",
    "multiplicative": "`q W h`: one weight, of `on` (the states, or the query)",
    "dot": "`q h`, no weights; `scaled`: divided by the root of the units",
}
QUERIES = ("last", "last_step")
CONTEXT, QUERY = "context", "query"
# Key of the spec's "attention" -> what it means, a line of docs/formats.md.
KEYS: Mapping[str, str] = {
    "score": "a name above",
    "layers": "names of modules or parameters in the order in which they act; those named like "
    "attention",
    "query": 'what states are compared with: `"last"` or `"last_step"`, as pooled; nothing of an '
    'additive score, else `"last"`',
    "activation": "the function within an additive score; as above",
    "on": 'of a multiplicative score, what its weight is applied to: `"states"` or `"query"`; '
    '`"states"`',
    "scaled": "whether scores are divided by the root of the units; false",
    "query_first": "of one weight for both side by side: whether the query comes first; true",
    "joined": 'what goes on: `["context"]`, or both in their order, as `["context", "query"]`; '
    '`["context"]`',
}
_HOW = (
    'Say what it does, for example spec={{"attention": {{"score": "multiplicative", "layers": '
    '["{0}"], "query": "last"}}}} (or "additive", "dot"; see docs/formats.md). If it is an '
    'ordinary layer, name it in "order": [...].'
)


@dataclass(frozen=True, kw_only=True)
class AttentionOptions:
    """A weighted sum over the states: the context.

    Attributes:
        score: a key of `SCORES`.
        layers: names of its weights; None: the modules whose names say attention.
        query: what the states are compared with: the final state ("last") or the states at the
            last word ("last_step"); None for nothing, a score of each state alone.
        activation: within an additive score.
        on: of a multiplicative score, what its weight is applied to.
        scaled: scores are divided by the root of the units.
        query_first: of one weight for [query, state] side by side: which comes first.
        joined: what goes on, side by side: "context", "query".
    """

    score: str
    layers: tuple[str, ...] | None = None
    query: str | None = None
    activation: str | None = None
    on: str = "states"
    scaled: bool = False
    query_first: bool = True
    joined: tuple[str, ...] = (CONTEXT,)

    @classmethod
    def checked(cls, given: Any) -> AttentionOptions:
        """From the spec's "attention", an object or the name of a score.

        Raises:
            FormatError: a key or a value is not one of those that are valid.
        """
        given = {"score": given} if isinstance(given, str) else given
        require("attention", given, KEYS, ["score"])
        require_one_of("attention", given["score"] or "", SCORES)
        require_one_of("the attention's query", given.get("query"), QUERIES)
        require_one_of("the attention's activation", given.get("activation"), ACTIVATIONS)
        require_one_of("the attention's on", given.get("on"), ("states", "query"))
        for key in ("scaled", "query_first"):
            require_one_of(f"the attention's {key}", given.get(key), (True, False))
        values = {key: value for key, value in given.items() if value is not None}
        for key in ("layers", "joined"):
            names = values.get(key, [])
            names = [names] if isinstance(names, str) else names
            if not isinstance(names, list | tuple) or not all(isinstance(n, str) for n in names):
                raise FormatError(f"The attention's {key} is {names!r:.80}, expected names.")
            if key in values:
                values[key] = tuple(names)
        for name in values.get("joined", ()):
            require_one_of("the attention's joined", name, (CONTEXT, QUERY))
        if values["score"] != "additive":
            values.setdefault("query", "last")
        options = cls(**values)
        if CONTEXT not in options.joined or len({*options.joined}) < len(options.joined):
            raise FormatError(
                f"The attention's joined is {[*options.joined]}; what goes on is the context, "
                "alone or with the query."
            )
        if options.query is None and QUERY in options.joined:
            raise FormatError("The attention's joined names the query, but it has none.")
        return options

    @property
    def names(self) -> tuple[str, ...]:
        return self.layers or ()


def unexplained(name: str) -> FormatError:
    """A module whose name says attention, and nothing says how it is used."""
    return FormatError(
        f"{name!r:.60} is named like attention, and weights alone do not say how it is used. "
        + _HOW.format(name[:60])
    )
