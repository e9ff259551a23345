"""The command `dashboard [MODEL]`: the pages in a browser, for this machine only unless told.

It starts Streamlit in this process with what the README promises as flags, which win over every
configuration file and variable; `app/main.py` checks them once more.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lrp_engine import shipped
from lrp_engine.cli.options import check_paths
from lrp_engine.errors import InputError

# Of the dashboard, see app/settings.py; a test holds them to it.
MODEL_VARIABLE, REMOTE_VARIABLE = "LRP_LENS_MODEL", "LRP_LENS_ALLOW_REMOTE"
LOCAL = "localhost"
SAFE = (
    "--browser.gatherUsageStats=false",
    "--client.showErrorDetails=none",
    "--client.showErrorLinks=false",
    "--server.enableXsrfProtection=true",
    "--server.enableCORS=true",
    "--server.fileWatcherType=none",
    "--server.showEmailPrompt=false",
)


def add_parser(commands: Any) -> None:
    """The command's options; building them imports nothing heavy."""
    command = commands.add_parser(
        "dashboard",
        help="open the dashboard in a browser",
        description="Open the dashboard on a model. It answers this machine only; to serve others, "
        "give it a login, see docs/serving.md.",
    )
    command.set_defaults(run=_run)
    command.add_argument(
        "model",
        metavar="MODEL",
        nargs="?",
        help="file or folder of a model, or a name from `samples`; default: the bundled one",
    )
    command.add_argument(
        "--port", type=int, metavar="N", help="default: 8501, or the next one that is free"
    )
    command.add_argument(
        "--address",
        metavar="NAME",
        default=LOCAL,
        help="what is listened on; others than this machine's own are refused without a login or "
        "--allow-remote; default: %(default)s",
    )
    command.add_argument(
        "--allow-remote",
        action="store_true",
        help="answer other machines, since a proxy with a login stands in front",
    )
    command.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="HOST",
        help="a further name that users type, as lens.example.org; may be given several times",
    )
    command.add_argument(
        "--login",
        metavar="FILE",
        help="TOML with the login that everybody has to pass, see docs/serving.md",
    )
    command.add_argument("--no-browser", action="store_true", help="open no browser")


def _run(options: argparse.Namespace) -> tuple[str, int]:
    entry = shipped.dashboard()
    if entry is None:
        raise InputError("The dashboard is not installed beside this engine; install the wheel.")
    if find_spec("streamlit") is None:
        raise InputError(
            "The dashboard needs Streamlit, which is not installed; install the wheel with its "
            "extra: pip install 'PATH/TO/THE.whl[dashboard]'."
        )
    if options.port is not None and not 0 < options.port < 65_536:
        raise InputError(f"--port is {options.port}, expected 1 to 65535.")
    if options.model is not None:
        model = shipped.place(options.model)
        check_paths(model)
        os.environ[MODEL_VARIABLE] = os.path.abspath(model)
    check_paths(options.login)
    if options.allow_remote:
        os.environ[REMOTE_VARIABLE] = "1"
    return "", _serve(entry, _flags(options))


def _flags(options: argparse.Namespace) -> list[str]:
    """What Streamlit is told; what is not said here stands in `app/.streamlit/config.toml`."""
    flags = [f"--server.address={options.address}", *SAFE]
    if options.port is not None:
        flags.append(f"--server.port={options.port}")
    if options.login is not None:
        flags.append(f"--secrets.files={os.path.abspath(options.login)}")
    if options.no_browser:
        flags.append("--server.headless=true")
    return [*flags, *(f"--server.allowedHosts={name}" for name in options.name)]


def _serve(entry: Path, flags: list[str]) -> int:
    """Serve until stopped; returns the exit code, 0 where the user stopped it."""
    import click

    streamlit: Any = import_module("streamlit.web.cli")
    try:
        streamlit.main(["run", str(entry), *flags], prog_name="streamlit", standalone_mode=False)
    except click.exceptions.Abort:  # what it makes of Ctrl-C
        print("The dashboard is stopped.", file=sys.stderr)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return 0
