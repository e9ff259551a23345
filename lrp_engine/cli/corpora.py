"""The command `explain-corpus MODEL IN OUT`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from lrp_engine.attribution.methods import DEFAULT_METHOD, LIVE_METHODS, METHODS
from lrp_engine.cli.options import (
    add_explanation_options,
    add_model_options,
    load_model,
    method_options_of,
    parse_target,
    rule_of,
)
from lrp_engine.cli.output import to_json
from lrp_engine.corpora.settings import ALL, SHARD_BYTES
from lrp_engine.errors import InputError

if TYPE_CHECKING:
    from lrp_engine.corpora.run import Summary

AGAIN = "Stopped. Run the same command again to go on."
FORMATS = ("csv", "jsonl", "parquet", "txt")
TEXT_COLUMN, MAX_TOKENS, SHARD_ROWS = "text", 20_000, 2_000


def add_table_options(command: argparse.ArgumentParser, *, metavar: str, also: str = "") -> None:
    """Which table is read, and where its texts stand; `also` ends the help of the first."""
    command.add_argument(
        "input",
        metavar=metavar,
        help=f"CSV, JSON Lines, Parquet or plain text, by path or URL, one text a row{also}",
    )
    command.add_argument(
        "--format", choices=FORMATS, help="of the input; default: by the extension"
    )
    command.add_argument(
        "--text-column", default=TEXT_COLUMN, metavar="NAME", help="default: %(default)s"
    )


def add_where_options(command: argparse.ArgumentParser, *, said: str) -> None:
    """Where is computed: on processes here, or on a cluster; `said` ends the help of the first."""
    command.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help=f"processes on this machine; default: {said}",
    )
    command.add_argument(
        "--scheduler", metavar="ADDRESS", help="compute on the Dask cluster of this scheduler"
    )


def check_where(options: argparse.Namespace) -> None:
    """Stop before a model is loaded, where nobody would compute.

    Raises:
        InputError: both were given, or no scheduler answers.
    """
    if options.scheduler is None:
        return
    if options.workers is not None:
        raise InputError("Give --workers or --scheduler, not both.")
    from lrp_engine.corpora.scheduler import check_scheduler

    check_scheduler(options.scheduler)


def add_parser(commands: Any) -> None:
    """The command's options; building them imports nothing heavy."""
    command = commands.add_parser(
        "explain-corpus",
        help="explain every text of a table",
        description="Explain every text of a table and write the result as Parquet. Run again "
        "after an interruption, the command goes on where it stopped.",
    )
    command.set_defaults(run=_run)
    add_model_options(command)
    add_table_options(command, metavar="IN")
    command.add_argument("output", metavar="OUT", help="folder for the result, by path or URL")
    command.add_argument("--label-column", metavar="NAME", help="true classes, to carry along")
    command.add_argument(
        "--method",
        action="append",
        choices=[*METHODS, ALL],
        help=f"may be given several times; {ALL}: {', '.join(LIVE_METHODS)}; "
        f"default: {DEFAULT_METHOD}",
    )
    add_explanation_options(command)
    command.add_argument(
        "--max-tokens",
        type=int,
        default=MAX_TOKENS,
        metavar="N",
        help="a text of more words gets a reason instead; default: %(default)s",
    )
    command.add_argument(
        "--shard-rows",
        type=int,
        default=SHARD_ROWS,
        metavar="N",
        help="rows of a part, the unit of work, at most; default: %(default)s",
    )
    command.add_argument(
        "--shard-bytes",
        type=int,
        default=SHARD_BYTES,
        metavar="N",
        help="bytes of a part's texts and other columns, at most; 0: no bound; "
        "default: %(default)s",
    )
    add_where_options(command, said="one per CPU, at most 8, one per 20,000 rows")
    command.add_argument(
        "--file",
        metavar="FILE",
        help="also write the whole as one file, by its ending .csv, .jsonl or .parquet",
    )
    command.add_argument(
        "--restart", action="store_true", help="remove the parts of an earlier run first"
    )
    command.add_argument("--quiet", action="store_true", help="no progress bar")
    command.add_argument("--json", action="store_true", help="print the summary as JSON")


def _run(options: argparse.Namespace) -> str:
    check_where(options)
    from lrp_engine.corpora.progress import bar
    from lrp_engine.corpora.run import explain_corpus
    from lrp_engine.corpora.settings import CorpusSettings, methods_named

    try:
        network = load_model(options)
        methods = methods_named(options.method or [DEFAULT_METHOD])
        settings = CorpusSettings(
            methods=methods,
            method_options=method_options_of(options, methods),
            target=parse_target(options.target, network.labels),
            position=options.position,
            rule=rule_of(options),
            text_column=options.text_column,
            label_column=options.label_column,
            max_tokens=options.max_tokens,
            shard_rows=options.shard_rows,
            shard_bytes=options.shard_bytes,
        )
        if not options.quiet:
            for method in (METHODS[name] for name in methods):
                if not method.live:
                    print(f"lrp_engine: {method.title} takes {method.cost}, for each text.",
                          file=sys.stderr, flush=True)  # fmt: skip
        with bar(hidden=options.quiet) as progress:
            summary = explain_corpus(
                network,
                options.input,
                options.output,
                file=options.file,
                settings=settings,
                format=options.format,
                workers=options.workers,
                scheduler=options.scheduler,
                device=options.device,
                restart=options.restart,
                progress=progress,
            )
    except KeyboardInterrupt:
        raise KeyboardInterrupt(AGAIN) from None
    if options.json:
        return to_json(summary.to_dict())
    return _sentence(summary)


def _sentence(summary: Summary) -> str:
    parts = [f"{summary.rows:,} rows in {summary.output}"]
    if summary.bad_rows:
        parts.append(f"{summary.bad_rows:,} not explained (see the column error)")
    if summary.skipped_rows:
        parts.append(f"{summary.skipped_rows:,} were there before")
    parts.append(f"{summary.seconds:,.1f} s, {summary.rows_per_second:,.0f} rows/s")
    parts.append(f"{summary.padding_waste:.1%} of the computed words were padding")
    if summary.peak_memory_bytes:
        parts.append(f"at most {summary.peak_memory_bytes / 1e6:,.0f} MB of memory")
    said = [f"Warning: {sentence}" for sentence in summary.warnings]
    said += [f"Hint: {sentence}" for sentence in summary.hints]
    return "\n".join(["; ".join(parts) + ".", *said, ""])
