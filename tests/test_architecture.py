"""What import-linter cannot say; who may import whom stands in `pyproject.toml`."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import grimp

from lrp_engine import METHODS

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = "lrp_engine", "app", "benchmarks"
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

# The one circle: a network names, for type checkers, what its methods return.
NETWORK, RETURNED = "lrp_engine.model.asked", "lrp_engine.attribution."


def imports(*, type_checking: bool) -> dict[str, set[str]]:
    """What each module imports of the others."""
    graph = grimp.build_graph(
        *PACKAGES, exclude_type_checking_imports=not type_checking, cache_dir=None
    )
    return {
        module: graph.find_modules_directly_imported_by(module) - {module}
        for module in graph.modules
    }


def test_no_modules_import_each_other_in_a_circle():
    imported = imports(type_checking=True)
    returned = {module for module in imported[NETWORK] if module.startswith(RETURNED)}
    assert returned
    assert not returned & imports(type_checking=False)[NETWORK]
    imported[NETWORK] -= returned
    TopologicalSorter(imported).prepare()  # raises CycleError, which names the circle


def test_every_module_says_what_it_is_and_is_small():
    sources = {path: path.read_text() for path in MODULES}
    assert len(sources) > 20
    silent = [path for path, text in sources.items() if not ast.get_docstring(ast.parse(text))]
    assert not silent, f"{silent} lack a docstring"
    long = [path for path, text in sources.items() if len(text.splitlines()) > 350]
    assert not long, f"{long} are too long to hold in the head"


def test_importing_the_library_loads_no_heavy_package():
    code = (
        "import sys, lrp_engine\n"
        "from lrp_engine import METHODS, Epsilon, InputError, from_weights, load\n"
        "heavy = {'tensorflow', 'keras', 'h5py', 'pandas', 'streamlit'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


# Where a method may be named: the table itself, and where a name is what other people's files hold.
NAMED = {
    "lrp_engine/model/asked.py": {"lrp"},  # the default of `explain`, as its signature shows it
    # Measures, called like the method that they compare with.
    "lrp_engine/evaluation/measures/known.py": {"occlusion", "shapley"},
    "app/review/faithful.py": {"occlusion"},
    # Sets from the time when a set did not say its methods.
    "app/review/methods.py": {"lrp", "sensitivity", "gradient_x_input"},
}


def test_methods_are_read_from_their_table_not_compared_by_name():
    table = ROOT / "lrp_engine" / "attribution" / "methods"
    found: dict[str, set[str]] = {}
    for path in MODULES:
        if table in path.parents or (ROOT / "benchmarks") in path.parents:
            continue
        named = {
            node.value
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Constant) and node.value in set(METHODS)
        }
        if named:
            found[path.relative_to(ROOT).as_posix()] = named
    assert found == NAMED
