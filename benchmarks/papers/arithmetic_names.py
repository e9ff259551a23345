"""What the rows of the arithmetic tasks are called; apart, so that tables load no TensorFlow."""

from __future__ import annotations

PART = "arithmetic"
TASKS = ("addition", "subtraction")
SHARE, SQUARED_ERROR, ERROR = "marked_share", "squared_error", "network_error"
# Measure -> the head of its column.
MEASURES = {
    SHARE: "share ↑",
    "marked_correlation": "correlation ↑",
    SQUARED_ERROR: "squared error ↓",
}
