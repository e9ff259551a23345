"""For all tests."""

import gc
import os
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partialmethod
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app import streamlit_patches
from lrp_engine.lazy import uncollected
from lrp_engine.propagation.rule import Rule

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # as the command line and the dashboard do


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[object]:
    """What is imported stays: nobody looks through it for garbage, meanwhile or later."""
    with uncollected():
        result = yield
    gc.freeze()
    return result


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What lies beside this file comes first: at the end others would wait for such long files."""
    here = Path(__file__).parent
    items.sort(key=lambda item: item.path.parent != here)


@pytest.fixture(autouse=True, scope="module")
def _swept() -> Iterator[None]:
    """Streamlit collects garbage after every run, which costs what all tests before left behind."""
    yield
    streamlit_patches.exempt_from_collection()


@pytest.fixture(autouse=True, scope="module")
def _read_in_this_process(request: pytest.FixtureRequest) -> Iterator[None]:
    """Files are read without a child of their own, whose start costs more than they do.

    Modules marked `children` have those of a user: hostile files, what a child may do.
    """
    from tests import children

    with pytest.MonkeyPatch.context() as patch:
        if request.node.get_closest_marker("children") is None:
            patch.setattr(children.sandbox, "unpack", children.in_this_process)
        yield


SHORT = 60  # time steps


@pytest.fixture(scope="session")
def many() -> float:
    """Passes of one kind from which on a trace costs less; the networks of most tests have few."""
    return float("inf")


@pytest.fixture(scope="module")
def untraced(many: float) -> Iterator[None]:
    """Short texts run operation by operation, as they do in a trace (`test_contract.py` holds it).

    A trace costs more than a few passes of a small network; `traced` is for many.
    """
    from lrp_engine.propagation.program import Program

    def chosen(name: str) -> Callable[..., Any]:
        real = getattr(Program, name)

        def run(self: Program, *given: Any, **options: Any) -> Any:
            _, steps, *_ = (value for value in given if isinstance(value, np.ndarray))
            passes = self.network.compiled.setdefault("passes of tests", Counter())
            kind = (name, *(_kind(self, one) for one in given), *options.items())
            passes[kind] += 1
            if self.traced or (steps.shape[1] <= SHORT and passes[kind] < many):
                return real(self, *given, **options)
            if "program of tests" not in self.network.compiled:
                program = Program.__new__(Program)
                make(program, self.network)
                self.network.compiled["program of tests"] = program
            return real(self.network.compiled["program of tests"], *given, **options)

        return run

    make = Program.__init__
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Program, "__init__", partialmethod(make, traced=False))
        for name in ("scores", "step_scores", "backward"):
            patch.setattr(Program, name, chosen(name))
        yield


def _kind(program: Any, given: Any) -> Any:
    """What a trace depends on of an argument; nothing of arrays."""
    if isinstance(given, np.ndarray) or given is None:
        return None
    if isinstance(given, Rule):
        return tuple(one.trace_key for one in given.by_node(program.network.nodes))
    return tuple(given)


def traced(network: Any) -> Any:
    """The same network, whose program is traced although others are not."""
    from lrp_engine.propagation.program import Program

    network.compiled["program"] = Program(network, traced=True)
    return network


@pytest.fixture(scope="module")
def short_proofs() -> Iterator[None]:
    """A proof tries its random inputs on few steps: `test_parity.py` has those of a user.

    One step, a few, and more of them, as there; but operation by operation each step costs.
    """
    from lrp_engine.proof import probes

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(probes, "LENGTHS", (1, 3, 6))
        yield
