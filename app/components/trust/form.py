"""What is measured: which texts, which methods, by which rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import streamlit as st

from app import cache, settings
from app.components.guard import guard
from app.components.question import length
from app.methods import RULED_METHODS
from app.models.model import Model
from app.navigation import View
from app.review.outcomes import NO_CLASS
from app.state import session, widgets
from app.state.choice import shortest
from app.state.trust_choices import EXAMPLES, REVIEWED
from app.text.rules import GATE_NAMES, RULE_NAMES, gate_title, rule_title
from app.trust.plan import Plan
from app.trust.texts import Texts, drawn
from lrp_engine import METHODS
from lrp_engine.errors import InputError
from lrp_engine.propagation.rules import Rule
from lrp_engine.render.wording import visible

SIDEBAR = "same as the sidebar"
RULED = " and ".join(method.short for method in RULED_METHODS)


@dataclass(frozen=True)
class Source:
    """Texts to choose from: what they are called, and where they come from."""

    title: str
    count: int
    texts: Callable[[], tuple[Sequence[str], Sequence[int | None]]]


@dataclass(frozen=True)
class Refusal:
    """Why nothing can be measured, and a page that helps."""

    sentence: str
    leads_to: View | None = None
    label: str = ""


def sources(model: Model) -> dict[str, Source]:
    """Where texts for a model can be taken from, by the name of the choice."""
    found = {}
    if model.examples:
        found[EXAMPLES] = of_examples(model)
    one = cache.sets().find(session.get("set")) if session.get("set") else None
    if one is not None and one.complete and one.model_hash == model.model_hash:

        def texts() -> tuple[Sequence[str], Sequence[int | None]]:
            summary = cache.review_tables(one).summary
            good = summary[summary["problem"].isna()]
            truth, said = (good[name].to_numpy(int) for name in ("truth", "said"))
            near = one.true_classes.nearest(truth, said).tolist()
            return good["text"].tolist(), [None if c == NO_CLASS else c for c in near]

        found[REVIEWED] = Source(f"{visible(one.name)}, under review", one.rows, texts)
    return found


def of_examples(model: Model) -> Source:
    """The examples that came with a model."""
    return Source(
        f"the {len(model.examples):,} examples of {model.name}",
        len(model.examples),
        lambda: ([e.text for e in model.examples], [e.label for e in model.examples]),
    )


def refusal(model: Model) -> Refusal | None:
    """Why a model cannot be measured; None where it can."""
    if model.network.labels_steps:
        return Refusal(
            "This model labels every word; what is measured are models with one answer for a whole "
            "text. Pick another model in the sidebar."
        )
    if not (model.reads_text or model.reads_numbers):
        return Refusal(
            "This model cannot read texts without its vocabulary, so there is nothing to measure "
            "on. Upload it again together with its vocabulary, or pick another model in the "
            "sidebar.", View.MODEL, "Add a vocabulary",
        )  # fmt: skip
    if sources(model):
        return None
    if model.reads_text and model.network.decides:
        return Refusal(
            f"“{model.name}” came without examples, so there are no texts to measure on. Explain a "
            "set of your own on the Review page; then come back here.", View.REVIEW,
            "Bring a set of texts",
        )  # fmt: skip
    return Refusal(
        f"“{model.name}” came without examples, so there is nothing to measure on here. From the "
        "library: lrp_engine.evaluate(network, inputs)."
    )


def show(model: Model) -> None:
    """The choices and the button that begins."""
    there = sources(model)
    left, right = st.columns([2, 1])
    chosen = _source(there)
    left.selectbox(
        "Texts",
        list(there),
        format_func=lambda name: there[name].title,
        **widgets.watch(
            "trust_from", chosen, _put("trust_from"), [s.title for s in there.values()]
        ),
    )
    counts = _counts(there[chosen].count)
    right.selectbox(
        "How many",
        counts,
        format_func=lambda count: _count_words(count, there[chosen].count),
        help="Fewer are quicker, more tell smaller differences apart.",
        **widgets.watch("trust_texts", _count(counts), _put("trust_texts"),
                        [str(there[chosen].count)]),
    )  # fmt: skip
    _several("trust_methods", "Methods", list(METHODS), _method_title, "none")
    if any(METHODS[name].uses_rule for name in session.get("trust_methods")):
        columns = st.columns(3)
        _several("trust_rules", f"Rules of {RULED}", RULE_NAMES, rule_title, SIDEBAR, columns[0])
        steps = sorted({*settings.EPS_STEPS, *session.get("trust_eps")})
        _several("trust_eps", "Stabilizer ε", steps, shortest, SIDEBAR, columns[1])
        _several("trust_gates", "Gates", GATE_NAMES, gate_title, SIDEBAR, columns[2])
    st.toggle(
        "Also with random weights",
        help=f"Explains {settings.TRUST_CHECKED} of the texts once more while the model forgets "
        "what it learned, layer by layer. An explanation that stays the same says nothing of the "
        "model.",
        **widgets.bind("random_weights"),
    )
    if st.button("Measure", type="primary", icon=":material/play_arrow:"):
        with guard():
            _begin(model)


def plan(model: Model) -> Plan | None:
    """What is chosen; None where it cannot be measured."""
    if refusal(model) is not None:
        return None
    there = sources(model)
    methods, made = session.get("trust_methods"), rules()
    if not methods:
        return None
    source = there[_source(there)]
    texts = drawn_from(model, source, _count(_counts(source.count)))
    return Plan.of(model, texts, methods, made, checked=session.get("random_weights"))


def rules() -> list[Rule]:
    """Every combination of what is picked; what is left open is the sidebar's."""
    options = {"eps": session.get("trust_eps"), "gates": session.get("trust_gates")}
    found: dict[str, Rule] = {}
    for name, *numbers in product(
        session.get("trust_rules") or (None,), *(values or (None,) for values in options.values())
    ):
        given = {key: v for key, v in zip(options, numbers, strict=True) if v is not None}
        rule = session.rule(name, **given)
        found.setdefault(json.dumps(rule.to_dict(), sort_keys=True), rule)
    return list(found.values())


