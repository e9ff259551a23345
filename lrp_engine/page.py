"""One explanation as a standalone HTML page: heatmap, exact numbers, account, settings."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from lrp_engine.heatmap import explanation_fragment
from lrp_engine.palettes import DEFAULT, THEMES
from lrp_engine.rules import GATES
from lrp_engine.wording import (
    conservation_verdict,
    exact,
    ledger_words,
    number,
    percentage,
    state_words,
    target_words,
    visible,
)

if TYPE_CHECKING:
    from lrp_engine.explanation import Explanation

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
    one = explanation[index]
    facts = one.facts
    title = f"{facts.short}: {one.target_label()}"
    sections = [
        _words(one),
        _scores(one),
        _account(one) if facts.sums_to_score else "",
        _settings(one),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(visible(title))}</title>{STYLE}</head><body><main>"
        f"{_head(one)}{explanation_fragment(one, palette=palette or DEFAULT)}"
        f"{''.join(sections)}</main></body></html>\n"
    )


def _head(one: Explanation) -> str:
    facts = one.facts
    predicted = int(one.predicted[0])
    return (
        f"<h1>{_question(one)}</h1>"
        f"<p>Explained score <b>{number(one.explained_score[0])}</b>. The model predicts "
        f"<b><bdi>{escape(visible(one.labels[predicted]))}</bdi></b> "
        f"({percentage(one.probabilities[0, predicted])}).<br>"
        f"{escape(facts.title)}: {escape(facts.meaning)}</p>"
        f"{_skip(len(one.tokens[0]))}"
    )


def _question(one: Explanation) -> str:
    target, against = (name and f"<bdi>{escape(visible(name))}</bdi>" for name in target_words(one))
    return f"Why {target} and not {against}?" if against else f"Why this score for {target}?"


def _skip(words: int) -> str:
    """Every word takes the keyboard's focus; of many, let people pass."""
    return f'<p><a href="#numbers">Skip the {words} words</a></p>' if words > SKIPPABLE else ""


def _exact(one: Explanation, value: float, *, signed: bool = True) -> str:
    return exact(float(value), signed=signed, digits=DIGITS[one.dtype])


def _words(one: Explanation) -> str:
    rows = (
        (
            str(n),
            visible(token),
            "yes" if unknown else "",
            _exact(one, value, signed=one.facts.signed),
        )
        for n, (token, unknown, value) in enumerate(
            zip(one.tokens[0], one.unknown[0], one.token_relevance[0].tolist(), strict=True)
        )
    )
    what = "relevance" if one.facts.signed else "sensitivity"
    head = ("position", "word", "unknown", f"{what} (unit: {one.facts.unit})")
    return f'<h2 id="numbers" tabindex="-1">Words</h2>{_table(head, rows, numeric=(0, 3))}'


def _scores(one: Explanation) -> str:
    rows = (
        (visible(label), _exact(one, score), percentage(float(share)))
        for label, score, share in zip(one.labels, one.scores[0], one.probabilities[0], strict=True)
    )
    return f"<h2>Classes</h2>{_table(('class', 'score', 'probability'), rows, numeric=(1, 2))}"


def _account(one: Explanation) -> str:
    rows = [("all words", float(one.token_relevance[0].sum()))]
    rows += [(state_words(name), float(array[0])) for name, array in one.initial_states.items()]
    rows += [(ledger_words(name), float(array[0])) for name, array in one.ledger.items()]
    rows.append(("rounding error (conservation error)", float(one.conservation_error[0])))
    rows.append(("explained score", float(one.explained_score[0])))
    verdict = conservation_verdict(one)
    table = _table(
        ("part", "relevance"), ((part, _exact(one, v)) for part, v in rows), numeric=(1,)
    )
    return f"<h2>Where the score went</h2><p>{escape(verdict.sentence)}</p>{table}"


def _settings(one: Explanation) -> str:
    from lrp_engine import __version__

    rows = [("method", f"{one.facts.title} ({one.method})"), ("source", one.facts.source)]
    if one.rule is not None:
        rows.append(("rule", type(one.rule).__name__))
        options = one.rule.plain()
        del options["name"]
        rows.append(("gates", GATES[options.pop("gates")]))
        rows += [(name.replace("_", " "), f"{value:g}") for name, value in options.items()]
    rows += [
        ("dtype", one.dtype),
        ("engine", f"lrp-lens {__version__}"),
        ("model hash", one.model_hash),
    ]
    items = "".join(f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in rows)
    return f"<h2>Settings</h2><dl>{items}</dl>"


def _table(
    head: tuple[str, ...], rows: Iterable[tuple[str, ...]], *, numeric: tuple[int, ...]
) -> str:
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
