"""Model: bring one of your own, see what was found in its files, answer what they leave open."""

import streamlit as st

from app.components import (
    frontend,
    kept_model,
    proof,
    quality,
    questions,
    recent,
    report,
    samples,
    tried,
    upload,
)
from app.components.layout import page
from app.components.trust import check
from app.state.session import FOUND, TEXTS
from app.text.markdown import plain

with page("The model") as run:
    st.header("Bring your own model", anchor=False)
    brought = upload.form()
    recent.section()
    with st.container(key=f"lens-{FOUND}"):
        upload.arrival(run.model.upload_hash, brought)
        st.header(plain(run.model.name), anchor=False)
        report.recognized(run.model)
        kept_model.show(run.model)
    questions.section(run.model, brought)
    with st.container(key=f"lens-{TEXTS}"):
        tried.section(run.model, brought)
    quality.section(run.model)
    proof.section(run)
    check.section(run)
    report.layers(run.model)
    st.header("Sample models", anchor=False)
    samples.gallery()
    frontend.go_to_part()
