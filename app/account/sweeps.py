"""How an explanation moves with a setting of the rule, or with the precision. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from app.figures import axes
from app.methods import ACCOUNT_METHOD
from lrp_engine import Explanation, Network
from lrp_engine.propagation.rules import Rule
from lrp_engine.render.numbers import number, tiny
from lrp_engine.render.palettes import NEUTRAL
from lrp_engine.render.wording import visible

EPS, BIAS_FACTOR = "eps", "bias_factor"
TITLES = {EPS: "stabilizer ε", BIAS_FACTOR: "bias factor"}
WORDS = "words"
LINES = 5  # words that have a line of their own
HEIGHT = 250
NUMBER = "%.4f"  # of a table
LEGEND = 18  # characters of a legend's entry that has another one beside it
OTHER = {"float32": "float64", "float64": "float32"}


@dataclass(frozen=True, eq=False)
class Sweep:
    """One text explained with n values of a setting.

    Attributes:
        setting: EPS or BIAS_FACTOR; values: (n,).
        tokens: T words; words: (n, T) their relevances. token_kind: what they are, "word" or other.
        initial, biases, stabilizers: (n,) what does not reach the words; score: the sum of all.
    """

    setting: str
    values: tuple[float, ...]
    tokens: tuple[str, ...]
    words: np.ndarray
    initial: np.ndarray
    biases: np.ndarray
    stabilizers: np.ndarray
    score: float
    token_kind: str = "word"


def run(
    network: Network,
    inputs: Any,
    target: int | tuple[int, int],
    *,
    setting: str,
    values: Sequence[float],
    rule: Rule,
    position: int | None = None,
) -> Sweep:
    """Explain one input with every value of a setting; the rule says the other settings."""
    explanations = [
        network.explain(
            inputs,
            ACCOUNT_METHOD.name,
            target,
            rule.with_options(**{setting: value}),
            position=position,
        )
        for value in values
    ]
    kinds = [one.ledger.by("kind") for one in explanations]

    def kept(kind: str) -> np.ndarray:
        return np.array([float(np.sum(kind_of.get(kind, 0.0))) for kind_of in kinds])

    return Sweep(
        setting=setting,
        values=tuple(values),
        tokens=explanations[0].tokens[0],
        words=np.array([one.token_relevance[0] for one in explanations]),
        initial=np.array([float(one.initial_state[0]) for one in explanations]),
        biases=kept("bias"),
        stabilizers=kept("stabilizer"),
        score=float(explanations[0].explained_score[0]),
        token_kind=explanations[0].token_kind,
    )


def word_lines(sweep: Sweep) -> pd.DataFrame:
    """Of the strongest words at any value: setting, series, relevance."""
    strongest = np.abs(sweep.words).max(axis=0)
    chosen = np.sort(np.argsort(-strongest, kind="stable")[:LINES])
    return _long(
        sweep,
        {
            axes.counted(n, visible(sweep.tokens[n]), sweep.token_kind): sweep.words[:, n]
            for n in chosen
        },
    )


def leak_lines(sweep: Sweep) -> pd.DataFrame:
    """Where the score is: words together, initial states, biases, stabilizers."""
    return _long(
        sweep,
        {
            f"all {sweep.token_kind}s": sweep.words.sum(axis=1),
            "initial states": sweep.initial,
            "biases": sweep.biases,
            "stabilizers": sweep.stabilizers,
        },
    )


def _long(sweep: Sweep, series: dict[str, np.ndarray]) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame({"setting": sweep.values, "series": name, "relevance": values})
            for name, values in series.items()
        ],
        ignore_index=True,
    )


def table(sweep: Sweep) -> pd.DataFrame:
    """A row per value: the setting, the leak and its parts, every word."""
    leak = sweep.initial + sweep.biases + sweep.stabilizers
    words = {axes.counted(n, visible(token), sweep.token_kind): sweep.words[:, n]
             for n, token in enumerate(sweep.tokens)}  # fmt: skip
    return pd.DataFrame(
        {TITLES[sweep.setting]: sweep.values, f"not in the {sweep.token_kind}s": leak,
         "initial states": sweep.initial, "biases": sweep.biases,
         "stabilizers": sweep.stabilizers, **words}
    )  # fmt: skip


def sentence(sweep: Sweep) -> str:
    """What the setting does to the leak, to read aloud."""
    leak = sweep.score - sweep.words.sum(axis=1)
    first, last = (f"{v:.6f}".rstrip("0").rstrip(".") for v in (sweep.values[0], sweep.values[-1]))
    turned = (np.sign(sweep.words[0]) * np.sign(sweep.words[-1]) < 0).sum()
    return (
        f"From {TITLES[sweep.setting]} {first} to {last}, what does not reach the "
        f"{sweep.token_kind}s "
        f"goes from {number(float(leak[0]))} to {number(float(leak[-1]))} of a score of "
        f"{number(sweep.score)}; {turned} of {len(sweep.tokens)} {sweep.token_kind}s change "
        "their sign."
    )


def chart(lines: pd.DataFrame, setting: str, title: str, *, now: Iterable[float]) -> alt.LayerChart:
    """Lines over the values of a setting; a dashed rule stands at each present one."""
    scale = alt.Scale(type="log") if setting == EPS else alt.Scale()
    series = lines["series"].unique().tolist()
    columns = 1 if max(map(len, series)) > LEGEND else 2
    x = alt.X("setting:Q", title=TITLES[setting], scale=scale, axis=alt.Axis(tickCount=6))
    drawn = (
        alt.Chart(lines)
        .mark_line(point=True)
        .encode(
            x=x,
            y=alt.Y("relevance:Q", title="relevance (unit: score)"),
            **axes.series("series:N", series, columns=columns),
            tooltip=[
                alt.Tooltip("series:N", title="what"),
                alt.Tooltip("setting:Q", title=TITLES[setting], format=".6g"),
                alt.Tooltip("relevance:Q", title="relevance", format=".6g"),
            ],
        )
    )
    present = alt.Chart(pd.DataFrame({"setting": list(now)}))
    rule = present.mark_rule(color=NEUTRAL, strokeDash=[4, 4]).encode(x=x)
    return axes.finish(rule + drawn, title, "", HEIGHT)


# Precision ---------------------------------------------------------------------------------


def precisions(one: Explanation, other: Explanation) -> pd.DataFrame:
    """One row per word: position, token, relevance in either precision, difference."""
    a, b = one.token_relevance[0], other.token_relevance[0]
    tokens = [visible(token) for token in one.tokens[0]]
    return pd.DataFrame(
        {"position": range(len(tokens)), "token": tokens, one.dtype: a[: len(tokens)],
         other.dtype: b[: len(tokens)], "difference": (a - b)[: len(tokens)]}
    )  # fmt: skip


def precision_sentence(one: Explanation, other: Explanation) -> str:
    """How far two precisions are apart, to read aloud."""
    table = precisions(one, other)
    gaps = table["difference"].abs()
    at, errors = (
        int(gaps.to_numpy().argmax()),
        [abs(float(e.conservation_error[0])) for e in (one, other)],
    )
    largest = float(table[other.dtype].abs().max())
    share = f", {tiny(gaps[at] / largest)} of the strongest {one.token_kind}" if largest else ""
    return (
        f"Between {one.dtype} and {other.dtype} no {one.token_kind} differs by more than "
        f"{tiny(gaps[at])}{share} (at “{table['token'][at]}”). The account misses the score by "
        f"{tiny(errors[0])} in {one.dtype} and by {tiny(errors[1])} in {other.dtype}."
    )
