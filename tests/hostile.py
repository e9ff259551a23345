"""Files made to do harm or to confuse, generated when a test runs; none is ever committed.

Each maker returns the bytes of one file. `HOSTILE` pairs it with words its refusal must hold.
"""

from __future__ import annotations

import io
import json
import os
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests import hostile_objects, hostile_pickles, hostile_saved

Maker = Callable[[], bytes]

# A well-formed model to spoil: Dense(2) on three features --------------------------------------

DENSE = {
    "class_name": "Sequential",
    "config": {
        "name": "s",
        "layers": [
            {"class_name": "InputLayer", "config": {"name": "i", "batch_shape": [None, 3]}},
            {"class_name": "Dense", "config": {"name": "d", "units": 2, "activation": "softmax"}},
        ],
    },
}
KERNEL, BIAS = np.arange(6, dtype="float32").reshape(3, 2), np.ones(2, "float32")


def keras_h5(
    spoil: Callable[[h5py.File], Any] = lambda file: None,
    *,
    config: Any = DENSE,
    kernel: Any = None,
) -> bytes:
    """A small whole-model HDF5 file, changed by `spoil` before it is closed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model")
        with h5py.File(path, "w") as file:
            file.attrs["model_config"] = config if isinstance(config, str) else json.dumps(config)
            file.attrs["keras_version"] = "3.15.1"
            group = file.create_group("model_weights/d")
            group.attrs["weight_names"] = ["kernel", "bias"]
            group["kernel"] = KERNEL if kernel is None else kernel
            group["bias"] = BIAS
            spoil(file)
        return path.read_bytes()


def with_layer(layer: dict[str, Any]) -> dict[str, Any]:
    """The model's configuration with one more layer before the last."""
    first, last = DENSE["config"]["layers"]  # type: ignore[index]
    return {"class_name": "Sequential", "config": {"layers": [first, layer, last]}}


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return buffer.getvalue()


