"""How far explanations may be believed, measured row by row: the engine's evaluation of each part.

A part that is measured is on disk at once, so that a job which was stopped goes on after it.
"""

from __future__ import annotations

import io
from collections.abc import Generator
from typing import TYPE_CHECKING

import pandas as pd

from app import settings
from app.review import faithful
from app.review.faithful import NAMES, NUMBERS, RANDOM
from app.review.methods import MAIN
from app.review.sets import Set, Sets
from app.work.job import Job
from lrp_engine.errors import InputError
from lrp_engine.evaluation.evaluate import evaluating
from lrp_engine.evaluation.measures.known import MOST_LEFT_OUT
from lrp_engine.propagation.rules import from_dict

if TYPE_CHECKING:
    from lrp_engine import Evaluation, Network

SEED = 0
NUMBER = 16  # bytes of a score, twice while it is made


def measure(sets: Sets, one: Set, network: Network, job: Job) -> Generator[None]:
    """Measure every explained row; parts that are there and whole are left as they are.

    Asks for the next step begin the next few texts.

    Raises:
        InputError: a text asks for too much memory.
        DamagedError: a part is not what was written.
        CancelledError: the job was stopped.
    """
    files = sets.files(one)
    group = texts_of_a_step(network.classes)
    for index, path in enumerate(sets.parts(one)):
        rows = _rows(sets.read(one, path.name))
        name = sets.measured(one, index).name
        if files.read(name) is not None:
            job.before += len(rows)
            job.done += len(rows)
            continue
        before = job.done
        texts = rows[rows["error"].isna()]
        numbers = yield from _measured(one, network, texts, group, job)
        files.write(name, _file(rows[["row"]].merge(numbers, on="row", how="left")))
        job.done = before + len(rows)
        yield
    sets.update_flag(one, measured=True)


def texts_of_a_step(classes: int) -> int:
    """Texts that are measured between two turns: few, and fewer where classes are many.

    Raises:
        InputError: one alone takes more memory than there is.
    """
    each = (faithful.SHORTENED + MOST_LEFT_OUT) * classes * NUMBER
    most = settings.TRUST_MEGABYTES * 2**20
    if each > most:
        raise InputError(
            f"The model has {classes:,} classes: asking about one text without each of its words "
            f"takes up to {each / 2**20:,.0f} MB, and this server gives {settings.TRUST_MEGABYTES}."
        )
    return max(1, min(settings.TRUST_STEP, most // each))


def _measured(
    one: Set, network: Network, texts: pd.DataFrame, group: int, job: Job
) -> Generator[None, None, pd.DataFrame]:
    """Numbers of some explained rows; NaN where a measure says nothing of a text."""
    if texts.empty:
        return _table(texts, None)
    steps = evaluating(
        network, list(texts["text"]), methods=[MAIN], rules=from_dict(one.rule), measures=NAMES,
        seed=SEED, group=group, cancel=job,
    )  # fmt: skip
    before = job.done
    while True:
        try:
            job.done = before + next(steps)
        except StopIteration as end:
            return _table(texts, end.value)
        yield


def _table(texts: pd.DataFrame, evaluation: Evaluation | None) -> pd.DataFrame:
    """row, and the columns `NUMBERS`."""
    table = pd.DataFrame(float("nan"), index=range(len(texts)), columns=list(NUMBERS))
    if evaluation is not None:
        for (measure, method), found in evaluation.by_text().groupby(["measure", "method"]):
            name = measure if method == MAIN else f"{measure}{RANDOM}"
            table.loc[found["text"].to_numpy(), name] = found["value"].to_numpy()
    table.insert(0, "row", texts["row"].to_numpy())
    return table


def _rows(part: bytes) -> pd.DataFrame:
    return pd.read_parquet(io.BytesIO(part), columns=["row", "text", "error"])


def _file(table: pd.DataFrame) -> bytes:
    file = io.BytesIO()
    table.to_parquet(file, index=False)
    return file.getvalue()
