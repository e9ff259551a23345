"""Numpy arrays in a pickle, put together from their bytes without numpy.

Numpy writes an array as `_reconstruct(ndarray, (0,), b"b")` with the state (version, shape, dtype,
in Fortran order, bytes), from protocol 5 on as `_frombuffer(bytes, dtype, shape, order)`.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from typing import Any

from .limits import Limits
from .messages import Output, itemsize
from .pickle_values import ByteText, Named, Ordered, StandIn
from .refusal import RefusalError, quoted

_NUMBER = re.compile(r"([<>|=]?)([iuf][1248]|b1)")
_BYTE_ORDERS = {"<": "<", ">": ">", "=": "<", "|": "<"}
_PLAIN_TYPE = (None, None, None, -1, -1, 0)  # no parts, no names, no fields; sizes as usual
_STRUCT = {"i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I", "u8": "Q",
           "f2": "e", "f4": "f", "f8": "d", "b1": "?"}  # fmt: skip
_MULTIARRAY = ("numpy.core.multiarray", "numpy._core.multiarray")
_NUMERIC = ("numpy.core.numeric", "numpy._core.numeric")


class DType(StandIn):
    """A type of numbers; any other kind is refused where it is made or given its state."""

    title = "a numpy type"

    def __init__(self, code: Any, *_: Any) -> None:
        match = _NUMBER.fullmatch(code) if isinstance(code, str) else None
        if match is None:
            objects = isinstance(code, str) and code.lstrip("|<>=").startswith("O")
            raise RefusalError(
                f"The pickle holds an array of {'Python objects' if objects else quoted(code)}, "
                "expected real numbers."
            )
        self.code, self.order = match[2], _BYTE_ORDERS.get(match[1], "<")

    def build(self, state: Any) -> None:
        if (
            type(state) is not tuple
            or len(state) != 8
            or state[0] != 3
            or state[1] not in tuple(_BYTE_ORDERS)
            or state[2:] != _PLAIN_TYPE
        ):
            raise RefusalError(
                "The pickle describes a numpy type in a way that numpy never writes for numbers."
            )
        self.order = _BYTE_ORDERS[state[1]]

    @property
    def name(self) -> str:
        if self.code == "b1":
            return "|u1"
        return f"{'|' if self.code.endswith('1') else self.order}{self.code}"


class Array(StandIn):
    """A numpy array: its bytes as they lie in the file, and how to read them."""

    title = "a numpy array"

    def __init__(self) -> None:
        self.dtype, self.order = "", "C"
        self.shape: tuple[int, ...] = ()
        self.data: bytes | bytearray = b""

    def build(self, state: Any) -> None:
        if type(state) is not tuple or len(state) != 5 or state[0] not in (0, 1):
            raise RefusalError("The pickle holds a numpy array in a form that is not known.")
        self._fill(*state[1:])

    def _fill(self, shape: Any, dtype: Any, fortran: Any, data: Any) -> None:
        if isinstance(data, ByteText):
            data = data.encode("latin-1")
        if not isinstance(dtype, DType) or not isinstance(data, (bytes, bytearray)):
            raise RefusalError("The pickle holds a numpy array without numbers; it is damaged.")
        if type(shape) is not tuple or not all(type(n) is int and 0 <= n < 2**62 for n in shape):
            raise RefusalError(
                f"The pickle holds an array of shape {quoted(_short(shape))}, expected sizes of 0 "
                "or more."
            )
        expected = math.prod(shape) * itemsize(dtype.name)
        if expected != len(data):
            raise RefusalError(
                f"The pickle declares an array of shape {quoted(_short(shape))} of {dtype.name}, "
                f"which is {_count(expected)} bytes, but holds {len(data)} bytes."
            )
        self.dtype, self.shape, self.data = dtype.name, shape, data
        self.order = "F" if fortran else "C"

    def emit(self, output: Output, name: str) -> None:
        if not self.dtype:
            raise RefusalError("The pickle holds a numpy array without content; it is damaged.")
        if output.begin(name, self.dtype, self.shape, order=self.order):
            output.data(memoryview(self.data))


def _short(shape: Any) -> Any:
    """A shape of moderate size is shown, any other value is not looked at."""
    if type(shape) is tuple and len(shape) < 9 and all(type(n) is int for n in shape):
        return tuple(n if abs(n) < 2**63 else "..." for n in shape)
    return "?"


def _count(number: int) -> str:
    return f"{number:,}" if number < 10**18 else "far too many"


NDARRAY = Named("the class numpy.ndarray")


def _reconstruct(kind: Any, *_: Any) -> Array:
    if kind is not NDARRAY:
        raise RefusalError("The pickle holds a special kind of numpy array, expected plain ones.")
    return Array()


def _from_buffer(data: Any, dtype: Any, shape: Any, order: Any) -> Array:
    array = Array()
    array._fill(shape, dtype, order == "F", data)
    return array


def _scalar(dtype: Any, data: Any) -> Any:
    """A single number, as scores and learning rates in a checkpoint are."""
    array = _from_buffer(data, dtype, (), "C")
    return struct.unpack(dtype.order + _STRUCT[dtype.code], array.data)[0]


def _bytes(*arguments: Any) -> bytes:
    """`bytes()` for b"" in protocols 0 to 2, `bytearray(b"...")` in protocols 3 and 4."""
    if not arguments:
        return b""
    if len(arguments) == 1 and isinstance(arguments[0], bytes):
        return arguments[0]
    raise RefusalError("The pickle makes bytes of what is no bytes; it is damaged.")


def numpy_names(limits: Limits, input_bytes: int) -> dict[tuple[str, str], Any]:
    """What numpy arrays and plain Python values need, by (module, name)."""
    left = input_bytes + limits.ratio_floor

    def encode(text: Any, encoding: Any) -> bytes:
        """`_codecs.encode(text, "latin1")`: how protocols 0 to 2 write bytes."""
        nonlocal left
        if type(text) is not str or encoding != "latin1":
            raise RefusalError("The pickle encodes a text in a way that Python never writes.")
        left -= len(text)
        if left < 0:
            raise RefusalError("The pickle writes the same bytes over and over: it is a bomb.")
        return text.encode("latin-1")

    def ordered(*arguments: Any) -> Ordered:
        """`OrderedDict()`; Python 2 gives its entries as a list of pairs."""
        ordered = Ordered()
        for key, value in arguments[0] if arguments else ():
            if not isinstance(key, (str, int)):
                raise RefusalError("The pickle holds a dictionary with unusual keys.")
            ordered[key] = value
        return ordered

    calls: dict[tuple[str, str], Callable[..., Any]] = {
        ("numpy", "dtype"): DType,
        ("_codecs", "encode"): encode,
        ("collections", "OrderedDict"): ordered,
        **{(module, "_reconstruct"): _reconstruct for module in _MULTIARRAY},
        **{(module, "scalar"): _scalar for module in _MULTIARRAY},
        **{(module, "_frombuffer"): _from_buffer for module in _NUMERIC},
        **{(m, n): _bytes for m in ("builtins", "__builtin__") for n in ("bytes", "bytearray")},
    }
    named = {name: Named(f"the function {'.'.join(name)}", call) for name, call in calls.items()}
    return {("numpy", "ndarray"): NDARRAY, **named}
