"""The dashboard's entry: `streamlit run app/main.py`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before anything imports TensorFlow
if (root := str(Path(__file__).resolve().parents[1])) not in sys.path:
    sys.path.insert(0, root)  # nothing needs to be installed but the requirements

import streamlit as st

from app import streamlit_patches
from app.components import saving
from app.components.guard import guard
from app.components.sidebar import device, sidebar
from app.state import address, session

# File, title, icon; the first one opens.
PAGES = (  # not in a folder "pages": Streamlit would run those files by itself
    ("views/explain.py", "Explain", ":material/lightbulb:"),
    ("views/compare.py", "Compare", ":material/compare:"),
    ("views/conservation.py", "Conservation", ":material/balance:"),
    ("views/review.py", "Review", ":material/fact_check:"),
    ("views/learn.py", "Learn", ":material/school:"),
    ("views/model.py", "Model", ":material/account_tree:"),
)

# No links to anywhere.
MENU: Any = {
    "Get help": None,
    "Report a bug": None,
    "About": "LRP Lens shows by Layer-wise Relevance Propagation why a recurrent text classifier "
    "decided what it decided.",
}


def main() -> None:
    streamlit_patches.keep_kernels()
    # A file of our own: the built-in icons of browser tabs are fetched from outside.
    icon = str(Path(__file__).with_name("icon.svg"))
    st.set_page_config(page_title="LRP Lens", page_icon=icon, layout="wide", menu_items=MENU)
    st.logo(str(Path(__file__).with_name("logo.svg")), size="large", icon_image=icon)
    session.begin()
    page = st.navigation(
        [
            st.Page(file, title=title, icon=icon, default=position == 0)
            for position, (file, title, icon) in enumerate(PAGES)
        ]
    )
    address.follow(page.url_path)
    saving.turn()
    with st.sidebar:
        with guard():
            sidebar()
            saving.controls()
        foot = st.container()
    with guard():
        page.run()
    with foot, guard():
        device()


main()
