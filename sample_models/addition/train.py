"""Train the sample model `addition`: an LSTM that adds the two marked numbers of a sequence.

The sequences are drawn at random, so nothing is downloaded. The right explanation is known: all
relevance belongs to the marked steps, and each should get its number. Besides the project's
requirements this needs `pip install torch`.

    python sample_models/addition/train.py
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))  # the library need not be installed

from lrp_engine import Network, load  # noqa: E402
from lrp_engine.attribution.methods import LIVE_METHODS  # noqa: E402
from sample_models import common  # noqa: E402

LABELS = ("negative sum", "positive sum")
POSITIVE = 1  # its score is the sum itself
LENGTHS = range(5, 16)
DECIMALS = 2  # of the numbers, so that they can be read

SEEDS = (1, 2, 3)
HIDDEN = 4  # as few as will do: relevance has fewer ways to stray
LEARNING_RATE = 1e-2
CLIP_NORM = 1.0
BATCH = 128
STEPS = 4_000
TEST = 1_000
EXAMPLES = 40


def sequences(rng: np.random.Generator, count: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Sequences (N, T, 2) of numbers from -1 to 1 with marks 0 or 1, and the sums (N,)."""
    values = rng.uniform(-1, 1, (count, length)).round(DECIMALS)
    marks = np.zeros((count, length))
    places = rng.permuted(np.tile(np.arange(length), (count, 1)), axis=1)[:, :2]
    np.put_along_axis(marks, places, 1, axis=1)
    return np.stack([values, marks], axis=2), (values * marks).sum(axis=1)


def build() -> Any:
    """The PyTorch model: LSTM and one linear unit, the sum."""
    from torch import nn

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(2, HIDDEN, batch_first=True)
            self.sum = nn.Linear(HIDDEN, 1)

        def forward(self, x: Any) -> Any:
            states, _ = self.lstm(x)
            return self.sum(states[:, -1])[:, 0]

    return Model()


def train_once(seed: int) -> tuple[float, Any]:
    """The mean squared error on fresh sequences, and the model."""
    import torch
    from torch.nn.functional import mse_loss

    common.repeatable_torch(seed)
    rng = np.random.default_rng(seed)
    model = build()
    adam = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(adam, STEPS)

    def error(count: int) -> Any:
        x, y = sequences(rng, count, int(rng.integers(LENGTHS.start, LENGTHS.stop)))
        return mse_loss(model(torch.tensor(x).float()), torch.tensor(y).float())

    for _ in range(STEPS):
        adam.zero_grad()
        error(BATCH).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        adam.step()
        slower.step()
    with torch.no_grad():
        return float(np.mean([float(error(500)) for _ in range(20)])), model


