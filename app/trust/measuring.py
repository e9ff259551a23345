"""A plan carried out, some texts at a time: the engine's evaluation, then random weights."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import lrp_engine
from app import settings
from app.models import numeric
from app.models.model import Model
from app.trust.plan import Plan
from app.trust.result import Result
from app.trust.texts import SEED
from app.work.job import Job
from lrp_engine.errors import InputError
from lrp_engine.evaluation.evaluate import evaluating
from lrp_engine.evaluation.random_weights import layers_with_weights
from lrp_engine.evaluation.verdict import RANDOM_WEIGHTS
from lrp_engine.model.layer import arrays_of

if TYPE_CHECKING:
    from lrp_engine import Evaluation, Network

# Numbers that a text is asked for, per explainer: points of all curves, subsets of words.
VARIANTS = 120
NUMBER = 16  # bytes of one, twice while it is made


def total(plan: Plan) -> int:
    """Texts that are read, those with random weights once more."""
    count = len(plan.texts.texts)
    return plan.measured * count + plan.checked * min(count, settings.TRUST_CHECKED)


def made_of(plan: Plan) -> str:
    """What `total` adds up, a sentence; empty where it is the texts alone."""
    count = len(plan.texts.texts)
    if not (plan.measured and plan.checked):
        return ""
    again = min(count, settings.TRUST_CHECKED)
    return (
        f"{total(plan):,} are {count:,} texts, and {again:,} of them once more with random weights."
    )


def measure(plan: Plan, model: Model, job: Job) -> Generator[None, None, Result]:
    """Asks for the next step begin the next few texts.

    Raises:
        InputError: nothing can be measured, or it takes too much memory.
        CancelledError: the job was stopped.
    """
    network = model.network
    group = _group(plan, network)
    evaluation = check = None
    problem = ""
    if plan.measured:
        evaluation = yield from _evaluated(plan, model, job, group)
    if plan.checked:
        try:
            _require_room(network)
            check = yield from _checked(plan, model, job, group)
        except InputError as error:
            problem = str(error)
    job.done = job.total
    texts = plan.texts
    return Result(
        model_hash=plan.model_hash,
        model_name=plan.model_name,
        texts=texts.name,
        count=len(texts.texts),
        found=texts.found,
        long=texts.long,
        most_words=texts.most_words,
        labelled=texts.labelled,
        engine=lrp_engine.__version__,
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        evaluation=evaluation,
        check=check,
        check_problem=problem,
    )


def _evaluated(plan: Plan, model: Model, job: Job, group: int) -> Generator[None, None, Evaluation]:
    labels = plan.texts.labels if plan.texts.labelled else None
    steps = evaluating(
        model.network, labels=labels, methods=plan.methods, rules=list(plan.rules), seed=SEED,
        target=plan.target, answers=plan.answers, group=group, cancel=job,
        **_inputs(model, plan.texts.texts),
    )  # fmt: skip
    return (yield from _counted(steps, job))


def _checked(plan: Plan, model: Model, job: Job, group: int) -> Generator[None, None, Evaluation]:
    steps = evaluating(
        model.network, methods=plan.checked_methods, rules=list(plan.rules),
        measures=RANDOM_WEIGHTS, seed=SEED, target=plan.target, group=group, cancel=job,
        **_inputs(model, plan.texts.texts[: settings.TRUST_CHECKED]),
    )  # fmt: skip
    return (yield from _counted(steps, job))


def _counted(
    steps: Generator[int, None, Evaluation], job: Job
) -> Generator[None, None, Evaluation]:
    """Notes in the job how many texts are done."""
    before = job.done
    while True:
        try:
            job.done = before + next(steps)
        except StopIteration as end:
            evaluation: Evaluation = end.value
            return evaluation
        yield


def _inputs(model: Model, texts: tuple[str, ...]) -> dict[str, Any]:
    """Texts as `evaluating` takes them."""
    if not model.reads_numbers:
        return {"texts": list(texts)}
    given = numeric.batch(model.network, texts)
    return {"texts": given.pop("inputs"), **given}


def _group(plan: Plan, network: Network) -> int:
    """Texts of a step: few, so that others have their turn, and fewer where classes are many."""
    each = plan.explainers * VARIANTS * network.classes * NUMBER
    if each > settings.TRUST_MEGABYTES * 2**20:
        raise InputError(
            f"The model has {network.classes:,} classes: asking about one text as often as "
            f"{plan.explainers} explanations need takes {each / 2**20:,.0f} MB, and this server "
            f"gives {settings.TRUST_MEGABYTES}. Choose fewer methods and rules."
        )
    return max(1, min(settings.TRUST_STEP, settings.TRUST_MEGABYTES * 2**20 // each))


def _require_room(network: Network) -> None:
    """Stop where the networks with random weights would be too large; each has its own copy."""
    nodes = {node.name: node for node in network.nodes}
    sizes = [
        sum(array.nbytes for array in arrays_of(nodes[name].layer))
        for name in layers_with_weights(network)
    ]
    needed = 2 * sum(sum(sizes[:depth]) for depth in range(1, len(sizes) + 1))
    if needed > settings.TRUST_MEGABYTES * 2**20:
        raise InputError(
            f"The networks with random weights would take {needed / 2**20:,.0f} MB; this server "
            f"gives {settings.TRUST_MEGABYTES}. The library has no such limit."
        )
