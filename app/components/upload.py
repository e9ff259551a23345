"""The form that brings a model of one's own: its files, all at once, and what each is taken for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from app import cache, settings
from app.components import tried
from app.components.guard import guard
from app.components.turn import telling
from app.models.dropped import (
    NOT_USED,
    UNUSED,
    Brought,
    Draft,
    Dropped,
    left_open,
    mend,
    settled,
    unused,
    upload_of,
)
from app.models.model import Model
from app.models.uploads import MORE, Upload
from app.state import session, session_models, widgets
from app.text.markdown import plain
from lrp_engine.formats.readers import READERS
from lrp_engine.formats.roles import ROLES, taken_together
from lrp_engine.render.numbers import spelled

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

LABEL = "Drop its files here, all at once: the weights, and the tokenizer or vocabulary"
HELP = (
    "Also word vectors, names of the classes, and texts with what your program says of them. Each "
    "file is recognized by what is in it. Nothing in it is executed."
)
OTHER = "This is the model that is selected now. Your files are not read yet."
BESIDE = (
    "the Tokenizer of Keras (pickled or to_json()), tokenizer.json or vocab.txt of Hugging Face, "
    "or words: one a line, a word and its number on each line, a list or an object from word to "
    "number, as JSON, a pickle, or a file of torch.save or joblib.dump",
    "word vectors: a .npy or .npz file with one row per word, GloVe or word2vec",
    "names of the classes: one a line, JSON, or a pickled LabelEncoder",
    "outputs to compare with: texts with what your program said of them, as CSV with the columns "
    "text and probability, or as JSON Lines; or a .npz file with inputs and logits or "
    "probabilities",
    "what model.to_json() says, for weights that were saved without their layers",
)


def form() -> Brought | None:
    """Files and what no file says; a model read from them is selected at once.

    Returns:
        What is on the page, None where nothing is.
    """
    files = st.file_uploader(
        LABEL,
        accept_multiple_files=True,
        key=widgets.file_key("files"),
        max_upload_size=settings.UPLOAD_MEGABYTES,
        help=HELP,
    )
    brought = _brought(files) if files else None
    below = st.container()  # the button, above what is looked up and written rarely
    with st.expander("Which files can be read?"):
        st.markdown("**Weights**\n" + "\n".join(f"- {reader.title}" for reader in READERS))
        st.markdown("**Beside them**\n" + "\n".join(f"- {what}" for what in BESIDE))
    with st.expander("Advanced: settings the files do not contain"):
        more = st.text_area(
            MORE,
            key=widgets.file_key("spec"),
            max_chars=settings.SPEC_CHARACTERS,
            placeholder='{"activation": "tanh", "output": "sigmoid"}',
            help="What the files leave open is asked once they are read. Here it can be said "
            "beforehand, and also what is never asked. For PyTorch: order, activation, pooling, "
            "directions, attention, cell, conv, rnn_activation. For Keras weights without a model: "
            "layers. For any: output, labels, tokenizer.",
        )
    if brought is not None:
        brought = Brought(key=(*brought.key, ("", more)), files=brought.files, more=more)
    with below:
        asked = st.button(
            "Read the model", type="primary",
            # What an earlier upload said is no news any more.
            on_click=session.put, args=("arrived", None),
        )  # fmt: skip
        if asked and brought is None:
            st.warning("Choose a file of weights first, and with it what belongs to it.")
        elif asked and brought is not None:
            read(brought)
        st.caption(
            f"An uploaded model is deleted after {settings.MODEL_DAYS} days without use, or when "
            "you delete it. Only people with the link to a page that shows it can open it."
        )
    return brought


def _brought(files: Iterable[UploadedFile]) -> Brought:
    """What each file is taken for, to be changed where that is wrong."""
    known: dict[str, Any] = session.get("taken")
    opened = []
    for file in files:
        if file.file_id not in known:
            with guard(), st.spinner("Looking at what the files are …"), telling() as tell:
                known[file.file_id] = cache.taken(file.name, file.getvalue(), tell)
        if file.file_id in known:
            opened.append((file, known[file.file_id]))
    together = taken_together([taken for _, taken in opened])
    dropped, key = [], []
    for (file, _), taken in zip(opened, together, strict=True):
        role = st.selectbox(
            f"{plain(file.name)}: {plain(taken.what)}",
            [*ROLES, NOT_USED],
            index=[*ROLES, NOT_USED].index(taken.role),
            format_func=lambda role: f"taken for {ROLES[role]}" if role else UNUSED,
            key=widgets.file_key(f"role.{file.file_id}.{taken.role}"),
        )
        dropped.append(Dropped(name=file.name, data=file.getvalue(), taken=taken, role=role))
        key.append((file.file_id, role))
    return Brought(key=tuple(key), files=tuple(dropped))


def read(brought: Brought, answers: Mapping[str, Mapping[str, Any]] | None = None) -> None:
    """Read the model of these files, select it, and draw the page anew.

    Args:
        answers: of questions about the model that is selected, which it replaces.
    """
    read: list[Model] = []
    with guard(mend), st.spinner("Reading and checking …"), telling() as tell:
        upload = upload_of(brought, (answers or {}).values())
        read.append(_kept(cache.uploaded(upload, tell), upload, again=answers is not None))
    for model in read:
        _keep(model, brought, answers)


def _kept(model: Model, upload: Upload, *, again: bool) -> Model:
    """The model, kept on the server; `again`: in the place of the one that was asked about."""
    draft: Draft | None = session.get("draft")
    if not again or draft is None:
        return session_models.kept(model, upload)
    before = session_models.uploaded().get(draft.upload_hash)
    return model if before is None else session_models.kept(model, upload, before)


def _keep(model: Model, brought: Brought, answers: Mapping[str, Mapping[str, Any]] | None) -> None:
    """Select a model that was read, note what it leaves open, and draw the page anew."""
    with guard():
        draft: Draft | None = session.get("draft")
        asked = left_open(model)
        if answers is None or draft is None:
            session_models.keep(model)
        else:
            session_models.exchange(draft.upload_hash, model)
            session.put("arrived", model.upload_hash)
            keys = {new.key for new in asked}
            before = [
                one for one in draft.asked if one.key not in keys and not settled(one, model.proof)
            ]
            asked = [*before, *asked]
        session.put(
            "draft",
            Draft(upload_hash=model.upload_hash, key=brought.key, asked=tuple(asked),
                  answers=answers or {}),
        )  # fmt: skip
        session.go_to(session.FOUND)
        if all(one.key != "gate_order" for one in asked):  # else weights are in doubt first
            tried.by_file(model, brought)
        st.rerun()  # the sidebar's list is drawn before this page


def arrival(upload_hash: str, brought: Brought | None) -> None:
    """Above what was found: that it was read, and where to go; or that it is another model.

    Args:
        brought: the files on the page.
    """
    draft: Draft | None = session.get("draft")
    if brought is not None and (draft is None or draft.key != brought.key):
        st.caption(OTHER)
    if session.get("arrived") == upload_hash:
        left = len(draft.asked) - len(draft.answers) if draft is not None else 0
        model = session_models.every()[upload_hash]
        st.success(
            f"“{plain(model.name)}” is read and selected."
            + (f" Its files leave {spelled(left)} thing{'s' * (left > 1)} open: see below."
               if left > 0 else ""),
            icon=":material/check_circle:",
        )  # fmt: skip
        if brought is not None and draft is not None and draft.key == brought.key:
            for sentence in unused(brought):
                st.warning(plain(sentence), icon=":material/help:")
        for name, why in model.unread:
            st.warning(
                plain(f"Its output “{name}” cannot be explained, others can. {why}"),
                icon=":material/help:",
            )
        tried.explain_with_it()
