"""True classes of a set that is explained already: given later, or read otherwise."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app import cache
from app.components.guard import guard
from app.components.review import meanings, table_form
from app.components.review.common import Desk
from app.components.turn import telling
from app.review import coarse, guess, labelling
from app.review.labelling import Matched
from app.review.outcomes import NO_CLASS
from app.review.true_classes import Meaning
from app.state import session, widgets
from app.text.markdown import plain
from lrp_engine.render.wording import visible

TEXT, POSITION = "text", "position"
BY = {TEXT: "their text", POSITION: "their position"}
OWN, OTHER = "own", "other"
SAMPLED = 200  # rows that columns are told by
FROM = {OWN: "A column of this set", OTHER: "Another table"}


def show(desk: Desk) -> None:
    summary = desk.tables.summary
    known = int((summary["truth"] != NO_CLASS).sum())
    origin = labelling.origin(desk.set)
    st.markdown(
        f"**{known:,}** of {len(summary):,} rows have a true class"
        + (f", from {plain(visible(origin))}." if origin else ".")
        + " Changing the labels keeps your verdicts, notes and explanations."
    )
    left, right = st.columns(2, gap="medium")
    with left:
        st.header("Add labels", anchor=False)
        with guard():
            _add(desk)
    with right:
        st.header("What labels stand for", anchor=False)
        with guard():
            _remap(desk)


def _remap(desk: Desk) -> None:
    one = desk.set
    counts = labelling.counted(desk.tables.summary["label"])
    if not counts:
        st.caption("This set has no labels yet.")
        return
    now = {
        label: one.mapping.get(label, coarse.natural(label, one.labels)) for label in counts
    }  # fmt: skip
    groups = coarse.groups(list(counts), one.labels)
    if any(now[label] != classes for label, classes in groups.items()):
        finer = coarse.strict(list(counts), one.labels)
        st.caption(plain(visible(coarse.sentence(groups, one.labels, counts, finer))))
        if st.button("Count finer predictions as correct", icon=":material/join:"):
            _use(desk, groups)
    key = f"remap.{one.id}.{one.labels_file}"
    found = meanings.chosen(counts, one.labels, now, key=key)
    changed = {label: classes for label, classes in found.items() if classes != now[label]}
    if st.button("Use these classes", disabled=not changed, icon=":material/check:"):
        _use(desk, changed)


def _use(desk: Desk, mapping: dict[str, Meaning]) -> None:
    labelling.remap(cache.sets(), desk.set, mapping)
    session.used()
    st.rerun()


def _add(desk: Desk) -> None:
    own = list(desk.tables.own.columns)
    place = FROM if own else {OTHER: FROM[OTHER]}
    chosen = st.segmented_control(
        "Labels come from", list(place), format_func=FROM.__getitem__, required=True,
        default=next(iter(place)), key=widgets.file_key(f"labels.from.{desk.set.id}"),
    )  # fmt: skip
    if chosen == OWN:
        _add_own(desk, own)
    else:
        _add_other(desk)


def _add_own(desk: Desk, own: list[str]) -> None:
    columns = desk.tables.own
    sample = {column: columns[column].head(SAMPLED).tolist() for column in own}
    guessed = guess.label_column(sample, "", desk.set.labels)
    name = st.selectbox(
        "Column of true classes", own, format_func=visible,
        index=None if guessed is None else own.index(guessed), placeholder="Choose a column",
        key=widgets.file_key(f"labels.own.{desk.set.id}"),
    )  # fmt: skip
    if name is None:
        return
    labels = tuple(value.strip() or None if value else None for value in columns[name])
    _offer(desk, Matched(labels=labels), f"column “{name}” of {desk.set.name}")


def _add_other(desk: Desk) -> None:
    given = table_form.uploaded(
        "A table of true classes", labels=desk.set.labels, key=f"labels.{desk.set.id}"
    )
    if given is None:
        return
    table_form.first_rows(given)
    by = st.segmented_control(
        "Match rows by", list(BY), format_func=BY.__getitem__, required=True, default=TEXT,
        key=widgets.file_key(f"labels.by.{given.file}"),
    )  # fmt: skip
    text = table_form.text_column(given, "Texts") if by == TEXT else None
    label = table_form.label_column(given, "True classes", desk.set.labels, text)
    if label is None:
        st.caption("Choose the column that holds the true classes.")
        return
    with telling() as tell:
        keys, labels = cache.upload_labels(
            given.table, format=given.preview.format, text_column=text or label,
            label_column=label, tell=tell,
        )  # fmt: skip
    summary, name = desk.tables.summary, given.table.name
    match = partial(labelling.by_text, keys, labels, list(summary["text"]))
    found = match(name) if by == TEXT else labelling.by_row(labels, len(summary), name)
    _offer(desk, found, f"column “{label}” of {name}, matched by {by}")


def _offer(desk: Desk, found: Matched, origin: str) -> None:
    """What would be added, which classes its labels stand for, and the button."""
    one = desk.set
    several = found.unclear > 1
    rest = "." if found.found == len(found.labels) else "; the others keep theirs."
    st.caption(
        f"{found.found:,} of {len(found.labels):,} rows get a label{rest}"
        + (
            f" {found.unclear:,} row{'s' if several else ''} would get several labels for the same "
            f"text and {'get' if several else 'gets'} none."
            if found.unclear
            else ""
        )
    )
    counts = labelling.counted(found.labels)
    unnamed = {label: n for label, n in guess.unmatched(counts, one.labels).items()
               if label not in one.mapping}  # fmt: skip
    key = f"given.{one.id}.{origin}"
    new = [label for label in counts if label not in one.mapping]
    groups = meanings.coarse_labels({label: counts[label] for label in new}, one.labels, key=key)
    if any(label not in groups for label in unnamed):
        st.caption("Some of these labels name no class: choose what they stand for.")
    mapping: dict[str, Meaning] = {}
    if asked := {label: n for label, n in counts.items() if label in unnamed or label in groups}:
        start = {label: groups.get(label) or coarse.meant(label, one.labels) for label in asked}
        chosen = meanings.chosen(asked, one.labels, start, key=key)
        mapping = meanings.differing(chosen, one.labels)
    if st.button("Add these labels", type="primary", disabled=not found.found,
                 icon=":material/label:"):  # fmt: skip
        labels = labelling.merged(desk.tables.summary, found.labels)
        labelling.save(cache.sets(), one, labels, origin=origin, mapping=mapping)
        st.rerun()
