"""Explanation -> DataFrame or sentence: every number the pages show, computed here and tested."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import pandas as pd

import lrp_engine
from app.figures.spreadsheet import harmless_csv
from lrp_engine.attribution.as_data import by_unit
from lrp_engine.attribution.explanation import Explanation
from lrp_engine.attribution.explanations import Explanations
from lrp_engine.attribution.ledger import KINDS, LedgerName
from lrp_engine.attribution.padding import merged_padding
from lrp_engine.errors import InputError
from lrp_engine.propagation.rules import ByLayer
from lrp_engine.render.conservation import (
    Verdict,
    conservation_verdict,
    require_sum,
    word_parts,
)
from lrp_engine.render.wording import ledger_words, state_words, visible, with_noun, with_output

__all__ = [
    "Verdict",
    "conservation_verdict",
    "counted",
    "ledger_table",
    "rounded",
    "scores_table",
    "shown_table",
    "step_runs",
    "step_table",
    "token_csv",
    "token_table",
    "unit_table",
    "waterfall_table",
    "words_of",
]

_DIRECTION = ", (forward|backward)$"
WATERFALL_WORDS = 30  # more are grouped
WATERFALL_STRONGEST = 20  # of these many stay by themselves


def words_of(explanation: Explanation) -> pd.DataFrame:
    """One row per word in reading order: position, token (visible), unknown, padding, value."""
    count = len(explanation.tokens[0])
    return pd.DataFrame(
        {
            "position": np.arange(count),
            "token": [visible(token) for token in explanation.tokens[0]],
            "unknown": explanation.unknown[0, :count],
            "padding": explanation.padding[0, :count],
            "value": explanation.token_relevance[0, :count],
        }
    )


def token_table(explanations: Mapping[str, Explanation]) -> pd.DataFrame:
    """One row per word: position (from 0), token, unknown, and a column per method with its unit.

    Where the network reads padding, a column says which rows are that.

    Raises:
        InputError: the explanations are of different words.
    """
    if not explanations:
        raise InputError("There is no explanation to make a table of.")
    first, *rest = explanations.values()
    if any(other.tokens[0] != first.tokens[0] for other in rest):
        raise InputError("The explanations are of different texts; compare methods on one text.")
    table = words_of(first).drop(columns="value")
    if not table["padding"].any():
        table = table.drop(columns="padding")
    for explanation in explanations.values():
        values = explanation.token_relevance[0, : len(table)]
        table[f"{explanation.method_info.short} ({explanation.unit})"] = values
    return table


# Kind of a part of the score -> all parts of this kind together, for people.
PARTS = {"words": "words", "padding": "padding", "initial state": "initial states",
         **KINDS, "rounding": "rounding error"}  # fmt: skip


def parts_table(explanation: Explanation) -> pd.DataFrame:
    """The score in a few parts: kind (index, of `PARTS`), part, relevance, share of the score.

    Raises:
        InputError: the method promises no sum.
    """
    table = ledger_table(explanation)
    table = table[table["kind"] != "total"]
    totals = table.groupby("kind", sort=False)[["relevance", "share"]].sum()
    totals.insert(
        0, "part", [with_noun(PARTS[kind], explanation.token_kind) for kind in totals.index]
    )
    return totals


def _beside_words(explanations: Mapping[str, Explanation]) -> pd.DataFrame:
    """What of the score no word carries, and the score, in a column per method that says it."""
    columns = {}
    for explanation in explanations.values():
        if explanation.method_info.completeness == "score":
            parts = parts_table(explanation).drop(index=["words", "padding"], errors="ignore")
            values = dict(zip(parts["part"], parts["relevance"], strict=True))
            score = with_output("explained score", explanation.output_kind)
            values[score] = float(explanation.explained_score[0])
            columns[f"{explanation.method_info.short} ({explanation.unit})"] = values
    table = pd.DataFrame(columns).rename_axis("token").reset_index()
    return table if columns else table.assign(token=[])


def rounded(table: pd.DataFrame, decimals: int) -> pd.DataFrame:
    """All numbers rounded; none of them reads as "-0"."""
    return table.round(decimals).replace(-0.0, 0.0)


def counted(table: pd.DataFrame, token_kind: str = "word") -> pd.DataFrame:
    """A table of words as people count: "no." from 1, and "word", or what else they are."""
    return table.assign(position=table["position"] + 1).rename(
        columns={"position": "no.", "token": token_kind}
    )


def shown_table(explanations: Explanations, pick: int | None = None) -> pd.DataFrame:
    """`token_table` to read: the picked word marked, unknown words said where there are any."""
    table = token_table(explanations).drop(columns="padding", errors="ignore")
    table["token"] = [f"▸ {t}" if n == pick else t for n, t in enumerate(table["token"])]
    if table["unknown"].any():
        table["unknown"] = table["unknown"].map({True: "unknown to the model", False: ""})
    else:
        table = table.drop(columns="unknown")
    table = table.astype({"position": "Int64"})  # what no word carries has none
    table = pd.concat([table, _beside_words(explanations)], ignore_index=True)
    if "unknown" in table:
        table["unknown"] = table["unknown"].fillna("")
    return counted(table, explanations.token_kind)


def unit_table(explanation: Explanation) -> pd.DataFrame:
    """One row per step, by its name, and a column per number of a step, and of all together."""
    count = len(explanation.tokens[0])
    values = explanation.unit_relevance[0, :count].astype(np.float64)
    table = pd.DataFrame(values, columns=[*map(visible, explanation.unit_names)])
    table["together"] = explanation.token_relevance[0, :count]
    return table.set_index(pd.Index([visible(token) for token in explanation.tokens[0]]))


def token_csv(explanations: Explanations) -> str:
    """`token_table` as CSV, with what the numbers belong to in every row.

    Below the words stands what no word carries, and the score: column "part" tells them apart.
    """
    table = token_table(explanations)
    count = len(table)
    table.insert(2, "part", explanations.token_kind)
    table = table.assign(
        **{
            f"{one.method_info.short} of {visible(name)}": values[0, :count]
            for one in explanations.values()
            for name, values in by_unit(one)
        }
    )
    beside = _beside_words(explanations)
    beside["part"] = np.where(beside.index < len(beside) - 1, "not in words", "score")
    table = table.astype({"position": "Int64"})
    table = pd.concat([table, beside], ignore_index=True)
    rule = next((e.rule for e in explanations.values() if e.rule is not None), None)
    options = {} if rule is None else rule.to_dict()
    if isinstance(rule, ByLayer):
        options = {"rule": json.dumps(options)}
    elif options:
        options["rule"] = options.pop("name")
    question = {"target": visible(explanations.target_label()),
             "model_hash": explanations.model_hash,
             "engine": f"lrp-lens {lrp_engine.__version__}", "dtype": explanations.dtype,
             **options}  # fmt: skip
    return harmless_csv(table.assign(**question))


def scores_table(explanation: Explanation | Explanations) -> pd.DataFrame:
    """One row per class: class, score, probability, predicted, role ("explained", ...).

    Of values, one row each, without a probability and none of them predicted.
    """
    has_classes = explanation.output_kind.has_classes
    predicted = int(explanation.predicted[0]) if has_classes else None
    targets = [int(c) for c in np.atleast_1d(explanation.target[0])]
    names = ["explained"] if len(targets) == 1 else ["explained for", "explained against"]
    roles = dict(zip(targets, names, strict=True))
    return pd.DataFrame(
        {
            "class": list(explanation.labels),
            "score": explanation.scores[0].astype(np.float64),
            **({"probability": explanation.shares[0].astype(np.float64)} if has_classes else {}),
            "predicted": [c == predicted for c in range(len(explanation.labels))],
            "role": [roles.get(c, "") for c in range(len(explanation.labels))],
        }
    )


def ledger_table(explanation: Explanation) -> pd.DataFrame:
    """Where the score went: part, kind, relevance, share of the score; the last row is the total.

    Raises:
        InputError: the method promises no sum.
    """
    require_sum(explanation)
    score = float(explanation.explained_score[0])
    kinds = ("words", "padding")
    parts = word_parts(explanation, "all ")
    rows = [(part, kind, value) for (part, value), kind in zip(parts, kinds, strict=False)]
    rows += [(state_words(name), "initial state", float(array[0]))
             for name, array in explanation.initial_states.items()]  # fmt: skip
    rows += [(ledger_words(name), LedgerName.parse(name).kind, float(array[0]))
             for name, array in explanation.ledger.items()]  # fmt: skip
    rows.append(("rounding error", "rounding", float(explanation.conservation_error[0])))
    rows.append((with_output("explained score", explanation.output_kind), "total", score))
    table = pd.DataFrame(rows, columns=["part", "kind", "relevance"])
    # + 0.0 turns a negative zero into zero.
    table["share"] = table["relevance"] / score + 0.0 if score else np.nan
    return table


def waterfall_table(explanation: Explanation) -> pd.DataFrame:
    """Steps from 0 to the explained score: step, kind, relevance, start, end.

    Up to `WATERFALL_WORDS` words stand by themselves; of more, the strongest do and the rest are
    summed by sign. `end` of each step is `start` of the next; the last one is the score itself.

    Raises:
        InputError: the method promises no sum.
    """
    require_sum(explanation)
    explanation = merged_padding(explanation)
    rows = [
        *_word_steps(words_of(explanation), explanation.token_kind),
        *_kept_steps(explanation),
    ]
    rows.append(("rounding error", "rounding", float(explanation.conservation_error[0])))
    score = float(explanation.explained_score[0])
    # The last step is what is missing, whatever the order of summation.
    ends = [*np.cumsum([value for *_, value in rows])[:-1].tolist(), score, score]
    rows.append((with_output("explained score", explanation.output_kind), "total", score))
    table = pd.DataFrame(rows, columns=["step", "kind", "relevance"])
    table["start"] = [0.0, *ends[:-2], 0.0]
    table["end"] = ends
    return table


def _word_steps(words: pd.DataFrame, token_kind: str) -> list[tuple[str, str, float]]:
    padding, words = words[words["padding"]], words[~words["padding"]]
    if len(words) <= WATERFALL_WORDS:
        kept, others = words, words.iloc[:0]
    else:
        order = words["value"].abs().sort_values(ascending=False, kind="stable").index
        kept = words.loc[order[:WATERFALL_STRONGEST]].sort_index()
        others = words.drop(kept.index)
    steps = [(str(token), "word", float(value))
             for token, value in zip(kept["token"], kept["value"], strict=True)]  # fmt: skip
    steps += [(str(token), "padding", float(value))
              for token, value in zip(padding["token"], padding["value"], strict=True)]  # fmt: skip
    for text, chosen in (("for", others["value"] >= 0), ("against", others["value"] < 0)):
        if chosen.any():
            total = float(others.loc[chosen, "value"].sum())
            steps.append((f"{chosen.sum():,} other {token_kind}s, {text}", "words", total))
    return steps


def _kept_steps(explanation: Explanation) -> list[tuple[str, str, float]]:
    """Initial states, biases and stabilizers, by layer and direction."""
    totals: dict[tuple[str, str], float] = {}
    for name, array in explanation.initial_states.items():
        key = (", ".join(name.split("/")[:-1]), "initial state")
        totals[key] = totals.get(key, 0.0) + float(array[0])
    for kind in KINDS:
        for name, array in explanation.ledger.items():
            parts = LedgerName.parse(name)
            if parts.kind == kind:
                place = ", ".join(part for part in (parts.layer, parts.direction) if part)
                totals[place, kind] = totals.get((place, kind), 0.0) + float(array[0])
    return [(f"{place}: {PARTS[kind]}", kind, total) for (place, kind), total in totals.items()]


def step_table(explanation: Explanation) -> pd.DataFrame:
    """What stayed at each time step: position, token, direction, kind, kept; operations summed.

    Raises:
        InputError: nothing is kept per time step (another method, or no recurrent layer).
    """
    steps = explanation.ledger.steps
    if not steps:
        raise InputError(
            "Biases and stabilizers are accounted per time step for Layer-wise Relevance "
            "Propagation through recurrent layers; this explanation has no such account."
        )
    words = words_of(explanation)[["position", "token"]]
    totals: dict[tuple[str, str], np.ndarray] = {}
    for name, array in steps.items():
        parts = LedgerName.parse(name)
        key = (", ".join(part for part in (parts.layer, parts.direction) if part), parts.kind)
        totals[key] = totals.get(key, 0.0) + array[0, : len(words)]
    return pd.concat(
        [words.assign(place=place, kind=kind, kept=kept) for (place, kind), kept in totals.items()],
        ignore_index=True,
    )


def step_runs(explanation: Explanation, *, most: int, parts: int) -> tuple[pd.DataFrame, int]:
    """`step_table` summed over runs of words, at most so many, and the words in each run.

    Columns: part ("bilstm, forward: biases"), run, kept, first and last position, words. Parts
    that keep nothing are left out; of more than so many, directions and then layers are summed.
    """
    table = step_table(explanation)
    size = max(1, -(-len(explanation.tokens[0]) // most))
    kinds = table["kind"].map(KINDS)
    places = table["place"] + ": "
    layers = table["place"].str.replace(_DIRECTION, "", regex=True) + ": "
    kept = table.groupby(places + kinds)["kept"].transform("any")
    named = (table.assign(part=where + kinds)[kept] for where in (places, layers, ""))
    # The last one has the two kinds only.
    table = next(one for one in named if one["part"].nunique() <= max(2, parts))
    table = table.assign(run=table["position"] // size)
    runs = table.groupby(["part", "run"], sort=False).agg(
        kept=("kept", "sum"),
        first=("position", "min"),
        last=("position", "max"),
        words=("token", "first"),
        end=("token", "last"),
    )
    if size > 1:
        runs["words"] = runs["words"] + " … " + runs["end"]
    return runs.drop(columns="end").reset_index(), size
