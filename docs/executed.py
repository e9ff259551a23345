"""Notebooks run: their cells in one namespace, in order, and what they showed as Markdown.

The notebooks in the repository hold no outputs, so that none can go stale: a test runs them, and
`make docs` runs them again for the site.
"""

from __future__ import annotations

import ast
import contextlib
import html
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docs.pages import ROOT


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        kind: "markdown" or "code".
        source: its text.
        printed: what it wrote.
        value: of its last line, where that is an expression.
    """

    kind: str
    source: str
    printed: str = ""
    value: Any = None


def run(path: Path) -> list[Cell]:
    """The cells of a notebook, those of code run from the folder of the repository.

    Raises:
        Exception: whatever a cell raises.
    """
    known: dict[str, Any] = {"__name__": "__main__"}
    done = []
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] != "code":
                done.append(Cell("markdown", source))
                continue
            written = io.StringIO()
            with contextlib.redirect_stdout(written):
                value = _last_value(source, known, path.name)
            done.append(Cell("code", source, written.getvalue(), value))
    finally:
        os.chdir(before)
    return done


def _last_value(source: str, known: dict[str, Any], name: str) -> Any:
    tree = ast.parse(source, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    if last is not None:
        tree.body.append(ast.parse("_shown = 0").body[0])
        tree.body[-1].value = last.value
    known["_shown"] = None
    exec(compile(tree, name, "exec"), known)
    return known["_shown"]


def markdown(path: Path) -> str:
    """The notebook as a page, with a link to the file itself."""
    parts = []
    for cell in run(path):
        if cell.kind == "markdown":
            parts.append(cell.source)
            continue
        parts.append(f"```python\n{cell.source}\n```")
        if cell.printed:
            parts.append(_plain(cell.printed))
        if cell.value is not None:
            shown = getattr(cell.value, "_repr_html_", None)
            parts.append(_block(shown()) if shown else _plain(repr(cell.value)))
    title, *rest = parts
    return "\n\n".join([title, f"[Download this notebook]({path.name}). Its cells ran when this "
                        "page was built.", *rest]) + "\n"  # fmt: skip


def _plain(text: str) -> str:
    return f'<pre class="output">{html.escape(text.rstrip())}</pre>'.replace("\n", "&#10;")


def _block(shown: str) -> str:
    """HTML that Markdown leaves alone: one block without blank lines."""
    lines = "\n".join(line for line in shown.splitlines() if line.strip())
    return f'<div class="output">\n{lines}\n</div>'
