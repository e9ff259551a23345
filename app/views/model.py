"""Model: bring one of your own, see what was found in its files, answer what they leave open."""

import streamlit as st

from app.components import proof, questions, report, samples, tried, upload
from app.components.layout import page
from app.text.markdown import plain

with page("The model") as run:
    upload.arrival(run.model.upload_hash)
    st.header("Bring your own", anchor=False)
    brought = upload.form()
    st.header(plain(run.model.name), anchor=False)
    report.recognized(run.model)
    questions.section(run.model, brought)
    tried.section(run.model, brought)
    proof.section(run)
    report.layers(run.model)
    st.header("Sample models", anchor=False)
    samples.gallery()
