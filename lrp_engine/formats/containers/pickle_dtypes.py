"""Types of numpy arrays in a pickle: numbers stay bytes, texts and objects become lists."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from typing import Any

from .pickle_values import ByteText, StandIn
from .refusal import RefusalError, quoted

_NUMBER = re.compile(r"([<>|=]?)([iuf][1248]|b1)")
_TEXT = re.compile(r"([<>|=]?)([US])([0-9]{1,6})")
_OBJECTS = re.compile(r"\|?O[48]?")
_BYTE_ORDERS = {"<": "<", ">": ">", "=": "<", "|": "<"}
_STRUCT = {"i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I", "u8": "Q",
           "f2": "e", "f4": "f", "f8": "d", "b1": "?"}  # fmt: skip
_PLAIN = (str, int, float, bool, type(None))  # what may lie in an array of objects


class DType(StandIn):
    """A type of numbers, texts or objects; any other is refused where it is made.

    Attributes:
        code: of numbers, as "f4"; "U", "S" or "O" of anything else.
        width: bytes of one text; 0 of anything else.
    """

    title = "a numpy type"

    def __init__(self, code: Any, *_: Any) -> None:
        self.order, self.width = "<", 0
        if isinstance(code, str) and (match := _NUMBER.fullmatch(code)):
            self.code, self.order = match[2], _BYTE_ORDERS.get(match[1], "<")
        elif isinstance(code, str) and (match := _TEXT.fullmatch(code)):
            self.code, self.order = match[2], _BYTE_ORDERS.get(match[1], "<")
            self.width = int(match[3]) * (4 if self.code == "U" else 1)
        elif isinstance(code, str) and _OBJECTS.fullmatch(code):
            self.code = "O"
        else:
            raise RefusalError(
                f"The pickle holds an array of {quoted(code)}, expected real numbers or texts."
            )

    def build(self, state: Any) -> None:
        # No parts, no names, no fields; sizes and flags are those of the code.
        usual = (None, None, None, *self._sizes())
        if (
            type(state) is not tuple
            or len(state) != 8
            or state[0] != 3
            or state[1] not in tuple(_BYTE_ORDERS)
            or state[2:] != usual
        ):
            raise RefusalError(
                "The pickle describes a numpy type in a way that numpy never writes for numbers "
                "or texts."
            )
        self.order = _BYTE_ORDERS[state[1]]

    def _sizes(self) -> tuple[int, int, int]:
        """Bytes of an element, alignment and flags as numpy writes them."""
        if self.code == "U":
            return self.width, 4, 8
        if self.code == "S":
            return self.width, 1, 0
        return -1, -1, 63 if self.code == "O" else 0

    @property
    def numeric(self) -> bool:
        return self.code not in ("U", "S", "O")

    @property
    def name(self) -> str:
        """Of numbers, as messages write it."""
        if self.code == "b1":
            return "|u1"
        return f"{'|' if self.code.endswith('1') else self.order}{self.code}"

    def number(self, data: bytes | bytearray) -> Any:
        """The single number in these bytes."""
        return struct.unpack(self.order + _STRUCT[self.code], data)[0]

    def values(self, count: int, data: Any) -> list[Any]:
        """The texts in these bytes, or the plain values in this list."""
        if self.code == "O":
            if type(data) is not list or len(data) != count:
                raise RefusalError("The pickle holds an array of objects that is damaged.")
            return _checked(data)
        if not isinstance(data, (bytes, bytearray)) or len(data) != count * self.width:
            held = len(data) if isinstance(data, (bytes, bytearray)) else 0
            raise RefusalError(
                f"The pickle declares {count:,} texts of {self.width} bytes, but holds {held:,} "
                "bytes."
            )
        if not self.width:  # one empty text is 0 bytes; many of them would be a bomb
            if count > 1:
                raise RefusalError("The pickle declares texts without content; it is damaged.")
            return [""] * count
        pieces = (bytes(data[at : at + self.width]) for at in range(0, len(data), self.width))
        return [self._text(piece) for piece in pieces]

    def _text(self, raw: bytes) -> str:
        if self.code == "S":
            return raw.rstrip(b"\0").decode("utf-8", "replace")
        wide = "utf-32-le" if self.order == "<" else "utf-32-be"
        return raw.decode(wide, "replace").rstrip("\0")


def _checked(entries: Iterable[Any]) -> list[Any]:
    checked = list(entries)
    for entry in checked:
        if not isinstance(entry, _PLAIN):
            raise RefusalError(
                "The pickle holds an array of Python objects, expected real numbers or texts."
            )
    return [str(entry) if type(entry) is ByteText else entry for entry in checked]
