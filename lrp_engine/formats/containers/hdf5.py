"""HDF5: a walk along hard links that opens nothing but plain numbers of a checked size."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, BinaryIO

from .limits import megabytes
from .messages import BLOCK, DTYPE, Output
from .refusal import RefusalError, quoted

if TYPE_CHECKING:
    import h5py

MAGIC = b"\x89HDF\r\n\x1a\n"
MODULES = ("h5py",)
# Training state: as large as the weights, twice, and of no use here.
_SKIPPED = ("optimizer", "optimizer_weights")
# The only attributes that are read; long lists are split into layer_names0, layer_names1, ...
_ATTRIBUTES = ("model_config", "training_config", "keras_version", "backend", "name", "dtype")
_SPLIT_ATTRIBUTES = ("layer_names", "weight_names")


def unpack(stream: BinaryIO, size: int, output: Output, name: str) -> None:
    """Emit datasets and attributes of a seekable stream, named `name/group/...`."""
    import h5py

    try:
        file = h5py.File(stream, "r")
    except Exception:  # noqa: BLE001 - whatever h5py makes of nonsense
        raise RefusalError("The HDF5 file cannot be opened; it is damaged or incomplete.") from None
    seen = {_identity(file)}
    waiting: list[tuple[Any, str, int]] = [(file, name, 0)]
    while waiting:
        group, path, depth = waiting.pop()
        if depth > output.limits.nesting:
            raise RefusalError(
                f"The HDF5 file has groups nested deeper than {output.limits.nesting}."
            )
        output.attributes(path, _attributes(group, path, output))
        output.count(len(group))
        for key in group:
            if depth == 0 and key in _SKIPPED:
                continue
            clean = key.encode("utf-8", "replace").decode()
            child = f"{path}/{clean}" if path else clean
            item = _open(group, key, child)
            if _identity(item) in seen:
                raise RefusalError(
                    f"The HDF5 file reaches {quoted(child)} by two paths; Keras never writes that."
                )
            seen.add(_identity(item))
            if isinstance(item, h5py.Dataset):
                output.attributes(child, _attributes(item, child, output))
                _dataset(item, child, output)
            else:
                waiting.append((item, child, depth + 1))


def _open(group: h5py.Group, key: str, path: str) -> h5py.Group | h5py.Dataset:
    import h5py

    if not isinstance(group.get(key, getlink=True), h5py.HardLink):
        raise RefusalError(
            f"The HDF5 file holds a soft or external link at {quoted(path)}, which is not followed."
        )
    item = group[key]
    if not isinstance(item, (h5py.Group, h5py.Dataset)):
        raise RefusalError(f"The HDF5 object {quoted(path)} is neither a group nor a dataset.")
    return item


def _identity(item: Any) -> tuple[int, int]:
    import h5py

    info = h5py.h5o.get_info(item.id)
    return info.fileno, info.addr


def _dataset(dataset: h5py.Dataset, path: str, output: Output) -> None:
    import h5py

    what, plan = f"The HDF5 dataset {quoted(path)}", dataset.id.get_create_plist()
    if plan.get_external_count():
        raise RefusalError(f"{what} keeps its data in another file, which is not allowed.")
    layout = plan.get_layout()
    if layout not in (h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS, h5py.h5d.CHUNKED):
        raise RefusalError(f"{what} is virtual (assembled from other data), which is not allowed.")
    allowed = (h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32)
    for number in range(plan.get_nfilters()):
        if plan.get_filter(number)[0] not in allowed:
            raise RefusalError(
                f"{what} uses filter {plan.get_filter(number)[0]}; only gzip is read."
            )
    kind = dataset.dtype
    dtype = "bfloat16" if kind.str == "|V2" and kind.names is None else kind.str  # as Keras writes
    if kind.subdtype is not None or not DTYPE.fullmatch(dtype):
        raise RefusalError(f"{what} holds {quoted(kind)}, expected real numbers.")
    if dataset.shape is None:
        raise RefusalError(f"{what} is empty.")
    stored, declared = dataset.id.get_storage_size(), math.prod(dataset.shape) * kind.itemsize
    if stored == 0 < declared or declared > max(
        output.limits.ratio * stored, output.limits.ratio_floor
    ):
        raise RefusalError(
            f"{what} declares {megabytes(declared)} but stores {megabytes(stored)}: it looks like "
            "a decompression bomb."
        )
    output.begin(path, dtype, dataset.shape)
    if declared:
        _copy(dataset, output, dataset.chunks if layout == h5py.h5d.CHUNKED else None)


def _copy(dataset: h5py.Dataset, output: Output, chunks: tuple[int, ...] | None) -> None:
    if not dataset.shape:
        output.data(dataset[()].tobytes())
        return
    rows = max(1, BLOCK * len(dataset) // (dataset.size * dataset.dtype.itemsize))
    if chunks:
        rows = -(-rows // chunks[0]) * chunks[0]  # whole chunks: none is decompressed twice
    for start in range(0, len(dataset), rows):
        output.data(dataset[start : start + rows].tobytes())


def _attributes(item: Any, path: str, output: Output) -> dict[str, Any]:
    output.count(len(item.attrs))
    return {
        key: _attribute(item, key, f"{quoted(key)} of {quoted(path or '/')}", output)
        for key in item.attrs
        if key in _ATTRIBUTES or key.rstrip("0123456789") in _SPLIT_ATTRIBUTES
    }


def _attribute(item: Any, key: str, what: str, output: Output) -> Any:
    """A text, or a list of texts; anything else is refused before it is read."""
    import h5py

    handle = item.attrs.get_id(key)
    kind, shape = handle.dtype, handle.shape
    if shape is None:
        return None
    items = 1
    for length in shape:
        items *= length
    output.count(items)
    if items == 0:  # an empty list, which Keras writes as floats
        return []
    text = kind.kind == "S" or h5py.check_string_dtype(kind) is not None
    if not text or len(shape) > 1 or handle.get_storage_size() > output.limits.text_bytes:
        raise RefusalError(f"The HDF5 attribute {what} is not a text of a plausible size.")
    # Texts of variable length lie elsewhere in the file; the child's memory limit bounds them.
    value = item.attrs[key]
    texts = [_text(entry) for entry in ([value] if not shape else list(value))]
    output.reserve(f"the attribute {what}", sum(map(len, texts)))
    return texts if shape else texts[0]


def _text(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text.encode("utf-8", "replace").decode()
