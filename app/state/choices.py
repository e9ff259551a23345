"""What a user can set: default, and how an address says it. Addresses are read with suspicion."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

from app import account, settings
from app.compare import compared
from app.figures import scales
from app.kept.folders import KEY
from app.learn import DIRECTIONS, FIRST, STEPS
from app.models import numeric
from app.navigation import View
from app.review import outcomes, queue, words
from app.review.true_classes import Key, meaning
from app.review.verdicts import VERDICTS
from app.state.choice import Choice, between, class_number, matching, one_of, shortest, switch
from app.state.trust_choices import TRUST
from lrp_engine import METHODS, RULES, Epsilon
from lrp_engine.attribution.methods import LIVE_METHODS
from lrp_engine.propagation.rules import GATES, LayerRule, Option, from_text
from lrp_engine.render import palettes

ANY = "any"  # no filter
PREDICTED = "predicted"  # the target that follows the model
NOTHING = "nothing"  # no contrast
AS_OTHERS = "as_others"  # the first layer has no rule of its own
FIRST_LAYER_RULES = (AS_OTHERS, *(name for name, rule in RULES.items() if rule.for_inputs))


def _class_or(word: str) -> Callable[[str], int | str]:
    return lambda text: word if text == word else class_number(text)


def _text(text: str) -> str:
    if len(text) > settings.TEXT_CHARACTERS:
        raise ValueError("too long")
    return text


def _numbers(text: str) -> str:
    # Whether they fit is for the model to say.
    if not numeric.TEXT.fullmatch(text):
        raise ValueError(text)
    return _text(text)


def _position(text: str) -> int | None:
    return class_number(text) if text else None


def _palette(text: str) -> str:
    if text not in palettes.PALETTES:
        raise ValueError(text)
    return text


# What the Review page shows. The key of a set is no part of other pages' links.


def _review(default: Any, read: Callable[[str], Any], expected: str, write: Any = str) -> Choice:
    return Choice(default, read, write, expected, View.REVIEW)


def _row(text: str) -> int:
    return int(matching(re.compile("[0-9]{1,6}"))(text))


def _count(text: str) -> int:
    return max(1, min(class_number(text), 1000))


def _sort(text: str) -> str:
    if queue.OWN_SORT.fullmatch(text):
        return text
    return one_of(*queue.SORTS)(text)


def _columns(text: str) -> tuple[int, ...]:
    if len(text) > settings.LINK_CHARACTERS:
        raise ValueError("too long")
    return tuple(dict.fromkeys(map(class_number, text.split(",")))) if text else ()


def _class_filter(text: str) -> Key | str:
    """One class, or several that count as one."""
    if text == "none":
        return outcomes.NO_CLASS
    if "-" not in text:
        return _class_or(ANY)(text)
    classes = meaning(map(class_number, text.split("-")))
    if len(classes) < 2:
        raise ValueError(text)
    return classes


def _write_class_filter(chosen: Key | str) -> str:
    if isinstance(chosen, tuple):
        return "-".join(map(str, chosen))
    return "none" if chosen == outcomes.NO_CLASS else str(chosen)


def _counted(text: str) -> tuple[int, bool, str]:
    said, negated, word = text.split("-", 2)
    if not 0 < len(word) <= 100:
        raise ValueError(text)
    return class_number(said), switch(negated), word


REVIEW: dict[str, Choice] = {
    "set": _review("", matching(KEY), "the key of a set"),
    "part": _review("rows", one_of("rows", "words", "quality", "labels", "export"),
                    "rows, words, quality, labels or export"),
    "row": _review(-1, _row, "the number of a row"),
    "sort": _review(queue.FIRST, _sort,
                    f"{' or '.join(queue.SORTS)}, or own-, a column's number, and -up or -down"),
    "columns": _review((), _columns, "numbers of columns", lambda c: ",".join(map(str, c))),
    "truth": _review(ANY, _class_filter,
                     "the number of a class, of several with - between them, or none",
                     _write_class_filter),
    "said": _review(ANY, _class_or(ANY), "the number of a class"),
    "outcome": _review(ANY, one_of(ANY, *outcomes.OUTCOMES), " or ".join(outcomes.OUTCOMES)),
    "marked": _review(ANY, one_of(ANY, *queue.MARKS, *VERDICTS),
                      f"a verdict, {' or '.join(queue.MARKS)}"),
    "spelling": _review(ANY, one_of(ANY, "plain", "negated"), "plain or negated"),
    "counted_class": _review(0, class_number, "the number of a class"),
    "at_least": _review(words.AT_LEAST, _count, "a number from 1 to 1000"),
    "find": _review("", _text, "a shorter text"),
    "word": _review(None, _counted, "a class, 0 or 1, and a word, with - between them",
                    lambda key: f"{key[0]}-{int(key[1])}-{key[2]}"),
}  # fmt: skip

# What the Compare page shows.


def _read_rows(text: str) -> tuple[compared.Row, ...]:
    rows = tuple(_read_row(one) for one in text.split(",")) if text else ()
    if len(rows) > settings.COMPARE_ROWS:
        raise ValueError("too many rows")
    return tuple(dict.fromkeys(rows))


def _rule(text: str) -> str:
    """A rule's name, or a rule by layer as compact JSON."""
    if text in RULES:
        return text
    if len(text) > settings.RULE_CHARACTERS or not text.startswith("{"):
        raise ValueError(text)
    rule = from_text(text)
    if isinstance(rule, LayerRule):  # which has choices of its own
        raise ValueError(text)
    return compared.as_text(rule)


