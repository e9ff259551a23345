"""The examples of the README run, in order, in one process of a newcomer."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


# What each document's examples must have written, among other things.
DOCUMENTS = {
    "README.md": "neither",
    "docs/choosing.md": "",
    "docs/devices.md": "",
    "docs/formats.md": "'film,'",
    "docs/own-model.md": "bidirectional",
    "docs/proof.md": "VERIFIED: The network",
    "docs/start.md": "",
    "docs/teaching.md": "",
    "docs/text.md": "'zzyzx'",
}
# Shown where they belong, and tried by their own tests.
_SAME_AS_ELSEWHERE = {"docs/corpora.md", "docs/evaluation.md", "docs/rules.md"}
_RUN = """
import contextlib, io, json, sys
written = {}
for document, source in json.load(sys.stdin).items():
    with contextlib.redirect_stdout(io.StringIO()) as text:
        exec(compile(source, document, "exec"), {"__name__": "__main__"})
    written[document] = text.getvalue()
print(json.dumps(written))
"""


def _examples(document: str) -> str:
    return "\n".join(re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(), re.DOTALL))


def test_the_python_examples_run():
    """Each document's in a namespace of its own; all in one process, TensorFlow is loaded once."""
    with_examples = {str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")
                     if _examples(str(path.relative_to(ROOT)))}  # fmt: skip
    assert with_examples | {"README.md"} == {*DOCUMENTS} | _SAME_AS_ELSEWHERE
    done = subprocess.run(
        [sys.executable, "-c", _RUN], input=json.dumps({one: _examples(one) for one in DOCUMENTS}),
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    written = json.loads(done.stdout.splitlines()[-1])
    for document, expected in DOCUMENTS.items():
        assert expected in written[document], f"{document}: {written[document]}"
    said = re.findall(r"```text\n(.*?)```", (ROOT / "docs" / "start.md").read_text(), re.DOTALL)
    assert said[0].split() == written["docs/start.md"].split()[: len(said[0].split())]


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


def test_the_version_is_that_of_the_changelog_and_the_citation_with_its_date():
    import lrp_engine

    version = lrp_engine.__version__
    changelog = (ROOT / "CHANGELOG.md").read_text()
    released = re.search(
        rf"^## {re.escape(version)}\n\nReleased (\d{{4}}-\d\d-\d\d)\.", changelog, re.M
    )
    assert released, "the version has no date in the changelog"
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"version: {version}\n" in citation
    assert f"date-released: {released[1]}\n" in citation


def test_the_numbers_of_the_heatmap_in_the_docs_are_those_of_the_engine():
    import lrp_engine

    text = (ROOT / "docs" / "heatmaps.md").read_text()
    rows = {cells[0]: cells[1:] for cells in (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in re.search(r"\n\| \| neither.*?\n\n", text, re.S)[0].strip().splitlines()
    )}  # fmt: skip
    sentence = " ".join(rows[""])
    net = lrp_engine.load(ROOT / "sample_models" / "sentiment")
    lrp = net.explain([sentence])
    without = net.explain([sentence], method="occlusion")
    for said, numbers in (("LRP", lrp), ("score lost without it (occlusion)", without)):
        shown = [f"{value + 0.0:.2f}" for value in numbers.token_relevance[0].round(2)]
        assert shown == rows[said]
    words, rest = lrp.token_relevance.sum(), lrp.ledger.items()
    told = [words] + [sum(v.sum() for k, v in rest if k.endswith(end))
                      for end in ("bias", "stabilizer")]  # fmt: skip
    assert "The words carry {:.3f}, biases {:.3f}, stabilizers {:.3f}".format(*told) in text
    assert f"a score of {lrp.explained_score[0]:.3f}" in text
