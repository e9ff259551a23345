"""A model full of text that Markdown makes something of: the browser shows the text."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.app.foreign import HOSTILE, LABELS, NAME, WORDS, network
from tests.browser.steps import ask, attach, file, open_view, read_model, visit, words

# What Markdown could have made of it: links, pictures, icons and emoji, formulas, colours, markup.
MADE = (
    "a[href*='foreign.example']", "img[src*='foreign.example']", "img[alt='Streamlit logo']",
    "[data-testid=stMarkdownContainer] [role=img]", ".katex", "[class*=stMarkdownColored]",
    "[data-testid=stMarkdownContainer] :is(strong, em, code, del, table):has-text('zq')",
)  # fmt: skip


@pytest.fixture(scope="module")
def upload(tmp_path_factory: pytest.TempPathFactory) -> dict:
    path = tmp_path_factory.mktemp("foreign") / "network.zip"
    network(f"{HOSTILE} was found.").save(path)
    return file(f"{NAME}.zip", path.read_bytes())


def nothing_made(page: Page) -> None:
    for made in MADE:
        assert page.locator(made).count() == 0, made
    assert "\N{SMILING FACE WITH OPEN MOUTH AND SMILING EYES}" not in page.inner_text("body")


def shown(page: Page, text: str) -> None:
    """The text is in a message, letter by letter, and nothing was made of it anywhere."""
    messages = page.get_by_test_id("stAlert")
    expect(messages.first).to_be_visible()
    assert text in "\n".join(messages.all_inner_texts()).replace("\N{WORD JOINER}", "")
    nothing_made(page)


def test_nothing_is_made_of_a_models_texts(page: Page, upload: dict):
    visit(page, "model")
    attach(page, "Weights", upload)
    read_model(page)
    shown(page, "“www.foreign.example x@foreign.example")
    open_view(page, "Explain")
    ask(page, " ".join(WORDS[1:4]))
    assert words(page) == list(WORDS[1:4])
    shown(page, f"{HOSTILE} was found.")
    page.get_by_role("combobox", name="Explain class", exact=True).click()
    expect(page.get_by_role("option").filter(has_text=LABELS[0]).last).to_be_visible()
    nothing_made(page)
    page.keyboard.press("Escape")
    open_view(page, "Compare")
    shown(page, f"{HOSTILE} was found.")
    page.get_by_role("button", name="Add rows").click()
    choose_class = page.get_by_role("combobox", name="Classes")
    choose_class.click()
    page.get_by_role("option", name=LABELS[0]).click()
    nothing_made(page)