def weights_h5() -> bytes:
    """The weights of the same small model as a .keras archive keeps them."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        group = file.create_group("layers/dense/vars")
        group.attrs["name"] = "d"
        group["0"], group["1"] = KERNEL, BIAS
    return buffer.getvalue()


def keras_archive(config: Any = DENSE, *, weights: bytes | None = None) -> bytes:
    """The same small model as a .keras archive."""
    return zipped(
        {
            "metadata.json": b'{"keras_version": "3.15.1"}',
            "config.json": json.dumps(config).encode(),
            "model.weights.h5": weights_h5() if weights is None else weights,
        }
    )


def keys(value: Any) -> list[Any]:
    """Keys or positions of a JSON value, none for a number or text."""
    if isinstance(value, list):
        return list(range(len(value)))
    return list(value) if isinstance(value, dict) else []


def npy(array: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def raw_npy(header: str, data: bytes = b"", *, version: int = 1) -> bytes:
    """A .npy file with a header of our own."""
    text = header.encode("latin-1")
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + data


def safetensors(header: Any, data: bytes = b"") -> bytes:
    text = header.encode() if isinstance(header, str) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(dtype: str = "F32", shape: Any = (2,), offsets: Any = (0, 8)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


# HDF5 ------------------------------------------------------------------------------------------


def _external_storage(file: h5py.File) -> None:
    """A dataset that reads its numbers from a file of this machine."""
    file.create_dataset("leak", (16,), "u1", external=[(os.__file__, 0, 16)])


def _virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((2,), "f4")
    layout[:] = h5py.VirtualSource(".", "model_weights/d/bias", (2,))
    file.create_virtual_dataset("virtual", layout)


def _bomb(file: h5py.File) -> None:
    file.create_dataset(
        "bomb", (2**26,), "u1", chunks=(2**24,), compression="gzip", data=np.zeros(2**26, "u1")
    )


def _declared_only(file: h5py.File) -> None:
    file.create_dataset("huge", (2**40, 2), "f4", chunks=(2**10, 2))


def _nested(file: h5py.File) -> None:
    group = file
    for _ in range(3000):
        group = group.create_group("g")


def _hard_cycle(file: h5py.File) -> None:
    file["model_weights/d/again"] = file["model_weights"]


def _set(name: str, value: Any) -> Callable[[h5py.File], Any]:
    return lambda file: file.__setitem__(name, value)


def _many(file: h5py.File) -> None:
    group = file.create_group("many")
    for number in range(20_001):
        group.create_group(str(number))


def _odd_attribute(file: h5py.File) -> None:
    del file.attrs["model_config"]
    file.attrs["model_config"] = np.zeros((4, 4))


def _weights_elsewhere(file: h5py.File) -> None:
    file["model_weights/d"].attrs["weight_names"] = ["../../kernel", "bias"]


_HDF5: dict[str, tuple[Maker, str]] = {
    "external_link": (
        lambda: keras_h5(_set("x", h5py.ExternalLink("/etc/passwd", "/"))),
        "soft or external link",
    ),
    "soft_link": (lambda: keras_h5(_set("x", h5py.SoftLink("/x"))), "soft or external link"),
    "hard_cycle": (lambda: keras_h5(_hard_cycle), "two paths"),
    "external_storage": (lambda: keras_h5(_external_storage), "another file"),
    "virtual": (lambda: keras_h5(_virtual), "virtual"),
    "declares_8_tib": (lambda: keras_h5(_declared_only), "decompression bomb"),
    "gzip_bomb": (lambda: keras_h5(_bomb), "decompression bomb"),
    "variable_length": (
        lambda: keras_h5(lambda f: f.create_dataset("x", (2,), h5py.vlen_dtype("i4"))),
        "real numbers",
    ),
    "references": (
        lambda: keras_h5(lambda f: f.create_dataset("x", (2,), h5py.ref_dtype)),
        "real numbers",
    ),
    "compound": (
        lambda: keras_h5(lambda f: f.create_dataset("x", data=np.zeros(2, "i4,f4"))),
        "real numbers",
    ),
    "complex": (lambda: keras_h5(_set("x", np.zeros(2, complex))), "real numbers"),
    "texts": (lambda: keras_h5(_set("x", "text")), "real numbers"),
    "named_type": (lambda: keras_h5(_set("x", np.dtype("f4"))), "neither a group nor a dataset"),
    "unusual_filter": (
        lambda: keras_h5(lambda f: f.create_dataset("x", data=np.ones(99), compression="lzf")),
        "only gzip",
    ),
    "deep_groups": (lambda: keras_h5(_nested), "nested deeper"),
    "many_groups": (lambda: keras_h5(_many), "entries"),
    "odd_attribute": (lambda: keras_h5(_odd_attribute), "not a text"),
    "weights_elsewhere": (lambda: keras_h5(_weights_elsewhere), "does not hold them"),
    "truncated": (lambda: keras_h5()[:2000], "damaged"),
    "first_bytes_only": (lambda: b"\x89HDF\r\n\x1a\n", "damaged"),
    "no_model": (lambda: keras_h5(lambda f: f.attrs.clear()), "no Keras model"),
    "nan_weights": (lambda: keras_h5(kernel=KERNEL * np.nan), "not finite"),
    "too_large_for_float32": (
        lambda: keras_h5(kernel=KERNEL.astype("f8") + 1e300),
        "not finite",
    ),
    "shape_overflows": (
        lambda: keras_h5(lambda f: f.create_dataset("x", (2**32, 2**32), "f4", chunks=(1, 1))),
        "decompression bomb",
    ),
    "wrong_axes": (lambda: keras_h5(kernel=KERNEL[None]), "expected 2 axes"),
    "wrong_units": (lambda: keras_h5(kernel=KERNEL.T), "declares units=2"),
}

# What a configuration can say ------------------------------------------------------------------

_LAMBDA = {"class_name": "Lambda", "config": {"name": "l", "function": ["ZXZpbA==", None, None]}}

_CONFIGS: dict[str, tuple[Any, str]] = {
    "lambda": (with_layer(_LAMBDA), "Python code, which is never run"),
    "text_vectorization": (
        with_layer({"class_name": "TextVectorization", "config": {"name": "t"}}),
        "get_vocabulary",
    ),
    "authors_class": (
        with_layer(
            {"class_name": "Dense", "registered_name": "Evil>Dense", "config": {"name": "e"}}
        ),
        "author's own",
    ),
    "module_os": (
        with_layer({"class_name": "system", "module": "os", "config": {"name": "e"}}),
        "author's own",
    ),
    "unknown_layer": (
        with_layer({"class_name": "Conv2D", "config": {"name": "c"}}),
        "'c' (Conv2D) is not supported; where it is a class of the author's own",
    ),
    **{
        f"statistics_{name}": (
            with_layer({"class_name": kind, "config": {"name": "n", **config}}),
            words,
        )
        for name, kind, config, words in [
            ("texts", "Normalization", {"mean": ["x"], "variance": [1.0]}, "expected numbers"),
            ("objects", "Normalization", {"mean": {"a": 1}, "variance": 1.0}, "expected numbers"),
            ("ragged", "Normalization", {"mean": [[1], [1, 2]], "variance": 1.0}, "numbers"),
            ("infinite", "Normalization", {"mean": [0.0] * 3, "variance": [1e999] * 3}, "finite"),
            (
                "of_others",
                "Normalization",
                {"mean": [0.0] * 9, "variance": [1.0] * 9},
                "expects input with 9 units, found (batch, 3)",
            ),
            ("scales", "Rescaling", {"scale": [1.0] * 2, "offset": [0.0] * 3}, "2 scales and 3"),
            ("of_scales", "Rescaling", {"scale": [[[1.0]]], "offset": 0.0}, "several axes"),
            ("alpha", "ELU", {"alpha": "x"}, "expected a number"),
            ("of_a_cell", "RNN", {"cell": {"class_name": "RNN", "config": {}}}, "supported"),
            ("of_no_cell", "RNN", {"cell": 3}, "does not describe a cell"),
            ("steps", "Reshape", {"target_shape": [2**70, -1]}, "cannot give"),
            ("no_steps", "Reshape", {"target_shape": [-1, -1]}, "cannot give"),
            ("dims", "Permute", {"dims": [[1], 2]}, "supported: (1, 2)"),
            ("heads", "MultiHeadAttention", {"num_heads": 2**70, "key_dim": 1}, "expected 8"),
            ("depth", "DepthwiseConv1D", {"kernel_size": 2}, "0 arrays of weights"),
        ]
    },
    "inner_model_without_layers": (
        with_layer({"class_name": "Sequential", "config": {"name": "m"}}),
        "lacks 'layers'",
    ),
    "inner_model_of_the_author": (
        with_layer(
            {"class_name": "Functional", "registered_name": "Evil>M", "config": {"name": "m"}}
        ),
        "author's own",
    ),
    "inner_model_with_lambda": (
        with_layer({"class_name": "Sequential", "config": {"name": "m", "layers": [_LAMBDA]}}),
        "Python code, which is never run",
    ),
    "text_by_a_function": (
        with_layer(
            {
                "class_name": "TextVectorization",
                "config": {"name": "t", "standardize": {"class_name": "function", "config": "f"}},
            }
        ),
        "the author's own",
    ),
    "text_from_a_file": (
        with_layer(
            {
                "class_name": "TextVectorization",
                "config": {"name": "t", "vocabulary": "/etc/passwd"},
            }
        ),
        "does not keep them",
    ),
    "text_without_end": (
        with_layer(
            {
                "class_name": "TextVectorization",
                "config": {"name": "t", "vocabulary": ["a"], "output_sequence_length": 2**60},
            }
        ),
        "expected 1 to",
    ),
    "custom_activation": (
        with_layer({"class_name": "Activation", "config": {"name": "a", "activation": {"a": 1}}}),
        "custom activation",
    ),
    "subclass": ({"class_name": "MyModel", "config": {}}, "Sequential and functional"),
    "no_layers": ({"class_name": "Sequential", "config": {"layers": []}}, "no layers"),
    "only_input": (
        {"class_name": "Sequential", "config": {"layers": DENSE["config"]["layers"][:1]}},  # type: ignore[index]
        "no layers with weights",
    ),
    "layers_are_numbers": ({"class_name": "Sequential", "config": {"layers": [1]}}, "damaged"),
    "not_an_object": ([1, 2], "damaged"),
    "not_json": ("{", "not valid JSON"),
    "deep_json": ("[" * 100_000, "not valid JSON"),
    "long_number": ('{"class_name": 1' + "0" * 10_000 + "}", "not valid JSON"),
}


def _functional(*layers: tuple[str, str, Any], output: Any = ("d", 0, 0)) -> dict[str, Any]:
    """A functional model in the notation of Keras 2: (class, name, inbound nodes)."""
    described = [
        {"class_name": kind, "name": name, "inbound_nodes": nodes,
         "config": {"name": name, "units": 2, "activation": "relu"}}
        for kind, name, nodes in layers
    ]  # fmt: skip
    config = {"layers": described, "input_layers": [["i", 0, 0]], "output_layers": [list(output)]}
    return {"class_name": "Functional", "config": config}


_INPUT = ("InputLayer", "i", [])
FUNCTIONAL = _functional(
    _INPUT, ("Dropout", "o", [[["i", 0, 0, {}]]]), ("Dense", "d", [[["o", 0, 0, {}]]])
)


def cut(start: Any = None, stop: Any = None, step: Any = None) -> dict[str, Any]:
    """A slice as Keras 3 writes it."""
    return {"class_name": "__slice__", "config": {"start": start, "stop": stop, "step": step}}


def sliced(key: Any, **changes: Any) -> dict[str, Any]:
    """A model whose input (batch, 3) is cut by a key before a Dense."""
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["i", 0, 0]}}
    layer = {
        "module": "keras.src.ops.numpy", "class_name": "GetItem", "name": "o",
        "config": {"name": "o"}, "inbound_nodes": [{"args": [tensor, key], "kwargs": {}}],
    }  # fmt: skip
    first, _, *others = FUNCTIONAL["config"]["layers"]
    layers = [first, {**layer, **changes}, *others]
    return {**FUNCTIONAL, "config": {**FUNCTIONAL["config"], "layers": layers}}


def of_two(*, second: Any = (None, 1), inputs: Any = ("i", "j")) -> dict[str, Any]:
    """A model of two inputs, (batch, 2) and (batch, 1), side by side before a Dense."""
    model = _functional(
        _INPUT, ("InputLayer", "j", []),
        ("Concatenate", "o", [[["i", 0, 0, {}], ["j", 0, 0, {}]]]),
        ("Dense", "d", [[["o", 0, 0, {}]]]),
    )  # fmt: skip
    for layer, shape in zip(model["config"]["layers"], ((None, 2), second), strict=False):
        layer["config"]["batch_shape"] = shape and list(shape)
    model["config"]["input_layers"] = [[name, 0, 0] for name in inputs]
    model["config"]["layers"][2]["config"] = {"name": "o", "axis": -1}
    return model


_CONFIGS |= {
    "input_twice": (of_two(inputs=("i", "i")), "names an input twice"),
    "input_missing": (of_two(inputs=("i",)), "reads layer 'j', which it does not describe"),
    "input_of_many_units": (of_two(second=(None, 10_000_000)), "has 10000000 units"),
    "input_of_any_units": (of_two(second=(None, None)), "does not say its last axis"),
    "input_of_many_axes": (of_two(second=(None,) * 60), "has 60 axes"),
    "input_without_shape": (of_two(second=None), "has no stated axes"),
    "absurd_slice": (sliced([cut(), cut(2**70, -(2**70))]), "takes no unit"),
    "slice_of_a_slice": (sliced([cut(), cut(0, [cut()])]), "whole numbers"),
    "reads_itself": (_functional(_INPUT, ("Dense", "d", [[["d", 0, 0, {}]]])), "its own output"),
    "circle": (
        _functional(
            _INPUT, ("Dense", "e", [[["d", 0, 0, {}]]]), ("Dense", "d", [[["e", 0, 0, {}]]])
        ),
        "its own output",
    ),
    "used_often": (
        _functional(_INPUT, ("Dense", "d", [[["i", 0, 0, {}]]] * 65)),
        "used 65 times",
    ),
    "missing_layer": (
        _functional(_INPUT, ("Dense", "d", [[["x", 0, 0, {}]]])),
        "does not describe",
    ),
    "second_output": (
        _functional(
            _INPUT, ("Dropout", "o", [[["i", 0, 0, {}]]]), ("Dense", "d", [[["o", 0, 1, {}]]])
        ),
        "expected its only one",
    ),
    "two_inputs": (
        _functional(_INPUT, ("Dense", "d", [[["i", 0, 0, {}], ["i", 0, 0, {}]]])),
        "reads 2 inputs",
    ),
    "same_name": (
        _functional(_INPUT, *[("Dense", "d", [[["i", 0, 0, {}]]])] * 2),
        "two layers of the same name",
    ),
    "given_state": (
        _functional(_INPUT, ("Dense", "d", [[["i", 0, 0, {"initial_state": ["i", 0, 0]}]]])),
        "second input",
    ),
    "given_mask": (
        _functional(_INPUT, ("Dense", "d", [[["i", 0, 0, {"mask": ["i", 0, 0]}]]])),
        "mask",
    ),
}

# Layers of constants, whose numbers stand in the description.
STATISTICS = {
    "class_name": "Sequential",
    "config": {
        "layers": [
            DENSE["config"]["layers"][0],  # type: ignore[index]
            *(
                {"class_name": kind, "config": {"name": kind, **config}}
                for kind, config in [
                    ("Normalization", {"mean": [0.0, 1.0, 2.0], "variance": [1.0, 2.0, 3.0]}),
                    ("Rescaling", {"scale": 0.5, "offset": [1.0, 2.0, 3.0]}),
                    ("ELU", {"alpha": 0.3}),
                    ("Reshape", {"target_shape": [1, 3]}),
                    ("Permute", {"dims": [2, 1]}),
                    ("Flatten", {"data_format": "channels_last"}),
                ]
            ),
            DENSE["config"]["layers"][1],  # type: ignore[index]
        ]
    },
}

# Zip -------------------------------------------------------------------------------------------


def _patched(data: bytes, *, central: int, local: int, layout: str, value: int) -> bytes:
    """A zip with one field changed in the directory and in the local header of its last member."""
    patched = bytearray(data)
    struct.pack_into(layout, patched, data.rindex(b"PK\x01\x02") + central, value)
    struct.pack_into(layout, patched, data.rindex(b"PK\x03\x04") + local, value)
    return bytes(patched)


def _duplicate_names() -> bytes:
    two = zipped({"arr_0.npy": npy(BIAS), "arr_1.npy": npy(BIAS)})
    return two.replace(b"arr_1.npy", b"arr_0.npy")


def _overlapping() -> bytes:
    """Two names in the directory for the bytes of one member."""
    data = zipped({"arr_0.npy": npy(BIAS), "arr_1.npy": npy(BIAS)})
    patched = bytearray(data)
    struct.pack_into("<I", patched, data.rindex(b"PK\x01\x02") + 42, 0)
    return bytes(patched)


_ONE = {"arr_0.npy": npy(BIAS)}

_ZIP: dict[str, tuple[Maker, str]] = {
    "climbs_up": (lambda: zipped({"../x.npy": npy(BIAS)}), "not allowed"),
    "absolute": (lambda: zipped({"/etc/x.npy": npy(BIAS)}), "not allowed"),
    "drive": (lambda: zipped({"C:/x.npy": npy(BIAS)}), "not allowed"),
    "duplicate": (_duplicate_names, "two members"),
    "overlapping": (_overlapping, "overlap"),
    "bomb": (
        lambda: zipped({"arr_0.npy": npy(np.zeros(2**25, "u1"))}, zipfile.ZIP_DEFLATED),
        "decompression bomb",
    ),
    "encrypted": (
        lambda: _patched(zipped(_ONE), central=8, local=6, layout="<H", value=1),
        "encrypted",
    ),
    "unusual_method": (lambda: zipped(_ONE, zipfile.ZIP_BZIP2), "unusual method"),
    "lies_about_size": (
        lambda: _patched(zipped(_ONE), central=24, local=22, layout="<I", value=2**30),
        "two different sizes",
    ),
    "wrong_checksum": (
        lambda: zipped(_ONE).replace(BIAS.tobytes(), (2 * BIAS).tobytes()),
        "damaged",
    ),
    "wrong_checksum_inside_keras": (
        lambda: zipped(
            {"config.json": json.dumps(DENSE).encode(), "model.weights.h5": keras_h5()}
        ).replace(BIAS.tobytes(), (2 * BIAS).tobytes()),
        "wrong checksum",
    ),
    "truncated": (lambda: zipped(_ONE)[:-30], "damaged"),
    "many_members": (lambda: zipped({str(n): b"" for n in range(20_001)}), "entries"),
    "zip_in_zip": (lambda: zipped({"arr_0.zip": zipped(_ONE)}), "not a model"),
    "long_member": (
        lambda: zipped({f"folder/{'very' * 20}/model.keras": b"", "words.txt": b""}),
        f"holds 'folder/{'very' * 12}...', 'words.txt', not a model; where a model is among",
    ),
    "office": (lambda: zipped({"[Content_Types].xml": b"<x/>"}), "Office document"),
    "empty": (lambda: zipped({}), "empty zip archive"),
}

# Numpy -----------------------------------------------------------------------------------------


def _header(descr: Any = "<f4", shape: Any = (2,), order: Any = False) -> str:
    return repr({"descr": descr, "fortran_order": order, "shape": shape})


def _in_npz(data: bytes) -> Maker:
    return lambda: zipped({"arr_0.npy": data})


_NPY: dict[str, tuple[Maker, str]] = {
    "asks_for_32_gib": (_in_npz(raw_npy(_header(shape=(2**33,)), b"1234")), "declares shape"),
    "overflowing_shape": (
        _in_npz(raw_npy(_header(shape=(2**61, 2**61, 2**61)))),
        "declares shape",
    ),
    "enormous_number": (_in_npz(raw_npy(_header(shape=(10**400,)))), "sizes of 0 or more"),
    "negative_shape": (_in_npz(raw_npy(_header(shape=(-1,)), b"1234")), "sizes of 0 or more"),
    "true_as_size": (_in_npz(raw_npy(_header(shape=(True,)), b"1234")), "sizes of 0 or more"),
    "objects": (_in_npz(npy(np.array([{}], object), allow_pickle=True)), "Python objects"),
    "structured": (_in_npz(npy(np.zeros(2, "i4,f4"))), "real numbers"),
    "words": (_in_npz(npy(np.array(["a", "b"]))), "real numbers"),
    "words_of_no_length": (_in_npz(raw_npy(_header(descr="<U0", shape=(9,)))), "real numbers"),
    "words_in_a_table": (_in_npz(npy(np.array([["a"], ["b"]]))), "expected a list"),
    "words_of_32_gib": (
        _in_npz(raw_npy(_header(descr="<U999999", shape=(9000,)), b"1234")),
        "declares shape",
    ),
    "words_beyond_unicode": (
        _in_npz(raw_npy(_header(descr="<U1", shape=(1,)), b"\xff\xff\xff\x7f")),
        "not Unicode",
    ),
    "many_words": (_in_npz(npy(np.full(30_000, "a"))), "more than 20,000 entries"),
    "complex": (_in_npz(npy(np.zeros(2, complex))), "real numbers"),
    "header_calls": (_in_npz(raw_npy("__import__('os').getpid()")), "cannot be read"),
    "header_brackets": (_in_npz(raw_npy("(" * 9000)), "cannot be read"),
    "header_not_closed": (_in_npz(raw_npy("{'descr': '''")), "cannot be read"),
    "header_extra_key": (_in_npz(raw_npy(_header()[:-1] + ", 'x': 1}")), "cannot be read"),
    "header_too_long": (_in_npz(raw_npy(" " * 60_000 + _header())), "not plausible"),
    "header_4_gib": (_in_npz(b"\x93NUMPY\x02\x00\xff\xff\xff\xff"), "not plausible"),
    "version_9": (_in_npz(raw_npy(_header(), b"12345678", version=9)), "version 9"),
    "too_short": (_in_npz(npy(BIAS)[:-1]), "declares shape"),
    "too_long": (_in_npz(npy(BIAS) + b"x"), "declares shape"),
    "many_axes": (_in_npz(npy(np.zeros((1,) * 20, "f4"))), "no shape of a weight"),
    "single_array": (lambda: npy(BIAS), "single array"),
}

# Safetensors -----------------------------------------------------------------------------------

_SAFETENSORS: dict[str, tuple[Maker, str]] = {
    "header_beyond_file": (lambda: struct.pack("<Q", 2**60) + b"{" * 20, "no known kind"),
    "not_json": (lambda: safetensors("{'a'"), "not a JSON object"),
    "deep_json": (lambda: safetensors('{"a":' * 50_000), "not a JSON object"),
    "twice": (
        lambda: safetensors(
            '{"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]},'
            ' "a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}', b"1"
        ),
        "a tensor twice",
    ),
    "overlap": (
        lambda: safetensors({"a": tensor(), "b": tensor(offsets=(4, 12))}, b"x" * 12),
        "gaps and overlaps",
    ),
    "gap": (lambda: safetensors({"a": tensor(offsets=(4, 12))}, b"x" * 12), "gaps and overlaps"),
    "rest": (lambda: safetensors({"a": tensor()}, b"x" * 12), "its header describes 8"),
    "cut_off": (lambda: safetensors({"a": tensor()}, b"x" * 4), "incomplete"),
    "huge": (
        lambda: safetensors({"a": tensor(shape=(2**40,), offsets=(0, 2**42))}, b"x" * 8),
        "at most",
    ),
    "negative": (lambda: safetensors({"a": tensor(shape=(-2,))}, b"x" * 8), "valid shape"),
    "true_as_size": (lambda: safetensors({"a": tensor(shape=(True,))}, b"x" * 8), "valid shape"),
    "bool": (lambda: safetensors({"a": tensor("BOOL")}, b"x" * 8), "supported: F64"),
    "entry_is_a_list": (lambda: safetensors({"a": [1]}), "supported: F64"),
    "no_description": (lambda: safetensors({"a": tensor()}, b"x" * 8), "which layers"),
}  # fmt: skip

# The project's own format ----------------------------------------------------------------------

OWN = {
    "format": "lrp-lens network", "version": 1, "output": "softmax", "labels": [], "features": [],
    "assumptions": [], "source": "test", "tokenizer": {"method": "words", "lowercase": True},
    "layers": [{"name": "d", "inputs": ["input"], "kind": "dense", "activation": "linear"}],
}  # fmt: skip
OWN_OF_TWO = {
    **OWN,
    "inputs": [
        {"name": name, "units": units, "tokenizer": OWN["tokenizer"]}
        for name, units in (("a", 2), ("b", 1))
    ],
    "layers": [
        {"name": "c", "inputs": ["a", "b"], "kind": "concatenate", "axis": -1},
        {"name": "d", "inputs": ["c"], "kind": "dense", "activation": "linear"},
    ],
}
OWN_WEIGHTS = safetensors(
    {"d/kernel": tensor(shape=[3, 2], offsets=[0, 24]), "d/bias": tensor(offsets=[24, 32])},
    KERNEL.tobytes() + BIAS.tobytes(),
)


def own(description: Any = OWN, *, weights: bytes = OWN_WEIGHTS, **changes: Any) -> bytes:
    """A small model in the project's own format."""
    if isinstance(description, dict):
        description = json.dumps({**description, **changes})
    return zipped({"m/network.json": description.encode(), "m/weights.safetensors": weights})


