"""The order in which modules run, and what stands between them: activations, pooling, attention."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, permutations

from lrp_engine.errors import FormatError
from lrp_engine.formats.torch.attention import Attention
from lrp_engine.formats.torch.attention_options import unexplained
from lrp_engine.formats.torch.names import says_attention
from lrp_engine.formats.torch.options import ConvOptions, Options, each
from lrp_engine.formats.torch.poolings import LAST, POOLINGS, Window
from lrp_engine.formats.torch.state import Module
from lrp_engine.layers.activations import ACTIVATIONS

_TRIED = 7  # layers whose order is searched for by their shapes
_TIMED = ("recurrent", "conv", "embedding")
_NORMS = ("batch_norm", "layer_norm")
ATTENTION = "attention"  # in an order: where it stands


@dataclass(frozen=True)
class SideBySide:
    """Convolutions that read the same."""

    modules: tuple[Module, ...]


@dataclass(frozen=True)
class Act:
    """An activation."""

    name: str


@dataclass(frozen=True)
class Pool:
    """Poolings, side by side."""

    names: tuple[str, ...]


Item = Module | SideBySide | Act | Pool | Window | Attention


def arranged(listed: Sequence[Module], options: Options, attention: Attention | None) -> list[Item]:
    """Everything that runs, in order: as wanted, or in the first order whose sizes fit.

    Raises:
        FormatError: there is none, or the wanted one does not fit.
    """
    for module in listed:
        if says_attention(module.name) and module.name not in options.named:
            raise unexplained(module.name)
    if options.order is not None:
        orders: Iterator[list[Item]] = iter([_wanted(listed, options, attention)])
    else:
        orders = (one for order in _orders(listed) for one in _variants(order))
    for order in orders:
        whole = _completed(order, options, attention)
        if _fits(whole, options):
            return whole
    raise FormatError(
        f"The layers {', '.join(map(str, listed)):.300} do not form a chain in which each takes "
        "what the one before gives and a Linear layer comes last; a network with branches cannot "
        "be told from weights alone. Attention, pooling and an order are said by the spec."
    )


def flat(items: Sequence[Item]) -> Iterator[Module]:
    """The modules."""
    for item in items:
        if isinstance(item, Module):
            yield item
        elif isinstance(item, SideBySide):
            yield from item.modules


# As the spec says ------------------------------------------------------------------------------


def _wanted(listed: Sequence[Module], options: Options, attention: Attention | None) -> list[Item]:
    by_name = {module.name: module for module in listed}
    order = options.order or ()
    named = [
        name
        for entry in order
        for name in each(entry)
        if name in by_name or name not in {*ACTIVATIONS, *POOLINGS, ATTENTION}
    ]
    if sorted(named) != sorted(by_name):
        raise FormatError(
            f"The spec's order names {', '.join(map(repr, named)):.200}; the file holds "
            f"{', '.join(map(repr, by_name)):.200}, each must be named once. Between them may "
            "stand activations, poolings and 'attention'."
        )
    items: list[Item] = []
    for entry in order:
        if isinstance(entry, Window):
            items.append(entry)
        elif isinstance(entry, tuple):
            side = tuple(by_name[name] for name in entry if name in by_name)
            if len(side) < len(entry) or any(module.kind != "conv" for module in side):
                raise FormatError(
                    f"The spec's order has {[*entry]!r:.80} side by side, expected nn.Conv1d."
                )
            items.append(SideBySide(side))
        elif entry in by_name:
            items.append(by_name[entry])
        elif entry == ATTENTION:
            if attention is None:
                raise FormatError(
                    "The spec's order names 'attention', but 'attention' is not given."
                )
            items.append(attention)
        else:
            items.append(Pool((entry,)) if entry in POOLINGS else Act(entry))
    return items


# By sizes --------------------------------------------------------------------------------------


def _orders(listed: Sequence[Module]) -> Iterator[list[Module]]:
    """As listed, by kind, by kind with what follows the recurrent layers in any order."""
    first = [module for module in listed if module.kind == "embedding"]
    timed = [module for module in listed if module.kind == "conv"]
    timed += [module for module in listed if module.kind == "recurrent"]
    rest = [module for module in listed if module.kind not in _TIMED]
    yield [*first, *(module for module in listed if module.kind != "embedding")]
    yield [*first, *timed, *rest]
    if len(rest) <= _TRIED:
        yield from ([*first, *timed, *order] for order in permutations(rest))


def _variants(order: Sequence[Module]) -> Iterator[list[Item]]:
    yield [*order]
    yield _grouped(order)


def _grouped(order: Sequence[Module]) -> list[Item]:
    """Neighbouring convolutions of one list, which read the same, side by side."""

    def key(module: Module) -> tuple[str, int]:
        stem = module.name.rstrip("0123456789")
        return (stem if module.kind == "conv" else module.name, module.inputs)

    items: list[Item] = []
    for _, group in groupby(order, key):
        side = tuple(group)
        items.append(SideBySide(side) if len(side) > 1 else side[0])
    return items


# What stands between ---------------------------------------------------------------------------


def _completed(order: Sequence[Item], options: Options, attention: Attention | None) -> list[Item]:
    """With the activations, and the pooling or attention, that the order does not name."""
    items = [*order]
    if not any(isinstance(item, Act) for item in items):
        items = _with_activations(items, options)
    if any(isinstance(item, Pool | Attention) for item in items):
        if options.pooling is not None:
            raise FormatError("The spec names a pooling both in 'order' and by 'pooling'.")
        return items
    at = _end_of_time(items)
    if at is None:
        if options.pooling is not None or attention is not None:
            what = f"pooling {[*options.pooling]}" if options.pooling else "attention"
            raise FormatError(
                f"The spec has {what}, but the file holds no recurrent layer, so there are no "
                "states over time."
            )
        return items
    if attention is not None:
        if options.pooling is not None:
            raise FormatError("The spec has both 'pooling' and 'attention'; one of them goes on.")
        return [*items[:at], attention, *items[at:]]
    pooling = options.pooling or default_pooling(items)
    return [*items[:at], Pool(pooling), *items[at:]] if pooling else items


def default_pooling(items: Sequence[Item]) -> tuple[str, ...] | None:
    """What is assumed: the final state, behind convolutions the maximum over time, behind an
    embedding alone the average, as nn.EmbeddingBag makes it."""
    kinds = {module.kind for module in flat(items)}
    usual = {"recurrent": LAST, "conv": "max", "embedding": "mean"}
    return next(((usual[kind],) for kind in _TIMED if kind in kinds), None)


def hidden(items: Sequence[Item]) -> list[Module]:
    """The Linear layers before the last one that no PReLU follows."""
    found = []
    for n, item in enumerate(items):
        if isinstance(item, Module) and item.kind == "linear" and n < len(items) - 1:
            after = _past_norms(items, n + 1)
            if not (after < len(items) and getattr(items[after], "kind", "") == "prelu"):
                found.append(item)
    return found


def _past_norms(items: Sequence[Item], at: int) -> int:
    while at < len(items) and getattr(items[at], "kind", "") in _NORMS:
        at += 1
    return at


def _with_activations(items: list[Item], options: Options) -> list[Item]:
    linear = hidden(items)
    given = options.activation or "relu"
    names = [given] * len(linear) if isinstance(given, str) else [*given]
    if len(names) != len(linear):
        raise FormatError(
            f"The spec has {len(names)} activations; the Linear layers before the last one are "
            f"{len(linear)}: {', '.join(m.name for m in linear):.200}."
        )
    by_name = dict(zip((m.name for m in linear), names, strict=True))
    of_convs = (options.conv or ConvOptions()).activation
    result: list[Item] = []
    waiting: str | None = None
    for n, item in enumerate(items):
        if waiting is not None and getattr(item, "kind", "") not in _NORMS:
            result.append(Act(waiting))
            waiting = None
        result.append(item)
        if isinstance(item, SideBySide) or getattr(item, "kind", "") == "conv":
            after = _past_norms(items, n + 1)
            prelu = after < len(items) and getattr(items[after], "kind", "") == "prelu"
            waiting = None if prelu else of_convs
        elif isinstance(item, Module) and item.name in by_name:
            waiting = by_name[item.name]
    return result


def _end_of_time(items: Sequence[Item]) -> int | None:
    """Where the states over time end: behind the last layer that makes them."""
    for kind in _TIMED:
        places = [n for n, item in enumerate(items)
                  if getattr(item, "kind", "conv" if isinstance(item, SideBySide) else "")
                  == kind]  # fmt: skip
        if places:
            at = places[-1] + 1
            while (
                kind == "conv"
                and at < len(items)
                and (
                    isinstance(items[at], Act | Window)
                    or getattr(items[at], "kind", "") in (*_NORMS, "prelu")
                )
            ):
                at += 1
            return at
    return None


# Sizes -----------------------------------------------------------------------------------------


def last_recurrent(items: Sequence[Item]) -> Module | None:
    found = [module for module in flat(items) if module.kind == "recurrent"]
    return found[-1] if found else None


def _fits(items: Sequence[Item], options: Options) -> bool:
    """Whether each takes the units that come, and a Linear layer comes last."""
    units = 0  # any number, before the first
    last = last_recurrent(items)
    for n, item in enumerate(items):
        if isinstance(item, Module | SideBySide):
            modules = [*flat([item])]
            if any(m.inputs not in (units or m.inputs, 0) for m in modules):
                return False
            if n and any(module.kind == "embedding" for module in modules):
                return False
            made = sum(module.outputs for module in modules)
            if last and item is last and options.directions not in (None, "concat"):
                made //= last.directions
            units = made or units
        elif isinstance(item, Pool):
            units *= len(item.names)
        elif isinstance(item, Attention):
            units = item.outputs(units)
    final = items[-1] if items else None
    return isinstance(final, Module) and final.kind == "linear"
