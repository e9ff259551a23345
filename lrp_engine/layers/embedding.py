"""Embedding: token ids to vectors, looked up before relevance is propagated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.layers.ops import Ops, Signal
from lrp_engine.model.layer import Array, Layer
from lrp_engine.model.shapes import Shape, expect_inputs


@dataclass(frozen=True, eq=False)
class Embedding(Layer):
    """Rows of `table` (V, E) by token id; with `mask_zero`, id 0 is padding and is skipped.

    It is the input layer of a text network: relevance is asked for at its output.
    """

    kind: ClassVar[str] = "embedding"
    reads_ids: ClassVar[bool] = True

    table: Array  # (V, E)
    mask_zero: bool = False

    def __post_init__(self) -> None:
        if len(self.table.shape) != 2 or 0 in self.table.shape:
            raise FormatError(
                f"The embedding table has shape {tuple(self.table.shape)}, "
                "expected (vocabulary, units)."
            )

    def input_shape(self) -> Shape:
        return Shape(int(self.table.shape[1]), time=True)

    def output_shape(self, *inputs: Shape) -> Shape:
        expect_inputs(inputs, self.input_shape())
        return inputs[0]

    def forward(self, ops: Ops, *inputs: Signal) -> Signal:
        return inputs[0]  # already vectors, see `rows`

    def rows(self, ids: np.ndarray) -> np.ndarray:
        """Vectors (..., E) of ids (...); a negative id stands for an unknown word, all zeros."""
        rows = np.take(self.table, ids, axis=0, mode="clip")
        rows[ids < 0] = 0
        return rows
