"""Tensors in a PyTorch pickle: a storage outside the pickle, and where in it a tensor lies."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, BinaryIO

from .messages import BLOCK, Output, itemsize
from .pickle_values import Named, StandIn
from .refusal import RefusalError, quoted

_TYPES = {
    "DoubleStorage": "<f8", "FloatStorage": "<f4", "HalfStorage": "<f2",
    "BFloat16Storage": "bfloat16", "LongStorage": "<i8", "IntStorage": "<i4",
    "ShortStorage": "<i2", "CharStorage": "|i1", "ByteStorage": "|u1", "BoolStorage": "|u1",
}  # fmt: skip
_DTYPES = ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8",
           "bool")  # fmt: skip
_FORMATS = {1: "B", 2: "H", 4: "I", 8: "Q"}
_SAVE = "save the weights alone with torch.save(model.state_dict(), 'model.pt')"
# How a name begins, and what an object with such a name is.
_REFUSED = (
    ("torch._utils._rebuild_qtensor", "a quantized tensor; save the model before quantizing it"),
    ("torch.per_", "a quantized tensor; save the model before quantizing it"),
    ("torch.Q", "a quantized tensor; save the model before quantizing it"),
    ("torch._utils._rebuild_sparse", "a sparse tensor; save it dense, tensor.to_dense()"),
    ("torch.serialization._get_layout", "a sparse tensor; save it dense, tensor.to_dense()"),
    ("torch._utils._rebuild_meta", "a tensor without numbers (meta device); load its weights "
     "before saving"),
    ("torch.Complex", "complex numbers, expected real ones"),
    ("torch.jit.", "a TorchScript program; " + _SAVE),
    ("torch.nn.", "a whole model, which would have to be run; " + _SAVE),
    ("torch.", "more than tensors; " + _SAVE),
    ("", "a whole model or another Python object, which would have to be run; " + _SAVE),
)  # fmt: skip


class StorageType(StandIn):
    def __init__(self, name: str) -> None:
        self.title, self.dtype = f"the class torch.{name}", _TYPES[name]


class Storage(StandIn):
    """A row of numbers outside the pickle; `place` is the stream and where it begins there."""

    title = "a storage without tensor"

    def __init__(self, dtype: str, key: str, count: int) -> None:
        self.dtype, self.key, self.count = dtype, key, count
        self.place: tuple[BinaryIO, int] | None = None

    @property
    def bytes(self) -> int:
        return self.count * itemsize(self.dtype)


class Tensor(StandIn):
    """A view of a storage."""

    title = "a tensor"

    def __init__(self, storage: Any, offset: Any, size: Any, stride: Any) -> None:
        known = isinstance(storage, Storage) and type(size) is type(stride) is tuple
        sizes = [offset, *size, *stride] if known else []
        if not known or not all(type(n) is int and n < 2**62 for n in sizes):
            raise RefusalError("The PyTorch file holds a tensor in a form that is not known.")
        shape = quoted(size if len(size) < 9 else f"{len(size)} axes")
        if min(sizes) < 0 or len(size) != len(stride):
            raise RefusalError(
                f"The PyTorch file declares a tensor of shape {shape} with negative or missing "
                "sizes."
            )
        self.storage, self.offset, self.shape, self.stride = storage, offset, size, stride
        # Axes of length 1 may have any stride.
        self.steps = [(n, s) for n, s in zip(size, stride, strict=True) if n != 1]
        last = offset + sum((n - 1) * s for n, s in self.steps)
        if 0 not in size and last >= storage.count:
            raise RefusalError(
                f"A tensor of shape {shape} reaches beyond the {storage.count:,} numbers of its "
                f"storage {quoted(storage.key)}; the file is damaged or hostile."
            )
        self.span = 0 if 0 in size else last - offset + 1  # numbers from the first to the last

    def emit(self, output: Output, name: str) -> None:
        total = output.begin(name, self.storage.dtype, self.shape)
        if not total:
            return
        if self.storage.place is None:
            raise RefusalError(
                f"The PyTorch file lacks the storage {quoted(self.storage.key)} of {quoted(name)}."
            )
        (stream, start), width = self.storage.place, itemsize(self.storage.dtype)
        stream.seek(start + self.offset * width)
        if self._side_by_side():
            output.copy(stream, total, quoted(name))
            return
        if self.span * width > max(output.limits.ratio_floor, output.limits.ratio * total):
            raise RefusalError(
                f"Tensor {quoted(name)} is scattered over {self.span:,} numbers; save it with "
                ".contiguous()."
            )
        numbers = memoryview(stream.read(self.span * width)).cast(_FORMATS[width])  # type: ignore[call-overload]
        *outer, (count, step) = self.steps
        block = bytearray()
        for place in itertools.product(*(range(n) for n, _ in outer)):
            at = sum(i * s for i, (_, s) in zip(place, outer, strict=True))
            row = numbers[at : at + step * (count - 1) + 1 : step] if step else None
            block += numbers[at : at + 1].tobytes() * count if row is None else row.tobytes()
            if len(block) > BLOCK:
                output.data(bytes(block))
                block.clear()
        if block:
            output.data(bytes(block))

    def _side_by_side(self) -> bool:
        expected = 1
        for count, step in reversed(self.steps):
            if step != expected:
                return False
            expected *= count
        return True


def _tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> Tensor:
    return Tensor(storage, offset, size, stride)


def _parameter(data: Any, *_: Any) -> Tensor:
    if not isinstance(data, Tensor):
        raise RefusalError("The PyTorch file holds a parameter without tensor; it is damaged.")
    return data


def _size(sizes: Any) -> Any:
    """torch.Size, a tuple."""
    if type(sizes) is not tuple:
        raise RefusalError("The PyTorch file holds a size that is no tuple; it is damaged.")
    return sizes


def _device(*parts: Any) -> str:
    return ":".join(str(part) for part in parts if isinstance(part, (str, int)))[:60]


def torch_names() -> dict[tuple[str, str], Any]:
    """What state dicts need beside numpy's names, by (module, name)."""
    calls: dict[tuple[str, str], Callable[..., Any]] = {
        ("torch._utils", "_rebuild_tensor"): _tensor,
        ("torch._utils", "_rebuild_tensor_v2"): _tensor,
        ("torch._utils", "_rebuild_parameter"): _parameter,
        ("torch._utils", "_rebuild_parameter_with_state"): _parameter,
        ("torch", "Size"): _size,
        ("torch", "device"): _device,
    }
    return {
        **{name: Named(f"the function {'.'.join(name)}", call) for name, call in calls.items()},
        **{("torch", name): StorageType(name) for name in _TYPES},
        **{("torch", name): f"torch.{name}" for name in _DTYPES},
    }


