"""Imports on first use, and what collections of garbage have to do with them."""

from __future__ import annotations

import gc
import sys
from types import ModuleType

import pytest

from lrp_engine import lazy
from lrp_engine.cli import main


@pytest.fixture
def imports(monkeypatch):
    """TensorFlow is not there yet; (collections on, exempt objects) at each import."""
    seen = []

    def import_module(_path):
        seen.append((gc.isenabled(), gc.get_freeze_count()))
        sys.modules["tensorflow"] = ModuleType("tensorflow")
        return sys.modules["tensorflow"]

    monkeypatch.setitem(sys.modules, "tensorflow", None)  # and put back what was there
    del sys.modules["tensorflow"]
    monkeypatch.setattr(lazy, "import_module", import_module)
    monkeypatch.setattr(lazy, "_ours", False)
    return seen


def test_nothing_is_collected_while_tensorflow_is_imported(imports):
    lazy.imported("one")
    lazy.imported("two")
    ((first, before), (second, _)) = imports
    assert (first, second, gc.isenabled()) == (False, True, True)
    assert gc.get_freeze_count() == before  # in somebody else's process nothing is exempt


def test_in_our_own_process_collections_pass_by_what_was_imported(imports):
    lazy.own_process()
    lazy.imported("one")
    assert gc.get_freeze_count() > imports[0][1]


def test_collections_stay_off_where_they_were():
    gc.disable()
    try:
        with lazy.uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_collections_are_on_again_after_a_failure():
    with pytest.raises(ImportError), lazy.uncollected():
        raise ImportError
    assert gc.isenabled()


def test_a_command_in_somebody_elses_process_leaves_it_his(imports, monkeypatch, capsys):
    assert main.main(["samples"]) == 0
    assert not lazy._ours
    monkeypatch.setattr(sys, "argv", ["lrp-lens", "samples"])
    assert main.script() == 0
    assert lazy._ours
