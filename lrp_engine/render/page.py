"""One explanation as a standalone HTML page: heatmap, exact numbers, account, settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from lrp_engine.errors import InputError
from lrp_engine.propagation.rules import GATES
from lrp_engine.render.conservation import conservation_verdict
from lrp_engine.render.heatmap import STYLE as FRAGMENT_STYLE
from lrp_engine.render.heatmap import explanation_fragment, warnings_fragment
from lrp_engine.render.numbers import exact, number, percentage
from lrp_engine.render.palettes import DEFAULT, THEMES
from lrp_engine.render.wording import (
    ledger_words,
    state_words,
    target_words,
    visible,
    with_noun,
)

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation
    from lrp_engine.propagation.rules import Rule

SKIPPABLE = 60  # words
DIGITS = {"float32": 8, "float64": 16}  # significant ones in tables

POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def _theme(name: str) -> str:
    theme = THEMES[name]
    return f"--st-text-color:{theme.text};--st-background-color:{theme.background}"


STYLE = (
    "<style>:root{color-scheme:light dark;" + _theme("light") + "}"
    "@media (prefers-color-scheme:dark){:root{" + _theme("dark") + "}}"
    """
body { color: var(--st-text-color); background: var(--st-background-color); margin: 0 auto;
  max-width: 60rem; padding: 1.5rem 1rem 3rem; font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0 1rem; }