def _layer(**changes: Any) -> list[Any]:
    return [{**OWN["layers"][0], **changes}]  # type: ignore[index, dict-item]


def _nested_layers() -> bytes:
    inner: dict[str, Any] = {"kind": "bidirectional"}
    for _ in range(300):
        inner = {"kind": "bidirectional", "forward_layer": inner}
    return own(layers=[{"name": "d", "inputs": ["input"], **inner}])


_NATIVE: dict[str, tuple[Maker, str]] = {
    "not_json": (lambda: own("{"), "not valid JSON"),
    "deep_json": (lambda: own("[" * 200_000), "not valid JSON"),
    "not_utf8": (lambda: own("{}").replace(b"{}", b"\xff\xfe"), "damaged"),
    "another_version": (lambda: own(version=99), "version 99"),
    "unknown_kind": (lambda: own(layers=_layer(kind="os.system")), "supported: 'embedding'"),
    "unknown_option": (lambda: own(layers=_layer(__class__=1)), "unknown option"),
    "layer_is_a_number": (lambda: own(layers=[1]), "not an object"),
    "layers_in_layers": (_nested_layers, "lacks"),
    "unknown_output": (lambda: own(output="x"), "'softmax', 'sigmoid'"),
    "tokenizer_is_a_pattern": (
        lambda: own(tokenizer={"method": "(a+)+$", "lowercase": True}), "no tokenizer"
    ),
    "labels_are_numbers": (lambda: own(labels=[1, 2]), "list of texts"),
    "tensor_left_over": (
        lambda: own(weights=safetensors({"x": tensor()}, b"x" * 8)), "lacks 'd/kernel'"
    ),
    "no_weights": (lambda: zipped({"network.json": json.dumps(OWN).encode()}), "lacks"),
}  # fmt: skip

