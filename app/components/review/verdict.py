"""Verdict, tags and note of the open row. Everything is saved at once; a conflict is shown."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from app import cache, settings
from app.components.review.common import Desk
from app.review.store import ConflictError
from app.review.verdicts import NO_VERDICT, VERDICTS, Review, Verdict, tags_in
from app.state import session, widgets
from app.text.markdown import plain
from lrp_engine.errors import InputError
from lrp_engine.render.wording import printable, visible

ICONS = {"agree": "check", "wrong": "close", "reasons": "psychology_alt", "unclear": "help"}
REMEMBERED = 8  # rows


def show(desk: Desk, row: int) -> None:
    """The controls, or the two versions to choose from where somebody else was faster."""
    key = (desk.set.id, row)
    review = desk.reviews.get(row, Review())
    clash = session.get("clash")
    if clash is not None and clash[:2] == key:
        _choose(key, clash[2], review)
        return
    _see(key, review)
    verdict, change = review.verdict, partial(_change, key)
    name = f"{desk.set.id}.{row}"
    with st.container(horizontal=True, key="lens-verdicts"):
        for n, (choice, title) in enumerate(VERDICTS.items(), 1):
            given = verdict.choice == choice
            st.button(
                title[0].upper() + title[1:],
                shortcut=str(n),
                icon=f":material/{ICONS[choice]}:",
                type="primary" if given else "secondary",
                key=f"lens-verdict-{choice}.{name}",
                on_click=change,
                kwargs={"choice": choice},
            )
        if verdict.choice:
            st.button("Take back", type="tertiary", key=f"lens-verdict-none.{name}",
                      on_click=change, kwargs={"choice": NO_VERDICT})  # fmt: skip
    left, right = st.columns([2, 3])
    known = tags_in(desk.reviews.values())
    left.multiselect(
        "Tags",
        known,
        accept_new_options=True,
        placeholder="Pick or type",
        max_selections=settings.REVIEW_TAGS,
        **widgets.watch(
            f"tags.{name}", list(verdict.tags), lambda tags: change(tags=tuple(tags)), late=True
        ),
    )
    right.text_area(
        "Note",
        height=68,
        max_chars=settings.REVIEW_NOTE,
        placeholder="What did you see?",
        **widgets.watch(f"note.{name}", verdict.note, lambda note: change(note=note), late=True),
    )
    _saved(desk, row, review)


def _saved(desk: Desk, row: int, review: Review) -> None:
    if not review.version:
        st.caption("Nothing is kept for this row yet; what you enter is saved at once.")
        return
    st.caption(f"Saved {_by(review)}.")
    if review.version > 1:
        with st.expander(f"Earlier versions ({review.version - 1})"):
            for old in cache.reviews().history(desk.set.id, row)[1:]:
                st.html(_written(old))


def _see(key: tuple[str, int], review: Review) -> None:
    """Note what is on the screen; a row that was there before may still be heard of."""
    others = [item for item in session.get("seen").items() if item[0] != key]
    session.put("seen", dict([*others[-REMEMBERED:], (key, review)]))


def _change(key: tuple[str, int], **changes: Any) -> None:
    """Save what is on the screen with these changes; runs before the page is drawn again.

    Args:
        key: the row it is about, which need not be the open one any more.
    """
    seen = session.get("seen").get(key)
    if seen is None:
        return
    shown = seen.verdict
    if "choice" not in changes and replace(shown, **changes) == shown:
        return  # a box that repeats what it held is nobody's new verdict
    verdict = replace(shown, reviewer=session.get("reviewer"), **changes)
    _save(*key, verdict, seen.version)


def _save(set_id: str, row: int, verdict: Verdict, version: int) -> None:
    if cache.sets().find(set_id) is None:
        session.notify("This set was deleted, so that nothing can be kept of it any more.")
        return
    try:
        saved = cache.reviews().save(set_id, row, verdict, seen=version)
    except ConflictError:
        session.put("clash", (set_id, row, verdict))
    except InputError as error:
        session.notify(str(error))
    else:
        _see((set_id, row), saved)
        session.put("clash", None)


def _choose(key: tuple[str, int], mine: Verdict, theirs: Review) -> None:
    """Both versions, one above the other, and which one stays."""
    who = plain(visible(theirs.verdict.reviewer)) if theirs.verdict.reviewer else "Somebody else"
    st.warning(
        f"{who} saved another version of this row while you had it open. Yours is not saved yet: "
        "choose which one is to stand. The other one stays in the history once it was saved.",
        icon=":material/call_split:",
    )
    left, right = st.columns(2)
    with left.container(border=True):
        st.markdown(f"**Saved** {_by(theirs)}")
        st.html(_words(theirs.verdict))
        st.button("Keep this one", on_click=session.put, args=("clash", None), key="lens-theirs")
    with right.container(border=True):
        st.markdown("**Yours**, not saved yet")
        st.html(_words(mine))
        st.button("Save mine instead", type="primary", key="lens-mine", on_click=_save,
                  args=(*key, mine, theirs.version))  # fmt: skip


def _by(review: Review) -> str:
    when = f"{review.saved:%Y-%m-%d %H:%M} UTC" if review.saved else ""
    who = f" by {plain(visible(review.verdict.reviewer))}" if review.verdict.reviewer else ""
    return f"{when}{who}, version {review.version}"


def _written(review: Review) -> str:
    return f'<p style="margin:0">{escape(_by(review))}</p>{_words(review.verdict)}'


def _words(verdict: Verdict) -> str:
    """A verdict as HTML."""
    parts = [f"<b>{VERDICTS.get(verdict.choice, 'no verdict')}</b>"]
    if verdict.tags:
        parts.append(f"tags: {escape(visible(', '.join(verdict.tags)))}")
    note = ""
    if verdict.note:
        style = "white-space:pre-wrap;overflow-wrap:anywhere"
        note = f'<div style="{style}" dir="auto">{escape(printable(verdict.note))}</div>'
    return f'<p style="margin:0">{", ".join(parts)}</p>{note}'
