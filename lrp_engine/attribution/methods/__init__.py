"""The table of methods; one module each. Whoever shows or asks for methods reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lrp_engine.attribution.methods import (
    gradient_x_input,
    integrated_gradients,
    lime,
    lrp,
    occlusion,
    sensitivity,
    shapley,
)
from lrp_engine.attribution.methods.base import Attribution, Check, Method, Run, Variant
from lrp_engine.errors import InputError, choices
from lrp_engine.model.many import is_ordered

__all__ = [
    "DEFAULT_METHOD",
    "LIVE_METHODS",
    "METHODS",
    "Attribution",
    "Check",
    "Method",
    "Run",
    "Variant",
    "method_named",
    "options_of",
]

# Name -> method, in the order in which people see them.
METHODS: dict[str, Method] = {
    module.METHOD.name: module.METHOD
    for module in (
        lrp,
        sensitivity,
        gradient_x_input,
        occlusion,
        integrated_gradients,
        lime,
        shapley,
    )
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


def methods_listed(names: Any) -> list[Method]:
    """The methods of a list of names, or of one name.

    Raises:
        InputError: it is no list, is empty, or there is none of a name.
    """
    listed = [names] if isinstance(names, str) else names
    unordered = isinstance(listed, bytes) or not is_ordered(listed)
    found = [] if unordered else list(listed)
    if not found:
        raise InputError(f"methods is {names!r:.80}; list some of {choices(METHODS)}.")
    return [method_named(name) for name in found]


def options_of(
    methods: Sequence[Method], given: Mapping[str, Mapping[str, Any] | None] | None
) -> dict[str, dict[str, Any]]:
    """Every option of each method, by the method's name: what is given, and defaults.

    Raises:
        InputError: options are given to a method that is not asked for, or do not fit.
    """
    asked = [method.name for method in methods]
    if given is not None and not isinstance(given, Mapping):
        raise InputError(
            f"The options of the methods are {given!r:.40}, expected options by method, of "
            f"{choices(asked)}."
        )
    for name in given or ():
        if name not in asked:
            raise InputError(
                f"There are options of {name!r:.40}, but the methods are {choices(asked)}."
            )
    return {method.name: method.options_with((given or {}).get(method.name) or {})
            for method in methods}  # fmt: skip
