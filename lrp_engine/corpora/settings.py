"""CorpusSettings of a run: everything besides network and input that decides the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lrp_engine.attribution.methods import (
    DEFAULT_METHOD,
    LIVE_METHODS,
    METHODS,
    methods_listed,
    options_of,
)
from lrp_engine.attribution.targets import one_for_all, resolve
from lrp_engine.errors import InputError
from lrp_engine.option import plain_number, whole_number
from lrp_engine.propagation.rules import DEFAULT_RULE, LayerRule, Rule, checked, doubts

if TYPE_CHECKING:
    from lrp_engine.model.network import Network


ALL = "all"
# Some 1,200 texts of 300 words, or 350 of 1,000: a few seconds of one core.
SHARD_BYTES = 2 * 2**20
Target = int | str | tuple[int | str, int | str] | None


@dataclass(frozen=True, kw_only=True)
class CorpusSettings:
    """What is explained and how; plain values, the same in every process.

    Attributes:
        methods: names in `METHODS`, each one column of the result.
        target: None for each text's predicted class; a class; or a pair (a, b).
        position: of a network that labels every word: whose label; None for the first word's.
        rule: how relevance is handed back, as in `Network.explain`.
        method_options: method name -> its options; defaults where left out.
        text_column, label_column: where the input has them.
        max_tokens: a longer text is written with a reason instead of an explanation.
        shard_rows: rows of a part, at most.
        shard_bytes: bytes of a part's texts and other columns, at most, in UTF-8; 0 for no bound.

    Raises:
        InputError: a value is out of range; the text lists what is not.
    """

    methods: tuple[str, ...] = (DEFAULT_METHOD,)
    target: Target = None
    position: int | None = None
    rule: Rule = DEFAULT_RULE
    method_options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)
    text_column: str = "text"
    label_column: str | None = None
    max_tokens: int = 20_000
    shard_rows: int = 2_000
    shard_bytes: int = SHARD_BYTES

    def __post_init__(self) -> None:
        methods = methods_listed(self.methods)
        options = options_of(methods, self.method_options)
        some = {name: values for name, values in options.items() if values}
        object.__setattr__(self, "method_options", some)
        bound = {"least": 0, "expected": "1 or more, or 0 for no bound"}
        numbers: dict[str, dict[str, Any]] = {
            "max_tokens": {},
            "shard_rows": {},
            "shard_bytes": bound,
        }
        for name, least in numbers.items():
            object.__setattr__(self, name, whole_number(name, getattr(self, name), **least))
        object.__setattr__(self, "target", one_for_all(self.target))
        object.__setattr__(self, "position", plain_number(self.position))
        if isinstance(self.position, (list, tuple, set, dict)):
            raise InputError(
                f"position is {self.position!r:.60}, expected a whole number, from 0 on."
            )
        if self.label_column == self.text_column:
            raise InputError(f"Texts and labels are both the column {self.text_column!r}.")
        object.__setattr__(self, "methods", tuple(dict.fromkeys(one.name for one in methods)))
        if not isinstance(self.rule, Rule):
            raise InputError(
                f"rule is {self.rule!r:.80}, expected one of lrp_engine.RULES, or "
                "lrp_engine.ByLayer."
            )

    def check(self, network: Network) -> None:
        """Stop where the network cannot do what is asked.

        Raises:
            InputError: it reads no texts, or has no such class or no layer that the rule names.
        """
        from lrp_engine.attribution.positions import require_position
        from lrp_engine.attribution.stream import require_words

        require_words(network)
        resolve(network, self.target, 1)
        require_position(network, self.position)
        checked(self.rule, network.nodes)

    def warnings(self, network: Network) -> tuple[str, ...]:
        """What was measured against the rule, where a method follows one."""
        if not any(METHODS[name].uses_rule for name in self.methods):
            return ()
        return doubts.of_rule(self.rule, network.nodes)

    def to_dict(self) -> dict[str, Any]:
        """Option names as on the command line -> values as JSON keeps them."""
        return {
            "method": list(self.methods),
            "target": list(self.target) if isinstance(self.target, tuple) else self.target,
            # Left out where nobody chose it, as in manifests from before there were positions.
            **({"position": self.position} if self.position is not None else {}),
            **self._rule(),
            # Left out where there are none, as in manifests from before methods had options.
            **({"method-option": self.method_options} if self.method_options else {}),
            "text-column": self.text_column,
            "label-column": self.label_column,
            "max-tokens": self.max_tokens,
            "shard-rows": self.shard_rows,
            # Left out where rows alone bound a part, as in manifests from before bytes did.
            **({"shard-bytes": self.shard_bytes} if self.shard_bytes else {}),
        }

    def _rule(self) -> dict[str, Any]:
        rule = self.rule.to_dict()
        if not isinstance(self.rule, LayerRule):
            return {"rule": rule}  # as --rule takes it
        return {_option(name): value for name, value in rule.items()}


def _option(name: str) -> str:
    return "rule" if name == "name" else name.replace("_", "-")


def methods_named(names: Sequence[str]) -> tuple[str, ...]:
    """Methods by name; `ALL` stands for the live ones, which share one forward pass."""
    others = [name for name in names if name != ALL]
    return (*LIVE_METHODS, *others) if ALL in names else tuple(others)
