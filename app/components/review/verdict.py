"""Verdict, tags and note of the open row. Everything is saved at once; a conflict is shown."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from app import cache, settings
from app.components.review import unsigned
from app.components.review.common import Desk
from app.review.outcomes import NO_CLASS
from app.review.store import ConflictError
from app.review.verdicts import (
    NO_VERDICT,
    VERDICTS,
    Review,
    Verdict,
    contradiction,
    tags_in,
)
from app.state import session, widgets
from app.text.markdown import plain
from lrp_engine.errors import InputError
from lrp_engine.render.wording import printable, visible

ICONS = {"agree": "check", "wrong": "close", "reasons": "psychology_alt", "unclear": "help"}
REMEMBERED = 8  # rows


def show(desk: Desk, row: int, following: int | None) -> None:
    """The controls, or what has to be decided first.

    Args:
        following: the row of the queue that is opened after a verdict; None at its end.
    """
    key = (desk.set.id, row)
    review = desk.given.get(row, {}).get(session.get("reviewer"), Review())
    clash, doubted, unnamed = map(session.get, ("clash", "doubted", "unnamed"))
    if clash is not None and clash[:2] == key:
        _choose(key, clash[2], clash[3])
        return
    _see(key, review)
    if unnamed is not None and unnamed[0] == key:
        _ask_name(key, unnamed[1], _right(desk, row), following)
        return
    if doubted is not None and doubted[0] == key:
        _ask(key, doubted[1], _right(desk, row), following)
        return
    verdict, change = review.verdict, partial(_changed, key)
    name = f"{desk.set.id}.{row}"
    with st.container(horizontal=True, vertical_alignment="center", key="lens-verdicts"):
        for n, (choice, title) in enumerate(VERDICTS.items(), 1):
            given = verdict.choice == choice
            st.button(
                title[0].upper() + title[1:],
                shortcut=str(n),
                icon=f":material/{ICONS[choice]}:",
                type="primary" if given else "secondary",
                key=f"lens-verdict-{choice}.{name}",
                on_click=_judge,
                args=(key, choice, _right(desk, row), following),
            )
        if verdict.choice:
            st.button("Clear verdict", type="tertiary", key=f"lens-verdict-none.{name}",
                      on_click=change, kwargs={"choice": NO_VERDICT})  # fmt: skip
        st.toggle("After a verdict, open the next row", **widgets.bind("go_on"))
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
    _others(desk, row)


def said_before(desk: Desk, row: int) -> None:
    """Which verdict led to this row, and the way back to it."""
    judged = session.get("judged")
    if judged is None or judged[0][0] != desk.set.id or judged[2] != row:
        return
    (_, before), choice, _ = judged
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Row {before + 1:,}: {VERDICTS[choice]}. Saved.")
        st.button(f"Back to row {before + 1:,}", type="tertiary", icon=":material/undo:",
                  key="lens-back", on_click=session.choose, kwargs={"row": before})  # fmt: skip


def _right(desk: Desk, row: int) -> bool | None:
    """Whether the model is right by the row's label; None where no label says."""
    line = desk.tables.summary.iloc[row]
    return None if line["off"] == NO_CLASS else bool(line["off"] == 0)


def _judge(key: tuple[str, int], choice: str, right: bool | None, following: int | None) -> None:
    """A verdict was pressed: ask whose it is, and where it contradicts the row; else keep it."""
    session.used()
    if not session.get("reviewer") and not session.get("nameless"):
        session.put("unnamed", (key, choice))
        session.go_to(session.WHOSE)
    elif contradiction(choice, right):
        session.put("doubted", (key, choice))
    else:
        _give(key, choice, following)


def _give(key: tuple[str, int], choice: str, following: int | None) -> None:
    session.used()
    session.put("doubted", None)
    if _change(key, choice=choice) and session.get("go_on") and following is not None:
        session.put("judged", (key, choice, following))
        session.choose(row=following)


def _ask_name(key: tuple[str, int], choice: str, right: bool | None, following: int | None) -> None:
    """Whose verdict it is, before the first one is saved."""
    with st.container(key=f"lens-{session.WHOSE}"), st.form("lens-name"):
        st.markdown(
            f"**{VERDICTS[choice][0].upper()}{VERDICTS[choice][1:]}**: whose verdict is it?"
        )
        st.text_input(
            "Your name (saved with this and later verdicts)",
            max_chars=settings.REVIEW_NAME,
            key=widgets.field("name"),
            help="It tells your verdicts from those of others, and this browser keeps it (in a "
            "cookie).",
        )
        st.form_submit_button("Save", type="primary", key="lens-name-save", on_click=_named,
                              args=(key, choice, right, following))  # fmt: skip
    with st.container(horizontal=True):
        st.button("Save without a name", key="lens-name-none", on_click=_unnamed,
                  args=(key, choice, right, following))  # fmt: skip
        st.button("Cancel", type="tertiary", key="lens-name-drop", on_click=session.choose,
                  kwargs={"unnamed": None})  # fmt: skip


