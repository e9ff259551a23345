"""Model: bring one of your own, and see what was recognized."""

import streamlit as st

from app.components import layout, proof, samples, upload
from app.components.guard import plain
from app.components.report import report

page = layout.begin("The model")
upload.arrival(page.model.digest)
st.header(plain(page.model.name), anchor=False)
report(page.model)
proof.section(page)
st.header("Sample models", anchor=False)
samples.gallery()
st.header("Bring your own", anchor=False)
upload.form()
page.end()
