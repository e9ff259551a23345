"""Every budget for reading a file, in one place."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

MIB, GIB = 2**20, 2**30


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one file may cost.

    Attributes:
        input_bytes: size of the file.
        output_bytes: what its arrays and texts may add up to.
        ratio, ratio_floor: output may be `ratio` times the input, but `ratio_floor` is always
            allowed: arrays of zeros in a small genuine file compress without bound.
        entries: archive members, HDF5 objects, tensors; items of one HDF5 attribute.
        nesting: HDF5 groups inside groups; lists and dictionaries of a pickle inside each other.
        opcodes, memo: steps of a pickle, and values it keeps for later use.
        values: numbers, texts and containers in a pickle, arrays counted as entries.
        json_values, json_containers: of a JSON text: all values, keys included; lists and objects.
        dimensions: axes of one array.
        words: of one vocabulary or file of word vectors.
        word_characters: of one word.
        text_bytes: one text or JSON member, one HDF5 attribute.
        tokenizer_bytes: a tokenizer.json.
        header_bytes: the JSON header of a safetensors file.
        npy_header_bytes: the header of a .npy file.
        inflated_bytes: a compressed HDF5 file inside a zip, which is held in memory.
        memory_bytes: address space of the child.
        cpu_seconds: for a small file; every `bytes_per_second` of input add one.
        wall_seconds: likewise, by the clock: a far backstop, since a busy machine reads slowly.
        message_characters: of a refusal, which may quote names from the file.
    """

    input_bytes: int = 2 * GIB
    output_bytes: int = 2 * GIB
    ratio: int = 200
    ratio_floor: int = 16 * MIB
    entries: int = 20_000
    nesting: int = 32
    opcodes: int = 20_000_000
    memo: int = 10_000_000
    values: int = 2_000_000
    json_values: int = 8_000_000
    json_containers: int = 1_000_000
    dimensions: int = 8
    words: int = 5_000_000
    word_characters: int = 2_000
    text_bytes: int = 64 * MIB
    tokenizer_bytes: int = 32 * MIB
    header_bytes: int = 16 * MIB
    npy_header_bytes: int = 10_000
    inflated_bytes: int = 512 * MIB
    memory_bytes: int = 2 * GIB
    cpu_seconds: int = 5
    wall_seconds: int = 120
    bytes_per_second: int = 20 * MIB
    message_characters: int = 500

    def extra_seconds(self, input_bytes: int) -> int:
        return input_bytes // self.bytes_per_second

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Limits:
        return cls(**json.loads(text))


LIMITS = Limits()


def megabytes(count: int) -> str:
    """A byte count for people."""
    if count < 10_000:
        return f"{count} bytes"
    if count < 10 * 10**9:
        return f"{count / 10**6:,.1f} MB"
    return f"{count / 10**9:,.0f} GB"
