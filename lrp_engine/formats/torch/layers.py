"""PyTorch modules as layers, one after the other: stacks, directions, what goes on of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lrp_engine.errors import FormatError
from lrp_engine.formats.plain import unused_name
from lrp_engine.formats.torch.attention import Attention, joined
from lrp_engine.formats.torch.chain import Act, Item, Pool, SideBySide, flat, last_recurrent
from lrp_engine.formats.torch.options import ConvOptions, Options
from lrp_engine.formats.torch.poolings import DIRECTIONS, EVERY, LAST, POOLINGS, WINDOWS, Window
from lrp_engine.formats.torch.recurrent import depth, direction
from lrp_engine.formats.torch.state import Module
from lrp_engine.layers import (
    Activation,
    Add,
    Average,
    BatchNormalization,
    Bidirectional,
    Concatenate,
    Conv1D,
    Dense,
    Embedding,
    Layer,
    LayerNormalization,
    PReLU,
    TakeStep,
)
from lrp_engine.model.graph import INPUT, Node

EPSILON = 1e-5  # of PyTorch's normalization layers
_MERGES: dict[str, Callable[[], Layer]] = {"concat": Concatenate, "sum": Add, "ave": Average}


@dataclass
class _Chain:
    """The nodes so far.

    Attributes:
        at: the node that what comes next reads; before the first the input. stem: its module.
        final: the node with the final states of the last recurrent layer, where it is needed.
        units: of `at`.
        convs: names of the convolutions as they run.
    """

    options: Options
    convs: Sequence[str] = ()
    nodes: list[Node] = field(default_factory=list)
    at: str = INPUT
    stem: str = ""
    final: str | None = None
    units: int = 0
    used: set[str] = field(default_factory=lambda: {INPUT})

    def add(self, name: str, layer: Layer, *inputs: str) -> str:
        name = unused_name(name, self.used)
        self.nodes.append(Node(name, layer, inputs or (self.at,)))
        return name

    def go(self, name: str, layer: Layer, *inputs: str) -> None:
        self.at = self.stem = self.add(name, layer, *inputs)


def nodes(items: Sequence[Item], options: Options) -> list[Node]:
    """The layers of what runs, in order."""
    convs = [module.name for module in flat(items) if module.kind == "conv"]
    chain, last = _Chain(options, convs), last_recurrent(items)
    n = 0
    while n < len(items):
        item, after = items[n], items[n + 1 :]
        n += 1
        if isinstance(item, Module) and item.kind == "recurrent":
            n += _recurrent(chain, item, item is last, after)
        elif isinstance(item, SideBySide):
            n += _side_by_side(chain, item, after)
        elif isinstance(item, Module):
            act = after[0] if after and isinstance(after[0], Act) else None
            fused = act is not None and item.kind in ("linear", "conv")
            layer = _BUILT[item.kind](item, chain)
            chain.go(item.name, replace(layer, activation=act.name) if act and fused else layer)
            chain.units = item.outputs or chain.units
            n += fused
        elif isinstance(item, Act):
            if item.name != "linear":
                chain.go(item.name, Activation(item.name))
        elif isinstance(item, Pool):
            _pool(chain, item)
        elif isinstance(item, Window):
            chain.go(item.name, WINDOWS[item.name](item.size, item.stride))
        else:
            _attend(chain, item)
    return chain.nodes


def _pool(chain: _Chain, pool: Pool) -> None:
    made = [_pooled(chain, name, chain.at, chain.stem) for name in pool.names]
    if len(made) == 1:
        chain.at = made[0]
    else:
        chain.go(f"{chain.stem}.pooled", Concatenate(), *made)
    chain.units *= len(made)


def _pooled(chain: _Chain, name: str, states: str, stem: str) -> str:
    layer = POOLINGS[name].layer
    if layer is not None:
        return chain.add(f"{stem}.{name}", layer, states)
    if name == EVERY:
        return states
    if chain.final is None:
        raise FormatError(
            f"The spec pools {states!r:.60} by 'last', the final state of a recurrent layer; it "
            "must stand right behind one."
        )
    return chain.final


def _attend(chain: _Chain, attention: Attention) -> None:
    query = None
    if attention.options.query is not None:
        query = _pooled(chain, attention.options.query, chain.at, chain.stem)
    context = attention.context(chain.add, chain.at, query, chain.units)
    both = joined(attention, context, query)
    if len(both) == 1:
        chain.at = both[0]
    else:
        chain.go(f"{attention.name}.both", Concatenate(), *both)
    chain.units = attention.outputs(chain.units)


def _side_by_side(chain: _Chain, item: SideBySide, after: Sequence[Item]) -> int:
    """Each with its activation and pooling, then side by side; how many items that were."""
    act = after[0] if after and isinstance(after[0], Act) else None
    pool = after[bool(act) :][:1]
    single = isinstance(pool[0], Pool) and len(pool[0].names) == 1 if pool else False
    ends = []
    for module in item.modules:
        layer = _conv(module, chain)
        layer = replace(layer, activation=act.name) if act else layer
        end = chain.add(module.name, layer, chain.at)
        ends.append(_pooled(chain, pool[0].names[0], end, end) if single else end)  # type: ignore[union-attr]
    chain.go("side_by_side", Concatenate(), *ends)
    chain.units = sum(module.outputs for module in item.modules)
    return bool(act) + single


# Recurrent layers ------------------------------------------------------------------------------


def _recurrent(chain: _Chain, module: Module, last: bool, after: Sequence[Item]) -> int:
    """A stack; how many of the items after it that took, the pooling by the final state."""
    head = after[0] if after else None
    merge = DIRECTIONS[chain.options.directions or "concat"] if last else "concat"
    by_final = isinstance(head, Pool) and head.names == (LAST,)
    needs_final = (isinstance(head, Pool) and LAST in head.names) or (
        isinstance(head, Attention) and head.options.query == LAST
    )
    levels = depth(module)
    taken: set[str] = set()
    for level in range(levels):
        end = level == levels - 1
        name = module.name if levels == 1 else f"{module.name}.l{level}"
        directions = [
            direction(module, level, suffix, chain.options, not (end and by_final), taken)
            for suffix in ("", "_reverse")[: module.directions]
        ]
        if end and needs_final and not by_final:
            _with_final(chain, name, directions, merge)
        elif len(directions) == 2:
            one, two = directions
            chain.go(name, Bidirectional(one, two, merge if end else "concat"))
        else:
            chain.go(name, directions[0])
    left = set(module.arrays) - taken
    if left:
        raise FormatError(
            f"{module.name}.{min(left)!s:.60} belongs to no complete layer of {module.name!r:.60}; "
            "the state dict is incomplete."
        )
    chain.stem = module.name
    chain.units = module.outputs // (module.directions if merge != "concat" else 1)
    return int(by_final)


def _with_final(chain: _Chain, name: str, directions: Sequence[Layer], merge: str) -> None:
    """The states over time, and the final ones beside them: each direction is a node of its own."""
    before = chain.at
    if len(directions) == 1:
        chain.go(name, directions[0])
        chain.final = chain.add(f"{name}.last", TakeStep(-1), chain.at)
        return
    states, finals = [], []
    for end, layer, step in zip(("forward", "backward"), directions, (-1, 0), strict=True):
        states.append(chain.add(f"{name}.{end}", layer, before))
        finals.append(chain.add(f"{name}.{end}.last", TakeStep(step), states[-1]))
    chain.go(name, _MERGES[merge](), *states)
    chain.final = chain.add(f"{name}.last", _MERGES[merge](), *finals)


# Other layers ----------------------------------------------------------------------------------


def _conv(module: Module, chain: _Chain) -> Conv1D:
    """Weights (M, E, K), as (K, E, M)."""
    conv = (chain.options.conv or ConvOptions()).of(
        chain.convs.index(module.name), len(chain.convs)
    )
    padding = conv["padding"]
    pads: dict[str, Any] = {"padding": padding}
    if isinstance(padding, int):
        pads = {"padding": "given", "before": padding, "after": padding}
    return Conv1D(
        module.arrays["weight"].transpose(2, 1, 0),
        module.arrays.get("bias"),
        strides=conv["stride"],
        dilation=conv["dilation"],
        **(pads if padding else {}),
    )


def _batch_norm(module: Module, chain: _Chain) -> BatchNormalization:
    arrays = module.arrays
    return BatchNormalization(
        arrays["running_mean"],
        arrays["running_var"],
        arrays.get("weight"),
        arrays.get("bias"),
        _epsilon(chain.options),
    )


def _layer_norm(module: Module, chain: _Chain) -> LayerNormalization:
    return LayerNormalization(
        module.arrays["weight"], module.arrays["bias"], _epsilon(chain.options)
    )


def _epsilon(options: Options) -> float:
    return EPSILON if options.epsilon is None else float(options.epsilon)


# Kind of module -> its layer; recurrent ones are above.
_BUILT: dict[str, Callable[[Module, _Chain], Any]] = {
    "embedding": lambda module, _: Embedding(module.arrays["weight"]),
    "linear": lambda module, _: Dense(module.arrays["weight"].T, module.arrays.get("bias")),
    "conv": _conv,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "prelu": lambda module, _: PReLU(module.arrays["weight"]),
}
