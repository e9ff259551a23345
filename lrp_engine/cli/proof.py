"""The command `prove`: print the proof sheet of a model."""

from __future__ import annotations

import argparse
from typing import Any

from lrp_engine.cli.options import add_model_options, check_paths, companions_of
from lrp_engine.cli.output import to_json
from lrp_engine.quiet import quiet


def add_parser(commands: Any) -> None:
    """The command's options; building them imports nothing heavy."""
    command = commands.add_parser(
        "prove",
        help="check that a model was read as its source means it",
        description="Compare a model with its source: a Keras file with the same layers built in "
        "Keras, any file with reference outputs; check the ledger and the gradient. The exit code "
        "is 1 where a check fails.",
    )
    command.set_defaults(run=_run)
    add_model_options(command)
    command.add_argument(
        "--reference",
        metavar="FILE",
        help="texts with the original program's outputs: CSV (text,probability) or JSON Lines; or "
        ".npz with 'texts', 'ids', 'vectors' or 'features' (and 'lengths'), and 'logits' or "
        "'probabilities'; default: reference.npz beside the model, if any",
    )
    command.add_argument(
        "--gate-order",
        metavar="ORDER",
        help="of eight arrays, as 'igfo'; 'detect' finds it by the reference",
    )
    command.add_argument("--json", action="store_true", help="print the sheet as JSON")


def _run(options: argparse.Namespace) -> tuple[str, int]:
    given: dict[str, Any] = companions_of(options)
    check_paths(options.model, *given.values(), options.reference)
    with quiet():
        from lrp_engine.formats.companions.reference import reference_file_of
        from lrp_engine.formats.companions.spec import read_spec
        from lrp_engine.proof.parity import parity
        from lrp_engine.proof.sheet import FAILED

        given["spec"] = read_spec(options.spec)
        if options.gate_order is not None:
            given["spec"] = {**given["spec"], "gate_order": options.gate_order}
        sheet = parity(
            options.model,
            reference=options.reference or reference_file_of(options.model),
            **given,
            dtype=options.dtype,
        )
    text = to_json(sheet.to_dict()) if options.json else sheet.to_text()
    return text, int(sheet.verdict == FAILED)
