"""Work in the background: tasks, the jobs that do them, whose turn it is, the threads.

    task (what is done, a part at a time) -> job (how far it is) -> workers
                                                                    turns (who is next)

Nothing here knows what is worked at, or of Streamlit.
"""
