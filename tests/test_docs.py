"""The examples of the README run, in order, in one process of a newcomer."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _run_examples(document: str) -> str:
    examples = re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)
    assert examples
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(examples)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_python_examples_run():
    assert "neither" in _run_examples("README.md")
    assert "'film,'" in _run_examples("docs/formats.md")


def test_the_tables_of_documents_are_those_of_the_code():
    done = subprocess.run(
        [sys.executable, "-c", "import tables as t; "
         "text = ''.join(document.read_text() for document in t.DOCUMENTS); "
         "assert sorted(t.marked(text)) == sorted(t.TABLES), t.marked(text); "
         "assert t.filled(text) == text, 'run python docs/tables.py'"],
        cwd=ROOT / "docs", capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_every_file_the_documents_name_exists():
    for document in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/formats.md",
                     "docs/methods.md"):  # fmt: skip
        text = (ROOT / document).read_text()
        named = re.findall(
            r"\]\((?!http)([^)#]+)\)|`((?:app|lrp_engine|tests|docs)/[\w/.]+)`", text
        )
        for path in {one or two for one, two in named}:
            assert (ROOT / path).exists(), f"{document} names {path}"


def test_every_promise_of_security_names_tests_that_exist():
    text = (ROOT / "SECURITY.md").read_text()
    promises = re.findall(r"^\| (.+) \| (.*`tests/.+) \|$", text, re.MULTILINE)
    rows = re.findall(r"^\| promise \| test \|\n\|---\|---\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert len(promises) == sum(block.count("\n") for block in rows) > 50, "a promise has no test"
    for _, named in promises:
        for one in re.findall(r"`(.+?)`", named):
            path, _, name = one.partition("::")
            found = {node.name for node in ast.walk(ast.parse((ROOT / path).read_text()))
                     if isinstance(node, ast.FunctionDef)}  # fmt: skip
            assert name in found, f"SECURITY.md names {one}"


def test_the_version_has_a_changelog_entry():
    import lrp_engine

    assert f"## {lrp_engine.__version__}" in (ROOT / "CHANGELOG.md").read_text()
