"""The command `samples`: the sample models that came along."""

from __future__ import annotations

import argparse
from typing import Any

from lrp_engine import shipped
from lrp_engine.cli.output import to_json


def add_parser(commands: Any) -> None:
    """The command's options."""
    command = commands.add_parser(
        "samples",
        help="list the sample models that came along",
        description="List the sample models that came along. Each name stands for a MODEL in every "
        "command.",
    )
    command.set_defaults(run=_run)
    command.add_argument("--json", action="store_true", help="print the list as JSON")


def _run(options: argparse.Namespace) -> str:
    found = {name: (folder, shipped.manifest(folder))
             for name, folder in shipped.sample_folders().items()}  # fmt: skip
    if options.json:
        return to_json([
            {"name": name, "title": said["title"], "sentence": said["sentence"],
             "input": said["input"], "folder": str(folder),
             "examples": str(folder / said["examples"])}
            for name, (folder, said) in found.items()
        ])  # fmt: skip
    width = max(map(len, found), default=0)
    return "".join(
        f"{name:{width}}  {said['sentence']}\n{'':{width}}  {folder}\n"
        for name, (folder, said) in found.items()
    )
