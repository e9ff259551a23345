"""The form that brings a model of one's own."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import streamlit as st

from app import cache, settings
from app.components.guard import guard
from app.components.turn import telling
from app.models.uploads import MORE, Upload
from app.navigation import View
from app.state import session, session_models, widgets
from app.text.markdown import plain
from lrp_engine.formats.companions.spec import DETECT
from lrp_engine.formats.readers import READERS
from lrp_engine.model.text import TOKENIZERS

AS_IT_IS = ""
GATE_ORDERS = {
    AS_IT_IS: "as the file says, or i f g o (Keras, PyTorch)",
    "igfo": "i g f o (Torch7, TensorFlow 1)",
    "iofg": "i o f g (ONNX)",
    DETECT: "find it out by the reference outputs",
}
TOKENIZER_WORDS = {
    AS_IT_IS: "as the file says, or at white space",
    DETECT: "find it out, and padding too, by texts with outputs",
}
# The library's errors name the arguments of its functions.
HINT = (
    "What is missing can be given in this form: Vocabulary, Embeddings, Class names; "
    "the spec is the field “Anything else, as JSON”."
)
for _order in map("".join, permutations("ifgo")):
    GATE_ORDERS.setdefault(_order, " ".join(_order))


def form() -> None:
    """Files and what they do not say; a model read from them is selected at once."""
    with st.form("lens-upload", border=True):
        weights = st.file_uploader(
            "Weights",
            key=widgets.file_key("weights"),
            help="Recognized by what is in it, not by its name. Nothing in it is executed.",
        )
        with st.expander("Which files can be read?"):
            st.markdown("\n".join(f"- {reader.title}" for reader in READERS))
        left, right = st.columns(2)
        vocabulary = left.file_uploader(
            "Vocabulary, where the file has none",
            key=widgets.file_key("vocabulary"),
            max_upload_size=settings.VOCABULARY_MEGABYTES,
            help="The Tokenizer of Keras (pickled or to_json()), tokenizer.json or vocab.txt of "
            "Hugging Face, or words: one a line in the order of the embedding's rows, a word and "
            "its number on each line, or a list or an object from word to number, as JSON, a "
            "pickle, or a file of torch.save or joblib.dump.",
        )
        embeddings = right.file_uploader(
            "Embeddings, where the file has none",
            key=widgets.file_key("embeddings"),
            help="A .npy or .npz file with one row per word, or word vectors of GloVe or word2vec, "
            "which bring their vocabulary.",
        )
        reference = st.file_uploader(
            "Reference outputs, to prove that the model is read right",
            key=widgets.file_key("reference"),
            max_upload_size=settings.REFERENCE_MEGABYTES,
            help="Texts with what the original program said of them: CSV with the columns text "
            "and probability, or JSON Lines. Or a .npz file with inputs (texts, ids, vectors or "
            "features; lengths where padded) and logits or probabilities. Optional.",
        )
        with st.expander("What the files may not say"):
            labels = st.text_area(
                "Class names, one a line in the order of the outputs",
                key=widgets.file_key("labels"),
                help="Without them the classes are called class 0, class 1, …",
            )
            gates = st.selectbox(
                "Order of the LSTM's gate blocks",
                list(GATE_ORDERS),
                format_func=GATE_ORDERS.__getitem__,
                key=widgets.file_key("gates"),
                help="i input gate, f forget gate, g signal, o output gate. Only the list of "
                "eight arrays leaves it open.",
            )
            tokenizer = st.selectbox(
                "Words are split",
                [AS_IT_IS, DETECT, *TOKENIZERS],
                format_func=lambda name: TOKENIZER_WORDS.get(name, name),
                key=widgets.file_key("tokenizer"),
            )
            lowercase = st.checkbox(
                "Texts are put in lower case", True, key=widgets.file_key("lowercase")
            )
            more = st.text_area(
                MORE,
                key=widgets.file_key("spec"),
                max_chars=settings.SPEC_CHARACTERS,
                placeholder='{"activation": "tanh", "output": "sigmoid"}',
                help="What weights alone leave open. PyTorch: order, activation, pooling, "
                "directions, attention, cell, conv, rnn_activation. Keras weights without a "
                "model: the text of model.to_json(), or layers. Any of them: output.",
            )
        asked = st.form_submit_button(
            "Read the model", type="primary",
            # What an earlier upload said is no news any more.
            on_click=session.put, args=("arrived", None),
        )  # fmt: skip
    st.caption(
        "An uploaded model lives until this page is reloaded or closed. Nobody else sees it."
    )
    if not asked:
        return
    if weights is None:
        st.warning("Choose a file of weights first.")
        return
    if gates == DETECT and reference is None:
        st.warning("To find out the order of the gates, add a file of reference outputs.")
        return
    if tokenizer == DETECT and reference is None:
        st.warning("To find out how texts are read, add a file of texts with reference outputs.")
        return
    spec: dict[str, Any] = {"gate_order": gates} if gates else {}
    if tokenizer == DETECT:
        spec["tokenizer"] = DETECT
    elif tokenizer or not lowercase:
        spec["tokenizer"] = {"method": tokenizer or "whitespace", "lowercase": lowercase}
    upload = Upload(
        name=weights.name,
        files=tuple(file.name for file in (vocabulary, embeddings, reference) if file),
        weights=weights.getvalue(),
        vocabulary=vocabulary.getvalue() if vocabulary else None,
        embeddings=embeddings.getvalue() if embeddings else None,
        reference=reference.getvalue() if reference else None,
        labels=labels,
        spec=spec,
        more=more,
    )
    model = None
    with guard(HINT), st.spinner("Reading and checking …"), telling() as tell:
        model = cache.uploaded(upload, tell)
    if model is not None:
        with guard():
            session_models.keep(model)
            st.rerun()  # the sidebar's list is drawn before this page


def arrival(upload_hash: str) -> None:
    """After a successful upload: what happened and where to go."""
    if session.get("arrived") == upload_hash:
        st.success(
            f"“{plain(session_models.uploaded()[upload_hash].name)}” is read and selected.",
            icon=":material/check_circle:",
        )
        st.page_link(View.EXPLAIN.file, label="Explain with it", icon=View.EXPLAIN.icon)