# Other things ----------------------------------------------------------------------------------


class Runs:
    """Unpickled, it would create a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


_OTHER: dict[str, tuple[Maker, str]] = {
    "jpeg": (lambda: b"\xff\xd8\xff\xe0" + b"\0\x10JFIF" + bytes(999), "JPEG picture"),
    "png": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(99), "PNG picture"),
    "pdf": (lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(99), "PDF document"),
    "gguf": (lambda: b"GGUF\x03" + bytes(99), "GGUF"),
    "onnx": (lambda: b"\x08\x0a\x12\x07pytorch\x1a\x052.9.0:", "ONNX"),
    "saved_model": (lambda: b"\x08\x01\x12\x10abc", "TensorFlow SavedModel"),
    "saved_model_in_zip": (
        lambda: zipped({"m/saved_model.pb": b"x", "m/variables/variables.index": b""}),
        "TensorFlow SavedModel",
    ),
    "lfs": (lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
    "html": (lambda: b"<!DOCTYPE html><html></html>", "web page"),
    "json": (lambda: b'{"a": 1}', "JSON text"),
    "text": (lambda: b"these are words", "a text"),
    "gzip": (lambda: b"\x1f\x8b\x08" + zlib.compress(b"x"), "gzip archive"),
    "empty": (lambda: b"", "is empty"),
    "noise": (lambda: np.random.default_rng(0).bytes(4000), "no known kind"),
    "one_byte": (lambda: b"\0", "no known kind"),
}  # fmt: skip

HOSTILE: dict[str, tuple[Maker, str]] = {
    f"{family}-{name}": case
    for family, cases in {
        "hdf5": _HDF5,
        "config": {
            name: (lambda config=config: keras_h5(config=config), words)
            for name, (config, words) in _CONFIGS.items()
        },
        "zip": _ZIP,
        "npy": _NPY,
        "safetensors": _SAFETENSORS,
        "own": _NATIVE,
        "pickle": hostile_pickles.PICKLES,
        "torch": hostile_pickles.TORCH,
        "nested": hostile_pickles.NESTED,
        "saved": hostile_saved.SAVED,
        "known": hostile_objects.KNOWN_OBJECTS,
        "texts": hostile_objects.TEXT_ARRAYS,
        "joblib": hostile_objects.JOBLIB,
        "other": _OTHER,
    }.items()
    for name, case in cases.items()
}


def flipped(data: bytes, rng: np.random.Generator) -> bytes:
    """A copy with a few bytes changed: mostly near the start, where the structure is.

    An empty file has none to change.
    """
    if not data:
        return data
    damaged = np.frombuffer(data, np.uint8).copy()
    for _ in range(int(rng.integers(1, 5))):
        reach = len(data) if rng.random() < 0.5 else min(len(data), 2048)
        damaged[rng.integers(reach)] ^= np.uint8(1 << int(rng.integers(8)))
    if rng.random() < 0.1:
        damaged = damaged[: rng.integers(1, max(2, len(damaged)))]
    return damaged.tobytes()
