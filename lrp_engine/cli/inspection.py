"""The command `inspect MODEL`: what a model is, how it reads texts, what was assumed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from lrp_engine.cli.options import add_model_options, load_model
from lrp_engine.cli.output import to_json

if TYPE_CHECKING:
    from lrp_engine.model.network import Network


def add_parser(commands: Any) -> None:
    """The command's options; building them imports nothing heavy."""
    command = commands.add_parser(
        "inspect",
        help="say what a model is, how it reads texts and what was assumed",
        description="Say what was read from a model's file: its layers with their weights, its "
        "classes, how a text becomes ids, and what was assumed because the file does not say it.",
    )
    command.set_defaults(run=_run)
    add_model_options(command)
    command.add_argument("--json", action="store_true", help="print it as JSON")


def _run(options: argparse.Namespace) -> str:
    network = load_model(options)
    return to_json(_plain(network)) if options.json else network.summary()


def _plain(network: Network) -> dict[str, Any]:
    from lrp_engine.render.facts import LAYER_COLUMNS, facts, layers

    return {
        "facts": dict(facts(network)),
        "labels": list(network.labels),
        "layers": [dict(zip(LAYER_COLUMNS, row, strict=True)) for row in layers(network)],
        "tokenizers": {
            name: {**one.tokenizer.to_dict()}
            for name, one in _inputs(network).items()
            if one.vocabulary is not None
        },
        "assumptions": list(network.assumptions),
        "warnings": list(network.warnings),
        "model_hash": network.hash,
    }


def _inputs(network: Network) -> dict[str, Any]:
    return dict(network.inputs) if network.several else {"text": network}
