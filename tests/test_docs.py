"""The examples of the README run, in order, in one process of a newcomer."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
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


def test_every_refusal_of_the_documents_is_a_sentence_of_the_code():
    """Between its dots it stands in the code, but for what is quoted from a file."""
    said = "\n".join(_sentences())
    tables = re.findall(r"\| refused \| sentence \|\n\|---\|---\|\n((?:\|.*\n)+)",
                        (ROOT / "docs" / "formats.md").read_text())  # fmt: skip
    rows = [row for table in tables for row in table.splitlines()]
    assert len(rows) > 50
    for row in rows:
        sentence = row.split(" | ", 1)[1].strip("| ")
        parts = [part.strip(" .;:,") for part in re.split(_OF_THE_FILE, sentence)]
        whole = "".join(parts)
        found = sum(_found(part, said) for part in parts)
        assert found > 0.4 * len(whole), f"{found} of {len(whole)} characters of {row}"


# What a sentence takes from a file: between quotes or brackets, numbers, what is left out.
_OF_THE_FILE = r"…|'[^']*'|\([^)]*\)|\d[\d,]*"


def _sentences() -> Iterator[str]:
    """All texts in the code, with a mark where something is put in."""
    for path in (ROOT / "lrp_engine").rglob("*.py"):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                yield "\0".join(
                    str(part.value) for part in node.values if isinstance(part, ast.Constant)
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def _found(part: str, said: str) -> int:
    """How many characters of it stand in the code, in runs of ten or more."""
    at = found = 0
    while at < len(part):
        low, high = 0, len(part) - at
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if part[at : at + middle] in said else (low, middle - 1)
        found += low if low >= 10 else 0
        at += max(low, 1)
    return found


def test_every_key_of_a_spec_is_one_that_a_format_reads():
    from lrp_engine.formats.companions.spec import KEYS
    from lrp_engine.formats.readers import READERS

    common = {"output", "labels", "value_units", "units", "features", "tokenizer", "gate_order",
              "inputs"}  # fmt: skip
    assert {*KEYS} == common.union(*(reader.options for reader in READERS))


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