def _read_row(text: str) -> compared.Row:
    parts = text.split("~")
    parts[0], *options = parts[0].split(":")
    method, target, eps, bias_factor, model, rule, gates = (*parts, *[""] * 6)[:7]
    ruled, own = compared.has_rule(method), parts[7:]
    rule = _rule(unquote(rule)) if rule else ""
    known = RULES[rule].options if rule in RULES else ()
    if len(own) > len(known) or text.endswith("~"):
        raise ValueError(text)
    numbers = zip(known, [*own, *[""] * (len(known) - len(own))], strict=True)
    return compared.Row(
        method=method,
        target=class_number(target) if target else None,
        eps=_EPS(eps) if eps and ruled else None,
        bias_factor=_FACTOR(bias_factor) if bias_factor and ruled else None,
        model=matching(re.compile("[0-9a-f]{12}|"))(model),
        rule=rule if rule and ruled else None,
        gates=_GATES(gates) if gates and ruled else None,
        own=tuple(OWN_OPTIONS[option.name].read(one) if one else None for option, one in numbers)
        if own and ruled
        else (),
        chosen=_read_options(method, options),
    )


def _read_options(method: str, options: list[str]) -> tuple[tuple[str, float | str], ...]:
    """Options of a method, each as name=value."""
    known = {option.name: option for option in METHODS[method].options}
    given = dict(one.split("=", 1) for one in options)
    return compared.chosen(method, {name: known[name].parsed(v) for name, v in given.items()})


def _write_option(name: str, value: float | str) -> str:
    return f"{name}={value if isinstance(value, str) else shortest(value)}"


def _write_rows(rows: tuple[compared.Row, ...]) -> str:
    return ",".join(
        "~".join(
            (
                ":".join([row.method, *(_write_option(*one) for one in row.chosen)]),
                "" if row.target is None else str(row.target),
                "" if row.eps is None else shortest(row.eps),
                "" if row.bias_factor is None else shortest(row.bias_factor),
                row.model,
                quote(row.rule or "", safe="").replace("~", "%7E"),
                row.gates or "",
                *("" if number is None else shortest(number) for number in row.own),
            )
        ).rstrip("~")
        for row in rows
    )


_EPS = between(settings.EPS_SMALLEST, settings.EPS_LARGEST)
_FACTOR = between(0, 1)
_GATES = one_of(*GATES)
# What the Learn page shows: its step, the two small examples, the part of the LSTM looked into.


def _amount(default: float, low: float, high: float) -> Choice:
    return Choice(
        default, between(low, high), shortest, f"a number from {low:g} to {high:g}", View.LEARN
    )


