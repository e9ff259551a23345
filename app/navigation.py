"""The pages: each said once. The name is that of its file, of its address, and in session files."""

from __future__ import annotations

from enum import Enum


class View(Enum):
    """A page of the dashboard by its icon, in the order of the navigation; the first one opens."""

    EXPLAIN = ":material/lightbulb:"
    COMPARE = ":material/compare:"
    CONSERVATION = ":material/balance:"
    TRUST = ":material/verified:"
    REVIEW = ":material/fact_check:"
    LEARN = ":material/school:"
    MODEL = ":material/account_tree:"

    @property
    def icon(self) -> str:
        return self.value

    @property
    def path(self) -> str:
        """What it is called in an address, where Streamlit leaves the name of the first one out."""
        return self.name.lower()

    @property
    def file(self) -> str:
        """As Streamlit knows it, from the folder of `app/main.py`."""
        return f"views/{self.path}.py"  # in a folder "pages" Streamlit would run it by itself

    @property
    def title(self) -> str:
        return self.name.capitalize()


FIRST = next(iter(View))
BY_PATH = {view.path: view for view in View}
