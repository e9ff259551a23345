"""Relevances of some texts by every explainer, cut to the words that can be left out.

Axes: J explainers without chance, n words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lrp_engine.attribution.stream import in_batches
from lrp_engine.errors import CancelledError, InputError

if TYPE_CHECKING:
    from lrp_engine.attribution.work import Cancel
    from lrp_engine.evaluation.settings import Settings
    from lrp_engine.evaluation.window import Window
    from lrp_engine.model.network import Network


def by_explainer(
    network: Network,
    window: Window,
    rows: Sequence[int],
    targets: Sequence[int],
    settings: Settings,
    cancel: Cancel | None = None,
) -> list[np.ndarray]:
    """Of each row relevances (J, T) of all its steps for its target, NaN where they overflow.

    A row may come once for each of several targets: what does not depend on the target is
    computed once.

    Raises:
        CancelledError: it was cancelled; looked at before each batch of passes.
    """
    if not rows:
        return []
    methods, asked_of = settings.method_infos, np.array(targets)
    found: list[dict[tuple[str, str], np.ndarray]] = [{} for _ in rows]
    inputs, lengths = window.inputs(rows)
    for first, (name, rule) in enumerate(settings.rules.items()):
        asked = [one.name for one in methods if one.uses_rule or not first]
        if not asked:
            continue
        options = {one: settings.method_options[one] for one in asked
                   if one in settings.method_options}  # fmt: skip
        for chunk, made in in_batches(
            network, inputs, methods=asked, target=asked_of, rule=rule, method_options=options,
            lengths=lengths, cancel=cancel,
        ):  # fmt: skip
            if isinstance(made, InputError):  # it overflows, or costs too much
                continue
            for at, n in enumerate(chunk.tolist()):
                for method, one in made.items():
                    key = method, name if one.method_info.uses_rule else ""
                    found[n][key] = one.token_relevance[at, : one.lengths[at]]
    if cancel is not None and cancel.is_set():  # batches end without a word
        raise CancelledError
    wanted = [(one.method, one.rule) for one in settings.explainers[:-1]]
    gaps = any(len(made) < len(wanted) for made in found)
    known = window.samples(network).lengths if gaps else None

    def of(n: int, key: tuple[str, str]) -> np.ndarray:
        if known is None or key in found[n]:
            return found[n][key]
        return np.full(known[rows[n]], np.nan)

    return [np.array([of(n, key) for key in wanted]) for n in range(len(rows))]
