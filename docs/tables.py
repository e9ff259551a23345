"""Writes the tables of documents made of tables in the code: `python docs/tables.py`.

A table stands between `<!-- table NAME -->` and `<!-- end -->`. A test holds the document to it, so
that the docs cannot promise what the code refuses.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("choosing.md", "commands.md", "evidence.md", "formats.md", "methods.md", "rules.md")
DOCUMENTS = tuple(ROOT / "docs" / name for name in NAMES)
sys.path.insert(0, str(ROOT))

from benchmarks.papers import tables as evidence  # noqa: E402
from lrp_engine.attribution.methods import METHODS  # noqa: E402
from lrp_engine.cli.main import parser  # noqa: E402
from lrp_engine.formats.companions.spec import KEYS  # noqa: E402
from lrp_engine.formats.keras.classes import KERAS_CLASSES  # noqa: E402
from lrp_engine.formats.onnx.operations import OPERATIONS  # noqa: E402
from lrp_engine.formats.torch import attention_options, cells  # noqa: E402
from lrp_engine.formats.torch import options as torch_options  # noqa: E402
from lrp_engine.formats.torch.attention_options import SCORES  # noqa: E402
from lrp_engine.formats.torch.cells import CELLS  # noqa: E402
from lrp_engine.formats.torch.poolings import POOLINGS  # noqa: E402
from lrp_engine.formats.torch.state import KINDS  # noqa: E402
from lrp_engine.layers.activations import ACTIVATIONS  # noqa: E402
from lrp_engine.model.outputs import OUTPUT_KINDS  # noqa: E402
from lrp_engine.model.text.options import OPTIONS  # noqa: E402
from lrp_engine.propagation.rules import GATES, RULES  # noqa: E402
from lrp_engine.propagation.rules.doubts import LARGE_EPS, LONG_HINT  # noqa: E402

_BLOCK = re.compile(r"(<!-- table (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines).replace("| --- ", "|---")


def _keras_classes() -> str:
    classes = KERAS_CLASSES.values()
    return _table(["class", "read"], ([f"`{one.name}`", one.reads] for one in classes))


def _activations() -> str:
    return ", ".join(f"`{name}`" for name in ACTIVATIONS) + ".\n"


def _shared(head: str, says: str, lines: Mapping[str, str]) -> Callable[[], str]:
    """Names with the same words share a row."""

    def table() -> str:
        rows: dict[str, list[str]] = {}
        for name, reads in lines.items():
            rows.setdefault(reads, []).append(f"`{name}`")
        return _table([head, says], ([", ".join(names), reads] for reads, names in rows.items()))

    return table


def _outputs() -> str:
    return _table(
        ["`output`", "meaning"],
        ([f'`"{kind.name}"`', kind.meaning] for kind in OUTPUT_KINDS.values()),
    )


def _torch_modules() -> str:
    rows = ([", ".join(f"`{name}`" for name in title.split(", ")), reads]
            for title, reads in KINDS.values())  # fmt: skip
    return _table(["module", "read"], rows)


def _methods() -> str:
    """A passage for each method."""
    return "\n".join(
        f"### `{one.name}`: {one.title} ({one.short})\n\n{one.meaning}\n\n$$ {one.equation} $$\n\n"
        + _table(
            ["fact", "is"],
            [
                ["unit", one.unit],
                ["sign", "positive supports, negative opposes" if one.signed else "none"],
                ["all words together", _COMPLETE[one.completeness]],
                ["a number for", "every input unit" if one.per_unit else "every word"],
                ["cost", one.cost],
                ["source", _linked(one.source)],
            ],
        )
        for one in METHODS.values()
    )


_COMPLETE = {
    "score": "the explained score, with initial states and what biases and stabilizers absorb",
    "difference to a baseline": "the score, less that of the baseline",
    "none": "nothing that they promise",
}


def _linked(source: str) -> str:
    """DOIs and arXiv numbers as links."""
    source = re.sub(r"doi (10\.[^\s;,]+)", r"[doi \1](https://doi.org/\1)", source)
    return re.sub(r"arXiv (\d{4}\.\d{4,5})", r"[arXiv \1](https://arxiv.org/abs/\1)", source)


def _method_options() -> str:
    return _table(
        ["method", "option", "values", "default", "is"],
        (
            [f"`{one.name}`", f"`{option.name}`",
             ", ".join(f"`{name}`" for name in option.choices)
             or f"{option.smallest:g} to {option.largest:g}",
             f"`{option.default}`", option.meaning]
            for one in METHODS.values()
            for option in one.options
        ),
    )  # fmt: skip


def _method_checks() -> str:
    rows = []
    for one in METHODS.values():
        for check in one.checks:
            limits = [f"above {check.at_most:g}"] * (check.at_most < math.inf)
            limits += [f"below {check.at_least:g}"] * (check.at_least > -math.inf)
            rows.append([f"`{one.name}`", f"`{check.name}`", check.title, *(limits or ["never"])])
    return _table(["method", "check", "is", "warns"], rows)


def _named(head: str, rows: Mapping[str, str]) -> Callable[[], str]:
    return lambda: _table([head, "is"], ([f"`{name}`", reads] for name, reads in rows.items()))


def _research() -> str:
    rules = [(f"`{kind.__name__}()`", kind.research) for kind in RULES.values()]
    gates = [(f'`gates="{name}"`', one.research) for name, one in GATES.items()]
    return _table(["rule", "measured"], ([*row] for row in (*rules, *gates) if row[1]))


def _commands() -> str:
    """A passage for each command of `lrp-lens`."""
    (commands,) = (a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    return "\n".join(
        f"## `{name}`\n\n{one.description}\n\n" + _table(["argument", "is"], _arguments(one))
        for name, one in commands.choices.items()
    )


def _arguments(command: argparse.ArgumentParser) -> Iterable[Sequence[str]]:
    """Each argument as it is typed, and its help."""
    for action in command._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        taken = action.metavar or "|".join(map(str, action.choices or ())) or action.dest.upper()
        flag = ", ".join(action.option_strings)
        typed = " ".join(filter(None, [flag, str(taken) if action.nargs != 0 else ""]))
        typed = typed.replace("|", "\\|")
        said = command._get_formatter()._expand_help(action)
        yield [f"`{typed}`", " ".join(said.split()).replace("|", "\\|")]


def _eps() -> str:
    return f"- {LARGE_EPS}\n- {LONG_HINT}\n"


# Name -> the text between its marks. To generate another table, add its function here.
TABLES: dict[str, Callable[[], str]] = {
    "commands": _commands,
    "keras_classes": _keras_classes,
    "activations": _activations,
    "onnx_operations": _shared(
        "operation", "read", {name: one.reads for name, one in OPERATIONS.items()}
    ),
    "spec_keys": _shared("key", "meaning", KEYS),
    "outputs": _outputs,
    "text_options": _shared("key", "meaning", {name: one.reads for name, one in OPTIONS.items()}),
    "torch_keys": _shared("key", "meaning, and what holds without it", torch_options.OPTIONS),
    "torch_attention_keys": _shared(
        "key of `attention`", "meaning, and what holds without it", attention_options.KEYS
    ),
    "torch_cell_keys": _shared("key of `cell`", "meaning, and what holds without it", cells.KEYS),
    "torch_modules": _torch_modules,
    "torch_poolings": _named("pooling", {name: one.reads for name, one in POOLINGS.items()}),
    "torch_attention": _named("score", SCORES),
    "research": _research,
    "eps": _eps,
    "methods": _methods,
    "method_options": _method_options,
    "method_checks": _method_checks,
    "torch_cells": _named("cell", {name: one.reads for name, one in CELLS.items()}),
    **evidence.TABLES,
}


def filled(document: str) -> str:
    """The document with every table as the code says it now.

    Raises:
        KeyError: a mark names no table.
    """
    return _BLOCK.sub(lambda found: f"{found[1]}{TABLES[found[2]]()}{found[3]}", document)


def marked(document: str) -> list[str]:
    """Names of the tables in a document, in order."""
    return [found[2] for found in _BLOCK.finditer(document)]


if __name__ == "__main__":
    for document in DOCUMENTS:
        document.write_text(filled(document.read_text()))