def batch(xs: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Padded sequences (N, T, 2) and their lengths (N,)."""
    lengths = np.array(list(map(len, xs)))
    found = np.zeros((len(xs), lengths.max(), 2))
    for row, x in enumerate(xs):
        found[row, : len(x)] = x
    return found, lengths


def logits(model: Any, xs: list[np.ndarray]) -> np.ndarray:
    """Scores (N, 2) in the library's convention: -z and z of the single unit."""
    import torch

    with torch.no_grad():
        z = np.array([model(torch.tensor(x[None]).float()).item() for x in xs])
    return np.stack([-z, z], axis=1)


def reference(folder: Path) -> None:
    """What PyTorch says of a few examples with the saved weights."""
    from safetensors.torch import load_file

    model = build()
    model.load_state_dict(load_file(folder / "model.safetensors"))
    with (folder / "examples.csv").open(newline="", encoding="utf-8") as file:
        rows = [*csv.DictReader(file)][: common.REFERENCE_INPUTS]
    xs = [np.array(json.loads(row["vectors"])) for row in rows]
    vectors, lengths = batch(xs)
    common.write_reference(folder, vectors=vectors, lengths=lengths, logits=logits(model, xs))


def where_relevance_goes(network: Network, xs: list[np.ndarray]) -> dict[str, Any]:
    """Per method: the share of absolute relevance at marked steps, mean over sequences.

    For signed methods also how the relevance of a marked step goes with its number.
    """
    x, lengths = batch(xs)
    marked = x[..., 1] == 1
    found: dict[str, Any] = {"by_chance": common.rounded((2 / lengths).mean())}
    for name, e in network.explain_all(x, lengths=lengths, target=POSITIVE).items():
        size = np.abs(e.token_relevance)
        share = (size * marked).sum(axis=1) / size.sum(axis=1)
        found[name] = {"share": common.rounded(share.mean())}
        if LIVE_METHODS[name].signed:
            pairs = np.corrcoef(e.token_relevance[marked], x[..., 0][marked])
            found[name]["correlation"] = common.rounded(pairs[0, 1])
    return found


def numbers(metrics: dict[str, Any]) -> list[str]:
    test, found, seeds = metrics["test"], metrics["relevance"], metrics["seeds"]
    lines = [
        f"{test['samples']:,} sequences that training never saw; the model is that of seed "
        f"{metrics['seed']}, which had the lowest error on other fresh sequences.",
        "",
        "| | This model |",
        "| --- | ---: |",
        f"| Root mean squared error of the sum | {metrics['error']:.4f} |",
        f"| Standard deviation of the sums | {metrics['deviation']:.4f} |",
        f"| Right sign of the sum | {test['accuracy']:.1%} |",
        "",
        "| Method | Share of absolute relevance at the two marked steps | The same for seeds "
        f"{', '.join(map(str, seeds['seeds']))} | Correlation of a marked step's relevance with "
        "its number |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, method in LIVE_METHODS.items():
        others = ", ".join(f"{share:.1%}" for share in seeds["share"][name])
        with_number = found[name].get("correlation")
        said = "no sign" if with_number is None else f"{with_number:.3f}"
        lines.append(f"| {method.title} | {found[name]['share']:.1%} | {others} | {said} |")
    return [*lines, f"| All steps alike | {found['by_chance']:.1%} | | |"]


def main() -> None:
    given = common.arguments(__doc__, HERE, seed=SEEDS)
    if given.reference:
        reference(given.out)
        return
    from safetensors.torch import save_file

    runs = [(*train_once(seed), seed) for seed in given.seed]
    spec = {
        "order": ["lstm", "sum"],
        "pooling": "last",
        "output": "sigmoid",
        "labels": LABELS,
    }
    common.write_json(given.out / "spec.json", spec)

    def saved(model: Any) -> Network:
        save_file(model.state_dict(), given.out / "model.safetensors")
        return load(given.out / "model.safetensors", spec=given.out / "spec.json")

    rng = np.random.default_rng(0)
    drawn = [sequences(rng, 1, LENGTHS[n % len(LENGTHS)]) for n in range(TEST)]
    xs, sums = [x[0] for x, _ in drawn], np.array([y[0] for _, y in drawn])
    drawn_lengths = batch(xs)
    relevance = {seed: where_relevance_goes(saved(model), xs) for _, model, seed in runs}
    _, model, seed = min(runs, key=lambda run: run[0])
    network = saved(model)
    scores = network.predict(drawn_lengths[0], lengths=drawn_lengths[1])
    difference = common.check_same(scores, logits(model, xs))

    truth = (sums > 0).astype(int)
    metrics = {
        "labels": LABELS,
        "seed": seed,
        "test": common.measure(truth, scores),
        "error": common.rounded(np.sqrt(np.mean((scores[:, POSITIVE] - sums) ** 2))),
        "deviation": common.rounded(sums.std()),
        "relevance": relevance[seed],
        "seeds": {
            "seeds": given.seed,
            "share": {
                name: [relevance[one][name]["share"] for one in given.seed] for name in LIVE_METHODS
            },
        },
    }
    texts = [json.dumps([[v, int(mark)] for v, mark in x.tolist()]) for x in xs]
    rows = [[LABELS[truth[i]], f"{sums[i]:.{DECIMALS}f}", texts[i]] for i in range(EXAMPLES)]
    common.write_csv(given.out / "examples.csv", ["label", "sum", "vectors"], rows)
    common.write_held_out(given.out, network, [*map(common.key_of, texts)], truth, scores)
    common.write_json(given.out / "metrics.json", metrics)
    reference(given.out)
    common.write_numbers(given.out, numbers(metrics))
    print(f"Largest difference between the saved and the trained model: {difference:.2g}")


if __name__ == "__main__":
    main()
