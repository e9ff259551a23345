"""Numpy arrays in a pickle, put together from their bytes without numpy.

Numpy writes an array as `_reconstruct(ndarray, (0,), b"b")` with the state (version, shape, dtype,
in Fortran order, bytes), from protocol 5 on as `_frombuffer(bytes, dtype, shape, order)`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .limits import Limits
from .messages import Output, itemsize
from .pickle_dtypes import DType
from .pickle_values import ByteText, Named, Ordered, StandIn
from .refusal import RefusalError, quoted

_MULTIARRAY = ("numpy.core.multiarray", "numpy._core.multiarray")
_NUMERIC = ("numpy.core.numeric", "numpy._core.numeric")


class Array(StandIn):
    """A numpy array: its bytes as they lie in the file, and how to read them.

    Attributes:
        plain: the values of an array of texts or objects, which is no array of weights; None of
            numbers.
    """

    title = "a numpy array"

    def __init__(self) -> None:
        self.dtype, self.order = "", "C"
        self.shape: tuple[int, ...] = ()
        self.data: bytes | bytearray = b""
        self.plain: list[Any] | None = None

    def build(self, state: Any) -> None:
        if type(state) is not tuple or len(state) != 5 or state[0] not in (0, 1):
            raise RefusalError("The pickle holds a numpy array in a form that is not known.")
        self.fill(*state[1:])

    def fill(self, shape: Any, dtype: Any, fortran: Any, data: Any) -> None:
        if isinstance(data, ByteText):
            data = data.encode("latin-1")
        if not isinstance(dtype, DType):
            raise RefusalError("The pickle holds a numpy array without numbers; it is damaged.")
        if type(shape) is not tuple or not all(type(n) is int and 0 <= n < 2**62 for n in shape):
            raise RefusalError(
                f"The pickle holds an array of shape {quoted(_short(shape))}, expected sizes of 0 "
                "or more."
            )
        if not dtype.numeric:
            if len(shape) > 1:
                raise RefusalError(
                    f"The pickle holds texts in an array of shape {quoted(_short(shape))}, "
                    "expected one row of them."
                )
            self.plain = dtype.values(math.prod(shape), data)
            self.shape = shape
            return
        if not isinstance(data, (bytes, bytearray)):
            raise RefusalError("The pickle holds a numpy array without numbers; it is damaged.")
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
    array.fill(shape, dtype, order == "F", data)
    return array


def _scalar(dtype: Any, data: Any) -> Any:
    """A single number, as learning rates in a checkpoint are, or a text of a list of words."""
    array = _from_buffer(data, dtype, (), "C")
    return dtype.number(array.data) if array.plain is None else array.plain[0]


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
