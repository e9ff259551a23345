"""The two exceptions a user of the library meets; their text is a sentence to show as it is."""


class LensError(ValueError):
    """Base of both, for callers that show any of them the same way."""


class FormatError(LensError):
    """A file is malformed, hostile or not supported."""


class InputError(LensError):
    """A text, target, option or array given by the caller does not fit the network."""


def choices(names: object) -> str:
    """List valid choices for an error message: ``'a', 'b', 'c'``."""
    return ", ".join(repr(name) for name in names)  # type: ignore[attr-defined]
