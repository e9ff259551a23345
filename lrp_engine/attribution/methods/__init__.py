"""The table of methods; one module each. Whoever shows or asks for methods reads it."""

from __future__ import annotations

from lrp_engine.attribution.methods import gradient_x_input, lrp, occlusion, sensitivity
from lrp_engine.attribution.methods.base import Attribution, Method, Run, Variant
from lrp_engine.errors import InputError, choices

__all__ = [
    "DEFAULT_METHOD",
    "LIVE_METHODS",
    "METHODS",
    "Attribution",
    "Method",
    "Run",
    "Variant",
    "method_named",
]

# Name -> method, in the order in which people see them.
METHODS: dict[str, Method] = {
    module.METHOD.name: module.METHOD for module in (lrp, sensitivity, gradient_x_input, occlusion)
}

# Those shown while one types: what `explain_all` does unless asked for others.
LIVE_METHODS = {name: method for name, method in METHODS.items() if method.live}
DEFAULT_METHOD = next(iter(METHODS))


def method_named(name: object) -> Method:
    """The method of this name.

    Raises:
        InputError: there is none; lists the names.
    """
    if not isinstance(name, str) or name not in METHODS:
        raise InputError(f"There is no method {name!r}; choose from {choices(METHODS)}.")
    return METHODS[name]
