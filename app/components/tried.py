"""A few texts with what one's own program says of them: whether they are read as there, and how."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from app import cache, settings
from app.components.guard import guard
from app.components.turn import telling
from app.models import tried
from app.models.dropped import Brought, Draft, Dropped, left_open, settled
from app.models.model import Model
from app.models.tried import Row, Tried
from app.navigation import View
from app.state import address, session, session_models, widgets
from app.text.markdown import plain
from lrp_engine.formats.companions.reference import Reference
from lrp_engine.formats.companions.reference_files import read_reference
from lrp_engine.formats.question import TOKENIZER
from lrp_engine.proof.sheet import VERIFIED
from lrp_engine.proof.tried_texts import reads_by_file
from lrp_engine.render.wording import visible

if TYPE_CHECKING:
    from lrp_engine.proof.text_search import TextCandidate

SAME = "Your program and this model say the same of these texts: they are read alike."
SAME_IN_WAYS = (
    "Your program and this model say the same of these texts. Other ways to read texts give these "
    "numbers, too; choose one of them only if you know that your program reads texts so."
)
NEAR = "These texts do not decide how texts are read: several ways give your numbers."
GIVE = (
    "Give five texts and what your own program says of each. They show whether texts are read here "
    "as they are there; if not, the way that fits is found."
)
SHOWN_BY_FILE = (
    "The file itself says how texts are read, and that was verified. To compare all the same, give "
    "texts and what your own program says of each."
)
FAR = (
    "No way to read these texts gives your numbers. Check that they belong to these files, and "
    "that the numbers have five digits or more."
)
OPEN = "Or the model is read otherwise than your program computes it: answer {} above, too."
NEAREST = "The nearest ways to read texts:"
OTHERWISE = (
    "Your program says other numbers of these texts. Check that they belong to these files; the "
    "file says how texts are read, and no other way was tried."
)
AS_CHOSEN = "Texts are read in the way that you chose. Your program's numbers are other ones."
YOURS, HERE, APART = "your program", "here", "difference"  # columns
SHOWN = 120  # characters of a text
STYLE = """<style>
.lens-tried { overflow-x: auto; }
.lens-tried table { border-collapse: collapse; font-size: .875rem; }
.lens-tried th, .lens-tried td { text-align: left; vertical-align: top;
  padding: .3rem .9rem .3rem 0; border-bottom: 1px solid #7f7f7f66; }
.lens-tried td.n { white-space: nowrap; font-variant-numeric: tabular-nums; }
.lens-tried td { overflow-wrap: break-word; min-width: 4rem; }
.lens-tried td:first-child { overflow-wrap: anywhere; min-width: 9rem; }
/* On a phone a text is a block: the text, then its numbers. */
@media (max-width: 40rem) {
  .lens-tried thead { position: absolute; clip-path: inset(50%); height: 1px; width: 1px; }
  .lens-tried tr { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: .4rem 0;
    border-bottom: 1px solid #7f7f7f66; }
  .lens-tried td { border: 0; padding: 0; min-width: 0; }
  .lens-tried td:first-child { flex-basis: 100%; }
  .lens-tried td[data-name]::before { content: attr(data-name) " "; }
}
</style>"""


def section(model: Model, brought: Brought | None) -> None:
    """The box, and what came of the texts last tried; only for uploads that read text.

    Args:
        brought: the files on the page; texts of a file of outputs can be tried, too.
    """
    if model.proof is None or not model.reads_text or model.network.vocabulary is None:
        return
    st.header("Texts that you know the answer to", anchor=False)
    st.markdown(f"{SHOWN_BY_FILE if reads_by_file(model.proof) else GIVE} {plain(_wanted(model))}")
    with st.form("lens-tried", border=True):
        typed = st.text_area(
            "One text a line, and its number behind it",
            key=widgets.file_key("tried"),
            height=160,
            placeholder="The plot was thin, but I laughed | 0.81234\nNot my film | 0.10456",
            help="Parted by |, a tab or a comma: what is copied from two columns of a spreadsheet "
            "fits. Take one text that is long, one with a word that is not in the vocabulary, and "
            "one with capital letters and punctuation.",
        )
        asked = st.form_submit_button("Compare", type="primary")
    file = brought.reference if brought is not None else None
    from_file = (
        file is not None
        and file.taken.texts
        and st.button(f"Compare by the texts of “{plain(file.name)}”")
    )
    if asked or from_file:
        session.go_to(session.TEXTS)
    if asked:
        with guard():
            _try(model, tried.read_lines(typed, model.network))
    elif from_file and file is not None:
        with guard():
            _try(model, _of_file(file))
    last: Tried | None = session.get("tried")
    if last is not None and last.upload_hash == model.upload_hash:
        _show(model, last)


def by_file(model: Model, brought: Brought) -> None:
    """Compare by a file of texts that was dropped, unless the proof has found them equal."""
    file, sheet = brought.reference, model.proof
    if file is None or not file.taken.texts or sheet is None or sheet.text == VERIFIED:
        return
    with guard():
        reference = _of_file(file)
        if reference.kind != "labels":  # classes alone show no way
            _try(model, reference)


def _wanted(model: Model) -> str:
    labels, digits = model.network.labels, "with five digits or more"
    if tried.of_two_classes(model.network):
        return f"The number is the probability of “{visible(labels[1])}”, {digits}."
    if len(labels) == 1:
        return f"The number is “{visible(labels[0])}”, {digits}."
    named = ", ".join(visible(label) for label in labels[:6]) + (" …" if len(labels) > 6 else "")
    return f"Behind each text stand {len(labels)} numbers, of {named}, {digits}."


def _of_file(file: Dropped) -> Reference:
    found = read_reference(file.data)
    most = settings.TRIED_TEXTS
    assert found is not None
    return replace(found, inputs=None, texts=found.texts[:most], outputs=found.outputs[:most])


def _try(model: Model, reference: Reference, chosen: TextCandidate | None = None) -> None:
    """Try texts, keep the model that reads them as was found, and draw the page anew."""
    with st.spinner("Reading the texts in every way …"), telling() as tell:
        made, found = cache.tried(model, reference, chosen=chosen, tell=tell)
    session_models.exchange(model.upload_hash, made)
    session_models.kept_tried(made, reference, str(chosen) if chosen is not None else "")
    draft: Draft | None = session.get("draft")
    if draft is not None and draft.upload_hash == model.upload_hash:
        still = tuple(one for one in draft.asked if not settled(one, made.proof))
        keys = {one.key for one in still}
        answers = {key: answer for key, answer in draft.answers.items() if key in keys}
        session.put(
            "draft", replace(draft, upload_hash=made.upload_hash, asked=still, answers=answers)
        )
    if session.get("arrived") == model.upload_hash:
        session.put("arrived", made.upload_hash)
    session.put(
        "tried",
        Tried(
            upload_hash=made.upload_hash,
            reference=reference,
            rows=tried.compared(found, reference),
            candidates=found.candidates,
            ways=tried.ways(found.network, found.candidates),
            deciding=found.deciding,
        ),
    )
    st.rerun()


def explain_with_it() -> None:
    """A link to the explanation, which is in sight where it leads."""
    st.page_link(
        View.EXPLAIN.file, label="Explain with it", icon=View.EXPLAIN.icon,
        query_params=address.leading_to(session.ANSWER),
    )  # fmt: skip


def _show(model: Model, last: Tried) -> None:
    assert model.proof is not None
    same = model.proof.text == VERIFIED
    if same:
        st.success(SAME_IN_WAYS if last.candidates else SAME, icon=":material/check_circle:")
        explain_with_it()
    elif not last.candidates:  # nothing was searched for
        st.warning(OTHERWISE if reads_by_file(model.proof) else AS_CHOSEN, icon=":material/help:")
    else:
        st.warning(NEAR if last.deciding else _far(model), icon=":material/help:")
    if last.deciding:
        texts = " or ".join(last.deciding)
        st.markdown(plain(f"One more text would tell the ways apart, with its number: {texts}."))
    if last.candidates:
        _choose(model, last)
    st.html(_table(last.rows))


def _far(model: Model) -> str:
    """That no way gives the numbers, and what else may be read otherwise: weights leave it open."""
    left = [one for one in left_open(model) if one.choices and not one.key.startswith(TOKENIZER)]
    if not left:
        return f"{FAR} {NEAREST}"
    named = " and ".join(f"“{one.asks}”" for one in left)
    return f"{FAR} {OPEN.format(plain(named))} {NEAREST}"


def _choose(model: Model, last: Tried) -> None:
    places = range(len(last.candidates))
    with st.form("lens-ways", border=True):
        titles = [
            plain(f"{way} (off by {one.difference:.1e})")
            for way, one in zip(last.ways, last.candidates, strict=True)
        ]
        place = st.radio("How are texts read?", places, format_func=titles.__getitem__)
        if st.form_submit_button("Read texts in this way"):
            session.go_to(session.TEXTS)
            with guard():
                _try(model, last.reference, last.candidates[place])


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _table(rows: tuple[Row, ...]) -> str:
    body = "".join(
        f"<tr><td><bdi>{escape(visible(_cut(row.text)))}</bdi></td>"
        f"<td><bdi>{escape(visible(row.label))}</bdi></td>"
        f'<td class="n" data-name="{YOURS}">{row.expected:.7g}</td>'
        f'<td class="n" data-name="{HERE}">{row.output:.7g}</td>'
        f'<td class="n" data-name="{APART}">{row.difference:.1e}</td></tr>'
        for row in rows
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("text", "of", YOURS, HERE, APART))
    return (
        f'{STYLE}<div class="lens-tried" tabindex="0" role="region" aria-label="Texts compared">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
