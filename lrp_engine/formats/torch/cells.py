"""Recurrent cells written by hand: the names of their matrices, put together as PyTorch's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from lrp_engine.errors import FormatError
from lrp_engine.formats.torch.named_weights import require, require_one_of, weight
from lrp_engine.formats.torch.names import Arrays


@dataclass(frozen=True, kw_only=True)
class Cell:
    """An entry of `CELLS`.

    Attributes:
        gates: its blocks in the order of PyTorch.
        also: other letters for them.
        reads: what it computes, a line of docs/formats.md.
    """

    gates: str
    also: Mapping[str, str]
    reads: str


CELLS: Mapping[str, Cell] = {
    "lstm": Cell(
        gates="ifgo",
        also={"c": "g"},
        reads="`i`, `f`, `o` and the signal `g` (or `c`): `c = f c + i g`, `h = o tanh(c)`",
    ),
    "gru": Cell(
        gates="rzn",
        also={"h": "n", "u": "z"},
        reads="`r`, `z` (or `u`) and the signal `n` (or `h`): `h = z h + (1 - z) n`, or with "
        '`"update": "new"` the other way round; `reset` "after" is `r (U h)`, "before" `U (r h)`',
    ),
    "rnn": Cell(gates="h", also={"n": "h"}, reads="`h = tanh(W x + U h + b)`, or `rnn_activation`"),
}
_ONE_OR_EACH = "one name with all blocks, or an object with one for each letter"
# Key of the spec's "cell" -> what it means, a line of docs/formats.md.
KEYS: Mapping[str, str] = {
    "kind": "a name above",
    "input": f"the weights of x: {_ONE_OR_EACH}",
    "recurrent": "those of h",
    "joined": "in place of those two: weights that read both side by side",
    "bias": "biases, named so too; none",
    "gates": "the order of the blocks within one weight; PyTorch's",
    "state_first": "whether `joined` reads h before x; false",
    "transposed": "whether parameters are (units, inputs), not (inputs, units); false",
    "reset": 'of a GRU: `"after"` or `"before"`; it must be said',
    "update": 'of a GRU: `"keep"`, or `"new"` where z weighs the new state; `"keep"`',
}
Names = str | Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class CellOptions:
    """The names of a cell's weights: one with all blocks, or one for each of its letters.

    Attributes:
        input: of x; recurrent: of h; joined: of both side by side, in place of those two.
        gates: the order of the blocks within one weight.
        state_first: `joined` reads [h, x], not [x, h].
        transposed: weights that are no Linear layers are (units, inputs).
        reset, update: of a GRU, see `CELLS`.
    """

    kind: str
    input: Names | None = None
    recurrent: Names | None = None
    joined: Names | None = None
    bias: Names | None = None
    gates: str | None = None
    state_first: bool = False
    transposed: bool = False
    reset: str | None = None
    update: str | None = None

    @classmethod
    def checked(cls, given: Any) -> CellOptions:
        """From the spec's "cell".

        Raises:
            FormatError: a key or a value is not one of those that are valid.
        """
        require("cell", given, KEYS, ["kind"])
        require_one_of("the cell's kind", given["kind"], CELLS)
        cell = CELLS.get(given["kind"]) or CELLS["rnn"]
        for key in ("input", "recurrent", "joined", "bias"):
            if given.get(key) is not None:
                _check_names(f"cell's {key}", given[key], cell)
        order = given.get("gates")
        if order is not None and (
            not isinstance(order, str) or sorted(order) != sorted(cell.gates)
        ):
            raise FormatError(f"The cell's gates are {order!r:.60}, expected an order of "
                              f"{cell.gates!r}.")  # fmt: skip
        for key in ("state_first", "transposed"):
            require_one_of(f"the cell's {key}", given.get(key), (True, False))
        require_one_of("the cell's reset", given.get("reset"), ("after", "before"))
        require_one_of("the cell's update", given.get("update"), ("keep", "new"))
        options = cls(**{key: value for key, value in given.items() if value is not None})
        if (options.joined is None) == (options.input is None) or (
            (options.input is None) != (options.recurrent is None)
        ):
            raise FormatError(
                "The spec's cell needs either 'input' and 'recurrent', the weights of x and of h, "
                "or 'joined', those of both side by side."
            )
        if options.kind == "gru" and options.reset is None:
            raise FormatError(
                "The spec's cell is a GRU: give its 'reset' too, 'after' for r (U h) as nn.GRU "
                "has it, 'before' for U (r h)."
            )
        return options

    @property
    def names(self) -> Iterator[str]:
        """Everything it names."""
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name in ("input", "recurrent", "joined", "bias") and value is not None:
                yield from [value] if isinstance(value, str) else value.values()


def _check_names(key: str, given: Any, cell: Cell) -> None:
    if isinstance(given, str):
        return
    letters = sorted(cell.also.get(letter, letter) for letter in given) if isinstance(
        given, Mapping) else []  # fmt: skip
    if letters != sorted(cell.gates) or not all(isinstance(n, str) for n in given.values()):
        raise FormatError(
            f"The spec's {key} is {given!r:.120}, expected one name, or one for each of "
            f"{', '.join(cell.gates)}."
        )


def with_cell(arrays: Arrays, options: CellOptions) -> tuple[dict[str, np.ndarray], str]:
    """The state dict with the cell's arrays in the layout of PyTorch, and the cell's name.

    Raises:
        FormatError: a name is not in the file, or its shape does not fit the others.
    """
    used: list[str] = []
    inputs, recurrent, biases = _blocks(arrays, options, used)
    gates = CELLS[options.kind].gates
    if options.update == "new":  # 1 - sigmoid(a) = sigmoid(-a)
        for table in (inputs, recurrent, *biases):
            table |= {"z": -table["z"]} if "z" in table else {}
    E, H = inputs[gates[0]].shape
    for letter in gates:
        for what, array, shape in (
            ("input", inputs[letter], (E, H)),
            ("recurrent", recurrent[letter], (H, H)),
            *(("bias", table[letter], (H,)) for table in biases if letter in table),
        ):
            if array.shape != shape:
                raise FormatError(
                    f"The {what} weight of the cell's {letter!r} has shape {array.shape}, expected "
                    f'{shape}, (inputs, units); for (units, inputs) say "transposed": true.'
                )
    name = next((n for n in ("cell", "cell_by_hand") if not any(
        other.startswith(f"{n}.") for other in arrays)), "cell_of_the_spec")  # fmt: skip
    made = {
        f"{name}.weight_ih_l0": np.concatenate([inputs[letter].T for letter in gates]),
        f"{name}.weight_hh_l0": np.concatenate([recurrent[letter].T for letter in gates]),
    }
    if any(biases):
        for end, table in zip(("ih", "hh"), biases, strict=True):
            zero = np.zeros(H)
            made[f"{name}.bias_{end}_l0"] = np.concatenate([table.get(g, zero) for g in gates])
    result: dict[str, np.ndarray] = {}
    for other, array in arrays.items():
        if other not in used:
            result[other] = array
        elif other == used[0]:
            result |= made
    return result, name


def _blocks(arrays: Arrays, options: CellOptions, used: list[str]) -> tuple[Any, Any, Any]:
    """By letter: W (E, H), U (H, H), and biases (H,) that stand with x and with h."""
    tables: dict[str, dict[str, np.ndarray]] = {"input": {}, "recurrent": {}}
    biases: dict[str, dict[str, np.ndarray]] = {"input": {}, "recurrent": {}}
    for key in ("joined",) if options.joined is not None else ("input", "recurrent"):
        for letter, matrix, bias in _by_letter(arrays, options, key, used):
            if matrix.ndim != 2:
                raise FormatError(f"The cell's {key} weight of {letter!r} has shape "
                                  f"{matrix.shape}, expected a matrix.")  # fmt: skip
            if key == "joined":
                E = matrix.shape[0] - matrix.shape[1]
                if E < 1:
                    raise FormatError(
                        f"The cell's joined weight of {letter!r} has shape {matrix.shape}, "
                        "expected (inputs + units, units)."
                    )
                two = np.split(matrix, [len(matrix) - E if options.state_first else E])
                tables["recurrent" if options.state_first else "input"][letter] = two[0]
                tables["input" if options.state_first else "recurrent"][letter] = two[1]
            else:
                tables[key][letter] = matrix
            if bias is not None:
                biases["recurrent" if key == "recurrent" else "input"][letter] = bias
    if options.bias is not None:
        for letter, array, _ in _by_letter(arrays, options, "bias", used):
            flat = array.reshape(-1) if 1 in array.shape else array
            known = biases["input"].get(letter, 0)
            if np.shape(known) not in ((), flat.shape):
                raise FormatError(f"The cell's bias of {letter!r} has shape {flat.shape}.")
            biases["input"][letter] = flat + known
    return tables["input"], tables["recurrent"], [biases["input"], biases["recurrent"]]


def _by_letter(
    arrays: Arrays, options: CellOptions, key: str, used: list[str]
) -> Iterator[tuple[str, np.ndarray, np.ndarray | None]]:
    """Each gate's letter, weight and bias."""
    cell, named = CELLS[options.kind], getattr(options, key)
    turned = options.transposed and key != "bias"
    if isinstance(named, Mapping):
        for letter, name in named.items():
            found = weight(arrays, name, f"cell's {key}", transposed=turned)
            used.extend(found.names)
            yield cell.also.get(letter, letter), found.matrix, found.bias
        return
    found = weight(arrays, named, f"cell's {key}", transposed=turned)
    used.extend(found.names)
    order, width = options.gates or cell.gates, found.matrix.shape[-1]
    if width % len(order):
        raise FormatError(
            f"{named!r:.80} has shape {found.matrix.shape}, whose {width} columns are not "
            f"{len(order)} blocks."
        )
    matrices = np.split(found.matrix, len(order), axis=-1)
    biases = [None] * len(order) if found.bias is None else np.split(found.bias, len(order))
    yield from zip(order, matrices, biases, strict=True)