def _named(key: tuple[str, int], choice: str, right: bool | None, following: int | None) -> None:
    """The name was given: what this session saved without one becomes that reviewer's."""
    session.used()
    name = widgets.take_field("name").strip()
    if not name:
        return
    session.put("reviewer", name)
    session.put("unnamed", None)
    unsigned.sign(key[0])
    try:
        mine = cache.reviews().given(key[0]).get(key[1], {}).get(name)
    except InputError as error:
        session.notify(str(error))
        return
    _see(key, mine or Review())
    _judge(key, choice, right, following)


def _unnamed(key: tuple[str, int], choice: str, right: bool | None, following: int | None) -> None:
    unsigned.leave()
    session.put("unnamed", None)
    _judge(key, choice, right, following)


def _ask(key: tuple[str, int], choice: str, right: bool | None, following: int | None) -> None:
    """Whether a verdict that contradicts its row is meant."""
    st.warning(
        f"{contradiction(choice, right)} Keep “{VERDICTS[choice]}”? The label may be "
        "wrong: if so, say it in a note.",
        icon=":material/contrast:",
    )
    with st.container(horizontal=True):
        st.button("Keep it", type="primary", key="lens-doubt-keep", on_click=_give,
                  args=(key, choice, following))  # fmt: skip
        st.button("Choose another", key="lens-doubt-drop", on_click=session.choose,
                  kwargs={"doubted": None})  # fmt: skip


def _others(desk: Desk, row: int) -> None:
    """What other reviewers say: folded, so that it sways nobody before they have judged."""
    me = session.get("reviewer")
    others = [
        review
        for name, review in desk.given.get(row, {}).items()
        if name != me and not review.verdict.is_blank
    ]
    if not others:
        return
    with st.expander(f"Other reviewers ({len(others)})"):
        for review in others:
            st.html(_written(review))


def _saved(desk: Desk, row: int, review: Review) -> None:
    if not review.version:
        st.caption("Nothing is saved for this row yet; whatever you enter is saved at once.")
        return
    st.caption(f"Saved {_by(review)}.")
    if not review.verdict.reviewer:
        st.caption(
            "Enter your name (“Reviewer”, above) to tell your verdicts from those of others."
        )
    me = review.verdict.reviewer
    history = cache.reviews().history(desk.set.id, row) if review.version > 1 else []
    earlier = [one for one in history if one.verdict.reviewer == me][1:]
    if earlier:
        with st.expander(f"Earlier versions ({len(earlier)})"):
            for old in earlier:
                st.html(_written(old))


def _see(key: tuple[str, int], review: Review) -> None:
    """Note what is on the screen; a row that was there before may still be heard of."""
    others = [item for item in session.get("seen").items() if item[0] != key]
    session.put("seen", dict([*others[-REMEMBERED:], (key, review)]))


def _changed(key: tuple[str, int], **changes: Any) -> None:
    """`_change`, as widgets call it."""
    _change(key, **changes)


def _change(key: tuple[str, int], **changes: Any) -> bool:
    """Save what is on the screen with these changes; runs before the page is drawn again.

    Args:
        key: the row it is about, which need not be the open one any more.

    Returns:
        Whether it was saved.
    """
    seen = session.get("seen").get(key)
    if seen is None:
        return False
    shown = seen.verdict
    if "choice" not in changes and replace(shown, **changes) == shown:
        return False  # a box that repeats what it held is nobody's new verdict
    verdict = replace(shown, reviewer=session.get("reviewer"), **changes)
    return _save(*key, verdict, seen.version)


def _save(set_id: str, row: int, verdict: Verdict, version: int) -> bool:
    if cache.sets().find(set_id) is None:
        session.notify("This set was deleted, so nothing can be saved for it any more.")
        return False
    try:
        saved = cache.reviews().save(set_id, row, verdict, seen=version)
    except ConflictError as error:
        session.put("clash", (set_id, row, verdict, error.theirs))
    except InputError as error:
        session.notify(str(error))
    else:
        _see((set_id, row), saved)
        unsigned.note((set_id, row), saved)
        session.put("clash", None)
        return True
    return False


def _saved_mine(set_id: str, row: int, verdict: Verdict, version: int) -> None:
    """`_save`, as a button calls it."""
    _save(set_id, row, verdict, version)


def _choose(key: tuple[str, int], mine: Verdict, theirs: Review) -> None:
    """Both versions, one above the other, and which one stays."""
    name = theirs.verdict.reviewer
    who = f"{plain(visible(name))}, in another window," if name else "Somebody without a name"
    st.warning(
        f"{who} saved another version of this row while you had it open. Yours is not saved yet: "
        "choose which one counts. Every saved version stays in the history.",
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
        st.button("Save mine instead", type="primary", key="lens-mine", on_click=_saved_mine,
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
