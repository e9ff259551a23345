"""The numbers that remarks on rules give: `python -m benchmarks.rules`.

The examples of the bundled sentiment model, texts of five words and more, and the long ones of the
mail model. Deletion leaves what a model was trained on, and these are two models: a rule that fails
here may be right elsewhere.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence

import numpy as np

import lrp_engine
from app import settings
from lrp_engine import AlphaBeta, Epsilon, Network, ZPlus
from lrp_engine.attribution.methods import LIVE_METHODS
from lrp_engine.errors import OverflowInputError
from lrp_engine.propagation.rules import GATES, Rule
from lrp_engine.propagation.rules.doubts import EPS_OF_LONG, LONG_TEXT

LEAST_WORDS = 5
SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)  # of the words, taken out (DeYoung et al. 2020)
DOCUMENTS, SENTENCES = 500, 4  # of two classes, two sentences of each (Poerner et al. 2018)
DRAWS = 2000  # of the bootstrap

RULES: dict[str, Rule] = {
    "eps 0.001": Epsilon(),
    **{f"eps {eps:g}": Epsilon(eps=eps) for eps in (0.01, 0.1)},
    **{f"gates {gates}": Epsilon(gates=gates) for gates in GATES if gates != "all"},
    "z-plus": ZPlus(),
    "alpha-beta": AlphaBeta(),
}

Texts = Sequence[Sequence[str]]


def relevance(net: Network, texts: Texts, target: np.ndarray, rule: Rule) -> list[np.ndarray]:
    """Of each word, for a class (B,) of each text; NaN for texts whose numbers overflow."""
    found = [np.full(len(text), np.nan) for text in texts]
    left = np.arange(len(texts))
    while len(left):
        try:
            made = net.explain([texts[n] for n in left], target=target[left].tolist(), rule=rule)
        except OverflowInputError as problem:
            left = np.delete(left, problem.rows)
            continue
        for n, values in zip(left, made.token_relevance, strict=True):
            found[n] = values[: len(texts[n])]
        break
    return found


def comprehensiveness(net: Network, texts: Texts, target: np.ndarray, rule: Rule) -> np.ndarray:
    """(B,) what the probability of the class loses without its most relevant words, mean of
    `SHARES`; NaN where numbers overflow."""
    return falls(net, texts, target, relevance(net, texts, target, rule))


def falls(net: Network, texts: Texts, target: np.ndarray, values: list[np.ndarray]) -> np.ndarray:
    """`comprehensiveness` of given values of words."""

    def probability(of: Texts) -> np.ndarray:
        scores = net.predict([list(text) for text in of]).astype(np.float64)
        return net.to_output(scores)[np.arange(len(of)), target]

    whole = probability(texts)
    lost = [
        whole - probability([without(t, v, share) for t, v in zip(texts, values, strict=True)])
        for share in SHARES
    ]
    failed = [bool(np.isnan(v).any()) for v in values]
    return np.where(failed, np.nan, np.mean(lost, axis=0))


def without(text: Sequence[str], values: np.ndarray, share: float) -> list[str]:
    """The text without this share of its words, the most relevant ones; one word and more."""
    out = set(np.argsort(-values, kind="stable")[: math.ceil(share * len(text))].tolist())
    return [word for n, word in enumerate(text) if n not in out]


def documents(
    texts: Texts, classes: np.ndarray, rng: np.random.Generator
) -> tuple[list[list[str]], np.ndarray, list[np.ndarray]]:
    """Documents of sentences of two classes: words, the two classes, the class of each word."""
    words, asked, whose = [], [], []
    for _ in range(DOCUMENTS):
        pair = rng.choice(np.unique(classes), 2, replace=False)
        drawn = [rng.choice(np.flatnonzero(classes == c), SENTENCES // 2, replace=False)
                 for c in pair]  # fmt: skip
        order = rng.permutation(np.concatenate(drawn))
        words.append([word for n in order for word in texts[n]])
        asked.append(pair)
        whose.append(np.repeat(classes[order], [len(texts[n]) for n in order]))
    return words, np.array(asked), whose


def pointing(net: Network, texts: Texts, classes: np.ndarray, rule: Rule) -> np.ndarray:
    """(2 DOCUMENTS,) whether the most relevant word for a class is in a sentence of it."""
    words, asked, whose = documents(texts, classes, np.random.default_rng(0))
    found = []
    for c in asked.T:
        for values, of, wanted in zip(relevance(net, words, c, rule), whose, c, strict=True):
            failed = np.isnan(values).any()
            found.append(np.nan if failed else float(of[values.argmax()] == wanted))
    return np.array(found)


def figure(values: np.ndarray, rng: np.random.Generator) -> str:
    """Mean and its 95 % interval over texts."""
    fine = values[~np.isnan(values)]
    if not len(fine):
        return "numbers overflow"
    low, high = np.quantile(fine[rng.integers(0, len(fine), (DRAWS, len(fine)))].mean(axis=1),
                            [0.025, 0.975])  # fmt: skip
    failed = len(values) - len(fine)
    return f"{fine.mean():.3f} ({low:.3f} to {high:.3f})" + (f", {failed} overflow" * bool(failed))


def main() -> None:
    net = lrp_engine.load(settings.BUNDLED_MODEL)
    with (settings.BUNDLED_MODEL / settings.EXAMPLES_FILE).open(encoding="utf-8") as file:
        rows = [(net.tokenizer(row["text"]), row["label"]) for row in csv.DictReader(file)]
    rows = [row for row in rows if len(row[0]) >= LEAST_WORDS]
    texts = [list(words) for words, _ in rows]
    predicted = net.predict(texts).argmax(axis=1)
    true = np.array([net.labels.index(label) if label in net.labels else int(label)
                     for _, label in rows])  # fmt: skip
    # Sentences of neighbouring classes say much the same: documents are of the two at the ends.
    clear = (predicted == true) & np.isin(true, [0, net.classes - 1])
    kept = [text for text, fine in zip(texts, clear, strict=True) if fine]
    print(f"{len(texts)} texts; {DOCUMENTS} documents of {len(kept)} rightly classified ones\n")
    # Texts come again in documents, so that these intervals are rather too narrow.
    print("| rule | comprehensiveness | pointing |\n|---|---|---|")
    rng = np.random.default_rng(0)
    random = falls(net, texts, predicted, [rng.random(len(text)) for text in texts])
    print(f"| random | {figure(random, rng)} | 0.5 |")
    for name, method in LIVE_METHODS.items():
        if not method.uses_rule:
            found = net.explain(texts, name, target=predicted.tolist())
            values = [found[n].token_relevance[0] for n in range(len(texts))]
            print(f"| {method.short} | {figure(falls(net, texts, predicted, values), rng)} | |")
    for name, rule in RULES.items():
        fell = comprehensiveness(net, texts, predicted, rule)
        pointed = pointing(net, kept, true[clear], rule)
        print(f"| {name} | {figure(fell, rng)} | {figure(pointed, rng)} |", flush=True)


def long_mails() -> None:
    """The stabilizer on texts of many words."""
    folder = settings.REPOSITORY / "sample_models" / "spam"
    net = lrp_engine.load(folder / "model.pt", vocabulary=folder / "vocabulary.txt",
                          spec=folder / "spec.json")  # fmt: skip
    with (folder / settings.EXAMPLES_FILE).open(encoding="utf-8") as file:
        cut = [list(net.tokenizer(row["text"])) for row in csv.DictReader(file)]
    texts = [words for words in cut if len(words) > LONG_TEXT]
    predicted = net.predict(texts).argmax(axis=1)
    print(f"\n{len(texts)} mails of over {LONG_TEXT} words\n")
    print("| rule | comprehensiveness | more than eps 0.001 |\n|---|---|---|")
    rng = np.random.default_rng(0)
    usual = comprehensiveness(net, texts, predicted, Epsilon())
    for eps in (0.001, EPS_OF_LONG, 0.1):
        fell = comprehensiveness(net, texts, predicted, Epsilon(eps=eps))
        print(f"| eps {eps:g} | {figure(fell, rng)} | {figure(fell - usual, rng)} |", flush=True)


if __name__ == "__main__":
    main()
    long_mails()
