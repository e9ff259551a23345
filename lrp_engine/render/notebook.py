"""Results as HTML fragments, for the output of a notebook's cell; every word is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lrp_engine.render import facts as network_facts
from lrp_engine.render import templates
from lrp_engine.render.conservation import account_line
from lrp_engine.render.row import HeatmapRow, method_rows, of_one_text
from lrp_engine.render.said import headline
from lrp_engine.render.wording import visible, with_noun

if TYPE_CHECKING:
    from lrp_engine.attribution.explanation import Explanation
    from lrp_engine.model.network import Network

SAMPLES = 5
WORDS = 400  # of one text; the page of a longer one is `to_html`


@dataclass(frozen=True)
class Sample:
    """One text by every method.

    Attributes:
        headline: what the network says and what is explained. account: where the score went.
        rows: a heatmap each.
    """

    headline: str
    account: str
    warnings: tuple[str, ...]
    rows: list[HeatmapRow]


def explanations(by_method: Mapping[str, Explanation]) -> str:
    """The first samples: what the network says of each, where the score went, the heatmaps."""
    count = len(next(iter(by_method.values())))
    samples = [_sample(by_method, index) for index in range(min(count, SAMPLES))]
    return templates.fragment("notebook.html", "explanations")(samples, _more(count))


def comparison(sentence: str, names: Sequence[str], a: Explanation, b: Explanation) -> str:
    """Two networks on the same texts: the sentence, and the heatmaps of each."""
    samples = [
        replace(sample, headline=f"{name}: {sample.headline}")
        for index in range(min(len(a), SAMPLES))
        for name, one in zip(names, (a, b), strict=True)
        for sample in [_sample({one.method: one}, index)]
    ]
    draw = templates.fragment("notebook.html", "explanations")
    return draw(samples, _more(len(a)), sentence)


def network(network: Network) -> str:
    """What a network is: facts, layers, what was assumed."""
    facts = [(term, visible(value)) for term, value in network_facts.facts(network)]
    columns = [(name, name == "numbers") for name in network_facts.LAYER_COLUMNS]
    layers = [
        [visible(cell) if isinstance(cell, str) else f"{cell:,}" for cell in row]
        for row in network_facts.layers(network)
    ]
    draw = templates.fragment("notebook.html", "network")
    return draw(facts, columns, layers, network.assumptions, network.warnings)


def evaluation(
    sentence: str, rows: Sequence[Sequence[str]], left_out: Sequence[tuple[str, str]]
) -> str:
    """What was measured: the sentence, and a row per measure and explainer."""
    columns = (("measure", False), ("explainer", False), ("value", True), ("95 %", False),
               ("", False))  # fmt: skip
    draw = templates.fragment("notebook.html", "evaluation")
    return draw(sentence, columns, rows, left_out)


def proof(
    headline: str, meaning: str, rows: Sequence[Sequence[str]], assumptions: Sequence[str]
) -> str:
    """What was checked of a network: both verdicts, and a row per check."""
    columns = (("verdict", False), ("check", False), ("error", True), ("allowed", True),
               ("how", False))  # fmt: skip
    draw = templates.fragment("notebook.html", "proof")
    return draw(headline, meaning, columns, rows, assumptions)


def _more(count: int) -> str:
    """How many samples are not shown, and where they are."""
    return f"{count - SAMPLES:,} more; to_frame() holds all." if count > SAMPLES else ""


def _sample(by_method: Mapping[str, Explanation], index: int) -> Sample:
    samples = of_one_text(by_method, index, what="A cell")
    first = next(iter(samples.values()))
    complete = next((e for e in samples.values() if e.method_info.completeness == "score"), None)
    count = len(first.tokens[0])
    account = account_line(complete) if complete else ""
    if count <= WORDS:
        return Sample(headline(first), account, first.warnings, method_rows(samples))
    long = with_noun(f"It has {count:,} words; to_html() shows them.", first.token_kind)
    return Sample(headline(first), f"{account} {long}".strip(), first.warnings, [])
