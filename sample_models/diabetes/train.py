"""Train the sample model `diabetes`: a dense network of ten features, saved by PyTorch.

The data is bundled with scikit-learn, so nothing is downloaded. Besides the project's requirements
this needs `pip install torch scikit-learn`.

    python sample_models/diabetes/train.py
"""

from __future__ import annotations

import copy
import csv
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))  # the library need not be installed

from lrp_engine import load  # noqa: E402
from sample_models import common  # noqa: E402

LABELS = ("slower", "faster")
NAMES = {  # as scikit-learn calls them -> as people do
    "age": "age",
    "sex": "sex",
    "bmi": "body mass index",
    "bp": "blood pressure",
    "s1": "total cholesterol",
    "s2": "LDL",
    "s3": "HDL",
    "s4": "cholesterol / HDL",
    "s5": "log triglycerides",
    "s6": "blood sugar",
}

SEEDS = (1, 2, 3, 4, 5)
HIDDEN = (32, 16)
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 0.03
DROPOUT = 0.3
BATCH = 32
MAX_EPOCHS = 200
PATIENCE = 30


@dataclass(frozen=True)
class Patients:
    """Raw features (N, 10) and the disease's progression after a year (N,)."""

    raw: np.ndarray
    progression: np.ndarray

    def pick(self, chosen: np.ndarray) -> Patients:
        return Patients(self.raw[chosen], self.progression[chosen])

    @property
    def keys(self) -> list[str]:
        return [common.key_of(repr(row.tolist())) for row in self.raw]


def read_patients() -> Patients:
    from sklearn.datasets import load_diabetes

    data = load_diabetes(scaled=False)
    if list(NAMES) != list(data.feature_names):
        raise SystemExit(f"scikit-learn has other features: {data.feature_names}")
    return Patients(data.data, data.target)


def build() -> Any:
    """The PyTorch model: three Linear layers, ReLU between them; the sigmoid is in the loss."""
    from torch import nn

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.hidden_1 = nn.Linear(len(NAMES), HIDDEN[0])
            self.hidden_2 = nn.Linear(HIDDEN[0], HIDDEN[1])
            self.faster = nn.Linear(HIDDEN[1], 1)
            self.dropout = nn.Dropout(DROPOUT)

        def forward(self, x: Any) -> Any:
            x = self.dropout(self.hidden_1(x).relu())
            x = self.dropout(self.hidden_2(x).relu())
            return self.faster(x)[:, 0]

    return Model()


def train_once(
    seed: int, train: tuple[np.ndarray, ...], validation: tuple[np.ndarray, ...]
) -> tuple[float, dict[str, Any]]:
    """The lowest validation loss and the weights that had it."""
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits as loss_of

    common.repeatable_torch(seed)
    x, y, vx, vy = (torch.tensor(a, dtype=torch.float32) for a in (*train, *validation))
    model = build()
    adam = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    best, weights, waited = float("inf"), model.state_dict(), 0
    for _ in range(MAX_EPOCHS):
        model.train()
        for chosen in torch.randperm(len(x)).split(BATCH):
            adam.zero_grad()
            loss_of(model(x[chosen]), y[chosen]).backward()
            adam.step()
        model.eval()
        with torch.no_grad():
            loss = float(loss_of(model(vx), vy))
        waited += 1
        if loss < best:
            best, weights, waited = loss, copy.deepcopy(model.state_dict()), 0
        if waited == PATIENCE:
            break
    return best, weights


def logits(weights: dict[str, Any], x: np.ndarray) -> np.ndarray:
    """Scores (N, 2) in the library's convention: -z and z of the single unit."""
    import torch

    model = build()
    model.load_state_dict(weights)
    with torch.no_grad():
        z = model.eval()(torch.tensor(x, dtype=torch.float32)).numpy()
    return np.stack([-z, z], axis=1)


def reference(folder: Path) -> None:
    """What PyTorch says of a few examples with the saved weights."""
    import torch

    with (folder / "examples.csv").open(newline="", encoding="utf-8") as file:
        rows = [*csv.DictReader(file)][: common.REFERENCE_INPUTS]
    x = np.array([[float(row[name]) for name in NAMES.values()] for row in rows])
    weights = torch.load(folder / "model.pt", weights_only=True)
    common.write_reference(folder, features=x, logits=logits(weights, x))


