"""Model: bring one of your own, and see what was recognized."""

import streamlit as st

from app.components import proof, samples, upload
from app.components.layout import page
from app.components.report import report
from app.text.markdown import plain

with page("The model") as run:
    upload.arrival(run.model.upload_hash)
    st.header(plain(run.model.name), anchor=False)
    report(run.model)
    proof.section(run)
    st.header("Sample models", anchor=False)
    samples.gallery()
    st.header("Bring your own", anchor=False)
    upload.form()
