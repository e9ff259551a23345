"""The lesson's numbers: pure computations and charts, from the engine or checked by it.

Drawing is in `app/components/learn/`, one module per step.
"""

from __future__ import annotations

# In order; the name stands in the address.
STEPS = {
    "score": "What a score is",
    "sum": "One weighted sum",
    "gate": "A gate times a signal",
    "lstm": "One LSTM step",
    "time": "A sentence through time",
    "bias": "What a bias keeps",
    "methods": "When methods disagree",
    "trust": "Can the colours be believed?",
}
FIRST = next(iter(STEPS))

# Of reading; a network with one direction has the one it has.
DIRECTIONS = ("forward", "backward")


def neighbours(step: str) -> tuple[str | None, str | None]:
    """The steps before and after one."""
    names = list(STEPS)
    at = names.index(step)
    return (
        names[at - 1] if at > 0 else None,
        names[at + 1] if at + 1 < len(names) else None,
    )
