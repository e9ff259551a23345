"""A set to begin with: the model's own examples, or an upload."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import PurePath

import pandas as pd
import streamlit as st

from app import cache, settings
from app.components.guard import guard
from app.components.quality import of_test_set
from app.components.review.common import open_set
from app.components.turn import telling
from app.models.model import Model
from app.review import dialect, guess
from app.review.sets import Set
from app.state import session
from app.text.markdown import plain
from lrp_engine.render.numbers import percentage
from lrp_engine.render.wording import visible

NAME_CHARACTERS = 80
NO_LABELS = ""
PREVIEWED = 5  # rows
MAPPED = 30  # labels that name no class


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
    whole = of_test_set(model)
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
        help="CSV of any delimiter and encoding, JSON Lines with one object a line, or Parquet. A "
        "class is written by its name or its number; other labels are asked about.",
    )
    st.caption(
        f"Up to {settings.REVIEW_ROWS:,} rows, {settings.REVIEW_WORDS:,} words and "
        f"{settings.REVIEW_MEGABYTES} MB. Only those who have its address can open the set. It is "
        "kept until it is deleted."
    )
    if given is None:
        return
    name, data = PurePath(given.name).name[-NAME_CHARACTERS:], given.getvalue()
    file = given.file_id
    if name.lower().endswith(".csv"):
        data = _read_as(model, data, file)
    with st.spinner("Reading …"), telling() as tell:
        names, format = cache.upload_columns(name, data, tell)
    sample = cache.upload_sample(data) if format == "csv" else {}
    known = bool(sample) and list(sample) == names
    if known:
        _preview(sample)
    labels = model.network.labels
    guessed = (
        guess.text_column(sample)
        if known
        else guess.called_like(names, guess.TEXT_NAMES) or names[0]
    )
    left, right = st.columns(2)
    text = left.selectbox(
        "Texts", names, index=names.index(guessed), key=f"lens.file.text.{file}.{len(names)}"
    )
    called = (
        guess.label_column(sample, text, labels)
        if known
        else guess.called_like(names, guess.LABEL_NAMES)
    )
    label = right.selectbox(
        "True classes",
        [NO_LABELS, *names],
        index=0 if called is None else names.index(called) + 1,
        format_func=lambda column: column or "none in this file",
        key=f"lens.file.label.{file}.{len(names)}",
    )
    mapping = _mapping(model, data, label, file) if known and label else {}
    if st.button("Explain this set", type="primary", icon=":material/play_arrow:"):
        with st.spinner("Reading …"):
            _begin(model, name, format, text, label or None, data, mapping)


def _read_as(model: Model, data: bytes, file: str) -> bytes:
    """A CSV file in UTF-8 with commas and a header, as it was found or said to be written."""
    found = cache.upload_dialect(data, tuple(model.network.labels))
    codecs = list(dict.fromkeys([found.encoding, *dialect.ENCODINGS]))
    delimiters = list(dialect.DELIMITERS)
    with st.expander(
        f"Read as {dialect.ENCODINGS.get(found.encoding, found.encoding)}, a "
        f"{dialect.DELIMITERS[found.delimiter]} between fields, "
        f"{'names in the first row' if found.header else 'no names in the first row'}"
    ):
        first, second, third = st.columns(3, vertical_alignment="bottom")
        chosen = dialect.Dialect(
            encoding=first.selectbox(
                "Encoding", codecs, key=f"lens.file.encoding.{file}",
                format_func=lambda one: dialect.ENCODINGS.get(one, one),
            ),
            delimiter=second.selectbox(
                "Between fields", delimiters, index=delimiters.index(found.delimiter),
                key=f"lens.file.delimiter.{file}", format_func=dialect.DELIMITERS.__getitem__,
            ),
            header=third.toggle(
                "Names in the first row", value=found.header, key=f"lens.file.header.{file}"
            ),
        )  # fmt: skip
    return cache.upload_canonical(data, chosen)


def _preview(sample: guess.Sample) -> None:
    """The first rows."""
    rows = {
        visible(name): [visible(value or "") for value in values[:PREVIEWED]]
        for name, values in sample.items()
    }
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="The first rows of the file.")


def _mapping(model: Model, data: bytes, column: str, file: str) -> dict[str, int]:
    """Labels that name no class, each with the class that it stands for."""
    labels = model.network.labels
    found = guess.unmatched(cache.upload_values(data, column), labels)
    if not found:
        return {}
    st.warning(
        f"{len(found):,} label{'s' if len(found) > 1 else ''} of “{plain(visible(column))}” "
        f"({sum(found.values()):,} rows) name no class of this model. Say what they stand for; "
        "rows of the others count as without a true class.",
        icon=":material/label:",
    )
    classes = [None, *range(len(labels))]
    chosen: dict[str, int] = {}
    places = st.columns(3)
    for n, (label, count) in enumerate(list(found.items())[:MAPPED]):
        c = places[n % len(places)].selectbox(
            f"“{plain(visible(label[:40]))}” ({count:,})",
            classes,
            index=classes.index(guess.meant(label, labels)),
            format_func=lambda c: "no class" if c is None else visible(labels[c]),
            key=f"lens.file.stands.{file}.{column}.{label}",
        )
        if c is not None:
            chosen[label] = c
    if len(found) > MAPPED:
        st.caption(f"The {MAPPED} most frequent of {len(found):,}.")
    return chosen


def _begin(
    model: Model, name: str, format: str, text: str, label: str | None, data: bytes,
    mapping: Mapping[str, int] | None = None,
) -> None:  # fmt: skip
    """Check the file, keep it, explain it in the background, and turn to it."""
    jobs, sets = cache.jobs(), cache.sets()
    jobs.require_room(session.get("visitor"))
    facts = {
        "name": name, "format": format, "text_column": text, "label_column": label,
        "rule": session.rule().to_dict(), "model_name": model.name, "mapping": mapping or {},
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
