"""What becomes of the score as words come and go, and where methods disagree about a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from app.learn.lstm import Inside
from app.methods import ACCOUNT_METHOD
from app.models.model import Example
from app.review.words import is_negation
from lrp_engine import Explanation, Explanations, Network
from lrp_engine.model.text import Tokenizer
from lrp_engine.render.numbers import number
from lrp_engine.render.wording import target_words, visible, with_output


def target_of(explanation: Explanation | Explanations) -> int | tuple[int, int]:
    """The class explained, or the pair of a contrast."""
    first, *other = (int(c) for c in np.atleast_1d(explanation.target[0]))
    return (first, other[0]) if other else first


def strongest(explanation: Explanation, *, inner: bool = False) -> int:
    """Position of the word with the largest |relevance|; `inner`: not at an end, if possible."""
    sizes = np.abs(explanation.token_relevance[0])
    if inner and len(sizes) > 2:
        return 1 + int(sizes[1:-1].argmax())
    return int(sizes.argmax())


def strongest_units(inside: Inside, way: str, t: int, count: int = 6) -> list[int]:
    """The hidden units that receive most relevance at a word, largest first."""
    sizes = np.abs(inside.returns[way].at_c[t])
    return np.argsort(-sizes, kind="stable")[:count].tolist()


def prefix_scores(network: Network, explanation: Explanation) -> np.ndarray:
    """(T,) the explained score if the sentence ended after each word: the engine's predictions."""
    tokens = explanation.tokens[0]
    return _explained(network, explanation, [tokens[: n + 1] for n in range(len(tokens))])


def score_changes(left_out: Explanation) -> np.ndarray:
    """(T,) explained score minus that of the sentence without each word; NaN for a single word.

    Args:
        left_out: by `LEFT_OUT_METHOD`.
    """
    values = left_out.token_relevance[0]
    # Without its only word there is no sentence.
    return values if len(values) > 1 else np.array([np.nan])


def _explained(
    network: Network, explanation: Explanation, sentences: Sequence[Sequence[str]]
) -> np.ndarray:
    scores = network.predict([list(words) for words in sentences]).astype(np.float64)
    first, *other = np.atleast_1d(explanation.target[0])
    return scores[:, first] - (scores[:, other[0]] if other else 0.0)


def comparison(explanations: Explanations, left_out: Explanation) -> pd.DataFrame:
    """One row per word: word, a column per method, `left out` (what the word changes), `signs`.

    `signs` is "differ" where the signed methods say opposite things of a word.
    """
    table = pd.DataFrame({"word": [visible(token) for token in left_out.tokens[0]]})
    signed = []
    for one in explanations.values():
        table[one.method_info.short] = one.token_relevance[0]
        if one.method_info.signed:
            signed.append(np.sign(one.token_relevance[0]))
    opposite = (np.max(signed, axis=0) > 0) & (np.min(signed, axis=0) < 0)
    table["left out"] = score_changes(left_out)
    table["signs"] = np.where(opposite, "differ", "agree")
    return table


def disputed(table: pd.DataFrame, tokens: Sequence[str], pick: int | None) -> int:
    """The word to talk about: the picked one, else the strongest negation on which signs differ,
    the strongest negation, the strongest word on which signs differ, the strongest word."""
    if pick is not None:
        return pick
    sizes = np.abs(table[ACCOUNT_METHOD.short].to_numpy())
    negations = np.array([is_negation(token) for token in tokens], bool)
    differ = (table["signs"] == "differ").to_numpy()
    for chosen in (negations & differ, negations, differ):
        if chosen.any():
            return int(np.flatnonzero(chosen)[sizes[chosen].argmax()])
    return int(sizes.argmax())


def verdicts(table: pd.DataFrame, at: int, explanations: Explanations) -> list[tuple[str, str]]:
    """What each method says of a word, those with signs first, and what leaving it out says.

    Pairs of name and sentence; `table` as of `comparison`.
    """
    infos = [one.method_info for one in explanations.values()]
    target, against = target_words(explanations[ACCOUNT_METHOD.name])
    other, kind = against or f"not {target}", explanations.output_kind

    def speaks(value: float) -> str:
        if against is None and not kind.has_classes:
            return f"it {kind.supports if value >= 0 else kind.opposes} “{visible(target)}”"
        return f"it {kind.supports} “{visible(target if value >= 0 else other)}”"

    answers, score = [], with_output("score", kind)
    for info in sorted(infos, key=lambda info: not info.signed):
        value = float(table[info.short].to_numpy()[at])
        if info.signed:
            verdict = speaks(value)
        else:
            rank = int(table[info.short].rank(ascending=False, method="first").to_numpy()[at])
            verdict = (
                f"it ranks {rank} of {len(table)} by how strongly the {score} reacts to it, in "
                "either direction"
            )
        answers.append((info.short, f"{number(value, signed=info.signed)}: {verdict}"))
    change = float(table["left out"].to_numpy()[at])
    if np.isfinite(change):
        fall = "falls" if change > 0 else "rises" if change < 0 else "stays"
        answers.append(
            (
                "Left out",
                f"without it the {score} {fall} by {number(abs(change), signed=False)}, so here "
                f"{speaks(change)}",
            )
        )
    return answers


