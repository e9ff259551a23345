"""The reviewed set as one web page that asks nobody for anything: no script, no request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from app import settings, templates
from app.figures import scales
from app.review import class_order, own_columns
from app.review import words as counted
from app.review.explained_rows import ExplainedText
from app.review.labelling import origin
from app.review.methods import MAIN
from app.review.outcomes import NO_CLASS, RIGHT, WRONG, Confusion, confusion, outcomes
from app.review.reviewers import Given, agreement_sentence, agreements, named, newest_of
from app.review.sets import Set
from app.review.true_classes import TrueClasses
from app.review.verdicts import VERDICTS, Review
from lrp_engine import METHODS
from lrp_engine.propagation.rules import from_dict
from lrp_engine.render.numbers import number, percentage
from lrp_engine.render.page import rule_rows
from lrp_engine.render.row import HeatmapRow
from lrp_engine.render.wording import visible

WORDS_SHOWN = 12  # of each class


def page(
    one: Set,
    summary: pd.DataFrame,
    occurrences: pd.DataFrame,
    given: Given,
    rows: Mapping[int, ExplainedText],
    *,
    own: pd.DataFrame | None = None,
    palette: str | None = None,
    typical: float | str = scales.CHOSEN,
    made: str,
) -> str:
    """The report: account of the set, verdicts, words, every reviewed row with its heatmap.

    Args:
        given: every reviewer's newest review of each row.
        rows: explained texts by number, of the reviewed rows that are shown.
        own: the file's own columns; one may say which row is which.
        typical: the scale of colour, or why it is that of each text, as in `figures.scales`.
        made: when, for people.
    """
    reviews = newest_of(given)
    shown = [n for n in sorted(reviews) if n in rows]
    lines = {line["row"]: line for line in summary.to_dict("records")}
    key = None if own is None else own_columns.identifier(own)
    keys = {} if own is None or key is None else dict(enumerate(own[key]))
    left_out = len(shown) < len(reviews)
    counts = confusion(summary, one.true_classes)
    return templates.render(
        "report.html",
        title=f"Review of {visible(one.name)}",
        sentences=(*one.warnings, *one.hints(summary["words"])),
        account=_account(summary, one.true_classes),
        verdict_rows=_verdict_rows(summary, reviews),
        agreements=[agreement_sentence(one) for one in agreements(given)],
        class_columns=[
            ("true class ↓, predicted →", False),
            *((visible(one.labels[c]), True) for c in counts.across),
        ],
        class_rows=_class_rows(one, counts),
        classes_left_out=_of_classes(counts.left_out, len(counts.across)),
        reach=counted.REACH,
        word_tables=_word_tables(one, occurrences),
        words_left_out=_of_classes(
            occurrences["said"].nunique() - settings.REVIEW_REPORT_CLASSES,
            settings.REVIEW_REPORT_CLASSES,
        ),
        method=METHODS[MAIN].short,
        left_out=f" The first {len(shown):,} of {len(reviews):,}." if left_out else "",
        articles=[
            _article(one, n, lines[n], given[n], rows[n], palette=palette, typical=typical)
            | {"key": f"{key} {keys[n]}" if keys.get(n) else ""}
            for n in shown
        ],
        settings=_settings(one, made),
    )  # fmt: skip


def _account(summary: pd.DataFrame, classes: TrueClasses) -> str:
    counts = Counter(outcomes(summary))
    labelled = counts[RIGHT] + counts[WRONG]
    explained = int((summary["said"] >= 0).sum())
    text = f"{len(summary):,} texts, {explained:,} explained."
    if labelled:
        text += (
            f" The model is right on {counts[RIGHT]:,} of {labelled:,} labelled ones "
            f"({percentage(counts[RIGHT] / labelled)})."
        )
        if near := class_order.off_by_one(summary, classes.labels):
            text += f" Of the others, {near:,} are off by one class."
        if coarse := class_order.coarse_labels(summary, classes):
            text += f" {visible(coarse)}"
    return text


def _verdict_rows(
    summary: pd.DataFrame, reviews: Mapping[int, Review]
) -> Iterator[tuple[str, str]]:
    given = Counter(review.verdict.choice for review in reviews.values())
    for choice, title in VERDICTS.items():
        yield title, f"{given[choice]:,}"
    yield "no verdict", f"{len(summary) - sum(given[choice] for choice in VERDICTS):,}"


def _of_classes(left_out: int, shown: int) -> str:
    """A sentence where not all classes are shown."""
    total = shown + left_out
    return f" The {shown} of {total:,} classes with the most texts." if left_out > 0 else ""


def _class_rows(one: Set, counts: Confusion) -> Iterator[tuple[str, ...]]:
    for c, row in zip(counts.down, counts.counts, strict=True):
        label = "no label" if c == NO_CLASS else visible(one.true_classes.name(c))
        yield label, *(f"{n:,}" for n in row)


def _word_tables(
    one: Set, occurrences: pd.DataFrame
) -> Iterator[tuple[str, int, list[tuple[str, ...]]]]:
    """Per class, and how often its words occur at least, its strongest words as rows of texts;
    classes without words are left out."""
    texts = occurrences.groupby("said")["row"].nunique()
    for c in sorted(texts.nlargest(settings.REVIEW_REPORT_CLASSES).index):
        label = one.labels[c]
        found = counted.table(occurrences, c)
        least = counted.fitting_count(found, most=counted.AT_LEAST)
        words = counted.strongest(found, at_least=least, most=WORDS_SHOWN)
        rows: list[tuple[str, ...]] = [
            (visible(w["word"]), "yes" if w["negated"] else "", number(w["mean"]),
             f"{w['count']:,}", f"{w['sentences']:,}")
            for w in words.to_dict("records")
        ]  # fmt: skip
        if rows:
            yield label, least, rows


def _article(
    one: Set, n: int, row: Mapping[Any, Any], said: Mapping[str, Review], text: ExplainedText, *,
    palette: str | None, typical: float | str,
) -> dict[str, Any]:  # fmt: skip
    """A reviewed row as report.html reads it."""
    review, *others = sorted(said.values(), key=lambda one: (one.verdict.is_blank, -one.version))
    predicted, verdict = one.labels[row["said"]], review.verdict
    drawn = scales.scale_of(text.relevance[MAIN], typical)
    return {
        "row": n + 1,
        "others": [
            f"{VERDICTS.get(other.verdict.choice, 'no verdict')} by {named(other.verdict.reviewer)}"
            f"{f': {other.verdict.note}' if other.verdict.note else ''}"
            for other in others
            if not other.verdict.is_blank
        ],
        "verdict": VERDICTS.get(verdict.choice, "no verdict"),
        "reviewer": verdict.reviewer,
        "saved": f"{review.saved:%Y-%m-%d %H:%M} UTC" if review.saved else "",
        "predicted": predicted,
        "confidence": float(row["confidence"]),
        "truth": one.true_classes.name(row["truth"]),
        "heatmap": HeatmapRow.of_method(
            METHODS[MAIN],
            text.tokens,
            text.relevance[MAIN],
            target_label=predicted,
            palette=palette,
            vmax=drawn.vmax,
            scale=drawn.sentence,
            label=f"Text {n + 1}, {predicted}",
        ),
        "tags": ", ".join(verdict.tags),
        "note": verdict.note,
    }


def _settings(one: Set, made: str) -> list[tuple[str, str]]:
    method = METHODS[MAIN]
    rows = [
        ("set", one.name), ("true classes", origin(one) or "none"),
        ("method", f"{method.title} ({method.source})"),
        ("target", "the predicted class of each text"),
        *rule_rows(from_dict(one.rule)), ("dtype", one.dtype),
        ("longest text", f"{one.most_words:,} words"), ("engine", f"lrp-lens {one.engine}"),
        ("model", one.model_name), ("model hash", one.model_hash),
        ("explained", one.created), ("this page", made),
    ]  # fmt: skip
    return [(term, visible(value)) for term, value in rows]