.lrp-words { font-size: 1.15rem; padding-left: 0; }
.lrp-legend { padding-left: 0; margin-top: .75rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .25rem; }
th, td { text-align: left; padding: .2rem .9rem .2rem 0; vertical-align: top;
  border-bottom: 1px solid #7f7f7f66; overflow-wrap: anywhere; }
th { overflow-wrap: normal; } td { min-width: 4rem; }
td.n, th.n { text-align: right; } td.n { white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0; }
dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
a { color: inherit; }
</style>"""
)


def page(explanation: Explanation, index: int = 0, *, palette: str | None = None) -> str:
    """The page of one sample; no script, no request, every word escaped."""
    return methods_page({explanation.method: explanation}, index, palette=palette)


def methods_page(
    explanations: Mapping[str, Explanation], index: int = 0, *, palette: str | None = None
) -> str:
    """The page of one sample by several methods: a heatmap each, one table, one account.

    Raises:
        InputError: there is no explanation, or they are of different words.
    """
    ones = [explanation[index] for explanation in explanations.values()]
    if not ones or any(one.tokens != ones[0].tokens for one in ones):
        raise InputError("A page needs explanations of one text, by one method or more.")
    first = ones[0]
    title = f"{', '.join(one.method_info.short for one in ones)}: {first.target_label()}"
    heatmaps = [
        f"{_method(one)}{explanation_fragment(one, palette=palette or DEFAULT)}" for one in ones
    ]
    # One style is enough for all.
    heatmaps[1:] = [fragment.replace(FRAGMENT_STYLE, "") for fragment in heatmaps[1:]]
    sums = next((one for one in ones if one.method_info.completeness == "score"), None)
    sections = [_words(ones), _scores(first), _account(sums) if sums else "", _settings(ones)]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(visible(title))}</title>{STYLE}</head><body><main>"
        f"{_head(first)}{warnings_fragment(first)}{''.join(heatmaps)}{''.join(sections)}"
        "</main></body></html>\n"
    )


def _method(one: Explanation) -> str:
    facts = one.method_info
    meaning = with_noun(facts.meaning, one.token_kind)
    return f"<h2>{escape(facts.title)}</h2><p>{escape(meaning)}</p>"


def _head(one: Explanation) -> str:
    predicted = int(one.predicted[0])
    return (
        f"<h1>{_question(one)}</h1>"
        f"<p>Explained score <b>{number(one.explained_score[0])}</b>. The model predicts "
        f"<b><bdi>{escape(visible(one.labels[predicted]))}</bdi></b> "
        f"({percentage(one.probabilities[0, predicted])}).</p>"
        f"{with_noun(_skip(len(one.tokens[0])), one.token_kind)}"
    )


def _question(one: Explanation) -> str:
    target, against = (name and f"<bdi>{escape(visible(name))}</bdi>" for name in target_words(one))
    return f"Why {target} and not {against}?" if against else f"Why this score for {target}?"


def _skip(words: int) -> str:
    """Every word takes the keyboard's focus; of many, let people pass."""
    return f'<p><a href="#numbers">Skip the {words} words</a></p>' if words > SKIPPABLE else ""


def _exact(one: Explanation, value: float, *, signed: bool = True) -> str:
    return exact(float(value), signed=signed, digits=DIGITS[one.dtype])


def _words(ones: Sequence[Explanation]) -> str:
    first = ones[0]
    columns = [
        [
            _exact(one, value, signed=one.method_info.signed)
            for value in one.token_relevance[0].tolist()
        ]
        for one in ones
    ]
    # Only words can be unknown.
    knows = first.token_kind == "word"
    rows = (
        (str(n), visible(token), *(["yes" if unknown else ""] if knows else []), *values)
        for n, (token, unknown, *values) in enumerate(
            zip(first.tokens[0], first.unknown[0], *columns, strict=True)
        )
    )
    infos = [one.method_info for one in ones]
    heads = [f"{'relevance' if i.signed else 'sensitivity'} (unit: {i.unit})" for i in infos]
    if len(ones) > 1:
        heads = [f"{one.method_info.short}: {head}" for one, head in zip(ones, heads, strict=True)]
    names = ("position", first.token_kind, *(["unknown"] if knows else []))
    numeric = (0, *range(len(names), len(names) + len(ones)))
    words = table((*names, *heads), rows, numeric=numeric)
    return f'<h2 id="numbers" tabindex="-1">{first.token_kind.capitalize()}s</h2>{words}'


def _scores(one: Explanation) -> str:
    rows = (
        (visible(label), _exact(one, score), percentage(float(share)))
        for label, score, share in zip(one.labels, one.scores[0], one.probabilities[0], strict=True)
    )
    return f"<h2>Classes</h2>{table(('class', 'score', 'probability'), rows, numeric=(1, 2))}"


def _account(one: Explanation) -> str:
    rows = [(f"all {one.token_kind}s", float(one.token_relevance[0].sum()))]
    rows += [(state_words(name), float(array[0])) for name, array in one.initial_states.items()]
    rows += [(ledger_words(name), float(array[0])) for name, array in one.ledger.items()]
    rows.append(("rounding error (conservation error)", float(one.conservation_error[0])))
    rows.append(("explained score", float(one.explained_score[0])))
    verdict = conservation_verdict(one)
    parts = table(("part", "relevance"), ((part, _exact(one, v)) for part, v in rows), numeric=(1,))
    return f"<h2>Where the score went</h2><p>{escape(verdict.sentence)}</p>{parts}"


def _settings(ones: Sequence[Explanation]) -> str:
    from lrp_engine.version import __version__

    rows = [
        pair
        for one in ones
        for pair in (
            ("method", f"{one.method_info.title} ({one.method})"),
            ("source", one.method_info.source),
        )
    ]
    ruled = next((one for one in ones if one.rule is not None), None)
    if ruled is not None and ruled.rule is not None:
        rows += rule_rows(ruled.rule)
    rows += [
        ("dtype", ones[0].dtype),
        ("engine", f"lrp-lens {__version__}"),
        ("model hash", ones[0].model_hash),
    ]
    items = "".join(f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in rows)
    return f"<h2>Settings</h2><dl>{items}</dl>"


def rule_rows(rule: Rule) -> list[tuple[str, str]]:
    """Name and options of a rule as pairs of a term and a value."""
    options = rule.to_dict()
    del options["name"]
    gates = GATES[options.pop("gates")]
    numbers = [(name.replace("_", " "), f"{value:g}") for name, value in options.items()]
    return [("rule", type(rule).__name__), ("gates", gates), *numbers]


def table(
    head: tuple[str, ...], rows: Iterable[tuple[str, ...]], *, numeric: tuple[int, ...]
) -> str:
    """A table that scrolls by itself; `numeric` columns are set to the right."""
    kinds = [' class="n"' if column in numeric else "" for column in range(len(head))]
    top = "".join(
        f'<th scope="col"{kind}>{escape(text)}</th>' for kind, text in zip(kinds, head, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td{kind} dir="auto">{escape(text)}</td>'
            for kind, text in zip(kinds, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(head[0])} table">'
        f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )
