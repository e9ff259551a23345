"""Rules by layer: which layer follows which rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from lrp_engine.errors import InputError, choices
from lrp_engine.model.layer import Layer
from lrp_engine.propagation.rule import LayerRule, Rule
from lrp_engine.propagation.rules.epsilon import Epsilon

if TYPE_CHECKING:
    from lrp_engine.model.graph import Node

Names = tuple[str, ...]


def _first(nodes: Sequence[Node]) -> Names:
    return tuple(node.name for node in nodes if node.layer.follows_rule)[:1]


def _last(nodes: Sequence[Node]) -> Names:
    return tuple(node.name for node in nodes if node.layer.follows_rule)[-1:]


def _input(nodes: Sequence[Node]) -> Names:
    passing, names = {name for node in nodes for name in node.inputs}, []
    passing -= {node.name for node in nodes}  # the inputs
    for node in nodes:
        if node.layer.reads_ids or (
            not _has_weights(node.layer) and passing.issuperset(node.inputs)
        ):
            passing.add(node.name)
        elif _has_weights(node.layer) and passing.intersection(node.inputs):
            names.append(node.name)
    return tuple(names)


def _has_weights(layer: Layer) -> bool:
    return any(
        isinstance(value, np.ndarray) or (isinstance(value, Layer) and _has_weights(value))
        for value in vars(layer).values()
    )


# Position -> what people read, and the names of the nodes there.
POSITIONS: dict[str, tuple[str, Callable[[Sequence[Node]], Names]]] = {
    "first": ("first layer", _first),
    "last": ("last layer", _last),
    "input": ("layers that read the input", _input),
}


@dataclass(frozen=True)
class ByLayer(Rule):
    """Different rules for different layers, as the field's composites assign them.

    Montavon et al. 2019 (doi 10.1007/978-3-030-28954-6_10, section 10.3) recommend different rules
    for lower, middle and upper layers.

    Args:
        rules: pairs (where, rule) in order; the first whose `where` includes a layer is the
            layer's rule. `where` is one of

            - a layer's name in the network. Layers within one, as the two of a bidirectional
              layer, follow its rule.
            - a kind of layer: a key of `lrp_engine.layers.LAYERS`, such as "dense".
            - "first", "last": the first, the last layer in order of computation whose weighted sum
              follows rules, that is, of the dense and convolution layers.
            - "input": every layer with weights that reads the network's input or its embedding,
              directly or through layers without weights that read nothing else.

            A word that is two of these with different layers, as Keras names a layer "dense", is
            written "name:dense", "kind:dense" or "position:first".
        default: the rule of all other layers.

    Each rule brings its own `eps`, `bias_factor` and `gates`.

    Raises:
        InputError: a pair is none, or a rule is itself by layer. Where a network is explained: a
            `where` names nothing in it.
    """

    name: ClassVar[str] = "by_layer"

    rules: tuple[tuple[str, LayerRule], ...]
    default: LayerRule = field(default_factory=Epsilon, kw_only=True)

    def __post_init__(self) -> None:
        if isinstance(self.rules, (str, Mapping)) or not isinstance(self.rules, Iterable):
            raise InputError(f"rules is {self.rules!r:.80}, expected pairs (where, rule).")
        pairs = []
        for pair in self.rules:
            if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
                raise InputError(f"{pair!r:.80} is no pair (where, rule).")
            where, rule = pair
            if not isinstance(where, str) or not where:
                raise InputError(
                    f"{where!r:.80} says of no layer which it is: give a layer's name, a kind of "
                    f"layer, or {choices(POSITIONS)}."
                )
            pairs.append((where, _of_one_layer(rule)))
        _of_one_layer(self.default)
        object.__setattr__(self, "rules", tuple(pairs))

    @property
    def title(self) -> str:  # type: ignore[override]
        parts = [f"{place(where)}: {rule.title}" for where, rule in self.rules]
        return "; ".join([self.default.title, *parts])

    @property
    def layer_rules(self) -> tuple[LayerRule, ...]:
        return self.default, *(rule for _, rule in self.rules)

    def by_node(self, nodes: Sequence[Node]) -> tuple[LayerRule, ...]:
        assigned: dict[str, LayerRule] = {}
        for where, rule in self.rules:
            for name in named(nodes, where):
                assigned.setdefault(name, rule)
        return tuple(assigned.get(node.name, self.default) for node in nodes)

    def with_options(self, **options: Any) -> Self:
        return replace(
            self,
            rules=tuple((where, rule.with_options(**options)) for where, rule in self.rules),
            default=self.default.with_options(**options),
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "rules": [{"layer": where, "rule": rule.to_dict()} for where, rule in self.rules],
            "default": self.default.to_dict(),
        }


def place(where: str) -> str:
    """A `where` as people read it."""
    group, _, word = where.partition(":")
    if group in ("name", "kind", "position"):
        where = word
    return POSITIONS[where][0] if where in POSITIONS else where


def named(nodes: Sequence[Node], where: str) -> Names:
    """Names of the nodes that a `where` of `ByLayer` means.

    Raises:
        InputError: it names nothing in this network, or two things.
    """
    kinds: dict[str, Names] = {}
    for node in nodes:
        kinds[node.layer.kind] = (*kinds.get(node.layer.kind, ()), node.name)
    positions = {word: at(nodes) for word, (_, at) in POSITIONS.items()}
    groups: dict[str, dict[str, Names]] = {
        "name": {node.name: (node.name,) for node in nodes},
        "kind": kinds,
        "position": {word: names for word, names in positions.items() if names},
    }
    meant = {group: known[where] for group, known in groups.items() if where in known}
    if len(set(meant.values())) > 1:
        raise InputError(
            f"{where!r} means different layers as a {' and as a '.join(meant)}; write "
            f"{choices(f'{group}:{where}' for group in meant)}."
        )
    if meant:
        return next(iter(meant.values()))
    group, _, word = where.partition(":")
    if word in groups.get(group, ()):
        return groups[group][word]
    raise InputError(
        f"The rule by layer names {where!r:.80}, which this network does not have. Its layers are "
        f"{choices(groups['name'])}; their kinds {choices(kinds)}; positions "
        f"{choices(groups['position'])}."
    )


def _of_one_layer(rule: object) -> LayerRule:
    if not isinstance(rule, LayerRule):
        raise InputError(f"{rule!r:.80} is no rule of a layer; give one of lrp_engine.RULES.")
    return rule
