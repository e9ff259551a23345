"""The command `explain MODEL TEXT ...`: how much each word supports a class."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lrp_engine.attribution.methods import DEFAULT_METHOD, METHODS
from lrp_engine.cli.inputs import add_inputs, asked_of, require_one_way
from lrp_engine.cli.options import (
    add_explanation_options,
    add_model_options,
    load_model,
    method_options_of,
    parse_target,
    rule_of,
)
from lrp_engine.cli.output import to_json, write_file
from lrp_engine.cli.standard_input import NAME as STANDARD
from lrp_engine.errors import InputError
from lrp_engine.quiet import quiet
from lrp_engine.render.palettes import DEFAULT, PALETTES

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation
    from lrp_engine.model.network import Network

# Option -> what the file is, whether it holds one text alone, and what is written.
FILES: dict[str, tuple[str, bool, Callable[[Explanation, str], str]]] = {
    "html": ("a page that needs no other file", True, lambda e, p: e.to_html(palette=p)),
    "svg": ("a picture", True, lambda e, p: e.to_svg(palette=p)),
    "csv": ("a table, one row a word", False, lambda e, p: e.to_frame().to_csv(index=False)),
}


def add_parser(commands: Any) -> None:
    """The command's options; building them imports nothing heavy."""
    command = commands.add_parser(
        "explain",
        help="show how much each word supports a class",
        description="Show how much each word of a text supports a class, and what initial "
        "states, biases and stabilizers kept.",
        epilog="methods: "
        + " ".join(f"{m.name} ({m.cost}): {m.meaning}" for m in METHODS.values()),
    )
    command.set_defaults(run=_run)
    add_model_options(command)
    add_inputs(command)
    command.add_argument(
        "--method", choices=list(METHODS), default=DEFAULT_METHOD, help="default: %(default)s"
    )
    add_explanation_options(command)
    command.add_argument(
        "--palette", choices=list(PALETTES), default=DEFAULT, help="default: %(default)s"
    )
    command.add_argument(
        "--json", action="store_true", help="print the result as JSON; of several texts a list"
    )
    for name, (what, alone, _) in FILES.items():
        command.add_argument(
            f"--{name}",
            metavar="FILE",
            help=f"write {what}{', of one text' * alone}, in place of the words on the screen; "
            f"{STANDARD} prints it",
        )
    command.add_argument(
        "--no-color",
        action="store_true",
        help="no colours; the environment variable NO_COLOR does it too",
    )


def _run(options: argparse.Namespace) -> str:
    rule = rule_of(options)
    require_one_way(options)
    require_one_output(options)
    _require_targets(options)
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
    written = _files(options, explanation)
    if options.json:
        plain = [explanation.to_dict(n) for n in range(len(explanation))]
        return to_json(plain[0] if len(plain) == 1 else plain)
    if written is not None:
        return written
    return _on_the_screen(options, network, explanation, asked)


def require_one_output(options: argparse.Namespace) -> None:
    """Stop where two results are to be printed.

    Raises:
        InputError: they are.
    """
    printed = [f"--{name} {STANDARD}" for name in FILES if getattr(options, name) == STANDARD]
    printed += ["--json"] * options.json
    if len(printed) > 1:
        raise InputError(f"{printed[0]} and {printed[1]} both print; give one of them a file.")


def _require_targets(options: argparse.Namespace) -> None:
    """Stop before a model is loaded, where a file could not be written.

    Raises:
        InputError: it could not.
    """
    asked = [path for name in FILES if (path := getattr(options, name)) not in (None, STANDARD)]
    if asked:
        from lrp_engine.corpora.one_file import check_target

        for path in asked:
            check_target(path)


def _files(options: argparse.Namespace, explanation: Explanation) -> str | None:
    """Write the files that were asked for; returns what is printed in place of the words, None
    where no file was asked for.

    Raises:
        InputError: a file of one text is to hold several.
    """
    asked = {name: path for name in FILES if (path := getattr(options, name)) is not None}
    for name in asked:
        if FILES[name][1] and len(explanation) > 1:
            raise InputError(
                f"--{name} holds one text, found {len(explanation)}; give one, or write --csv."
            )
    printed = ""
    for name, path in asked.items():
        text = FILES[name][2](explanation, options.palette)
        if path == STANDARD:
            printed = text
        else:
            write_file(path, text)
    return printed if asked else None


def _on_the_screen(
    options: argparse.Namespace, network: Network, explanation: Explanation, asked: Any
) -> str:
    from lrp_engine.render.terminal import colours_of, render

    colours = 0 if options.no_color else colours_of(sys.stdout)
    labels = _labels(network, explanation, asked)
    return "\n".join(
        labels[n] + render(explanation, n, colours=colours, palette=options.palette)
        for n in range(len(explanation))
    )


def _labels(network: Network, explanation: Explanation, asked: Any) -> list[str]:
    """A line per text: every word with its label, of a network that labels words; else nothing."""
    if explanation.positions is None or not network.has_classes:
        return [""] * len(explanation)
    from lrp_engine.render.wording import visible

    with quiet():
        predicted = network.predict(asked).argmax(axis=2).tolist()
    lines = []
    for tokens, padding, labels in zip(
        explanation.tokens, explanation.padding, predicted, strict=True
    ):
        listed = (
            f"{visible(token)}/{visible(network.labels[c])}"
            for token, pad, c in zip(tokens, padding, labels, strict=False)
            if not pad
        )
        lines.append(f"labels: {' '.join(listed)}\n")
    return lines
