"""The wheel: which files and names it holds, what it asks for, what its description links to."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("app", "lrp_engine", "sample_models", "requirements", "setup.py", "pyproject.toml",
           "README.md", "LICENSE", "MANIFEST.in")  # fmt: skip


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy: setuptools leaves its work beside the sources."""
    copy = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)
    code = "from setuptools import build_meta; build_meta.build_wheel('out')"
    done = subprocess.run([sys.executable, "-c", code], cwd=copy, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next((copy / "out").glob("*.whl"))


@pytest.fixture(scope="module")
def names(wheel):
    with zipfile.ZipFile(wheel) as file:
        return set(file.namelist())


def _metadata(wheel: Path):
    with zipfile.ZipFile(wheel) as file:
        (path,) = (name for name in file.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(file.read(path).decode())


def test_it_holds_every_file_of_the_engine_and_the_dashboard(names):
    for folder, place in (("lrp_engine", "lrp_engine"), ("app", "lrp_lens/app")):
        files = [path.relative_to(ROOT / folder).as_posix() for path in (ROOT / folder).rglob("*")
                 if path.is_file() and "__pycache__" not in path.parts]  # fmt: skip
        assert len(files) > 90
        missing = [path for path in files if f"{place}/{path}" not in names]
        assert not missing
    assert "lrp_lens/app/.streamlit/config.toml" in names
    assert "lrp_engine/py.typed" in names


def test_its_names_meet_nobody_elses(names):
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"lrp_engine", "lrp_lens"}


def test_it_holds_the_samples_and_not_what_trained_them(names):
    for folder in (path.parent for path in (ROOT / "sample_models").glob("*/sample.json")):
        for path in folder.iterdir():
            if path.is_file():
                held = f"lrp_lens/sample_models/{folder.name}/{path.name}" in names
                assert held is (path.suffix != ".py"), path


def test_streamlit_is_asked_for_by_the_dashboard_alone(wheel):
    said = _metadata(wheel)
    assert set(said.get_all("Provides-Extra")) == {
        "dashboard", "onnx", "cluster", "postgres", "s3", "subwords",
    }  # fmt: skip
    required = said.get_all("Requires-Dist")
    assert [one for one in required if one.startswith("tensorflow") and "extra" not in one]
    assert all('extra == "dashboard"' in one for one in required if "streamlit" in one)
    assert said["Requires-Python"] == "<3.14,>=3.11"


def test_its_description_links_to_nothing_that_is_not_there(wheel):
    setup = runpy.run_path(str(ROOT / "setup.py"), run_name="setup")
    setup["description"].__globals__["HOME"] = "https://git.example.org/lens"
    at_home = setup["description"]()
    assert "![" in at_home
    assert "![" not in _metadata(wheel).get_payload()
    for text in (at_home, _metadata(wheel).get_payload()):
        links = re.findall(r'\]\(([^)]+)\)|src="([^"]+)"', text)
        assert links
        for link in (one or other for one, other in links):
            assert link.startswith(("https://", "http://", "#")), link


def test_what_it_brings_is_found_where_it_was_installed(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as file:
        file.extractall(tmp_path)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import importlib.util, lrp_engine\n"
        "from lrp_engine import shipped\n"
        "assert importlib.util.find_spec('app') is None\n"
        "assert 'lrp_lens' in shipped.dashboard().parts\n"
        "assert lrp_engine.samples()[0] == 'sentiment', lrp_engine.samples()\n"
        "assert lrp_engine.load('diabetes').labels\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True,
                          text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr


# Whatever is called so at the registry is a stranger's; a path or a file's name is not.
FOREIGN = re.compile(r"pip3? install[^\n`]*(?<![\w/.])lrp[-_.]lens(\[|\b(?![-./]))", re.IGNORECASE)


def test_no_document_installs_a_strangers_package():
    for name in ("lrp-lens", "'lrp_lens[onnx]'", "-U lrp-lens", "LRP.Lens"):
        assert FOREIGN.search(f"pip install {name}"), name
    for ours in ("'dist/lrp_lens-0.1.0-py3-none-any.whl[dashboard]'", "'.[onnx]'"):
        assert not FOREIGN.search(f"pip install {ours}"), ours
    files = [path for folder in ("docs", "app", "lrp_engine") for path in (ROOT / folder).rglob("*")
             if path.suffix in (".md", ".py", ".ipynb")]  # fmt: skip
    files += [*ROOT.glob("*.md"), *ROOT.glob("*.txt"), ROOT / "Makefile"]
    assert len(files) > 100
    named = [path for path in files if FOREIGN.search(path.read_text(encoding="utf-8"))]
    assert not named
