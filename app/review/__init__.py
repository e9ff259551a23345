"""Reviewing a labelled set: explained in the background, kept on disk, judged by people.

    trial -> jobs -> tables (summary, words) -> queue, outcomes -> export, report
             turns   sets, files (on disk)      store (verdicts, in a database)

Nothing here knows of Streamlit.
"""
