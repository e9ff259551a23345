"""What every file format provides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lrp_engine.formats.companions.companions import Companions
from lrp_engine.formats.containers.sandbox import Contents
from lrp_engine.model.network import Network


@dataclass(frozen=True, kw_only=True)
class Reader:
    """One file format.

    Attributes:
        name: a short key.
        title: the format in words, for messages and lists.
        recognizes: whether a file's contents are of this format (a broken one counts).
        read: the network in the contents; raises FormatError.
        takes_gate_order: whether the format leaves the order of the gate blocks open.
        options: further keys of a spec that the format understands, in `Companions.options`.
    """

    name: str
    title: str
    recognizes: Callable[[Contents], bool]
    read: Callable[[Contents, Companions], Network]
    takes_gate_order: bool = False
    options: tuple[str, ...] = ()
