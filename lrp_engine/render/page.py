"""One text as a standalone HTML page: heatmaps, exact numbers, account, settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lrp_engine.propagation.rules import GATES, ByLayer
from lrp_engine.propagation.rules.by_layer import place
from lrp_engine.render import templates
from lrp_engine.render.checks import check_rows
from lrp_engine.render.conservation import conservation_verdict, named_parts, word_parts
from lrp_engine.render.numbers import exact, number, percentage, spelled, vmax_of
from lrp_engine.render.row import method_rows, of_one_text
from lrp_engine.render.said import quoted, runners_up, said
from lrp_engine.render.unit_rows import unit_rows
from lrp_engine.render.wording import target_words, visible, with_noun, with_output
from lrp_engine.version import __version__

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation
    from lrp_engine.propagation.rules import Rule

SKIPPABLE = 60  # words
DIGITS = {"float32": 8, "float64": 16}  # significant ones in tables


def methods_page(
    explanations: Mapping[str, Explanation] | Explanation,
    index: int = 0,
    *,
    palette: str | None = None,
    vmax: Mapping[str, float | None] | None = None,
    scale: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
) -> str:
    """The page of one sample by one method or several: its text and what is said of it, a heatmap
    each, one table, one account.

    No script, no request, every word escaped.

    Args:
        palette: a name in `PALETTES`. vmax, scale: as of `method_rows`.
        notes: sentences above the heatmaps, as what leaving words out does.

    Raises:
        InputError: there is no explanation, or they are of different words.
    """
    samples = of_one_text(explanations, index, what="A page")
    ones = list(samples.values())
    first = ones[0]
    kind, words = first.token_kind, len(first.tokens[0])
    target, against = target_words(first)
    complete = next((one for one in ones if one.method_info.completeness == "score"), None)
    title = f"{', '.join(one.method_info.short for one in ones)}: {first.target_label()}"
    return templates.render(
        "page.html",
        title=visible(title),
        target=visible(target),
        against=against and visible(against),
        score=first.explained_score[0],
        said=said(first),
        quoted=quoted(first),
        notes=notes,
        others=runners_up(first),
        class_count=spelled(len(first.labels)),
        about=partial(with_output, kind=first.output_kind),
        has_classes=first.output_kind.has_classes,
        skip=with_noun(f"Skip the {words} words", kind) if words > SKIPPABLE else "",
        sentences=first.warnings,
        rows=method_rows(samples, palette=palette, vmax=vmax, scale=scale),
        units=unit_rows(first, palette=palette),
        labelled=first.labelled_token(),
        token_kind=kind,
        word_columns=_word_columns(ones),
        word_rows=_word_rows(ones),
        class_rows=_class_rows(first),
        verdict=conservation_verdict(complete).sentence if complete else "",
        account_rows=_account_rows(complete) if complete else (),
        settings=_settings(ones),
    )


def _exact(one: Explanation, value: float, *, signed: bool = True) -> str:
    return exact(float(value), signed=signed, digits=DIGITS[one.dtype])


class Shown(NamedTuple):
    """A number to read, and all its digits."""

    text: str
    exact: str


def _shown(one: Explanation, values: np.ndarray, *, signed: bool = True) -> list[Shown]:
    """Values (n,) with four digits of the largest one, and what they are exactly."""
    top = vmax_of(values) / 100
    return [
        Shown(number(value, signed=signed, vmax=top), f"{value:.{DIGITS[one.dtype]}g}")
        for value in values.tolist()
    ]


def _marks_unknown(one: Explanation) -> bool:
    return bool(one.unknown[0].any())


def _word_columns(ones: Sequence[Explanation]) -> list[tuple[str, bool]]:
    """Headings, and whether their column is set to the right."""
    columns = [("no.", True), (ones[0].token_kind, False)]
    if ones[0].parts:
        columns.insert(0, ("input", False))
    if _marks_unknown(ones[0]):
        columns.append(("unknown", False))
    for one in ones:
        heading = f"{one.method_info.value_name} (unit: {one.unit})"
        columns.append((f"{one.method_info.short}: {heading}" if len(ones) > 1 else heading, True))
    return columns


def _word_rows(ones: Sequence[Explanation]) -> Iterator[tuple[str | Shown, ...]]:
    first = ones[0]
    values = zip(
        *(_shown(one, one.token_relevance[0], signed=one.method_info.signed) for one in ones),
        strict=True,
    )
    words = zip(_places(first), first.tokens[0], first.unknown[0], values, strict=True)
    for at, token, unknown, shown in words:
        mark = ("yes" if unknown else "",) if _marks_unknown(first) else ()
        yield *at, visible(token), *mark, *shown


def _places(one: Explanation) -> Iterator[tuple[str, ...]]:
    """Number of each word from 1 on, and before it the input, where there are several."""
    for name, part in one.by_input().items():
        for no in range(1, len(part.tokens[0]) + 1):
            yield (visible(name), str(no)) if one.parts else (str(no),)


def _class_rows(one: Explanation) -> Iterator[tuple[str | Shown, ...]]:
    if one.probabilities is None:
        units = one.value_units or ("",) * len(one.labels)
        for label, value, unit in zip(one.labels, one.scores[0], units, strict=True):
            yield visible(label), _exact(one, value, signed=False), visible(unit) if unit else ""
        return
    scores = _shown(one, one.scores[0])
    for label, score, share in zip(one.labels, scores, one.probabilities[0], strict=True):
        yield visible(label), score, percentage(float(share))


def _account_rows(one: Explanation) -> Iterator[tuple[str, str]]:
    for name, value in (
        *word_parts(one, "all "),
        *named_parts(one),
        ("rounding error (conservation error)", one.conservation_error[0]),
        (with_output("explained score", one.output_kind), one.explained_score[0]),
    ):
        yield name, _exact(one, value)


def _settings(ones: Sequence[Explanation]) -> list[tuple[str, str]]:
    rows = []
    for one in ones:
        info = one.method_info
        rows += [("method", f"{info.title} ({one.method})"), ("source", info.source)]
        rows += [
            (f"{info.short}: {name.replace('_', ' ')}", f"{value}")
            for name, value in one.method_options.items()
        ]
        rows += [(f"{info.short}: {title}", text) for title, text in check_rows(one)]
    rule = next((one.rule for one in ones if one.rule is not None), None)
    texts = {
        f"text of {visible(name)}" if name else "text": " ".join(part.settings.get("text", ()))
        for name, part in ones[0].by_input().items()
    }
    return [
        *rows,
        *(rule_rows(rule) if rule is not None else ()),
        *([("held fixed", ", ".join(map(visible, ones[0].held)))] if ones[0].held else ()),
        *((name, text) for name, text in texts.items() if text),
        ("dtype", ones[0].dtype),
        ("engine", f"lrp-lens {__version__}"),
        ("model hash", ones[0].model_hash),
    ]


def rule_rows(rule: Rule) -> list[tuple[str, str]]:
    """Name and options of a rule as pairs of a term and a value; by layer, a pair per place."""
    if not isinstance(rule, ByLayer):
        return [("rule", type(rule).__name__), *_option_rows(rule)]
    rows = [("rule", rule.title)]
    for where, one in (*rule.rules, ("", rule.default)):
        options = "; ".join(f"{name} {value}" for name, value in _option_rows(one))
        rows.append((place(where) or "other layers", f"{one.title}; {options}"))
    return rows


def _option_rows(rule: Rule) -> list[tuple[str, str]]:
    options = rule.to_dict()
    del options["name"]
    gates = GATES[options.pop("gates")].meaning
    return [
        ("gates", gates),
        *((name.replace("_", " "), f"{value:g}") for name, value in options.items()),
    ]
