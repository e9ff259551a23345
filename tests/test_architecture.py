"""Who may import whom: views -> state, cache, charts -> engine; layers know no TensorFlow."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(
    path.relative_to(ROOT)
    for folder in ("lrp_engine", "app")
    for path in (ROOT / folder).rglob("*.py")
)

# Folder or module -> what it must not import, at any depth of the file.
FORBIDDEN = {
    "lrp_engine": {"streamlit", "app", "altair"},
    "app/figures/charts.py": {"streamlit", "tensorflow"},
    "app/views": {"numpy", "tensorflow"},
    "lrp_engine/propagation/calculus.py": {"lrp_engine.model.network"},
    "lrp_engine/layers": {"lrp_engine.model.network", "lrp_engine.formats"},
    "lrp_engine/model": {"tensorflow"},
    "lrp_engine/formats": {"tensorflow", "keras", "pickle", "torch", "lrp_engine.propagation"},
}


def imported(path: Path) -> set[str]:
    """Modules a file imports by name, those for type checkers left out."""
    found: set[str] = set()
    waiting = list(ast.parse((ROOT / path).read_text()).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        else:
            waiting += list(ast.iter_child_nodes(node))
    return found


def test_the_rules_name_real_places():
    assert all((ROOT / place).exists() for place in FORBIDDEN)
    assert len(MODULES) > 20


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_point_one_way(path):
    for place, banned in FORBIDDEN.items():
        if Path(place) == path or Path(place) in path.parents:
            found = imported(path)
            wrong = {
                name for name in found for no in banned if name == no or name.startswith(f"{no}.")
            }
            assert not wrong, f"{path} must not import {sorted(wrong)}"


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_module_says_what_it_is_and_is_small(path):
    source = (ROOT / path).read_text()
    assert ast.get_docstring(ast.parse(source)), f"{path} lacks a docstring"
    assert len(source.splitlines()) <= 350, f"{path} is too long to hold in the head"


def test_importing_the_library_loads_no_heavy_package():
    code = (
        "import sys, lrp_engine\n"
        "from lrp_engine import METHODS, Epsilon, InputError, from_weights, load\n"
        "heavy = {'tensorflow', 'keras', 'h5py', 'pandas', 'streamlit'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
