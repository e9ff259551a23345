"""Sentences that say which differences are real, and what to take from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lrp_engine.attribution.methods import METHODS
from lrp_engine.evaluation.frames import difference

if TYPE_CHECKING:
    from lrp_engine.evaluation.explainer import Explainer
    from lrp_engine.evaluation.result import Evaluation

# By which explainers are called best: the first one that was measured.
DECIDES = ("comprehensiveness", "deletion", "deletion_right", "correlation", "marked_share")
# What is left when the weights are random; from which rank correlation on an order counts as kept.
RANDOM_WEIGHTS = ("randomized_signed", "randomized_absolute")
KEPT = 0.5
NOTHING = "Nothing was measured that says which order of words is best."


def best(evaluation: Evaluation, measure: str) -> tuple[int, tuple[int, ...]]:
    """The best explainer of a measure, and those that are no worse to any real amount."""
    goodness = evaluation.info(measure).goodness(evaluation.estimates[measure].value[:-1])
    first = int(np.nanargmax(goodness))
    others = [j for j in np.flatnonzero(np.isfinite(goodness)).tolist() if j != first]
    ties = tuple(j for j in others if difference(evaluation, measure, first, j) == 0)
    return first, ties


def no_better_than_chance(evaluation: Evaluation, measure: str) -> tuple[int, ...]:
    """Explainers that do not beat relevances drawn at random; none where these say nothing."""
    if not evaluation.has_chance(measure):
        return ()
    chance = len(evaluation.explainers) - 1
    able = np.flatnonzero(np.isfinite(evaluation.estimates[measure].value[:chance])).tolist()
    return tuple(j for j in able if difference(evaluation, measure, j, chance) <= 0)


def sentence(evaluation: Evaluation) -> str:
    """What to take from an evaluation."""
    measure = next((name for name in DECIDES if name in evaluation.values), None)
    if measure is None or not says_something(evaluation, measure):
        return NOTHING
    first, ties = best(evaluation, measure)
    names = [introduced(one) for one in evaluation.explainers]
    title = evaluation.info(measure).title.lower()
    chance = no_better_than_chance(evaluation, measure)
    on = f"For this model and these {_counted(evaluation, measure)},"
    if first in chance:
        return f"{on} no method orders words better than chance ({title})."
    said = f"{on} {names[first]} orders words best ({title})"
    if ties:
        said += f"; {_listed([names[j] for j in ties])} cannot be told apart from it"
    if chance:
        verb = "does" if len(chance) == 1 else "do"
        said += f"; {_listed([names[j] for j in chance])} {verb} not beat chance"
    return f"{said}."


def sentences(evaluation: Evaluation) -> Mapping[str, str]:
    """Measure -> its best explainer, which tie with it, which do not beat chance."""
    names = [called(one) for one in evaluation.explainers]
    said = {}
    for measure in evaluation.measures:
        if not says_something(evaluation, measure):
            said[measure] = "No text can be measured so."
            continue
        first, ties = best(evaluation, measure)
        chance = no_better_than_chance(evaluation, measure)
        parts = [f"Best: {names[first]}" if len(names) > 2 else f"Only {names[first]}"]
        if ties:
            parts.append(f"no real difference: {_listed([names[j] for j in ties])}")
        if chance:
            parts.append(f"no better than chance: {_listed([names[j] for j in chance])}")
        parts += [
            f"{called(one)} has no number for {count:,} {'text' if count == 1 else 'texts'}"
            for one, count in evaluation.failed(measure).items()
        ]
        said[measure] = f"{'; '.join(parts)} ({_counted(evaluation, measure)})."
    return said


def of_random_weights(evaluation: Evaluation) -> str:
    """Which explainers order words by what the network has learned, and which do not."""
    values = [
        np.abs(evaluation.estimates[measure].value[:-1])
        for measure in RANDOM_WEIGHTS
        if measure in evaluation.values
    ]
    kept = np.fmax.reduce([np.full(len(evaluation.explainers) - 1, np.nan), *values])
    names = [introduced(one) for one in evaluation.explainers]
    anew = np.flatnonzero(kept < KEPT).tolist()
    same = np.flatnonzero(kept >= KEPT).tolist()
    parts = []
    if anew:
        parts.append(
            f"{_listed([names[j] for j in anew])} {'orders' if len(anew) == 1 else 'order'} words "
            f"anew when all weights are random (rank correlation up to {kept[anew].max():z.2f})"
        )
    if same:
        verb, whose = ("keeps", "its") if len(same) == 1 else ("keep", "their")
        parts.append(
            f"{_listed([names[j] for j in same])} {verb} much of {whose} order when all weights "
            f"are random (up to {kept[same].max():z.2f}): it says little of what was learned"
        )
    return f"{'; '.join(parts)}." if parts else "No text can be measured so."


def says_something(evaluation: Evaluation, measure: str) -> bool:
    """Whether any explainer has a value of a measure."""
    return bool(np.isfinite(evaluation.estimates[measure].value[:-1]).any())


def called(one: Explainer) -> str:
    """What an explainer is called where its method is introduced already."""
    title = METHODS[one.method].short if one.method in METHODS else one.method
    return f"{title} ({one.rule})" if one.rule else title


def introduced(one: Explainer) -> str:
    """What an explainer is called where it is first met, as "Occlusion (OC)"."""
    if one.method not in METHODS:
        return called(one)
    method = METHODS[one.method]
    return f"{method.title} ({', '.join(filter(None, (method.short, one.rule)))})"


def _counted(evaluation: Evaluation, measure: str) -> str:
    """The texts that count, and where others do not, which: "96 texts of 5 or more words".

    Where a measure is of texts that are classified in one way, no length is named: more texts are
    left out for that.
    """
    info, n = evaluation.info(measure), evaluation.estimates[measure].n
    if info.scope == "documents":
        return f"{n:,} document{'s' * (n != 1)}"
    said = f"{n:,} text{'s' * (n != 1)}"
    if len(evaluation.values[measure]) == evaluation.texts - evaluation.unexplained:
        return said
    if info.scope == "all":
        return f"{said} of {info.lengths(evaluation.settings.get('step') or 1)}"
    return f"{said} that {'is' if n == 1 else 'are'} classified {info.scope}"


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
