"""What stands for the objects of a pickle: plain values as they are, everything else by our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

from .limits import megabytes
from .refusal import RefusalError


class StandIn:
    """What is known of an object in the file.

    Attributes:
        title: the object in words.
    """

    title = "an object"

    def build(self, state: Any) -> None:
        """Take the state that a file gives to the object it has made."""
        raise RefusalError(f"The pickle sets the state of {self.title}, which is not allowed.")


class Named(StandIn):
    """Stands for a name in the file; `call` is ours and makes a value or another stand-in."""

    def __init__(self, title: str, call: Callable[..., Any] | None = None) -> None:
        self.title, self.call = title, call


class Constructible(StandIn):
    """Stands for a class of which a file may make objects, without arguments.

    Args:
        title: of its objects, in words.
        make: a new object, a stand-in of ours.
    """

    def __init__(self, title: str, make: Callable[[], StandIn]) -> None:
        self.title, self.make = title, make


class Streamed(StandIn):
    """A value that follows the pickle's step that describes it, outside of any step."""

    def read(self, stream: Bounded, nested: Callable[[], Any]) -> Any:
        """The value, read from here on; `nested` runs a whole pickle that begins here."""
        raise NotImplementedError


class ByteText(str):
    """A text of Python 2: bytes, one character each."""

    __slots__ = ()


class Ordered(dict):
    """An OrderedDict; what is set on it beside its entries is of no use here."""

    def build(self, state: Any) -> None:
        del state


class Unordered(StandIn):
    """A set: allowed where nobody reads it, refused as a value."""

    title = "a set, which has no order,"


class Bounded:
    """A stream that refuses to read beyond its end, however much a file asks for."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self._left = stream, size

    def read(self, size: int) -> bytes:
        if size > self._left:
            if size <= 8:
                raise RefusalError("The pickle ends in the middle; the file is incomplete.")
            raise RefusalError(
                f"The pickle declares a piece of {megabytes(size)}, but only "
                f"{megabytes(self._left)} are left in the file."
            )
        self._left -= size
        return self._stream.read(size)

    def readline(self) -> bytes:
        line = self._stream.readline(self._left)
        self._left -= len(line)
        return line
