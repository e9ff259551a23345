"""Time that a test's process and its children computed: how busy the machine is does not matter."""

from __future__ import annotations

import os


def computed() -> float:
    """Seconds of CPU time of this process and of the children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
