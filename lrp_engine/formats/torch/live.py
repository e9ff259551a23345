"""A live PyTorch module: known by the classes it is made of, read by its own methods.

PyTorch itself is never imported: whoever has a module has imported it.
"""

from __future__ import annotations

from typing import Any

_MODULE = "nn.modules.module"  # where the base class of all modules is, within its package


def is_live(value: Any) -> bool:
    """Whether it is a module of PyTorch in memory."""
    return not isinstance(value, type) and _base(value) is not None


def package_of(module: Any) -> str:
    """The package that the base class of a module comes from: "torch"."""
    base = _base(module)
    assert base is not None
    return base.__module__.removesuffix(f".{_MODULE}")


def _base(value: Any) -> type | None:
    for one in type(value).__mro__:
        if one.__name__ == "Module" and one.__module__.endswith(f".{_MODULE}"):
            return one
    return None
