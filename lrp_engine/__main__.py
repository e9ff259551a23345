"""Command line: `python -m lrp_engine explain MODEL "a sentence"`."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from lrp_engine import __version__
from lrp_engine.errors import InputError, LensError
from lrp_engine.methods import METHODS
from lrp_engine.palettes import DEFAULT, PALETTES
from lrp_engine.rules import Epsilon

if TYPE_CHECKING:
    from lrp_engine.network import Network

DTYPES = ("float32", "float64")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code, 2 for anything the user can mend."""
    options = parser().parse_args(arguments)
    try:
        output = options.run(options)
    except (LensError, OSError) as error:
        print(f"lrp_engine: {_sentence(error)}", file=sys.stderr)
        return 2
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # whatever the terminal's encoding
    try:
        sys.stdout.write(output)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader (`head`) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


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
        help="show how much each word speaks for a class",
        description="Show how much each word of a text speaks for a class, and what initial "
        "states, biases and stabilizers kept.",
        epilog="methods: " + " ".join(f"{m.name}: {m.meaning}" for m in METHODS.values()),
    )
    explain.set_defaults(run=_explain)
    explain.add_argument("model", metavar="MODEL", help="file or folder of a model")
    explain.add_argument("text", metavar="TEXT", help="the text to explain, in quotes")
    explain.add_argument(
        "--method", choices=list(METHODS), default="lrp", help="default: %(default)s"
    )
    explain.add_argument(
        "--target",
        metavar="CLASS|A:B",
        help="class to explain, by number or label, or A:B for why A and not B; "
        "default: the predicted class",
    )
    defaults = Epsilon()
    explain.add_argument(
        "--eps",
        type=float,
        default=defaults.eps,
        help="stabilizer of the rule, greater than 0; default: %(default)g",
    )
    explain.add_argument(
        "--bias-factor",
        type=float,
        default=defaults.bias_factor,
        metavar="SHARE",
        help="share (0 to 1) of what biases absorb that goes back to the inputs; "
        "default: %(default)g",
    )
    explain.add_argument(
        "--vocabulary", metavar="FILE", help="words in the order of the embedding's rows"
    )
    explain.add_argument("--embeddings", metavar="FILE", help="the embedding table, one row a word")
    explain.add_argument(
        "--dtype", choices=DTYPES, default=DTYPES[0], help="precision; default: %(default)s"
    )
    explain.add_argument(
        "--palette", choices=list(PALETTES), default=DEFAULT, help="default: %(default)s"
    )
    explain.add_argument("--json", action="store_true", help="print the result as JSON")
    explain.add_argument(
        "--no-color",
        action="store_true",
        help="no colours; the environment variable NO_COLOR does it too",
    )
    return top


def parse_target(text: str | None, labels: Sequence[str]) -> Any:
    """A target for `Network.explain`: a label, a number, or a pair "A:B" of either.

    A label wins over a number, and a label that holds a colon over a pair.
    """
    if text is None or text in labels:
        return text
    for at in (at for at, character in enumerate(text) if character == ":"):
        pair = _class(text[:at], labels), _class(text[at + 1 :], labels)
        if None not in pair:
            return pair
    whole = _class(text, labels)
    return text if whole is None else whole


def _class(text: str, labels: Sequence[str]) -> int | str | None:
    if text in labels:
        return text
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _explain(options: argparse.Namespace) -> str:
    rule = Epsilon(eps=options.eps, bias_factor=options.bias_factor)
    # Read first, so that a missing file is not waited for.
    vocabulary, embeddings = options.vocabulary, options.embeddings
    for path in (options.model, vocabulary, embeddings):
        if path is not None and not os.path.exists(path):
            raise InputError(f"There is no file or folder {path!r}.")
    with quiet():
        from lrp_engine.formats import load

        network: Network = load(
            options.model, vocabulary=vocabulary, embeddings=embeddings, dtype=options.dtype
        )
        explanation = network.explain(
            [options.text],
            method=options.method,
            target=parse_target(options.target, network.labels),
            rule=rule,
        )
    if options.json:
        return json.dumps(explanation.to_dict(), indent=2, ensure_ascii=False) + "\n"
    from lrp_engine.terminal import colours_of, render

    return render(
        explanation,
        colours=0 if options.no_color else colours_of(sys.stdout),
        palette=options.palette,
        substitute=network.vocabulary.unknown if network.vocabulary else None,
    )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep TensorFlow's start-up notes, which native code writes to file descriptor 2, off it.

    Environment variables do not reach the notes written before its logging is set up. What was
    held back is written after all if the body fails for a reason that is not the user's.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        saved = os.dup(2)
    except OSError:  # closed by the caller
        yield
        return
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except (LensError, OSError):
            raise
        except BaseException:
            held.seek(0)
            os.write(saved, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)


def _sentence(error: Exception) -> str:
    from lrp_engine.wording import visible

    if isinstance(error, OSError) and error.filename is not None:
        return visible(f"Cannot read {str(error.filename)!r}: {error.strerror}.")
    return " ".join(visible(line) for line in str(error).splitlines())


if __name__ == "__main__":
    sys.exit(main())
