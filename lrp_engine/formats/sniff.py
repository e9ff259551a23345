"""What a file looks like by its first bytes, never by its name: for a helpful refusal."""

from __future__ import annotations

import codecs

from lrp_engine.formats.containers import (
    hdf5,
    npy,
    onnx_files,
    pickles,
    saved_model,
    tensors,
    torch_files,
    word_vectors,
    zips,
)
from lrp_engine.formats.containers.refusal import quoted

# What the child process reads. Everything else is named and refused without starting it.
CONTAINER_KINDS = ("hdf5", "zip", "npy", "safetensors", "torch", "pickle", "onnx", "vectors")

# (offset, first bytes, kind of thing)
_PICTURES_AND_CO: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (0, b"GIF8", "a GIF picture"),
    (8, b"WEBP", "a WebP picture"),
    (0, b"II*\0", "a TIFF picture"),
    (0, b"MM\0*", "a TIFF picture"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\xd0\xcf\x11\xe0", "an old Office document"),
    (8, b"WAVE", "a sound file"),
    (0, b"ID3", "a sound file"),
    (4, b"ftyp", "a video"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ\x90\0", "a Windows program"),
    (0, b"\x1f\x8b", "a gzip archive; unpack it first"),
    (0, b"BZh", "a bzip2 archive; unpack it first"),
    (0, b"\xfd7zXZ\0", "an xz archive; unpack it first"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive; unpack it first"),
    (0, b"Rar!", "a RAR archive; unpack it first"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive; unpack it first"),
    (257, b"ustar", "a tar archive; unpack it first"),
    (0, b"PAR1", "a Parquet table"),
    (0, b"SQLite format 3\0", "an SQLite database"),
    (0, b"version https://git-lfs", "a Git LFS pointer, not the file itself; run git lfs pull"),
    (0, b"GGUF", "a GGUF language model"),
    (4, b"TFL3", "a TensorFlow Lite model"),
    (0, zips.EMPTY_MAGIC, "an empty zip archive"),
)  # fmt: skip


_GRAPH_ALONE = (
    "This is the graph of a TensorFlow SavedModel without its weights; give its folder, or a zip "
    f"of it, or save it anew: {saved_model.SAVE_AGAIN}."
)
# Schema version 1, then the graphs; ONNX has had other versions since 2017.
_SAVED_MODEL_MAGIC = b"\x08\x01\x12"


def looks_like(head: bytes, size: int) -> tuple[str, str]:
    """The kind of a file and a sentence about it, from its first 512 bytes and its size."""
    for kind, magic in (("hdf5", hdf5.MAGIC), ("zip", zips.MAGIC), ("npy", npy.MAGIC)):
        if head.startswith(magic):
            return kind, ""
    for offset, magic, what in _PICTURES_AND_CO:
        if head[offset : offset + len(magic)] == magic:
            return "other", f"This is {what}; it is not a weight file that can be read."
    if head.startswith(_SAVED_MODEL_MAGIC):
        return "other", _GRAPH_ALONE
    if head.startswith(torch_files.MAGIC):
        return "torch", ""
    if tensors.recognizes(head, size):
        return "safetensors", ""
    if pickles.recognizes(head):
        return "pickle", ""
    if onnx_files.recognizes(head):
        return "onnx", ""
    if word_vectors.recognizes(head):
        return "vectors", ""
    text = _text_kind(head, whole=len(head) >= size)
    if text:
        return "text", f"This is {text}, not a weight file."
    if _is_foreign_text(head):
        return "other", "This text is not in UTF-8; save it in UTF-8."
    return "other", f"This file of {size} bytes is of no known kind; it may be damaged."


def zip_looks_like(names: tuple[str, ...]) -> str:
    """A sentence about a zip archive that no reader recognizes."""
    if "[Content_Types].xml" in names:
        return "This is an Office document, not a weight file."
    if any(name.endswith(".npy") for name in names):
        return "This zip archive mixes .npy arrays with other files."
    listed = ", ".join(quoted(name) for name in names[:4]) or "nothing"
    unpack = "; where a model is among these, unpack it first" if names else ""
    return f"This is a zip archive that holds {listed}, not a model{unpack}."


def _is_foreign_text(head: bytes) -> bool:
    """Whether it looks like lines in UTF-16 with its mark, or in an encoding of one byte a letter.

    Bytes at random have no line ends, or control characters between them.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
        return not _has_controls(text)
    return b"\n" in head and not _has_controls(head.decode("latin-1"))


def _has_controls(text: str) -> bool:
    return any(ord(c) < 32 and c not in "\t\r\n\f" for c in text)


def _text_kind(head: bytes, *, whole: bool) -> str | None:
    try:  # where it goes on, its last letter may be cut
        text = codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)
    except UnicodeDecodeError:
        return None
    if _has_controls(text):
        return None
    start = text.lstrip().lower()
    if start.startswith(("<!doctype html", "<html")):
        return "a web page (was the download link a page instead of the file?)"
    if start.startswith(("{", "[")):
        return "a JSON text"
    return "a text"
