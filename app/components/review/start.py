"""A set to begin with: the model's own examples, or an upload."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import PurePath

import streamlit as st

from app import cache, settings
from app.components.guard import guard
from app.components.review.common import open_set
from app.components.turn import telling
from app.models.model import Model
from app.review import quality
from app.review.sets import Set
from app.state import session
from app.text.markdown import plain
from lrp_engine.render.numbers import percentage

NAME_CHARACTERS = 80
NO_LABELS = ""
TEXT_NAMES = ("text", "sentence", "review", "document", "content")
LABEL_NAMES = ("label", "class", "category", "target", "y")


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
    if model.examples:
        with st.container(border=True):
            st.header("The examples of this model", anchor=False)
            labelled = sum(example.label is not None for example in model.examples)
            whose = "all of them" if labelled == len(model.examples) else f"{labelled:,} of them"
            st.markdown(
                f"{len(model.examples):,} sentences came with “{plain(model.name)}”, "
                f"{whose} with their true class.{_test_set(model)}"
            )
            if st.button("Explain the examples", type="primary", icon=":material/play_arrow:"):
                with guard():
                    _begin(model, examples_name(model), "csv", "text", "label",
                           _examples(model))  # fmt: skip
    with st.container(border=True):
        st.header("A set of your own", anchor=False)
        with guard():
            _upload(model)


def examples_name(model: Model) -> str:
    """What the set of a model's examples is called."""
    return f"Examples of {model.name}"


def _test_set(model: Model) -> str:
    """How the model did on its test set, and whether its examples tell otherwise."""
    whole = None if model.tested is None else quality.of_confusion(model.tested.confusion)
    if model.tested is None or whole is None:
        return ""
    picked = " Mistakes are over-sampled among them." if model.tested.mistakes else ""
    return (
        f"{picked} On its whole test set the model is right on "
        f"{percentage(whole.accuracy.value)} of {whole.accuracy.of:,}."
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
    given = st.file_uploader(
        "A table of texts, with their true classes where they are known",
        type=["csv", "jsonl", "ndjson", "parquet"],
        max_upload_size=settings.REVIEW_MEGABYTES,
        key="lens.file.set",
        help="CSV in UTF-8 with a header, JSON Lines with one object a line, or Parquet. A class "
        "is written by its name or its number.",
    )
    st.caption(
        f"Up to {settings.REVIEW_ROWS:,} rows, {settings.REVIEW_WORDS:,} words and "
        f"{settings.REVIEW_MEGABYTES} MB. Only those who have its address can open the set. It is "
        "kept until it is deleted."
    )
    if given is None:
        return
    name, data = PurePath(given.name).name[-NAME_CHARACTERS:], given.getvalue()
    with st.spinner("Reading …"), telling() as tell:
        names, format = cache.upload_columns(name, data, tell)
    left, right = st.columns(2)
    text = left.selectbox(
        "Texts", names, index=_first(names, TEXT_NAMES) or 0, key=f"lens.file.text.{given.file_id}"
    )
    guess = _first(names, LABEL_NAMES)
    label = right.selectbox(
        "True classes",
        [NO_LABELS, *names],
        index=0 if guess is None else guess + 1,
        format_func=lambda column: column or "none in this file",
        key=f"lens.file.label.{given.file_id}",
    )
    if st.button("Explain this set", type="primary", icon=":material/play_arrow:"):
        with st.spinner("Reading …"):
            _begin(model, name, format, text, label or None, data)


def _first(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    small = [name.casefold().strip() for name in names]
    return next((small.index(name) for name in wanted if name in small), None)


def _begin(model: Model, name: str, format: str, text: str, label: str | None, data: bytes) -> None:
    """Check the file, keep it, explain it in the background, and turn to it."""
    jobs, sets = cache.jobs(), cache.sets()
    jobs.require_room(session.get("visitor"))
    facts = {
        "name": name, "format": format, "text_column": text, "label_column": label,
        "rule": session.rule().to_dict(), "model_name": model.name,
    }  # fmt: skip
    one = Set.new(model.network, rows=0, **facts)
    one.corpus.check(model.network)
    with telling() as tell:
        rows = cache.upload_rows(
            name,
            data,
            format=format,
            text_column=text,
            tokenizer=model.network.tokenizer,
            classes=model.network.classes,
            tell=tell,
        )
    one = Set.new(model.network, rows=rows, **facts)
    sets.add(one, data)
    jobs.start(one, model.network, owner=session.get("visitor"))
    open_set(one.id)
    st.rerun()  # the address and the progress
