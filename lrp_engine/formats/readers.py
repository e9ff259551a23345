"""The table of formats, and `load`, which finds the one that fits what a file holds."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lrp_engine import device as devices
from lrp_engine import lazy
from lrp_engine.errors import FormatError, InputError, LensError, choices
from lrp_engine.formats.arrays.eight_arrays import check_reference
from lrp_engine.formats.arrays.npz import NPZ
from lrp_engine.formats.arrays.sst import SST
from lrp_engine.formats.companions.companions import Companions, read_companions
from lrp_engine.formats.companions.spec import DETECT, check_options
from lrp_engine.formats.containers.limits import LIMITS
from lrp_engine.formats.containers.pickle_objects import LABEL_ENCODER, ONE_HOT_ENCODER
from lrp_engine.formats.containers.pickle_tree import PickledObject
from lrp_engine.formats.containers.refusal import quoted
from lrp_engine.formats.containers.sandbox import Contents
from lrp_engine.formats.input_file import (
    ModelFile,
    SharedFile,
    is_model_file,
    open_file,
    unpack_file,
)
from lrp_engine.formats.keras.reader import KERAS
from lrp_engine.formats.keras.saved_model import is_folder as is_saved_model
from lrp_engine.formats.keras.saved_model import read_folder as read_saved_model
from lrp_engine.formats.named_arrays import named_arrays
from lrp_engine.formats.native.reader import NATIVE, read_folder
from lrp_engine.formats.onnx.reader import ONNX
from lrp_engine.formats.reader import Reader
from lrp_engine.formats.sample_folder import with_sample_files
from lrp_engine.formats.sniff import zip_looks_like
from lrp_engine.formats.torch.reader import PYTORCH
from lrp_engine.model.network import DTYPES, Network

# Asked in this order; to add a format, write a module with a Reader and name it here.
READERS: tuple[Reader, ...] = (NATIVE, KERAS, SST, PYTORCH, ONNX, NPZ)


def load(
    path_or_bytes: ModelFile,
    vocabulary: Any = None,
    embeddings: Any = None,
    labels: Any = None,
    spec: Any = None,
    dtype: str = "float32",
    device: str | None = None,
    *,
    tokenizer: Any = None,
    reference: Any = None,
) -> Network:
    """Read a network from a file, recognized by its content and never by its name.

    Args:
        path_or_bytes: a file, the bytes of a file, or a folder in the project's own format, or one
            of a sample model, whose `sample.json` names its files; one of `lrp_engine.samples()`,
            where no file has that name; an open file (binary) or `io.BytesIO`; a dictionary name ->
            array, as a state dict; or a `formats.SharedFile`, which `parity` reads too.
        vocabulary: words by embedding row: a list, a dictionary word -> id, a `Vocabulary`, or the
            path or bytes of a text file (one word a line, or word<TAB>id), of JSON, a pickle or
            what torch.save or joblib.dump wrote (also a Keras Tokenizer or torchtext Vocab); or
            a file of word vectors, which then gives the embeddings too.
        embeddings: (V, E) for a file without an embedding layer: an array, or the path or bytes of
            a .npy or .npz file, a pickled array or a tensor; or vectors by word (GloVe or word2vec,
            text or binary; a dictionary in JSON, .npz, a pickle or a PyTorch file), which then
            give the vocabulary too.
        labels: one name per class: a list, a dictionary number -> name, or either as JSON; or a
            pickled LabelEncoder or OneHotEncoder of scikit-learn.
        spec: what the file does not say, as a dictionary or JSON: "gate_order" (eight arrays),
            "output" ("softmax" or "sigmoid"), "tokenizer" ({"method", "lowercase", ...}, or
            "detect" with a reference of about five texts),
            "labels", "features" (one name per input of a network without a time axis); for Keras
            weights without a model "architecture", what `model.to_json()`
            says (which can also be given alone), or "layers", a list of layers without sizes;
            for PyTorch "order" (names of the layers as they run), "activation" (between Linear
            layers: a name or one each), "pooling", "attention", "cell" and more, see
            docs/formats.md.
        dtype: "float32" or "float64", of every computation.
        device: that computes: "cpu", "gpu", "gpu:1"; None is TensorFlow's choice.
        tokenizer: how a text becomes ids, where the file does not say it: options by name as in
            spec["tokenizer"], which count before these; a file that keeps a tokenizer, with its
            words where there is no `vocabulary`; a Tokenizer of Keras or Hugging Face; or a
            function from a text to its tokens, with which a network cannot be saved.
        reference: for the gate order "detect", see `lrp_engine.from_weights`; for the tokenizer
            "detect" texts with the outputs that the original program gave them, see
            `lrp_engine.parity`: the settings that give the same outputs are taken.

    Returns:
        The network; what had to be assumed is in `assumptions`.

    Raises:
        FormatError: the file is malformed, hostile or not supported; the text says what was
            found, what was expected and what to do.
        InputError: an argument is of a type that cannot be meant, or there is no such device.
    """
    if not is_model_file(path_or_bytes):
        raise InputError(
            f"The model is {type(path_or_bytes).__name__}; give a path or the bytes of a file, or "
            "a live model to from_keras or from_torch."
        )
    path_or_bytes, own = with_sample_files(path_or_bytes, vocabulary=vocabulary, spec=spec)
    return load_contents(
        lambda: contents_of(path_or_bytes),
        **own,
        embeddings=embeddings,
        labels=labels,
        dtype=dtype,
        device=device,
        tokenizer=tokenizer,
        reference=reference,
    )


def load_contents(
    contents: Callable[[], Contents], *, dtype: str, device: str | None, **companions: Any
) -> Network:
    """The network of what a file or a live model holds, with what was given beside it.

    Args:
        contents: asked once what was given beside it has been read.
        dtype, device, companions: as in `load`.

    Raises:
        FormatError, InputError: as of `load`.
    """
    if dtype not in DTYPES:
        raise InputError(f"dtype is {dtype!r}; choose from {choices(DTYPES)}.")
    devices.require(device)
    given = read_companions(**companions, dtype=dtype)
    check_reference(given.gate_order, given.reference, detects_text=given.detects_text)
    return read(contents(), given).to(device)


def read(contents: Contents, given: Companions) -> Network:
    """The network in a file's contents, by the first reader that recognizes them.

    Raises:
        FormatError: no reader does, or the contents are malformed.
    """
    for reader in READERS:
        if reader.recognizes(contents):
            return _with_text(_read(reader, contents, _about_gates(given)), given)
    raise FormatError(f"{_unrecognized(contents)} {supported()}")


def _about_gates(given: Companions) -> Companions:
    """Without a reference that is there for the text pipeline alone."""
    return given if given.gate_order == DETECT else replace(given, reference=None)


def _with_text(network: Network, given: Companions) -> Network:
    if not given.detects_text:
        return network
    detected: Network = lazy.load("proof.text_detection:with_detected_text")(
        network, given.reference
    )
    return detected


def supported() -> str:
    """A sentence that lists the formats."""
    return f"Supported: {'; '.join(reader.title for reader in READERS)}."


def contents_of(source: ModelFile) -> Contents:
    """What a file or folder holds, as plain data.

    Raises:
        FormatError: it is none of the containers read, malformed, or beyond the limits.
    """
    if isinstance(source, SharedFile):
        return source.contents(contents_of)
    if isinstance(source, Mapping):
        return named_arrays(source)
    if isinstance(source, (str, os.PathLike)) and os.path.isdir(source):
        path = Path(os.fsdecode(source))
        return read_saved_model(path) if is_saved_model(path) else read_folder(path)
    with open_file(source, "The file") as (file, size):
        return unpack_file(file, size, supported=supported())


def _read(reader: Reader, contents: Contents, given: Companions) -> Network:
    if given.gate_order is not None and not reader.takes_gate_order:
        raise FormatError(
            f"gate_order does not apply to this file ({reader.title}): its format fixes the order."
        )
    check_options(given.options, reader.options, reader.title)
    try:
        # A number too large for the dtype becomes infinite, which Network reports.
        with np.errstate(over="ignore"):
            return reader.read(contents, given)
    except LensError as error:
        raise _shortened(error) from error.__cause__
    except (
        TypeError, ValueError, AttributeError, LookupError, ArithmeticError, RecursionError
    ) as error:  # fmt: skip
        # Values of a kind no genuine file holds; one sentence instead of a list of all of them.
        raise FormatError(
            f"The description of the layers in this file ({reader.title}) is inconsistent; the "
            "file is damaged or was not written by the tool it names."
        ) from error


def _shortened(error: LensError) -> LensError:
    """The same error; names from the file can make its text very long."""
    text = str(error)
    if len(text) <= LIMITS.message_characters:
        return error
    return type(error)(f"{text[: LIMITS.message_characters]} ... (shortened).")


def _unrecognized(contents: Contents) -> str:
    if contents.kind == "zip":
        return zip_looks_like(contents.names)
    if contents.kind == "hdf5":
        return "This is an HDF5 file, but it holds no Keras model."
    if contents.kind == "npy":
        return "This is a single array; one array is not a whole network."
    if contents.kind == "safetensors":
        return "This safetensors file holds weights but does not say which layers they belong to."
    if contents.kind == "vectors":
        return "This file holds word vectors and no network; give it as `embeddings`."
    if contents.kind == "pickle":
        return _unrecognized_pickle(contents.value)
    return f"This {contents.kind} holds no network."


def _unrecognized_pickle(value: Any) -> str:
    """A pickle that can be read, but is no model."""
    if isinstance(value, PickledObject):
        encoder = value.title in (LABEL_ENCODER, ONE_HOT_ENCODER)
        where = "`labels`" if encoder else "`vocabulary`"
        return f"This file holds {value.title}, not a network; give it as {where}."
    if isinstance(value, dict):
        keys = ", ".join(quoted(str(key), 40) for key in [*value][:5])
        what = f"a dictionary of {len(value)} entries ({keys})" if value else "an empty dictionary"
    elif isinstance(value, list):
        what = f"a list of {len(value)} entries"
    else:
        what = f"a value of type {type(value).__name__}"
    return (
        f"This pickle holds {what}, not a network; words and vectors belong into `vocabulary` and "
        "`embeddings`."
    )
