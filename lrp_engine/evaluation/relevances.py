"""Relevances of some texts by every explainer, cut to the words that can be left out.

Axes: J explainers without chance, n words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lrp_engine.attribution.stream import in_batches
from lrp_engine.errors import InputError
from lrp_engine.model import inputs as samples_of

if TYPE_CHECKING:
    from lrp_engine.attribution.explanations import Explanations
    from lrp_engine.evaluation.settings import Settings
    from lrp_engine.evaluation.window import Window
    from lrp_engine.model.network import Network


def by_explainer(
    network: Network, window: Window, rows: Sequence[int], target: Any, settings: Settings
) -> dict[int, np.ndarray]:
    """Row -> relevances (J, T) of all its steps for one target, NaN where they overflow."""
    methods = settings.method_infos
    found: dict[int, dict[tuple[str, str], np.ndarray]] = {row: {} for row in rows}
    for first, (name, rule) in enumerate(settings.rules.items()):
        asked = [one.name for one in methods if one.uses_rule or not first]
        if not asked:
            continue
        options = {one: settings.method_options[one] for one in asked
                   if one in settings.method_options}  # fmt: skip
        for chunk, made in _explained(network, window, rows, asked, target, rule, options):
            for at, n in enumerate(chunk.tolist()):
                for method, one in made.items():
                    key = method, name if one.method_info.uses_rule else ""
                    found[rows[n]][key] = one.token_relevance[at, : one.lengths[at]]
    wanted = [(one.method, one.rule) for one in settings.explainers[:-1]]
    gaps = any(len(made) < len(wanted) for made in found.values())
    lengths = window.samples(network).lengths if gaps else None

    def of(row: int, key: tuple[str, str]) -> np.ndarray:
        if lengths is None or key in found[row]:
            return found[row][key]
        return np.full(lengths[row], np.nan)

    return {row: np.array([of(row, key) for key in wanted]) for row in found}


def _explained(
    network: Network, window: Window, rows: Sequence[int], methods: Sequence[str], target: Any,
    rule: Any, options: Any,
) -> Iterator[tuple[np.ndarray, Explanations]]:  # fmt: skip
    """Positions in `rows`, and their explanations; without those that overflow."""
    inputs, lengths = window.inputs(rows)
    if window.words is not None:
        for chunk, made in in_batches(
            network, inputs, methods=methods, target=target, rule=rule, method_options=options
        ):
            if not isinstance(made, InputError):
                yield chunk, made
        return
    for chunk in samples_of.read(network, inputs, lengths).chunks():
        yield chunk, network.explain_all(
            inputs[chunk], methods=methods, target=target, rule=rule, method_options=options,
            lengths=None if lengths is None else lengths[chunk],
        )  # fmt: skip