def numbers(metrics: dict[str, Any]) -> list[str]:
    test, seeds = metrics["test"], metrics["seeds"]
    return [
        f"| Test set, {test['samples']} patients | This model | "
        f"Mean ± std of {len(seeds['seeds'])} seeds |",
        "| --- | ---: | ---: |",
        f"| Accuracy | {test['accuracy']:.1%} | {seeds['test']['mean']:.1%} ± "
        f"{100 * seeds['test']['std']:.1f} |",
        f"| Always guessing the larger class | {test['largest_class']:.1%} | |",
        f"| Logistic regression | {metrics['logistic_regression']:.1%} | |",
        "",
        f"Saved: seed {metrics['seed']}, which had the lowest validation loss; its accuracy on the "
        f"{metrics['validation']['samples']} validation patients is "
        f"{metrics['validation']['accuracy']:.1%}. Median progression of the "
        f"{metrics['split']['train']} training patients: {metrics['median']:g}.",
        "",
        *common.confusion_table(LABELS, test["confusion"]),
    ]


def main() -> None:
    given = common.arguments(__doc__, HERE, seed=SEEDS)
    if given.reference:
        reference(given.out)
        return
    import torch
    from sklearn.linear_model import LogisticRegression

    patients = read_patients()
    parts = [patients.pick(rows) for rows in common.split_by_hash(patients.keys, 0.6, 0.8)]
    train, _, test = parts
    mean, std = train.raw.mean(axis=0), train.raw.std(axis=0)
    median = float(np.median(train.progression))
    x = [(part.raw - mean) / std for part in parts]
    y = [(part.progression > median).astype(int) for part in parts]

    runs = [(*train_once(seed, (x[0], y[0]), (x[1], y[1])), seed) for seed in given.seed]
    # The choice among seeds looks at the validation set only.
    _, weights, seed = min(runs, key=lambda run: run[0])
    torch.save(weights, given.out / "model.pt")
    spec = {
        "order": ["hidden_1", "hidden_2", "faster"],
        "activation": "relu",
        "output": "sigmoid",
        "labels": LABELS,
        "features": [*NAMES.values()],
    }
    common.write_json(given.out / "spec.json", spec)
    saved = load(given.out / "model.pt", spec=given.out / "spec.json")
    # Numbers as in the file of examples: what is measured can be measured again from it.
    x[2] = x[2].round(4)
    scores = saved.predict(x[2])
    difference = common.check_same(scores, logits(weights, x[2]))

    linear = LogisticRegression().fit(x[0], y[0])
    metrics = {
        "labels": LABELS,
        "split": dict(zip(("train", "validation", "test"), map(len, y), strict=True)),
        "median": median,
        "seed": seed,
        "test": common.measure(y[2], scores),
        "validation": common.measure(y[1], saved.predict(x[1])),
        "seeds": {
            "seeds": given.seed,
            "test": common.over_seeds(
                [common.measure(y[2], logits(run[1], x[2]))["accuracy"] for run in runs]
            ),
        },
        "logistic_regression": common.rounded(linear.score(x[2], y[2])),
        "features": {
            name: {"mean": common.rounded(m), "std": common.rounded(s)}
            for name, m, s in zip(NAMES.values(), mean, std, strict=True)
        },
    }
    raw = [f"{name}, as measured" for name in NAMES.values()]
    rows = [
        [LABELS[label], *(f"{v:.4f}" for v in values), f"{part:g}", *(f"{v:g}" for v in measured)]
        for label, values, part, measured in zip(
            y[2], x[2], test.progression, test.raw, strict=True
        )
    ]
    common.write_csv(
        given.out / "examples.csv", ["label", *NAMES.values(), "progression", *raw], rows
    )
    common.write_held_out(given.out, saved, test.keys, y[2], scores)
    common.write_json(given.out / "metrics.json", metrics)
    reference(given.out)
    common.write_numbers(given.out, numbers(metrics))
    print(f"Largest difference between the saved and the trained model: {difference:.2g}")


if __name__ == "__main__":
    main()