LEARN: dict[str, Choice] = {
    "step": Choice(FIRST, one_of(*STEPS), expected=" or ".join(STEPS), view=View.LEARN),
    "x1": _amount(1.0, -2, 2),
    "x2": _amount(0.5, -2, 2),
    "x3": _amount(-1.0, -2, 2),
    "sum_eps": _amount(0.001, settings.EPS_SMALLEST, 1),
    "sum_bias_factor": _amount(0.0, 0, 1),
    "gate": _amount(0.8, 0, 1),
    "signal": _amount(1.5, -2, 2),
    "direction": Choice(DIRECTIONS[0], one_of(*DIRECTIONS), expected=" or ".join(DIRECTIONS),
                        view=View.LEARN),
    "unit": Choice(None, _position, expected="the number of a unit", view=View.LEARN),
}  # fmt: skip


def _own(kind: type[LayerRule], option: Option) -> Choice:
    return Choice(
        getattr(kind(), option.name), between(option.smallest, option.largest), shortest,
        f"a number from {option.smallest:g} to {option.largest:g}",
    )  # fmt: skip


# What the rules ask for besides eps, bias factor and gates; rules may share an option.
OWN_OPTIONS = {o.name: _own(kind, o) for kind in reversed(RULES.values()) for o in kind.options}

# By name, which is also the name of the query parameter.
CHOICES: dict[str, Choice] = {
    "text": Choice(settings.DEFAULT_TEXT, _text, expected="a shorter text"),
    "edited": Choice("", _text, expected="a shorter text"),
    "beside": Choice("", _text, expected="a shorter text", view=View.EXPLAIN),
    "numbers": Choice("", _numbers, expected="numbers as this page writes them"),
    "pick": Choice(None, _position, expected="the position of a word"),
    "target": Choice(PREDICTED, _class_or(PREDICTED), expected="the number of a class"),
    "contrast": Choice(NOTHING, _class_or(NOTHING), expected="the number of a class"),
    "eps": Choice(
        settings.EPS_DEFAULT,
        _EPS,
        shortest,
        f"a number from {settings.EPS_SMALLEST:g} to {settings.EPS_LARGEST:g}",
    ),
    "bias_factor": Choice(
        settings.BIAS_FACTOR_DEFAULT, _FACTOR, shortest, "a number from 0 to 1"
    ),
    "rule": Choice(Epsilon.name, _rule,
                   expected=f"{' or '.join(RULES)}, or a rule by layer as JSON"),
    "first_layer": Choice(AS_OTHERS, one_of(*FIRST_LAYER_RULES),
                          expected=" or ".join(FIRST_LAYER_RULES)),
    "gates": Choice(Epsilon().gates, _GATES, expected=" or ".join(GATES)),
    **OWN_OPTIONS,
    "palette": Choice(palettes.DEFAULT, _palette, expected=" or ".join(palettes.PALETTES)),
    "scale": Choice(scales.TYPICAL, one_of(*scales.TITLES), expected=" or ".join(scales.TITLES)),
    "same_scale": Choice(False, switch, lambda value: str(int(value)), "0 or 1"),
    "values": Choice(True, switch, lambda value: str(int(value)), "0 or 1"),
    "present": Choice(False, switch, lambda value: str(int(value)), "0 or 1"),
    "all_methods": Choice(False, switch, lambda value: str(int(value)), "0 or 1"),
    "path": Choice(False, switch, lambda value: str(int(value)), "0 or 1"),
    "bars": Choice(next(iter(LIVE_METHODS)), one_of(*LIVE_METHODS),
                   expected=" or ".join(LIVE_METHODS)),
    "rows": Choice(compared.DEFAULT, _read_rows, _write_rows, "rows as this page writes them",
                   View.COMPARE),
    "part_at": Choice(0, class_number, expected="the position of a word", view=View.COMPARE),
    "account": Choice(account.FIRST, one_of(*account.PARTS), expected=" or ".join(account.PARTS),
                      view=View.CONSERVATION),
    **REVIEW,
    **TRUST,
    **LEARN,
}  # fmt: skip
