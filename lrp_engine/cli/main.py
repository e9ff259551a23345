"""Command line: `python -m lrp_engine explain MODEL "a sentence"`, `explain-corpus`,
`evaluate`, `prove`, `confinement`."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lrp_engine.attribution.methods import DEFAULT_METHOD, METHODS
from lrp_engine.cli import confinement, corpora, evaluation
from lrp_engine.cli import proof as proof
from lrp_engine.cli.inputs import add_inputs, asked_of, require_one_way
from lrp_engine.cli.options import (
    add_method_options,
    add_model_options,
    add_rule_options,
    load_model,
    method_options_of,
    parse_target,
    rule_of,
)
from lrp_engine.cli.output import to_json
from lrp_engine.errors import LensError
from lrp_engine.quiet import quiet
from lrp_engine.render.palettes import DEFAULT, PALETTES
from lrp_engine.version import __version__

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation
    from lrp_engine.model.network import Network


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code, 2 for anything the user can mend.

    A command returns what it prints, or that and an exit code of its own.
    """
    options = parser().parse_args(arguments)
    try:
        result = options.run(options)
        output, code = (result, 0) if isinstance(result, str) else result
    except (LensError, OSError) as error:
        print(f"lrp_engine: {_sentence(error)}", file=sys.stderr)
        return 2
    except MemoryError as error:
        print(f"lrp_engine: There is not enough memory. {_sentence(error)}".rstrip(),
              file=sys.stderr)  # fmt: skip
        return 2
    except KeyboardInterrupt as stop:
        print(f"lrp_engine: {stop or 'Stopped.'}", file=sys.stderr)
        return 130
    if sys.stdout is None:  # closed by the caller, `>&-`
        print("lrp_engine: Cannot write the result: the output is closed.", file=sys.stderr)
        return 2
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # whatever the terminal's encoding
    try:
        sys.stdout.write(output)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or it is tried again
        if not isinstance(error, BrokenPipeError):  # the reader (`head`) has seen enough
            print(f"lrp_engine: Cannot write the result: {error.strerror}.", file=sys.stderr)
            return 2
    return code


def parser() -> argparse.ArgumentParser:
    """The options; building it imports no TensorFlow."""
    top = argparse.ArgumentParser(
        prog="python -m lrp_engine",
        description="Why a recurrent text classifier decided what it decided.",
    )
    top.add_argument("--version", action="version", version=f"lrp-lens {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    explain = commands.add_parser(
        "explain",
        help="show how much each word supports a class",
        description="Show how much each word of a text supports a class, and what initial "
        "states, biases and stabilizers kept.",
        epilog="methods: "
        + " ".join(f"{m.name} ({m.cost}): {m.meaning}" for m in METHODS.values()),
    )
    explain.set_defaults(run=_explain)
    add_model_options(explain)
    add_inputs(explain)
    explain.add_argument(
        "--method", choices=list(METHODS), default=DEFAULT_METHOD, help="default: %(default)s"
    )
    add_method_options(explain)
    add_rule_options(explain)
    explain.add_argument(
        "--palette", choices=list(PALETTES), default=DEFAULT, help="default: %(default)s"
    )
    explain.add_argument("--json", action="store_true", help="print the result as JSON")
    explain.add_argument(
        "--no-color",
        action="store_true",
        help="no colours; the environment variable NO_COLOR does it too",
    )
    corpora.add_parser(commands)
    evaluation.add_parser(commands)
    proof.add_parser(commands)
    confinement.add_parser(commands)
    return top


def _explain(options: argparse.Namespace) -> str:
    rule = rule_of(options)
    require_one_way(options)
    network = load_model(options, device=options.device)
    asked = asked_of(options, network)
    method_options = method_options_of(options, [options.method])
    if not METHODS[options.method].live:
        count = network.count_passes(asked, methods=[options.method], method_options=method_options)
        title = METHODS[options.method].title
        print(f"lrp_engine: {title} takes up to {count}.", file=sys.stderr, flush=True)
    with quiet():
        explanation = network.explain(
            asked,
            method=options.method,
            target=parse_target(options.target, network.labels),
            rule=rule,
            method_options=method_options.get(options.method),
            position=options.position,
            hold=options.hold,
        )
    if options.json:
        return to_json(explanation.to_dict())
    from lrp_engine.render.terminal import colours_of, render

    return _labels(network, explanation, asked) + render(
        explanation,
        colours=0 if options.no_color else colours_of(sys.stdout),
        palette=options.palette,
    )


def _labels(network: Network, explanation: Explanation, asked: Any) -> str:
    """Every word with its label, of a network that labels words; else nothing."""
    if explanation.positions is None or not network.has_classes:
        return ""
    from lrp_engine.render.wording import visible

    with quiet():
        labels = network.predict(asked)[0].argmax(axis=1).tolist()
    tokens = zip(explanation.tokens[0], explanation.padding[0], labels, strict=True)
    listed = (
        f"{visible(token)}/{visible(network.labels[c])}" for token, pad, c in tokens if not pad
    )
    return f"labels: {' '.join(listed)}\n"


def _sentence(error: Exception) -> str:
    from lrp_engine.render.wording import visible

    if isinstance(error, OSError) and error.filename is not None:
        return visible(f"Cannot read {str(error.filename)!r}: {error.strerror}.")
    return " ".join(visible(line) for line in str(error).splitlines())
