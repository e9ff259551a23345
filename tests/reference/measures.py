"""Every measure of explanations a second time: one text, one word, one prediction at a time.

`predict` is a function of the set of words that stay, and of how words are left out; it returns
the probabilities (or values) and the scores of the classes, as lists.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations
from statistics import median

from lrp_engine.evaluation.text import Text

Predict = Callable[..., tuple[list[float], list[float]]]


def by_relevance(relevance, *, rising=False):
    sign = 1 if rising else -1
    return sorted(range(len(relevance)), key=lambda word: (sign * relevance[word], word))


def p(predict: Predict, text: Text, words, **options) -> float:
    return predict(frozenset(words), **options)[0][text.target]


def score(predict: Predict, text: Text, words) -> float:
    return predict(frozenset(words))[1][text.target]


def every(text: Text) -> set[int]:
    return set(range(text.words))


def top(text: Text, relevance, share: float) -> list[int]:
    count = 1
    while count < share * text.words - 1e-9:
        count += 1
    return by_relevance(relevance)[:count]


def tenth(text: Text, relevance, n: int) -> list[int]:
    return by_relevance(relevance)[: max(1, round(n / 10 * text.words))]


def comprehensiveness(text, relevance, predict):
    whole = p(predict, text, every(text))
    return [
        whole - p(predict, text, every(text) - set(top(text, relevance, share)))
        for share in (0.01, 0.05, 0.1, 0.2, 0.5)
    ]


def sufficiency(text, relevance, predict):
    whole = p(predict, text, every(text))
    return [
        whole - p(predict, text, top(text, relevance, share))
        for share in (0.01, 0.05, 0.1, 0.2, 0.5)
    ]


def aopc(text, order, predict):
    whole = p(predict, text, every(text))
    falls = [whole - p(predict, text, order[count:]) for count in range(1, text.words + 1)]
    return sum(falls) / len(falls)


def normalized_aopc(text, relevance, predict):
    """The bounds by a search that keeps five orders, of orders of the same words the better."""
    bounds = []
    for sign in (1, -1):
        orders: list[tuple[float, list[int]]] = [(0.0, [])]
        for _ in range(text.words):
            best: dict[frozenset[int], tuple[float, list[int]]] = {}
            for total, order in orders:
                for word in sorted(every(text) - set(order)):
                    longer = [*order, word]
                    left = every(text) - set(longer)
                    fall = p(predict, text, every(text)) - p(predict, text, left)
                    key = frozenset(longer)
                    if key not in best or sign * (total + fall) > sign * best[key][0]:
                        best[key] = (total + fall, longer)
            orders = sorted(best.values(), key=lambda one: -sign * one[0])[:5]
        bounds.append(orders[0][0] / text.words)
    most, least = bounds
    return [(aopc(text, by_relevance(relevance), predict) - least) / (most - least)]


def deletion(text, relevance, predict):
    return [p(predict, text, every(text) - set(tenth(text, relevance, n))) for n in range(1, 10)]


def insertion(text, relevance, predict):
    return [p(predict, text, tenth(text, relevance, n)) for n in range(1, 10)]


def _right(text, order, predict):
    found = []
    for n in range(1, 11):
        scores = predict(frozenset(order[n * text.step :]))[1]
        found.append(1.0 if scores.index(max(scores)) == text.label else 0.0)
    return found


def deletion_right(text, relevance, predict):
    return _right(text, by_relevance(relevance), predict)


def deletion_wrong(text, relevance, predict):
    return _right(text, by_relevance(relevance, rising=True), predict)


def pointing(text, relevance, predict):
    return [1.0 if text.origins[by_relevance(relevance)[0]] == text.target else 0.0]


def _claims_and_drops(text, relevance, predict):
    rng = text.rng("subsets")
    sizes = rng.integers(1, text.words, size=20)
    drawn = rng.random((20, text.words))
    claims, drops = [], []
    for size, numbers in zip(sizes.tolist(), drawn.tolist(), strict=True):
        out = sorted(range(text.words), key=lambda word: numbers[word])[:size]
        claims.append(math.fsum(relevance[word] for word in out))
        whole = score(predict, text, every(text))
        drops.append(whole - score(predict, text, every(text) - set(out)))
    return claims, drops


def pearson(a, b):
    n = len(a)
    x = [one - sum(a) / n for one in a]
    y = [one - sum(b) / n for one in b]
    product = math.fsum(i * j for i, j in zip(x, y, strict=True))
    return product / math.sqrt(math.fsum(i * i for i in x) * math.fsum(j * j for j in y))


def ranked(values):
    return [
        sum(other < one for other in values) + (sum(other == one for other in values) - 1) / 2
        for one in values
    ]


def spearman(a, b):
    return pearson(ranked(list(a)), ranked(list(b)))


def correlation(text, relevance, predict):
    return [pearson(*_claims_and_drops(text, relevance, predict))]


def slope(text, relevance, predict):
    claims, drops = _claims_and_drops(text, relevance, predict)
    least = 1e-6 * max(abs(claim) for claim in claims)
    pairs = zip(claims, drops, strict=True)
    return [median(drop / claim for claim, drop in pairs if abs(claim) > least)]


def infidelity(text, relevance, predict):
    claims, drops = _claims_and_drops(text, relevance, predict)
    wrong = math.fsum((c - d) ** 2 for c, d in zip(claims, drops, strict=True))
    return [wrong / math.fsum(drop * drop for drop in drops)]


def descriptive_accuracy(text, relevance, predict):
    order = by_relevance(relevance)
    return [p(predict, text, order[n * text.step :], removal="zero") for n in range(1, 11)]


def sparsity(text, relevance, predict):
    largest = max(abs(one) for one in relevance)
    shares = [abs(one) / largest for one in relevance]
    found = []
    for n in range(20):
        threshold = (n + 0.5) / 20
        found.append(sum(share <= threshold for share in shares) / len(shares))
    return found


def occlusion(text, relevance, predict):
    whole = score(predict, text, every(text))
    changes = [abs(whole - score(predict, text, every(text) - {word})) for word in every(text)]
    return [spearman([abs(one) for one in relevance], changes)]


def shapley(text, relevance, predict):
    values = []
    for word in range(text.words):
        others = every(text) - {word}
        value = 0.0
        for size in range(text.words):
            for chosen in combinations(sorted(others), size):
                gained = score(predict, text, {*chosen, word}) - score(predict, text, chosen)
                value += gained / (text.words * math.comb(text.words - 1, size))
        values.append(value)
    return [spearman(relevance, values)]


def marked_share(text, relevance, predict):
    marked = [abs(r) for r, a in zip(relevance, text.answer, strict=True) if not math.isnan(a)]
    return [math.fsum(marked) / math.fsum(abs(r) for r in relevance)]


def marked_correlation(text, relevance, predict):
    """Numbers, sums, squares and products of what the correlation is made of."""
    pairs = [(r, a) for r, a in zip(relevance, text.answer, strict=True) if not math.isnan(a)]
    return [
        len(pairs), sum(r for r, _ in pairs), sum(a for _, a in pairs),
        sum(r * r for r, _ in pairs), sum(a * a for _, a in pairs), sum(r * a for r, a in pairs),
    ]  # fmt: skip


def max_sensitivity(text, relevance, predict, *, moved):
    """`moved` holds relevances of the vectors themselves, then of those with noise."""
    still, *rest = moved
    size = math.sqrt(math.fsum(one * one for one in still))
    return [
        max(
            math.sqrt(math.fsum((a - b) ** 2 for a, b in zip(one, still, strict=True))) / size
            for one in rest
        )
    ]


def randomized_signed(text, relevance, predict, *, randomized):
    return [spearman(relevance, one) for one in randomized]


def randomized_absolute(text, relevance, predict, *, randomized):
    return [
        spearman([abs(one) for one in relevance], [abs(one) for one in random])
        for random in randomized
    ]


REFERENCES = {
    reference.__name__: reference
    for reference in (
        comprehensiveness, sufficiency, normalized_aopc, deletion, insertion, deletion_right,
        deletion_wrong, pointing, correlation, slope, infidelity, descriptive_accuracy, sparsity,
        occlusion, shapley, marked_share, marked_correlation, max_sensitivity, randomized_signed,
        randomized_absolute,
    )
}  # fmt: skip
