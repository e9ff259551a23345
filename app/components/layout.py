"""What every page begins and ends with: title, messages, the selected model, the address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.components.guard import guard
from app.models.model import Model
from app.state import address, session, session_models
from app.text import tabs
from app.text.markdown import plain
from lrp_engine.render.palettes import THEMES
from lrp_engine.render.wording import with_noun

# The variables that heatmaps read; `light-dark` follows the theme without a rerun.
_THEME = "".join(
    f"--st-{part}-color: light-dark({getattr(THEMES['light'], part)}, "
    f"{getattr(THEMES['dark'], part)});"
    for part in ("text", "background")
)
STYLE = f"""<style>
.stApp {{ {_THEME} }}
.stMainBlockContainer {{ max-width: 74rem; padding-top: 4rem; }}
.stApp h1 {{ padding-top: 0; font-size: 2rem; }}
@media (max-width: 40rem) {{ .stApp h1 {{ font-size: 1.5rem; padding-bottom: .25rem; }} }}
/* The page itself can have the focus, to be scrolled by keys: a frame would cut through it. */
.stApp [data-testid="stMain"]:focus-visible::before {{ box-shadow: none; }}
.lens-note {{ margin: 0; overflow-wrap: anywhere; }}
/* What hands the text over takes no room. */
.stApp .st-key-lens-text {{ gap: 0; }}
.lens-live [data-testid="InputInstructions"] {{ display: none; }}
/* Beside the button where there is room for what they say, else below, as wide as the page. */
.stApp [data-testid="stLayoutWrapper"]:has(> .st-key-lens-choice) {{
  min-width: min(100%, 34rem); }}
.st-key-lens-choice [data-testid="stColumn"] {{ min-width: min(100%, 13rem); }}
.st-key-lens-choice [data-testid="stColumn"]:nth-last-child(2) {{ min-width: min(100%, 20rem); }}
.stApp input[role="combobox"] {{ text-overflow: ellipsis; }}
/* Labels of axes and legends are too pale to be read by everyone. */
.stApp [data-testid="stVegaLiteChart"] :is(.role-axis, .role-legend) text {{
  fill: color-mix(in srgb, var(--st-text-color) 85%, var(--st-background-color)); }}
/* Streamlit's captions are too pale to be read by everyone. */
.stApp [data-testid="stCaptionContainer"] {{ opacity: 1; }}
.stApp [data-testid="stCaptionContainer"] p {{ opacity: 1;
  color: color-mix(in srgb, var(--st-text-color) 80%, var(--st-background-color)); }}
/* White, the default, cannot be read on the light primary colour of the dark theme. */
.stApp [data-testid^="stBaseButton-primary"], .stApp [data-testid="stMultiSelect"] [data-tag],
.stApp [data-testid="stMultiSelect"] [data-tag] * {{ color: var(--st-background-color); }}
</style>"""


@dataclass(frozen=True)
class Page:
    """One run of a page.

    Attributes:
        model: the one that is selected.
        waiting: what is drawn last, because it is slow: places and what goes there.
    """

    model: Model
    waiting: list[tuple[DeltaGenerator, Callable[[], None]]] = field(default_factory=list)


@contextmanager
def page(title: str) -> Iterator[Page]:
    """A page: title and messages, what the block draws, the address, then what could wait."""
    run = _begin(title)
    yield run
    address.publish(run.model.network)
    for place, draw in run.waiting:
        with place, guard():
            draw()


def _begin(title: str) -> Page:
    st.html(STYLE)
    heading = st.empty()
    heading.title(title, anchor=False)  # also where no model can be read
    messages = st.container()
    model = session_models.current()
    session_models.drop_invalid(model)
    text = session.shown_text() if model.reads_text else ""
    st.set_page_config(page_title=tabs.title(session.view(), text=text, model=model.name))
    if with_noun(title, model.token_kind) != title:
        heading.title(with_noun(title, model.token_kind), anchor=False)
    with messages:
        for sentence in session.notices():
            st.warning(plain(sentence))
    return Page(model)
