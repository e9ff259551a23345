"""The examples of the README run, in order, in one process of a newcomer."""

from __future__ import annotations

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


def test_every_file_the_documents_name_exists():
    for document in ("README.md", "CONTRIBUTING.md", "docs/formats.md"):
        text = (ROOT / document).read_text()
        named = re.findall(
            r"\]\((?!http)([^)#]+)\)|`((?:app|lrp_engine|tests|docs)/[\w/.]+)`", text
        )
        for path in {one or two for one, two in named}:
            assert (ROOT / path).exists(), f"{document} names {path}"


def test_the_version_has_a_changelog_entry():
    import lrp_engine

    assert f"## {lrp_engine.__version__}" in (ROOT / "CHANGELOG.md").read_text()
