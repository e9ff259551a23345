"""Evaluations in the background, by the workers of reviewed sets; what comes of them is kept."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial

from app.models.model import Model
from app.trust import measuring
from app.trust.plan import Plan
from app.trust.results import Results
from app.work.job import Job, Task
from app.work.workers import Workers


class Measuring(Task):
    """Explanations to be measured."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan.key, measuring.total(plan))
        self.made_of = measuring.made_of(plan)

    def late(self, job: Job, minutes: float) -> str:
        return (
            f"Measuring has taken {minutes:,.0f} minutes, which is what this server gives at a "
            f"time; {job.done:,} of {job.total:,} texts were done, and nothing of it is kept. "
            "Choose fewer texts, or leave out the methods that take longest."
        )


class Evaluations:
    """Evaluations by the key of their plan."""

    def __init__(self, workers: Workers, results: Results) -> None:
        self.workers, self.results = workers, results

    def start(self, plan: Plan, model: Model, *, owner: str) -> Job:
        """Measure; a plan that is at work already is left alone.

        Raises:
            InputError: there is enough to do.
        """
        return self.workers.start(Measuring(plan), partial(self._measure, plan, model), owner=owner)

    def _measure(self, plan: Plan, model: Model, job: Job) -> Generator[None]:
        result = yield from measuring.measure(plan, model, job)
        self.results.keep(plan.key, result)
