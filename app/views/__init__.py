"""One file per page, which Streamlit runs; see `app.main`."""
