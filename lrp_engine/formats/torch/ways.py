"""How the layers of a module could follow each other: specs to try where its code is not traced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations, product
from typing import Any

from lrp_engine.formats.torch.attention_options import CONTEXT, QUERIES, QUERY
from lrp_engine.formats.torch.names import says_attention
from lrp_engine.formats.torch.poolings import DIRECTIONS, EVERY, POOLINGS

_TOGETHER = ("last", "max", "mean")  # as poolings stand side by side
_BETWEEN = ("relu", "tanh", "linear", "gelu")  # between Linear layers
_JOINED = ([CONTEXT], [CONTEXT, QUERY], [QUERY, CONTEXT])


def ways(state: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Specs, the usual ones first; what does not fit the sizes is refused when it is read.

    Args:
        state: arrays by name.
    """
    names = [*state]
    weights = [state[name] for name in names if name.endswith(".weight")]
    matrices = [one for one in weights if getattr(one, "ndim", 2) == 2]
    both = any(name.endswith("_reverse") for name in names)
    directions: list[str | None] = [None, *(d for d in DIRECTIONS if d != "concat")]
    attention = any(says_attention(name) for name in names)
    timed = any("weight_hh" in name for name in names)
    for activation in _BETWEEN if len(matrices) > 2 else _BETWEEN[:1]:
        for spec in _attended(named=True) if attention else _pooled(timed=timed):
            for how in directions if both else directions[:1]:
                more = {} if how is None else {"directions": how}
                yield {**spec, **more, "activation": activation}


def _pooled(*, timed: bool) -> Iterator[dict[str, Any]]:
    yield from () if timed else ({},)
    yield from ({"pooling": name} for name in POOLINGS if timed or name != EVERY)
    for count in (2, 3):
        yield from ({"pooling": [*some]} for some in permutations(_TOGETHER, count))
    yield from _attended(named=False)


def _attended(*, named: bool) -> Iterator[dict[str, Any]]:
    """Attention by weights that are named so, or without weights."""
    if named:
        yield {"attention": {"score": "additive"}}
        for query, joined in product(QUERIES, _JOINED):
            given = {"query": query, "joined": joined}
            for first in (True, False):
                yield {"attention": {"score": "additive", "query_first": first, **given}}
            for on, scaled in product(("states", "query"), (False, True)):
                said = {"score": "multiplicative", "on": on, "scaled": scaled}
                yield {"attention": {**said, **given}}
        return
    for query, joined, scaled in product(QUERIES, _JOINED, (False, True)):
        said = {"score": "dot", "layers": [], "query": query, "joined": joined, "scaled": scaled}
        yield {"attention": said}


def in_words(spec: dict[str, Any]) -> str:
    """A way, as a sentence goes on."""
    return ", ".join(f"{key!r}: {value!r}" for key, value in spec.items())
