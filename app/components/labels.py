"""Which word has its label explained, of a model that labels every word; all labels at a glance."""

from __future__ import annotations

from html import escape

from streamlit.delta_generator import DeltaGenerator

from app import cache
from app.models import labels
from app.models.model import Model
from app.state import session, widgets
from app.text.edits import aligned
from lrp_engine import Explanations
from lrp_engine.render.wording import visible

LISTED = 300  # words with their labels under the headline


def asked(model: Model, text: str) -> Model:
    """The model with the position that is picked; itself where it gives one answer."""
    if not model.network.labels_steps:
        return model
    one = labels.chosen(labels.of_text(model, text), session.get("pick"))
    return model.at(one.position if one else None)


def asked_before(model: Model, now: Model, text: str, typed: str) -> Model | None:
    """The same of the text before its edit: the word there that became the one asked about.

    None where there was no such word.
    """
    if not model.network.labels_steps:
        return model
    after, before = (labels.of_text(model, one) for one in (text, typed))
    at = next(n for n, one in enumerate(after) if one.position == now.position)
    words = aligned([one.token for one in before], [one.token for one in after])
    old = next((n for n, m in words if m == at), None)
    return None if old is None else model.at(before[old].position)


def picker(model: Model, text: str, one: Explanations, place: DeltaGenerator) -> None:
    """The list of words with their labels, to choose one; nothing where there is one answer."""
    if one.positions is None:
        return
    words = labels.of_text(model, text)
    figures = labels.figures(model, cache.labelled(model, text))
    names = {}
    for number, word in enumerate(words, start=1):
        label, figure = figures[word.position]
        share = f" ({figure})" if figure else ""
        names[word.at] = f"{number}. {visible(word.token)}: {visible(label)}{share}"

    chosen = labels.chosen(words, session.get("pick"))
    assert chosen is not None  # else there is no explanation
    place.selectbox(
        f"Whose {'label' if model.network.has_classes else 'value'} is explained",
        [*names],
        format_func=names.__getitem__,
        help=f"This model labels every {one.token_kind}. Picking one in the heatmap asks about it, "
        "too.",
        **widgets.watch(
            "labelled", chosen.at, lambda at: session.put("pick", at),
            [*names.values()],
        ),
    )  # fmt: skip


def all_labels(model: Model, text: str, one: Explanations) -> str:
    """The words with their labels under them, as HTML; the one explained is marked."""
    if one.positions is None:
        return ""
    figures = labels.figures(model, cache.labelled(model, text))
    words = labels.of_text(model, text)
    marks = {model.position: ' class="lens-asked"'}
    shown = "".join(
        f"<span{marks.get(word.position, '')}>"
        f"<bdi>{escape(visible(word.token))}</bdi><small><bdi>"
        f"{escape(visible(figures[word.position][0]))}</bdi></small></span>"
        for word in words[:LISTED]
    )
    return f'<p class="lens-labels" aria-label="All labels">{shown}</p>'
