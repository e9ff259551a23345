"""A network small enough to be read in an instant, as parts and as files."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np

from app import settings

E, H, C = 6, 5, 3
WORDS = ("<unk>", *settings.DEFAULT_TEXT.split()[:2], "nor", "suspenseful", "particularly", ".",
         "good", "bad", "film")  # fmt: skip
LABELS = ("no", "so so", "yes")
SENTENCES = (
    ("good film .", "yes"),
    ("bad film .", "no"),
    ("neither good nor bad .", "1"),
    ("a film nobody labelled .", ""),
)


def eight_arrays(seed: int = 0, classes: int = C) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)

    def normal(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.5, shape)

    direction = [(E, 4 * H), (H, 4 * H), (4 * H,)]
    return [normal(*shape) for shape in (*direction, *direction, (2 * H, classes), (classes,))]


def embeddings(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(len(WORDS), E))


def npz(arrays: Sequence[np.ndarray]) -> bytes:
    file = io.BytesIO()
    np.savez(file, *arrays)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def of_outputs(units: int = E) -> bytes:
    """An ONNX model of features with the outputs "mood", "stars" and "odd", which is not read."""
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(9)
    shapes = {"a": (units, 3), "b": (units, 1)}
    weights = [
        numpy_helper.from_array(rng.normal(size=shape).astype("float32"), name)
        for name, shape in shapes.items()
    ]
    nodes = [
        helper.make_node("MatMul", ["x", "a"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["mood"]),
        helper.make_node("MatMul", ["x", "b"], ["stars"]),
        helper.make_node("Cos", ["scores"], ["odd"]),
    ]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", units])]
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
        for name in ("mood", "stars", "odd")
    ]
    graph = helper.make_graph(nodes, "g", inputs, outputs, weights)
    opsets = [helper.make_opsetid("", 20)]
    data: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()
    return data