def refusal(module: str, name: str) -> RefusalError:
    """Why a name in a PyTorch file is not followed."""
    full = f"{module}.{name}"
    what = next(words for start, words in _REFUSED if full.startswith(start))
    return RefusalError(
        f"The PyTorch file names {quoted(full)}: it holds {what}. Nothing named in a file is ever "
        "run."
    )


def persistent(storages: dict[str, Storage]) -> Callable[[Any], Storage]:
    """References from the pickle to storages: ("storage", type, key, location, count, view)."""

    def refer(identity: Any) -> Storage:
        if type(identity) is not tuple or len(identity) not in (5, 6):
            raise RefusalError("The PyTorch file refers to data in a way that is not known.")
        kind, dtype, key, _, count = identity[:5]
        if (
            kind != "storage"
            or not isinstance(dtype, StorageType)
            or not isinstance(key, str)
            or type(count) is not int
            or not 0 <= count < 2**62
            or identity[5:] not in ((), (None,))
        ):
            raise RefusalError("The PyTorch file refers to data in a way that is not known.")
        storage = storages.setdefault(key, Storage(dtype.dtype, key, count))
        if (storage.dtype, storage.count) != (dtype.dtype, count):
            raise RefusalError(
                f"The PyTorch file describes its storage {quoted(key)} in two different ways."
            )
        return storage

    return refer
