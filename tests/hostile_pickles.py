"""Pickles and PyTorch files made to do harm, written step by step; none is ever committed.

`CANARY` is what each of them would create if anything in it were run.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Maker = Callable[[], bytes]

CANARY = Path(tempfile.gettempdir()) / "lrp-lens-was-run"
_COMMAND = f"touch {CANARY}"
_CODE = f"open({str(CANARY)!r}, 'w')"

_OPCODES = {opcode.name: opcode.code.encode("latin-1") for opcode in pickletools.opcodes}


def steps(*parts: bytes | str, protocol: int | None = 4, stop: bool = True) -> bytes:
    """A pickle from the names of steps and raw bytes."""
    start = b"" if protocol is None else bytes([0x80, protocol])
    raw = b"".join(_OPCODES[part] if isinstance(part, str) else part for part in parts)
    return start + raw + (b"." if stop else b"")


def text(value: str) -> bytes:
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def number(value: int) -> bytes:
    raw = value.to_bytes(16, "little", signed=True)
    return b"\x8a\x10" + raw


def named(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def on_stack(module: str, name: str) -> bytes:
    return text(module) + text(name) + _OPCODES["STACK_GLOBAL"]


def call(function: bytes, *arguments: bytes) -> bytes:
    return function + b"(" + b"".join(arguments) + b"tR"


def shape(*sizes: int) -> bytes:
    return b"(" + b"".join(map(number, sizes)) + b"t"


def dtype(code: str = "f4", state: bytes | None = None) -> bytes:
    made = call(named("numpy", "dtype"), text(code), b"\x89", b"\x88")
    return made + (_STATE if state is None else state) + b"b"


_STATE = b"(K\x03" + text("<") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t"


def array(sizes: bytes, data: bytes = b"\0" * 8, kind: bytes | None = None) -> bytes:
    """An array as numpy writes it, with parts of our own."""
    made = call(
        named("numpy.core.multiarray", "_reconstruct"), named("numpy", "ndarray"), shape(0),
        b"C\x01b",
    )  # fmt: skip
    raw = b"B" + struct.pack("<I", len(data)) + data
    return made + b"(K\x01" + sizes + (kind or dtype()) + b"\x89" + raw + b"tb"


class Runs:
    """Unpickled, it would run a shell command."""

    def __reduce__(self) -> Any:
        import os

        return os.system, (_COMMAND,)


class Evaluates:
    def __reduce__(self) -> Any:
        return eval, (_CODE,)


def _doubling(depth: int) -> bytes:
    """Lists of twice the list below: 500 * 2**depth entries from a few bytes."""
    return steps(b"((", b"N" * 500, b"l", *[b"q\x01]h\x01ah\x01a"] * depth, b"l")


def _one_array_often(times: int) -> bytes:
    big = array(shape(2**18), b"\0" * 2**20)
    return steps(b"]", big, b"q\x07", b"a", *[b"h\x07a"] * times)


_LOAD = (call(named("numpy", "load"), text("/etc/passwd")), "numpy.load")

PICKLES: dict[str, tuple[Maker, str]] = {
    **{
        f"system_{protocol}": (lambda p=protocol: pickle.dumps({"a": Runs()}, p), ".system'")
        for protocol in (0, 1, 2, 3, 4, 5)
    },
    "eval_0": (lambda: pickle.dumps(Evaluates(), 0), "eval'"),
    "eval_4": (lambda: pickle.dumps([1, Evaluates()], 4), "eval'"),
    "getattr_chain": (
        lambda: steps(
            call(
                call(
                    named("builtins", "getattr"),
                    call(named("builtins", "__import__"), text("os")),
                    text("system"),
                ),
                text(_COMMAND),
            )
        ),
        "__import__'",
    ),
    "dotted_stack_global": (
        lambda: steps(call(on_stack("numpy", "core.multiarray._reconstruct.__globals__"))),
        "nothing named in a file is ever run",
    ),
    "dotted_os": (
        lambda: steps(call(on_stack("os", "path.os.system"), text(_COMMAND))),
        "os.path.os.system",
    ),
    "allowed_module_other_name": (
        lambda: steps(call(named("numpy.core.multiarray", "fromfile"), text("/etc/passwd"))),
        "fromfile",
    ),
    "numpy_load": (lambda: steps(_LOAD[0]), _LOAD[1]),
    "numpy_memmap": (
        lambda: steps(call(named("numpy", "memmap"), text("/etc/passwd"))), "numpy.memmap"
    ),
    "numpy_fromfile": (
        lambda: steps(call(named("numpy", "fromfile"), text("/etc/passwd"))), "numpy.fromfile"
    ),
    "partial": (
        lambda: steps(call(named("functools", "partial"), named("os", "system"))),
        "functools.partial",
    ),
    "codecs_other": (
        lambda: steps(call(named("_codecs", "encode"), text("a" * 99), text("zlib"))),
        "never writes",
    ),
    "inst": (
        lambda: steps(f"(S'{_COMMAND}'\nios\nsystem\n".encode(), protocol=None) , "'os.system'"
    ),
    "obj": (lambda: steps(b"(", named("numpy", "ndarray"), shape(2), b"o"), "step OBJ"),
    "obj_os": (lambda: steps(b"(", named("os", "system"), text(_COMMAND), b"o"), "os.system"),
    "newobj": (
        lambda: steps(named("numpy", "ndarray"), shape(2**40), b"\x81"), "class numpy.ndarray"
    ),
    "newobj_ex": (
        lambda: steps(named("numpy", "ndarray"), shape(2), b"}\x92"), "step NEWOBJ_EX"
    ),
    "ext1": (lambda: steps(b"\x82\x01"), "step EXT1"),
    "ext2": (lambda: steps(b"\x83\x01\x00"), "step EXT2"),
    "ext4": (lambda: steps(b"\x84\x01\x00\x00\x00"), "step EXT4"),
    "build_on_function": (
        lambda: steps(named("_codecs", "encode"), b"}", text("__code__"), b"K\x01sb"),
        "sets the state of the function _codecs.encode",
    ),
    "state_of_class": (
        lambda: steps(named("numpy", "ndarray"), b"}b"), "sets the state of the class"
    ),
    "state_of_list": (lambda: steps(b"]}b"), "state of a plain value"),
    "calls_a_class": (lambda: steps(call(named("numpy", "ndarray"), shape(2))), "pickle calls"),
    "calls_a_text": (lambda: steps(call(text("os.system"), text(_COMMAND))), "a plain value"),
    "persistent": (lambda: steps(text("storage"), b"Q"), "outside itself"),
    "persistent_0": (lambda: steps(b"(lp0\nPstorage\na", protocol=None), "outside itself"),
    "next_buffer": (lambda: steps(b"\x97", protocol=5), "outside itself"),
    "set": (lambda: pickle.dumps({"a", "b"}, 4), "no order"),
    "bytes_1_tib": (
        lambda: steps(b"\x8e" + struct.pack("<Q", 2**40) + b"abc"), "declares a piece of 1,100 GB"
    ),
    "bytes_4_gib": (
        lambda: steps(b"B" + struct.pack("<I", 2**32 - 1) + b"abc"), "declares a piece of"
    ),
    "text_8_eib": (lambda: steps(b"\x8d" + struct.pack("<Q", 2**63 - 1)), "declares a piece of"),
    "frame_8_eib": (lambda: steps(b"\x95" + struct.pack("<Q", 2**63 - 1) + b"N"), "no"),
    "long_negative": (lambda: steps(b"\x8b" + struct.pack("<i", -5) + b"abc"), "damaged"),
    "memo_far": (lambda: steps(b"Nr\xff\xff\xff\xff0h\x01"), "damaged"),
    "references_of_references": (lambda: _doubling(31), "endless repetitions"),
    "nested": (lambda: steps(b"]" * 5000, b"a" * 4999), "nests values deeper"),
    "circle": (lambda: steps(b"]q\x01h\x01a"), "in a circle"),
    "tuples_as_key": (lambda: steps(b"})", b"\x85" * 200_000, b"Ns"), "neither texts nor numbers"),
    "array_as_key": (lambda: steps(b"}", array(shape(2)), b"Ns"), "neither texts nor numbers"),
    "one_array_often": (lambda: _one_array_often(200), "decompression bomb"),
    "huge_number": (lambda: steps(b"\x8b" + struct.pack("<i", 10**6) + b"\x01" * 10**6), "64 bits"),
    "huge_number_0": (lambda: steps(b"(lp0\nI" + b"9" * 10**5 + b"\na"), "damaged"),
    "stack_empty": (lambda: steps(b"a"), "damaged"),
    "no_mark": (lambda: steps(b"Nt"), "damaged"),
    "two_values": (lambda: steps(b"NN"), "damaged"),
    "no_stop": (lambda: steps(b"]", stop=False), "ends in the middle"),
    "cut_off": (lambda: pickle.dumps({"a": np.ones(99)}, 4)[:300], "declares a piece of"),
    "unknown_step": (lambda: steps(b"\xff"), "damaged"),
    # Arrays
    "dtype_state_names": (
        lambda: steps(array(shape(2), kind=dtype(state=_STATE.replace(b"NNN", b"NX\0\0\0\0N")))),
        "numpy never writes",
    ),
    "dtype_state_subdtype": (
        lambda: steps(array(shape(2), kind=dtype(state=_STATE.replace(
            b"NNN", dtype() + shape(2**40) + b"\x86NN")))),
        "numpy never writes",
    ),
    "dtype_state_sizes": (
        lambda: steps(array(shape(2), kind=dtype(state=_STATE.replace(
            b"J\xff\xff\xff\xff", b"J\xff\xff\xff\x7f")))),
        "numpy never writes",
    ),
    "dtype_state_flags": (
        lambda: steps(array(shape(2), kind=dtype(state=_STATE.replace(b"K\0t", b"K\x3ft")))),
        "numpy never writes",
    ),
    "dtype_state_short": (
        lambda: steps(array(shape(2), kind=dtype(state=b"(K\x03t"))), "numpy never writes"
    ),
    "dtype_state_list": (
        lambda: steps(array(shape(2), kind=dtype(state=b"]"))), "numpy never writes"
    ),
    "dtype_objects": (lambda: steps(array(shape(1), kind=dtype("O8"))), "numpy never writes"),
    "dtype_void": (lambda: steps(array(shape(1), kind=dtype("V2147483647"))), "real numbers"),
    "dtype_number": (
        lambda: steps(call(named("numpy", "dtype"), number(2**70), b"\x89", b"\x88")),
        "real numbers",
    ),
    "dtype_arguments": (lambda: steps(call(named("numpy", "dtype"))), "damaged"),
    "shape_negative": (lambda: steps(array(shape(-2))), "sizes of 0 or more"),
    "shape_mismatch": (lambda: steps(array(shape(3))), "which is 12 bytes, but holds 8"),
    "shape_512_gib": (lambda: steps(array(shape(2**37))), "but holds 8 bytes"),
    "shape_overflow": (lambda: steps(array(shape(2**61, 2**61))), "far too many"),
    "shape_enormous": (lambda: steps(array(shape(2**100))), "sizes of 0 or more"),
    "shape_text": (lambda: steps(array(text("2"))), "sizes of 0 or more"),
    "shape_true": (lambda: steps(array(b"(\x88t", b"\0" * 4)), "sizes of 0 or more"),
    "many_axes": (lambda: steps(array(shape(*[1] * 40), b"\0" * 4)), "no shape of a weight"),
    "state_short": (
        lambda: steps(
            call(named("numpy.core.multiarray", "_reconstruct"), named("numpy", "ndarray")),
            b"(K\x01tb",
        ),
        "not known",
    ),
    "without_state": (
        lambda: steps(
            call(named("numpy.core.multiarray", "_reconstruct"), named("numpy", "ndarray"))
        ),
        "without content",
    ),
    "subclass": (
        lambda: steps(call(named("numpy.core.multiarray", "_reconstruct"), text("memmap"))),
        "special kind",
    ),
    "objects": (lambda: pickle.dumps(np.array([{}, None], object), 4), "Python objects"),
    "words_array": (lambda: pickle.dumps(np.array(["a", "b"]), 4), "a list of 2 entries"),
    "structured": (lambda: pickle.dumps(np.zeros(2, "i4,f4"), 4), "real numbers"),
    "complex": (lambda: pickle.dumps([np.zeros(2, complex)], 4), "real numbers"),
    "scalar_mismatch": (
        lambda: steps(
            call(named("numpy.core.multiarray", "scalar"), dtype(), b"C\x02ab")
        ),
        "but holds 2 bytes",
    ),
    # Models that are none
    "empty": (lambda: pickle.dumps({}, 2), "empty dictionary"),
    "words": (lambda: pickle.dumps(["a", "b"], 0), "a list of 2 entries"),
    "seven_arrays": (lambda: pickle.dumps([np.ones(2)] * 7, 4), "holds 7 arrays"),
    "objects_in_list": (lambda: pickle.dumps([np.ones(2), "a"], 4), "expected eight"),
    "sst_part": (
        lambda: pickle.dumps({"Wxh_Left": np.ones((4, 2)), "Why_Left": np.ones((2, 1))}, 4),
        "lacks the array",
    ),
    "nan": (
        lambda: pickle.dumps({"fc.weight": np.full((2, 2), np.nan), "fc.bias": np.ones(2)}, 4),
        "not finite",
    ),
}  # fmt: skip

# PyTorch ---------------------------------------------------------------------------------------


def torch_zip(script: bytes, *storages: bytes, method: int = zipfile.ZIP_STORED) -> bytes:
    """A file in the layout of torch.save, with a pickle of our own."""
    buffer = io.BytesIO()
    members = {"m/data.pkl": script, "m/byteorder": b"little"}
    members |= {f"m/data/{n}": data for n, data in enumerate(storages)} | {"m/version": b"3\n"}
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return buffer.getvalue()


def storage(count: int, key: str = "0", kind: str = "FloatStorage") -> bytes:
    reference = (text("storage"), named("torch", kind), text(key), text("cpu"), number(count))
    return b"(" + b"".join(reference) + b"tQ"


def tensor(sizes: bytes, strides: bytes, *, offset: int = 0, where: bytes | None = None) -> bytes:
    return call(
        named("torch._utils", "_rebuild_tensor_v2"), storage(6) if where is None else where,
        number(offset), sizes, strides, b"\x89", named("collections", "OrderedDict") + b")R",
    )  # fmt: skip


def state_dict(*entries: tuple[str, bytes], protocol: int = 2) -> bytes:
    parts = b"".join(text(name) + value for name, value in entries)
    return steps(b"}(", parts, b"u", protocol=protocol)


NUMBERS = np.arange(6, dtype="float32").tobytes()
LINEAR = state_dict(
    ("fc.weight", tensor(shape(2, 2), shape(2, 1))),
    ("fc.bias", tensor(shape(2), shape(1), offset=4)),
)


def _weight(*arguments: Any, **options: Any) -> Maker:
    return lambda: torch_zip(state_dict(("fc.weight", tensor(*arguments, **options))), NUMBERS)


_MAGIC = pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2)


def torch_legacy(
    script: bytes = LINEAR, *, keys: Any = ("0",), data: bytes | None = None, version: Any = 1001
) -> bytes:
    parts = (version, {"protocol_version": 1001, "little_endian": True, "type_sizes": {}})
    return (
        _MAGIC
        + b"".join(pickle.dumps(part, protocol=2) for part in parts)
        + script
        + pickle.dumps(list(keys) if isinstance(keys, tuple) else keys, protocol=2)
        + (struct.pack("<q", 6) + NUMBERS if data is None else data)
    )


def _flipped_storage() -> bytes:
    return torch_zip(LINEAR, NUMBERS).replace(NUMBERS, NUMBERS[::-1])


def _script_bomb() -> bytes:
    """One storage, seen by many tensors."""
    one = tensor(shape(2**18), shape(1), where=storage(2**18))
    entries = b"".join(text(f"l{n}.weight") + b"h\x07" for n in range(300))
    return torch_zip(steps(b"}", one, b"q\x070(", entries, b"u", protocol=2), b"\0" * 2**20)


TORCH: dict[str, tuple[Maker, str]] = {
    "system": (lambda: torch_zip(pickle.dumps({"a": Runs()}, 2), NUMBERS), ".system'"),
    "system_legacy": (lambda: torch_legacy(pickle.dumps(Runs(), 2)), ".system'"),
    "system_in_magic": (
        lambda: _MAGIC + pickle.dumps(Runs(), 2) + bytes(99), ".system'"
    ),
    "torch_load": (
        lambda: torch_zip(steps(call(named("torch.serialization", "load"), text("x")))), "torch."
    ),
    "hub": (lambda: torch_zip(steps(call(named("torch.hub", "load"), text("x")))), "torch.hub"),
    "whole_module": (
        lambda: torch_zip(steps(named("__main__", "Net"), b")\x81", protocol=2)),
        "model.state_dict()",
    ),
    "script": (
        lambda: torch_zip(LINEAR, NUMBERS).replace(b"m/version", b"m/code/ab"), "TorchScript"
    ),
    "quantized": (
        lambda: torch_zip(steps(named("torch._utils", "_rebuild_qtensor"))), "quantized"
    ),
    "sparse": (
        lambda: torch_zip(steps(named("torch._utils", "_rebuild_sparse_tensor"))), "sparse"
    ),
    "compressed": (
        lambda: torch_zip(LINEAR, NUMBERS, method=zipfile.ZIP_DEFLATED), "torch.save never does"
    ),
    "storage_1_tib": (
        lambda: torch_zip(state_dict(("fc.weight", tensor(
            shape(2**38), shape(1), where=storage(2**38)))), NUMBERS),
        "declares 1,099,511,627,776 bytes, but holds 24",
    ),
    "storage_missing": (
        lambda: torch_zip(state_dict(("fc.weight", tensor(
            shape(2, 2), shape(2, 1), where=storage(6, "9")))), NUMBERS),
        "lacks the storage",
    ),
    "storage_climbs": (
        lambda: torch_zip(state_dict(("fc.weight", tensor(
            shape(2, 2), shape(2, 1), where=storage(6, "../data.pkl")))), NUMBERS),
        "lacks the storage",
    ),
    "storage_two_types": (
        lambda: torch_zip(steps(storage(6), storage(3, kind="DoubleStorage"), protocol=2), NUMBERS),
        "two different ways",
    ),
    "storage_alone": (lambda: torch_zip(state_dict(("a", storage(6))), NUMBERS), "without tensor"),
    "storage_negative": (lambda: torch_zip(steps(storage(-6), protocol=2), NUMBERS), "not known"),
    "storage_no_tuple": (lambda: torch_zip(steps(text("storage"), b"Q"), NUMBERS), "not known"),
    "checksum": (_flipped_storage, "wrong checksum"),
    "beyond": (_weight(shape(2, 3), shape(3, 1), offset=1), "reaches beyond"),
    "beyond_by_stride": (_weight(shape(2, 2), shape(5, 1)), "reaches beyond"),
    "beyond_by_far": (_weight(shape(2**31, 2**31), shape(2**31, 1)), "reaches beyond"),
    "negative_stride": (_weight(shape(2, 2), shape(-2, 1)), "negative"),
    "negative_size": (_weight(shape(-2, 2), shape(2, 1)), "negative"),
    "negative_offset": (_weight(shape(2, 2), shape(2, 1), offset=-1), "negative"),
    "strides_missing": (_weight(shape(2, 2), shape(2)), "missing"),
    "strides_list": (_weight(shape(2, 2), b"]"), "not known"),
    "repeated_1_tib": (_weight(shape(2**38), shape(0)), "at most"),
    "repeated_1_gib": (_weight(shape(2**14, 2**14), shape(0, 0)), "decompression bomb"),
    "many_axes": (_weight(shape(*[1] * 30), shape(*[1] * 30)), "no shape of a weight"),
    "one_storage_often": (_script_bomb, "decompression bomb"),
    "not_a_storage": (
        _weight(shape(2), shape(1), where=text("x")), "not known"
    ),
    "parameter": (
        lambda: torch_zip(steps(call(named("torch._utils", "_rebuild_parameter"), b"N"))),
        "without tensor",
    ),
    "other_pickle": (lambda: torch_zip(b"hello"), "damaged"),
    "script_cut_off": (lambda: torch_zip(LINEAR[:-20], NUMBERS), "damaged"),
    "truncated": (lambda: torch_zip(LINEAR, NUMBERS)[:-40], "damaged"),
    "empty": (lambda: torch_zip(pickle.dumps({}, 2)), "no state dict"),
    "single_tensor": (
        lambda: torch_zip(steps(tensor(shape(2), shape(1)), protocol=2), NUMBERS), "single tensor"
    ),
    "legacy_version": (lambda: torch_legacy(version=7), "layout version"),
    "legacy_keys": (lambda: torch_legacy(keys={"0": 1}), "lists its storages"),
    "legacy_keys_twice": (lambda: torch_legacy(keys=("0", "0")), "lists its storages"),
    "legacy_unknown_key": (lambda: torch_legacy(keys=("5",)), "expected 0"),
    "legacy_missing": (lambda: torch_legacy(keys=(), data=b""), "lacks the storage"),
    "legacy_count": (
        lambda: torch_legacy(data=struct.pack("<q", 2**40) + NUMBERS), "1,099,511,627,776 numbers"
    ),
    "legacy_negative": (
        lambda: torch_legacy(data=struct.pack("<q", -6) + NUMBERS), "has -6 numbers"
    ),
    "legacy_short": (
        lambda: torch_legacy(data=struct.pack("<q", 6) + NUMBERS[:-1]), "ends in the middle"
    ),
    "legacy_rest": (
        lambda: torch_legacy(data=struct.pack("<q", 6) + NUMBERS + b"x"), "goes on after"
    ),
    "legacy_magic_only": (lambda: _MAGIC, "ends in the middle"),
    # State dicts that are no networks
    "conv": (
        lambda: torch_zip(
            state_dict(("c.weight", tensor(shape(1, 2, 3, 1), shape(6, 3, 1, 1)))), NUMBERS),
        "nn.Conv2d",
    ),
    "only_bias": (
        lambda: torch_zip(state_dict(("c.weight", tensor(shape(2, 2), shape(2, 1))),
                                     ("d.bias", tensor(shape(2), shape(1)))), NUMBERS),
        "belongs to no layer",
    ),
    "integers_as_names": (lambda: torch_zip(steps(b"}K\x01", tensor(
        shape(2), shape(1)), b"s", protocol=2), NUMBERS), "no state dict"),
}  # fmt: skip

# A cell written by hand: an LSTM of one unit that reads one number
CELL = pickle.dumps(
    {"W": np.ones((1, 4), "f4"), "U": np.ones((1, 4), "f4"), "fc.weight": np.ones((2, 1), "f4"),
     "fc.bias": np.ones(2, "f4")}, 4
)  # fmt: skip
CELL_SPEC = {"cell": {"kind": "lstm", "input": "W", "recurrent": "U"}}

# Tensors in a pickle that torch.save did not write ---------------------------------------------


def loaded(inner: bytes | None = None, *more: bytes) -> bytes:
    """A storage that is a file of its own, as pickle.dump and joblib.dump write it."""
    data = torch_legacy(steps(storage(6), protocol=2)) if inner is None else inner
    held = b"B" + struct.pack("<I", len(data)) + data
    return call(named("torch.storage", "_load_from_bytes"), held, *more)


def in_pickle(where: bytes) -> bytes:
    """A Linear layer whose weights lie in such a storage."""
    return state_dict(
        ("fc.weight", tensor(shape(2, 2), shape(2, 1), where=where)),
        ("fc.bias", tensor(shape(2), shape(1), offset=4, where=where)),
        protocol=4,
    )


NESTED: dict[str, tuple[Maker, str]] = {
    "system": (lambda: in_pickle(loaded(torch_legacy(pickle.dumps(Runs(), 2)))), ".system'"),
    "system_in_magic": (lambda: in_pickle(loaded(pickle.dumps(Runs(), 2) + bytes(99))), ".system'"),
    "within_itself": (
        lambda: in_pickle(loaded(torch_legacy(steps(loaded(), protocol=2)))), "torch.storage"
    ),
    "no_bytes": (
        lambda: in_pickle(call(named("torch.storage", "_load_from_bytes"), text("x"))), "no bytes"
    ),
    "two_arguments": (lambda: in_pickle(loaded(None, b"N")), "no bytes"),
    "no_argument": (
        lambda: in_pickle(call(named("torch.storage", "_load_from_bytes"))), "no bytes"
    ),
    "no_storage": (lambda: in_pickle(loaded(torch_legacy(steps(b"N"), keys=(), data=b""))), "form"),
    "tensor": (lambda: in_pickle(loaded(torch_legacy())), "names 'collections.OrderedDict'"),
    "many_steps": (
        lambda: in_pickle(loaded(torch_legacy(steps(b"N0" * 600, storage(6), protocol=2)))),
        "more than 1,000 steps",
    ),
    "cut_off": (lambda: in_pickle(loaded(torch_legacy()[:60])), "only 2 bytes are left"),
    "short": (
        lambda: in_pickle(loaded(torch_legacy(
            steps(storage(6), protocol=2), data=struct.pack("<q", 6) + b"x"))),
        "ends in the middle",
    ),
    "beyond": (
        lambda: steps(tensor(shape(9), shape(1), where=loaded())), "reaches beyond"
    ),
    "repeated_1_tib": (
        lambda: steps(tensor(shape(2**38), shape(0), where=loaded())), "at most"
    ),
    "storage_alone": (lambda: steps(loaded()), "without tensor"),
}  # fmt: skip
