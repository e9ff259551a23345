"""The reviewed set as one web page that asks nobody for anything: no script, no request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from app.review import words as counted
from app.review.explained_rows import ExplainedText
from app.review.methods import MAIN
from app.review.outcomes import NO_CLASS, RIGHT, WRONG, confusion, outcomes
from app.review.sets import Set
from app.review.verdicts import VERDICTS, Review
from lrp_engine import METHODS
from lrp_engine.propagation.rules import from_dict
from lrp_engine.render.heatmap import STYLE as HEATMAP_STYLE
from lrp_engine.render.heatmap import heatmap, legend, sentences_fragment
from lrp_engine.render.numbers import number, percentage, vmax_of
from lrp_engine.render.page import POLICY, STYLE, rule_rows, table
from lrp_engine.render.palettes import DEFAULT
from lrp_engine.render.wording import visible

WORDS_SHOWN = 12  # of each class
AT_LEAST = 2  # occurrences of a word
_STYLE = """<style>
article { border-top: 1px solid #7f7f7f66; padding: 1rem 0 .5rem; }
article h3 { font-size: 1rem; margin: 0; } article p { margin: .15rem 0 .4rem; }
article .lrp-words { font-size: 1rem; } .lens-wrap { white-space: pre-wrap; }
td.same { outline: 2px solid currentColor; outline-offset: -2px; }
</style>"""


def page(
    one: Set,
    summary: pd.DataFrame,
    occurrences: pd.DataFrame,
    reviews: Mapping[int, Review],
    rows: Mapping[int, ExplainedText],
    *,
    palette: str = DEFAULT,
    made: str,
) -> str:
    """The report: account of the set, verdicts, words, every reviewed row with its heatmap.

    Args:
        rows: explained texts by number, of the reviewed rows that are shown.
        made: when, for people.
    """
    title = f"Review of {visible(one.name)}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>{STYLE}{_STYLE}</head><body><main>"
        f"<h1>{escape(title)}</h1>{sentences_fragment(one.warnings)}"
        f"{_account(one, summary, reviews)}"
        f"{_matrix(one, summary)}{_words(one, occurrences)}"
        f"{_reviewed(one, summary, reviews, rows, palette)}{_settings(one, made)}"
        "</main></body></html>\n"
    )


def _account(one: Set, summary: pd.DataFrame, reviews: Mapping[int, Review]) -> str:
    found = Counter(outcomes(summary))
    labelled = found[RIGHT] + found[WRONG]
    explained = int((summary["said"] >= 0).sum())
    parts = [f"{len(summary):,} texts, {explained:,} explained."]
    if labelled:
        parts.append(
            f"The model is right on {found[RIGHT]:,} of {labelled:,} labelled ones "
            f"({percentage(found[RIGHT] / labelled)})."
        )
    given = Counter(review.verdict.choice for review in reviews.values())
    rows = [(title, f"{given[name]:,}") for name, title in VERDICTS.items()]
    rows.append(("no verdict", f"{len(summary) - sum(given[v] for v in VERDICTS):,}"))
    return (
        f"<p>{' '.join(parts)}</p><h2>Verdicts</h2>"
        f"{table(('verdict', 'texts'), rows, numeric=(1,))}"
    )


def _matrix(one: Set, summary: pd.DataFrame) -> str:
    counts = confusion(summary, len(one.labels))
    names = [visible(label) for label in one.labels]
    rows = [(name, *(f"{n:,}" for n in counts[c])) for c, name in enumerate(names)]
    if counts[NO_CLASS].any():
        rows.append(("no label", *(f"{n:,}" for n in counts[NO_CLASS])))
    head = ("true class ↓, predicted →", *names)
    return f"<h2>Classes</h2>{table(head, rows, numeric=tuple(range(1, len(head))))}"


def _words(one: Set, occurrences: pd.DataFrame) -> str:
    parts = [
        "<h2>Words</h2><p>Mean relevance for the class over the sentences that the model gave to "
        f"it, of words that occur {AT_LEAST} times or more. Negated: a negation stands among the "
        f"{counted.REACH} words before.</p>"
    ]
    for c, label in enumerate(one.labels):
        found = counted.strongest(
            counted.table(occurrences, c), at_least=AT_LEAST, most=WORDS_SHOWN
        )
        rows = [
            (visible(w["word"]), "yes" if w["negated"] else "", number(w["mean"]),
             f"{w['count']:,}", f"{w['sentences']:,}")
            for w in found.to_dict("records")
        ]  # fmt: skip
        if rows:
            head = ("word", "negated", "mean relevance", "times", "sentences")
            parts.append(f"<h3><bdi>{escape(visible(label))}</bdi></h3>")
            parts.append(table(head, rows, numeric=(2, 3, 4)))
    return "".join(parts)


def _reviewed(
    one: Set,
    summary: pd.DataFrame,
    reviews: Mapping[int, Review],
    rows: Mapping[int, ExplainedText],
    palette: str,
) -> str:
    shown = [n for n in sorted(reviews) if n in rows]
    left = len(reviews) - len(shown)
    more = f" The first {len(shown):,} of {len(reviews):,}." if left else ""
    first = f"<h2>Reviewed texts</h2><p>LRP, for the predicted class.{more}</p>"
    if not shown:
        return first + "<p>None yet.</p>"
    by_row = {line["row"]: line for line in summary.to_dict("records")}
    articles = [_article(one, n, by_row[n], reviews[n], rows[n], palette) for n in shown]
    return first + "".join(articles)


def _article(
    one: Set, n: int, row: Mapping[Any, Any], review: Review, text: ExplainedText, palette: str
) -> str:  # fmt: skip
    said = one.labels[row["said"]]
    truth = one.labels[row["truth"]] if row["truth"] >= 0 else None
    given = review.verdict
    against = f", true class <b><bdi>{escape(visible(truth))}</bdi></b>" if truth else ""
    verdict = VERDICTS.get(given.choice, "no verdict")
    who = f" by {escape(visible(given.reviewer))}" if given.reviewer else ""
    when = f", {review.saved:%Y-%m-%d %H:%M} UTC" if review.saved else ""
    tags = f"<p>Tags: {escape(visible(', '.join(given.tags)))}</p>" if given.tags else ""
    note = f'<p class="lens-wrap" dir="auto">{escape(given.note)}</p>' if given.note else ""
    relevance = text.relevance[MAIN]
    vmax = vmax_of(np.array(relevance))
    words = heatmap(text.tokens, relevance, signed=True, palette=palette, label=f"Text {n}, {said}")
    key = legend(signed=True, vmax=vmax, unit="score", target_label=said,
                 against_label=None, palette=palette)  # fmt: skip
    body = (words + key).replace(HEATMAP_STYLE, "")
    return (
        f"<article><h3>Row {n}: {verdict}{who}{when}</h3>"
        f"<p>The model says <b><bdi>{escape(visible(said))}</bdi></b> "
        f"({escape(percentage(float(row['confidence'])))}){against}.</p>"
        f"{body}{tags}{note}</article>"
    )


def _settings(one: Set, made: str) -> str:
    method = METHODS[MAIN]
    rows = [
        ("set", one.name), ("method", f"{method.title} ({method.source})"),
        ("target", "the predicted class of each text"),
        *rule_rows(from_dict(one.rule)), ("dtype", one.dtype),
        ("longest text", f"{one.most_words:,} words"), ("engine", f"lrp-lens {one.engine}"),
        ("model", one.model_name), ("model hash", one.model_hash),
        ("explained", one.created), ("this page", made),
    ]  # fmt: skip
    items = "".join(f"<dt>{escape(key)}</dt><dd>{escape(visible(v))}</dd>" for key, v in rows)
    return f"<h2>Settings</h2><dl>{items}</dl>{HEATMAP_STYLE}"