def with_negation(examples: Sequence[Example], tokenizer: Tokenizer) -> list[int]:
    """Positions of examples that hold a negation."""
    return [n for n, one in enumerate(examples) if any(is_negation(t) for t in tokenizer(one.text))]


def account_table(explanations: Mapping[str, Explanation]) -> pd.DataFrame:
    """Where the score went, one column per explanation: words, initial states, biases, ..."""
    columns = {}
    for name, one in explanations.items():
        kept = one.ledger.by("kind")
        columns[name] = {
            "all words": float(one.token_relevance[0].sum()),
            "initial states": float(one.initial_state[0]),
            "biases": float(kept["bias"][0]),
            "stabilizers": float(kept["stabilizer"][0]),
            "rounding": float(one.conservation_error[0]),
            "the score": float(one.explained_score[0]),
        }
    return pd.DataFrame(columns).rename_axis("part").reset_index()


def unit_table(inside: Inside, way: str, t: int, units: Sequence[int]) -> pd.DataFrame:
    """One row per hidden unit at a word: gates, cell, relevance in and out."""
    reading, back = inside.readings[way], inside.returns[way]
    columns = {
        "i": reading.i, "f": reading.f, "o": reading.o, "g": reading.g,
        "c before": reading.c_before, "c": reading.c, "h": reading.h,
        "R in": back.at_c, "R to c before": back.to_c, "R to g": back.to_g,
    }  # fmt: skip
    values = {name: array[t, list(units)] for name, array in columns.items()}
    return pd.DataFrame({"unit": list(units), **values})


def step_account(inside: Inside, way: str, t: int) -> dict[str, list[tuple[str, float]]]:
    """All units of a step together: relevance that arrives, and where it goes."""
    back = inside.returns[way]
    word = visible(inside.tokens[t])
    return {
        "arrives": [
            ("output h", float(back.at_h[t].sum())),
            ("cell c, from later", float(back.from_later[t].sum())),
        ],
        "goes": [
            (f"word “{word}”", float(back.to_x[t].sum())),
            ("output h before", float(back.to_h[t].sum())),
            ("cell c before", float(back.to_c[t].sum())),
            ("the bias keeps", float(back.bias[t])),
            ("stabilizers keep", float(back.stabilizer[t])),
        ],
    }


def through_time(inside: Inside) -> pd.DataFrame:
    """One row per word and direction: position, word, direction, arriving, to the word, kept."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "position": range(len(inside.tokens)),
                    "word": [visible(token) for token in inside.tokens],
                    "direction": way,
                    "arriving": back.travelling,
                    "to the word": back.to_x.sum(axis=1),
                    "kept": back.bias + back.stabilizer,
                }
            )
            for way, back in inside.returns.items()
        ],
        ignore_index=True,
    )


AROUND = 12  # words to either side of a picked one, where a text is too long for a chart


def around(table: pd.DataFrame, at: int) -> pd.DataFrame:
    """`through_time` of the words next to one."""
    return table[(table["position"] - at).abs() <= AROUND]


def path_sentences(table: pd.DataFrame, at: int) -> list[str]:
    """What happens to the relevance at one word, a sentence per direction of `through_time`."""
    onward = {"forward": "goes on to the words before", "backward": "goes on to the words after"}
    sentences = []
    for row in table[table["position"] == at].to_dict("records"):
        arrives, stays, kept = row["arriving"], row["to the word"], row["kept"]
        rest = arrives - stays - kept
        vmax = max(map(abs, (arrives, stays, rest)))
        shown = [number(value, vmax=vmax) for value in (arrives, stays, kept, rest)]
        sentences.append(
            f"Reading {row['direction']}, {shown[0]} arrives at “{row['word']}”: {shown[1]} stays "
            f"with the word, biases and stabilizers keep {shown[2]}, {shown[3]} "
            f"{onward[row['direction']]}."
        )
    return sentences