def drawn_from(model: Model, source: Source, count: int) -> Texts:
    """So many of the texts, as many as the model can be asked about."""
    texts, labels = source.texts()
    return drawn(
        source.title, texts, labels,
        count=count,
        length=lambda text: length(model, text),
        longest=settings.most_words(model.network.input_shape.units),
        most_words=settings.TRUST_WORDS,
    )  # fmt: skip


def _begin(model: Model) -> None:
    """Measure what is chosen, or turn to it where that was done before.

    Raises:
        InputError: nothing is chosen, or too much; or the server has enough to do.
    """
    wanted = plan(model)
    if wanted is None:
        raise InputError("Choose at least one method.")
    if wanted.explainers > settings.TRUST_EXPLAINERS:
        raise InputError(
            f"These methods and rules are {wanted.explainers} explanations; up to "
            f"{settings.TRUST_EXPLAINERS} are measured at once. Take some away."
        )
    if not wanted.texts.texts:
        raise InputError("None of these texts can be explained: they are empty, or too long.")
    there = cache.evaluations()
    if not there.results.has(wanted.key):
        there.start(wanted, model, owner=session.get("visitor"))
    session.put("measured", wanted.key)
    session.put("cancelled", "")
    st.rerun()


def _source(there: Iterable[str]) -> str:
    names = list(there)
    return session.get("trust_from") if session.get("trust_from") in names else names[0]


def _counts(found: int) -> tuple[int, ...]:
    """The choices of how many: the last one is all of them, or the most that are measured."""
    below = [count for count in settings.TRUST_COUNTS if count < found]
    return settings.TRUST_COUNTS[: len(below) + 1]


def _count(counts: Sequence[int]) -> int:
    return min(session.get("trust_texts"), counts[-1])


def _count_words(count: int, found: int) -> str:
    return f"{count:,}" if count < found else f"all {found:,}"


def _method_title(name: str) -> str:
    method = METHODS[name]
    return method.title if method.live else f"{method.title} ({method.cost})"


def _put(name: str) -> Callable[[Any], None]:
    return lambda value: session.put(name, value)


def _several(
    name: str, label: str, options: Sequence[Any], titled: Callable[[Any], str], nothing: str,
    place: Any = st,
) -> None:  # fmt: skip
    place.multiselect(
        label, options, format_func=titled, placeholder=nothing,
        **widgets.watch(name, list(session.get(name)),
                        lambda values: session.put(name, tuple(values)), map(titled, options)),
    )  # fmt: skip
