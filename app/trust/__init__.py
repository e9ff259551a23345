"""Explanations measured for the page Trust: in the background, kept on disk, read as tables.

    texts -> plan (its key) -> measuring (a task of `app.work`) -> results (on disk) -> shown

No text is kept: what was measured holds numbers per text, names of classes and of what was chosen.
Nothing here knows of Streamlit.
"""
