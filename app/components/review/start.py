"""A set to begin with: the model's own examples, or an upload."""

from __future__ import annotations

import csv
import io
from typing import Any

import streamlit as st

from app import cache, settings
from app.components.guard import guard
from app.components.quality import of_test_set
from app.components.review import meanings, table_form
from app.components.review.common import open_set
from app.components.review.table_form import Given
from app.components.turn import telling
from app.models.model import Model
from app.review import coarse, guess
from app.review.sets import Set
from app.review.true_classes import Meaning
from app.state import session, widgets
from app.text.markdown import plain
from lrp_engine.render.numbers import percentage
from lrp_engine.render.wording import visible


def form(model: Model) -> None:
    """Both ways to begin; a set that is begun is opened at once."""
    st.markdown(
        "Explain a whole set of texts, look at the doubtful decisions first, and keep a verdict, "
        "tags and a note for each."
    )
    if not model.reads_text:
        instead = (
            f"It reads {model.token_kind}s: look at its examples one by one on the Explain "
            "page, or pick "
            "a model that reads texts in the sidebar."
            if model.reads_numbers
            else "Pick another model in the sidebar, or upload this one again with its vocabulary."
        )
        st.info(f"This model cannot read texts, so it has nothing to say about a set. {instead}")
        return
    if not model.network.decides:
        gives = (
            "labels every word, and the review is about one decision for each text"
            if model.network.has_classes
            else "gives values and no classes, so there is no decision to review"
        )
        st.info(
            f"This model {gives}: look at its texts one by one on the Explain page, or pick a "
            "model that decides between classes in the sidebar."
        )
        return
    place = st.container()
    # A file that was brought takes the first screen.
    if model.examples and widgets.uploaded_file(widgets.file_key("set")) is None:
        with place.container(border=True):
            st.header("The examples of this model", anchor=False)
            st.markdown(_examples_of(model))
            if st.button("Explain the examples", type="primary", icon=":material/play_arrow:"):
                with guard():
                    table = cache.UploadedTable(f"Examples of {model.name}", _examples(model))
                    _begin(model, table, format="csv", text_column="text", label_column="label",
                           examples=True)  # fmt: skip
    with st.container(border=True):
        st.header("A set of your own", anchor=False)
        with guard():
            _upload(model)


def _examples_of(model: Model) -> str:
    """How many examples there are, whether mistakes are over-sampled among them, and how the model
    did on its test set."""
    count = len(model.examples)
    labelled = sum(example.label is not None for example in model.examples)
    some = "" if labelled in (0, count) else f", {labelled:,} of them labelled"
    said = (
        f"“{plain(model.name)}” comes with {count:,} {'labelled ' if labelled == count else ''}"
        f"sentence{'' if count == 1 else 's'}{some}"
    )
    whole = of_test_set(model)
    if model.tested is None or whole is None:
        return f"{said}."
    picked = ", chosen to include more model mistakes than usual" if model.tested.mistakes else ""
    return (
        f"{said}{picked}. On its whole test set of {whole.accuracy.of:,}, the model is right on "
        f"{percentage(whole.accuracy.value)}."
    )


def _examples(model: Model) -> bytes:
    file = io.StringIO(newline="")
    rows = csv.writer(file)
    rows.writerow(("text", "label"))
    for example in model.examples:
        label = "" if example.label is None else model.network.labels[example.label]
        rows.writerow((example.text, label))
    return file.getvalue().encode()


def _upload(model: Model) -> None:
    given = table_form.uploaded(
        "A table of texts, with their true classes where they are known",
        labels=model.network.labels,
        key="set",
    )
    if given is None:
        st.caption(
            f"Up to {settings.REVIEW_ROWS:,} rows, {settings.REVIEW_WORDS:,} words and "
            f"{settings.REVIEW_MEGABYTES} MB. Only people with the link can open this set. It is "
            "kept until you delete it."
        )
        return
    table_form.first_rows(given)
    left, right = st.columns(2)
    with left:
        text = table_form.text_column(given, "Texts")
    with right:
        label = table_form.label_column(given, "True classes", model.network.labels, text)
    mapping = _mapping(model, given, label) if label else {}
    if st.button("Explain this set", type="primary", icon=":material/play_arrow:"):
        with st.spinner("Reading …"):
            _begin(model, given.table, format=given.preview.format, text_column=text,
                   label_column=label, mapping=mapping,
                   delimiter=given.delimiter)  # fmt: skip


def _mapping(model: Model, given: Given, column: str) -> dict[str, Meaning]:
    """Labels that do not stand for the class that they name, each with its classes."""
    labels, counts = model.network.labels, given.preview.values.get(column, {})
    key = f"stands.{given.file}.{column}"
    found = guess.unmatched(counts, labels)
    named = {label: n for label, n in counts.items() if label}
    groups = meanings.coarse_labels(named, labels, key=key)
    if unknown := {label: n for label, n in found.items() if label not in groups}:
        several = len(unknown) > 1
        st.warning(
            f"{len(unknown):,} label{'s' if several else ''} of “{plain(visible(column))}” "
            f"({sum(unknown.values()):,} rows) name{'' if several else 's'} no class of this "
            "model. Choose classes for each; rows of the others count as unlabelled.",
            icon=":material/label:",
        )
    asked = {label: n for label, n in counts.items() if label in groups or label in found}
    if not asked:
        return {}
    start = {label: groups.get(label) or coarse.meant(label, labels) for label in asked}
    return meanings.differing(meanings.chosen(asked, labels, start, key=key, abreast=3), labels)


def _begin(model: Model, table: cache.UploadedTable, **facts: Any) -> None:
    """Check the table, keep it, explain it in the background, and turn to it.

    Args:
        facts: of the `Set`: format, text_column, label_column, and what else differs.
    """
    jobs, sets = cache.jobs(), cache.sets()
    jobs.require_room(session.get("visitor"))
    facts |= {"name": table.name, "rule": session.rule().to_dict(), "model_name": model.name}
    one = Set.new(model.network, rows=0, **facts)
    one.corpus.check(model.network)
    with telling() as tell:
        rows = cache.upload_rows(
            table,
            format=one.format,
            text_column=one.text_column,
            tokenizer=model.network.tokenizer,
            classes=model.network.classes,
            tell=tell,
        )
    one = Set.new(model.network, rows=rows, **facts)
    sets.add(one, table.data)
    jobs.start(one, model.network, owner=session.get("visitor"))
    open_set(one.id)
    st.rerun()  # the address and the progress
