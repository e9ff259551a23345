"""Train the sample model `attention`: LSTM, attention over its states, linear scores; by Keras.

Sentences, word vectors and split are those of the sample model `sentiment`.

    python sample_models/attention/train.py
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))  # the library need not be installed

from lrp_engine import load  # noqa: E402
from sample_models import common  # noqa: E402
from sample_models.sentiment import train as reviews  # noqa: E402

LABELS = ("negative", "positive")
SEEDS = (1, 2, 3)
EMBEDDING = 50  # units that the word vectors are reduced to
COMMON_WORDS = 15_000  # of the word vectors; see `choose_words` of the model `sentiment`
HIDDEN, ATTENTION = 48, 32
DROPOUT = 0.5
WORD_DROPOUT = 0.05
LABEL_SMOOTHING = 0.1
LEARNING_RATE = 2e-3
BATCH = 32
MAX_EPOCHS = 12
PATIENCE = 2
EXAMPLES = 60


def clear(sentences: reviews.Sentences) -> reviews.Sentences:
    """Those with a clear rating."""
    return sentences.pick(np.flatnonzero(np.abs(sentences.ratings) >= reviews.CLEAR_RATING))


def reduced(table: np.ndarray) -> np.ndarray:
    """The word vectors (V, E) on their first principal components (V, `EMBEDDING`)."""
    centred = table - table.mean(axis=0)
    _, _, directions = np.linalg.svd(centred.astype(np.float64), full_matrices=False)
    found = (centred @ directions[:EMBEDDING].T).astype(np.float32)
    return found / found.std() * 0.3


def build(table: np.ndarray) -> Any:
    """The Keras model. It masks nothing: it is trained on batches of equally long sentences."""
    import keras
    from keras import layers

    ids = keras.Input((None,), dtype="int32", name="words")
    x = layers.Embedding(*table.shape, name="embedding")(ids)
    x = layers.Dropout(DROPOUT, name="forget_units")(x)
    states = layers.LSTM(HIDDEN, return_sequences=True, name="encoder")(x)
    bent = layers.Dense(ATTENTION, activation="tanh", name="attention_hidden")(states)
    scores = layers.Dense(1, use_bias=False, name="attention_scores")(bent)
    weights = layers.Softmax(axis=1, name="attention_weights")(scores)
    context = layers.Dot(axes=1, name="context")([weights, states])  # (B, 1, H)
    x = layers.Flatten(name="flat")(context)
    x = layers.Dropout(DROPOUT, name="forget_context")(x)
    model = keras.Model(ids, layers.Dense(len(LABELS), name="decoder")(x), name="attention")
    # Not by an initializer, which the file would keep: a copy of the table in JSON.
    model.get_layer("embedding").set_weights([table])
    return model


def batches(ids: Sequence[np.ndarray], rng: np.random.Generator | None) -> list[np.ndarray]:
    """Positions of sentences of equal length, `BATCH` at most; shuffled where there is a chance."""
    lengths = np.array(list(map(len, ids)))
    found: list[np.ndarray] = []
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        rows = rows if rng is None else rng.permutation(rows)
        found += [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
    return found if rng is None else [found[n] for n in rng.permutation(len(found))]


def logits(model: Any, ids: Sequence[np.ndarray]) -> np.ndarray:
    """Scores (N, 2), every sentence read without padding."""
    scores = np.zeros((len(ids), len(LABELS)), np.float32)
    for rows in batches(ids, None):
        scores[rows] = model(np.stack([ids[i] for i in rows]), training=False)
    return scores


def reference(folder: Path) -> None:
    """What Keras says of a few examples with the saved model, each read without padding."""
    import keras

    model = keras.saving.load_model(folder / "model.keras")
    common.write_text_reference(folder, reviews.TOKENIZER, partial(logits, model))


def train_once(
    seed: int, table: np.ndarray, train: tuple[Any, np.ndarray], validation: tuple[Any, np.ndarray]
) -> tuple[float, Any]:
    """The best validation loss, and a fresh model with the weights that had it."""
    import keras
    import tensorflow as tf

    common.repeatable_keras(seed)
    rng = np.random.default_rng(seed)
    model = build(table)
    adam = keras.optimizers.Adam(LEARNING_RATE, clipnorm=1.0)
    loss_of = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=LABEL_SMOOTHING
    )
    ids, targets = train[0], np.eye(len(LABELS), dtype=np.float32)[train[1]]

    def some() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for rows in batches(ids, rng):
            chosen = np.stack([ids[i] for i in rows])
            forgotten = rng.random(chosen.shape) < WORD_DROPOUT
            yield np.where(forgotten, 1, chosen).astype(np.int32), targets[rows]

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, None), tf.int32),
            tf.TensorSpec((None, len(LABELS)), tf.float32),
        ]
    )
    def step(x: Any, y: Any) -> None:
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        adam.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)

    adam.build(model.trainable_variables)
    best, weights, waited = float("inf"), model.get_weights(), 0
    for epoch in range(MAX_EPOCHS):
        for x, y in some():
            step(x, y)
        scores = logits(model, validation[0])
        truth = np.eye(len(LABELS), dtype=np.float32)[validation[1]]
        loss = float(loss_of(truth, scores))
        right = common.measure(validation[1], scores)["accuracy"]
        print(f"seed {seed} epoch {epoch}: {loss:.4f}, {right:.1%}", flush=True)
        waited += 1
        if loss < best:
            best, weights, waited = loss, model.get_weights(), 0
        if waited == PATIENCE:
            break
    fresh = build(table)  # saved without the optimizer
    fresh.set_weights(weights)
    return best, fresh


def choose_examples(test: reviews.Sentences, truth: np.ndarray, scores: np.ndarray) -> list[int]:
    """Test sentences by class in turn: a quarter the model's worst mistakes, a third negations."""
    margin = scores[np.arange(len(truth)), truth] - scores[np.arange(len(truth)), 1 - truth]
    per_class = []
    for label in range(len(LABELS)):
        rows = [int(i) for i in np.flatnonzero(truth == label)]
        chosen = sorted(rows, key=lambda i: margin[i])[: EXAMPLES // 8]
        denied = [i for i in rows if reviews.NEGATION.search(test.texts[i]) and i not in chosen]
        chosen += denied[: EXAMPLES // 6]
        chosen += [i for i in rows if i not in chosen][: EXAMPLES // 2 - len(chosen)]
        per_class.append(chosen)
    return [row for turn in zip(*per_class, strict=True) for row in turn]


def numbers(metrics: dict[str, Any]) -> list[str]:
    test, seeds = metrics["test"], metrics["seeds"]
    return [
        f"| Test set, {test['samples']:,} sentences | This model | "
        f"Mean ± std of {len(seeds['seeds'])} seeds |",
        "| --- | ---: | ---: |",
        f"| Accuracy | {test['accuracy']:.1%} | {seeds['test']['mean']:.1%} ± "
        f"{100 * seeds['test']['std']:.1f} |",
        f"| Always guessing the larger class | {test['largest_class']:.1%} | |",
        "",
        f"Saved: seed {metrics['seed']}, which had the lowest validation loss; its accuracy on the "
        f"{metrics['validation']['samples']:,} validation sentences is "
        f"{metrics['validation']['accuracy']:.1%}. Trained on {metrics['split']['train']:,} "
        f"sentences, {metrics['words']:,} words.",
        "",
        *common.confusion_table(LABELS, test["confusion"]),
    ]


def main() -> None:
    given = common.arguments(__doc__, HERE, seed=SEEDS)
    if given.reference:
        reference(given.out)
        return
    sentences = reviews.read_sentences(common.fetch(reviews.SENTENCES, given.data_dir))
    vectors = reviews.read_vectors(common.fetch(reviews.VECTORS, given.data_dir))
    train, validation, test = map(clear, reviews.split(sentences))
    counted = [reviews.TOKENIZER(text) for text in train.texts]
    words = common.count_words(counted, least=2, most=1_000_000)
    also = set(islice(vectors, COMMON_WORDS)) - set(words)
    words += [word for word in common.count_words(counted, least=1, most=1_000_000) if word in also]
    vocabulary = reviews.Vocabulary(tuple(words))
    table = reviews.first_table(words, vectors, np.random.default_rng(0))
    table = reduced(table)
    parts = [
        ([vocabulary.ids(reviews.TOKENIZER(text)) for text in part.texts],
         (part.ratings > 0).astype(int))
        for part in (train, validation, test)
    ]  # fmt: skip
    runs = [(*train_once(seed, table, *parts[:2]), seed) for seed in given.seed]
    # The choice among seeds looks at the validation set only.
    _, model, seed = min(runs, key=lambda run: run[0])
    model.save(given.out / "model.keras")
    common.write_lines(given.out / "vocabulary.txt", words)
    tokenizer = {"method": reviews.TOKENIZER.method, "lowercase": reviews.TOKENIZER.lowercase}
    spec = {"labels": LABELS, "output": "softmax", "tokenizer": tokenizer}
    common.write_json(given.out / "spec.json", spec)
    saved = load(
        given.out / "model.keras",
        vocabulary=given.out / "vocabulary.txt",
        spec=given.out / "spec.json",
    )
    scores, truth = saved.predict(test.texts), parts[2][1]
    difference = common.check_same(scores, logits(model, parts[2][0]))

    metrics = {
        "labels": LABELS,
        "split": dict(zip(("train", "validation", "test"), map(len, (train, validation, test)),
                          strict=True)),
        "words": len(words),
        "seed": seed,
        "test": common.measure(truth, scores),
        "validation": common.measure(parts[1][1], saved.predict(validation.texts)),
        "seeds": {
            "seeds": given.seed,
            "test": common.over_seeds(
                [common.measure(truth, logits(run[1], parts[2][0]))["accuracy"] for run in runs]
            ),
        },
    }  # fmt: skip
    rows = [
        [test.texts[i], LABELS[truth[i]], f"{test.ratings[i]:.2f}"]
        for i in choose_examples(test, truth, scores)
    ]
    common.write_csv(given.out / "examples.csv", ["text", "label", "rating"], rows)
    common.write_held_out(given.out, saved, [*map(common.key_of, test.texts)], truth, scores)
    common.write_json(given.out / "metrics.json", metrics)
    reference(given.out)
    common.write_numbers(given.out, numbers(metrics))
    print(f"Largest difference between the saved and the trained model: {difference:.2g}")


if __name__ == "__main__":
    main()
