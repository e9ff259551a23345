"""The command `evaluate MODEL FILE`: how far explanations may be believed, on a table of texts."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from itertools import tee
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrp_engine.attribution.methods import LIVE_METHODS, METHODS
from lrp_engine.cli.corpora import add_table_options, add_where_options, check_where
from lrp_engine.cli.options import (
    add_explanation_options,
    add_model_options,
    load_model,
    method_options_of,
    named_rule,
    parse_target,
    rule_of,
)
from lrp_engine.cli.output import to_json, write_file
from lrp_engine.cli.standard_input import NAME as STANDARD
from lrp_engine.cli.standard_input import read_text
from lrp_engine.corpora.settings import ALL
from lrp_engine.errors import InputError, choices
from lrp_engine.evaluation.measures import FAST_MEASURES, MEASURES
from lrp_engine.model.removals import DROP, REMOVAL_MEANINGS
from lrp_engine.quiet import quiet

if TYPE_CHECKING:
    from lrp_engine.evaluation.result import Evaluation

LABEL_COLUMN, PIPED = "label", "csv"
# Extension of --out -> what is written.
REPORTS: dict[str, Callable[[Evaluation], str]] = {
    ".html": lambda found: found.to_html(),
    ".md": lambda found: found.to_markdown(),
    ".csv": lambda found: found.to_frame().to_csv(index=False),
}


def add_parser(commands: Any) -> None:
    """The command's options; building them imports nothing heavy."""
    command = commands.add_parser(
        "evaluate",
        help="measure how far explanations may be believed",
        description="Measure explanations on the texts of a table, beside relevances drawn at "
        "random, and say which differences are real. What is measured: docs/evaluation.md.",
        epilog="measures: " + " ".join(f"{m.name}: {m.meaning}" for m in MEASURES.values()),
    )
    command.set_defaults(run=_run)
    add_model_options(command)
    add_table_options(command, metavar="FILE", also=f"; {STANDARD} reads CSV from standard input")
    command.add_argument(
        "--label-column",
        metavar="NAME",
        help=f"true classes; default: {LABEL_COLUMN}, where the table has it",
    )
    command.add_argument(
        "--method",
        action="append",
        choices=[*METHODS, ALL],
        help=f"may be given several times; {ALL}, the default: {', '.join(LIVE_METHODS)}",
    )
    add_explanation_options(command)
    command.add_argument(
        "--also-rule",
        action="append",
        metavar="NAME|JSON|@FILE",
        help="a rule to compare with, as --rule takes it; may be given several times",
    )
    command.add_argument(
        "--measure",
        action="append",
        choices=list(MEASURES),
        help="may be given several times; default: the fast ones that the texts allow, of "
        + ", ".join(FAST_MEASURES),
    )
    command.add_argument(
        "--removal",
        choices=list(REMOVAL_MEANINGS),
        default=DROP,
        help="how words are left out: "
        + "; ".join(f"{name}: {meaning}" for name, meaning in REMOVAL_MEANINGS.items())
        + ". Default: %(default)s",
    )
    command.add_argument("--seed", type=int, default=0, help="of all that is drawn; default: 0")
    add_where_options(command, said="1")
    command.add_argument(
        "--keep",
        metavar="FOLDER",
        help="keep there, by path or URL, what is measured of each window of texts; after an "
        "interruption the same command goes on with it",
    )
    command.add_argument(
        "--out",
        metavar="FILE",
        help=f"also write a report, by its extension: {', '.join(REPORTS)}",
    )
    command.add_argument("--quiet", action="store_true", help="no progress bar")
    command.add_argument("--json", action="store_true", help="print values as JSON")


def _run(options: argparse.Namespace) -> str | tuple[str, int]:
    if options.position is not None:
        raise InputError("--position is of models that label every word; those are not measured.")
    check_where(options)
    from lrp_engine.corpora.one_file import check_target
    from lrp_engine.corpora.progress import bar
    from lrp_engine.corpora.settings import methods_named
    from lrp_engine.corpora.source import Piped
    from lrp_engine.corpora.tables import format_of, open_table
    from lrp_engine.evaluation.evaluate import evaluate

    out = None if options.out is None else check_target(options.out, REPORTS)
    kept = None if options.keep is None else Path(options.keep).resolve()
    if out is not None and out.resolve().parent == kept:
        raise InputError("The folder of --keep holds nothing else; write --out outside of it.")
    network = load_model(options, device=options.device)
    piped = options.input == STANDARD
    table = open_table(
        Piped("standard input", read_text().encode()) if piped else options.input,
        format=options.format or (PIPED if piped else format_of(options.input)),
        text_column=options.text_column,
    )
    methods = methods_named(options.method or [ALL])
    label_column = _label_column(options.label_column, table)
    rows, labels = _rows(table, label_column), None
    if label_column is not None:  # else nobody would read the second
        rows, labelled = tee(rows)
        labels = (label for _, label in labelled)
    with quiet():
        import tensorflow  # noqa: F401 - its start-up notes would tear the progress bar
    with bar(hidden=options.quiet) as progress:
        before = 0

        def report(done: int, total: int | None) -> None:
            nonlocal before
            progress(done - before, table.rows, False)
            before = done

        found = evaluate(
            network,
            (text for text, _ in rows),
            labels,
            methods,
            [rule_of(options), *map(named_rule, options.also_rule or ())],
            options.measure,
            options.seed,
            method_options=method_options_of(options, methods),
            removal=options.removal,
            target=parse_target(options.target, network.labels),
            workers=1 if options.workers is None else options.workers,
            scheduler=options.scheduler,
            keep=options.keep,
            progress=report,
        )
    said = _json(found) if options.json else found.to_text()
    if out is not None:
        try:
            write_file(out, REPORTS[out.suffix.lower()](found))
        except InputError as problem:  # what took long is shown all the same
            print(f"lrp_engine: {problem}", file=sys.stderr)
            return said, 2
    return said


def _label_column(name: str | None, table: Any) -> str | None:
    names = table.schema.names
    if name is None:
        return LABEL_COLUMN if LABEL_COLUMN in names else None
    if name not in names:
        raise InputError(f"There is no column {name!r} for labels; choose from {choices(names)}.")
    return name


def _rows(table: Any, label_column: str | None) -> Iterator[tuple[str, Any]]:
    """Texts and labels of the rows that hold a text; an empty label is none."""
    for texts, problems, others in table.blocks(1_000):
        labels = [None] * len(texts) if label_column is None else others[label_column].to_pylist()
        for text, problem, label in zip(texts, problems, labels, strict=True):
            if problem is None:
                yield text, None if label == "" else label


def _json(found: Evaluation) -> str:
    frame = found.to_frame()
    return to_json({
        "sentence": found.sentence,
        "texts": found.texts,
        "unexplained": found.unexplained,
        "settings": dict(found.settings),
        "left_out": dict(found.left_out),
        "values": frame.astype(object).where(frame.notna(), None).to_dict("records"),
    })  # fmt: skip
