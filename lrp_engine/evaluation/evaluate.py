"""`evaluate`: texts in windows, each measured, their numbers put together."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from itertools import chain
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.attribution.methods import LIVE_METHODS, methods_listed, options_of
from lrp_engine.attribution.scores import scores_of
from lrp_engine.attribution.targets import one_for_all, resolve
from lrp_engine.attribution.work import require_callbacks
from lrp_engine.corpora.scheduler import check_scheduler
from lrp_engine.errors import CancelledError, InputError
from lrp_engine.evaluation import random_weights
from lrp_engine.evaluation.documents import apart
from lrp_engine.evaluation.explainer import rules_named
from lrp_engine.evaluation.kept import keeping, kept_folder
from lrp_engine.evaluation.measures import FAST_MEASURES, MEASURES, Measure, measures_named
from lrp_engine.evaluation.measuring import Measured
from lrp_engine.evaluation.random_weights import layers_with_weights
from lrp_engine.evaluation.result import Evaluation
from lrp_engine.evaluation.settings import Settings
from lrp_engine.evaluation.where import elsewhere, here
from lrp_engine.evaluation.window import Window, windows
from lrp_engine.model.many import require_many
from lrp_engine.model.network import require_network
from lrp_engine.model.removals import DROP, UNKNOWN, removal_named
from lrp_engine.option import whole_number
from lrp_engine.propagation.rules import checked

if TYPE_CHECKING:
    from lrp_engine.attribution.work import Cancel
    from lrp_engine.model.network import Network
    from lrp_engine.model.samples import Samples

# Curves of texts with so many words take out several at a time.
LONG_TEXT, LONG_STEP = 60, 5
SLOW = "It takes long; ask for it by name."
WHY = {
    "labels": "It needs the true classes of the texts.",
    "classes": "It needs a network that decides between classes.",
    "words": "It needs words; the inputs are numbers.",
    "answers": "It needs the right relevances, which are known of made tasks only.",
}
Progress = Callable[[int, int | None], object]


def evaluate(
    network: Network,
    texts: Any,
    labels: Iterable[Any] | None = None,
    methods: Sequence[str] | None = None,
    rules: Any = None,
    measures: Sequence[str] | None = None,
    seed: int = 0,
    *,
    method_options: Mapping[str, Mapping[str, Any]] | None = None,
    removal: str = DROP,
    step: int | None = None,
    target: Any = None,
    answers: Iterable[Any] | None = None,
    lengths: Any = None,
    workers: int = 1,
    scheduler: str | None = None,
    keep: str | PathLike[str] | None = None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Evaluation:
    """How far the explanations of a network may be believed, measured on some texts.

    Texts are read in windows; what is kept of each is its numbers, 8 bytes for every explainer and
    point of a measure.

    Args:
        texts: a list or an iterator of texts or token lists; or an array as `explain` takes it.
        labels: the true class of each text, by name or number; None for one that is not known.
        methods: names in `METHODS`; None for the live ones.
        rules: a rule, a list of rules, or rules by what to call them; None for the usual one.
        measures: names in `MEASURES`; None for the fast ones that the texts allow.
        seed: of subsets, documents, random weights, relevances drawn at random, intervals.
        method_options: method -> its options.
        removal: how words are left out, a name in `REMOVALS`.
        step: words that curves take out at a time; None for 1, or 5 where the texts are long.
        target: the class or value that is explained; None for each text's predicted class.
        answers: for each text the right relevance of its words, or of the steps that are read; NaN
            where there is none.
        lengths: as in `Network.explain`.
        workers: processes on this machine; 1 is this process itself.
        scheduler: address of a Dask scheduler, whose workers take the place of `workers`.
        keep: a folder, by path or URL, for what is measured of each window of texts. Stopped, the
            same call goes on with what is there; texts themselves are not kept.
        progress: called with the texts done so far and their number, None where that is not known.
        cancel: looked at before each batch of passes; on other processes before each window.

    Raises:
        InputError: a text, a label or an option does not fit.
        CancelledError: it was cancelled.
    """
    require_callbacks(progress, cancel)
    steps = evaluating(
        network, texts, labels, methods, rules, measures, seed, method_options=method_options,
        removal=removal, step=step, target=target, answers=answers, lengths=lengths,
        workers=workers, scheduler=scheduler, keep=keep, cancel=cancel,
    )  # fmt: skip
    total = len(texts) if hasattr(texts, "__len__") else None
    with contextlib.closing(steps):
        while True:
            try:
                done = next(steps)
            except StopIteration as end:
                evaluation: Evaluation = end.value
                return evaluation
            if progress is not None:
                progress(done, total)


def evaluating(
    network: Network,
    texts: Any,
    labels: Iterable[Any] | None = None,
    methods: Sequence[str] | None = None,
    rules: Any = None,
    measures: Sequence[str] | None = None,
    seed: int = 0,
    *,
    method_options: Mapping[str, Mapping[str, Any]] | None = None,
    removal: str = DROP,
    step: int | None = None,
    target: Any = None,
    answers: Iterable[Any] | None = None,
    lengths: Any = None,
    workers: int = 1,
    scheduler: str | None = None,
    keep: str | PathLike[str] | None = None,
    group: int | None = None,
    cancel: Cancel | None = None,
) -> Generator[int, None, Evaluation]:
    """`evaluate` in steps: yields how many texts are done, and returns the evaluation.

    Args:
        group: texts of a step, which the numbers do not depend on; other processes take a window
            at a time.

    Raises:
        InputError, CancelledError: as `evaluate`.
    """
    _check(network, texts, removal)
    require_callbacks(cancel=cancel)
    step = None if step is None else whole_number("step", step)
    workers, seed = whole_number("workers", workers), whole_number("seed", seed, least=0)
    folder = None if keep is None else kept_folder(keep)
    if scheduler is not None:
        check_scheduler(scheduler)
    infos = methods_listed(LIVE_METHODS if methods is None else methods)
    named = {name: checked(rule, network.nodes) for name, rule in rules_named(rules).items()}
    chosen = resolve(network, one_for_all(target), 1)
    if chosen is not None and chosen.ndim > 1:
        raise InputError("Measures look at one class, not at a contrast of two.")
    made = windows(network, texts, labels, answers, lengths)
    first = next(made, None)
    if first is None:
        raise InputError("There is nothing to evaluate: the texts are empty.")
    samples = first.samples(network)
    asked, left_out = _measurable(network, measures, labels, first)
    if removal == UNKNOWN:
        removal_named(removal)(samples, [])
    settings = Settings(
        methods=tuple(dict.fromkeys(one.name for one in infos)),
        rules=named,
        measures=tuple(one.name for one in asked),
        method_options={k: v for k, v in options_of(infos, method_options).items() if v},
        removal=removal,
        step=step or _step(samples),
        target=None if chosen is None else int(chosen[0]),
        pair=_pair(samples, first) if any(one.scope == "documents" for one in asked) else None,
        seed=seed,
    )
    every = chain([first], made)
    found: list[Measured] = []
    done = 0
    try:
        with contextlib.ExitStack() as held:
            kept = held.enter_context(keeping(folder, network, settings))
            if scheduler is None and workers == 1:
                steps = here(network, every, settings, group, kept, cancel)
            else:
                steps = elsewhere(network, every, settings, workers, scheduler, kept, cancel)
            held.callback(steps.close)
            while True:
                if cancel is not None and cancel.is_set():
                    raise CancelledError
                step_made = next(steps, None)
                if step_made is None:
                    break
                texts_done, part = step_made
                if part is not None:
                    found.append(part)
                    if kept is not None:
                        kept.keep(part)
                if texts_done:
                    done += texts_done
                    yield done
            if cancel is not None and cancel.is_set():
                raise CancelledError
    finally:
        random_weights.forget(network, seed=seed)
    return _evaluation(network, settings, sorted(found, key=lambda one: one.index), left_out)


def _check(network: Network, texts: Any, removal: Any) -> None:
    require_network(network)
    removal_named(removal)
    network.require_one_input()
    require_many(texts)
    if network.labels_steps:
        raise InputError(
            "This network labels every word; what is measured are networks with one decision for a "
            "whole text."
        )


def _measurable(
    network: Network, names: Sequence[str] | None, labels: Any, first: Window
) -> tuple[list[Measure], dict[str, str]]:
    """The measures that can be taken, and why others are not.

    Raises:
        InputError: one was asked for by name that cannot be taken.
    """
    has = {
        "labels": labels is not None,
        "classes": network.has_classes,
        "words": first.words is not None,
        "answers": first.answers is not None,
    }
    asked, left_out = [], {}
    for measure in measures_named(names):
        why = next((WHY[need] for need in measure.needs if not has[need]), None)
        if why is None:
            asked.append(measure)
        elif names is None:
            left_out[measure.name] = why
        else:
            raise InputError(f"{measure.title!r} cannot be measured. {why}")
    if not asked:
        raise InputError(f"Nothing can be measured. {' '.join(left_out.values())}")
    if names is None:
        left_out |= {name: SLOW for name in MEASURES if name not in FAST_MEASURES}
    return asked, left_out


def _pair(samples: Samples, first: Window) -> tuple[int, int] | None:
    """The classes that documents are made of."""
    with np.errstate(over="ignore", invalid="ignore"):  # such texts are left out later
        outputs = samples.network.to_output(scores_of(samples).astype(np.float64))
    fine = np.isfinite(outputs).all(axis=1)
    return apart(outputs[fine], first.labels[fine])


def _step(samples: Samples) -> int:
    return LONG_STEP if np.median(samples.lengths) >= LONG_TEXT else 1


def _evaluation(
    network: Network, settings: Settings, found: list[Measured], left_out: Mapping[str, str]
) -> Evaluation:
    values, places, points = {}, {}, {}
    layers = layers_with_weights(network)
    for measure in settings.measure_infos:
        parts = [one for one in found if measure.name in one.values]
        if not parts:
            left_out = {**left_out, measure.name: measure.lacking(settings.step)}
            continue
        values[measure.name] = np.concatenate([one.values[measure.name] for one in parts])
        places[measure.name] = np.concatenate([one.places[measure.name] for one in parts])
        along = tuple(layers) if measure.points is None else measure.points(settings.step)
        points[measure.name] = along if measure.axis else ()
    return Evaluation(
        explainers=settings.explainers,
        values=values,
        places=places,
        points=points,
        left_out=left_out,
        texts=sum(one.texts for one in found),
        unexplained=sum(one.unexplained for one in found),
        settings={
            "model": network.hash,
            "methods": list(settings.methods),
            "rules": {name: rule.to_dict() for name, rule in settings.rules.items()},
            "method_options": {name: dict(v) for name, v in settings.method_options.items()},
            "removal": settings.removal,
            "step": settings.step,
            "pair": [network.labels[one] for one in settings.pair or ()],
            "target": None if settings.target is None else network.labels[settings.target],
            "seed": settings.seed,
        },
        seed=settings.seed,
    )
