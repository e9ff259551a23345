"""Every view: both themes, phone width, accessibility, conservation."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import (
    BACKGROUNDS,
    VIEWS,
    ask,
    attach,
    file,
    idle,
    looks_right,
    open_view,
    read_model,
    visit,
)

LONG_WORD = "donaudampfschifffahrtsgesellschaftskapitaensmuetzenabzeichen"


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view or "explain")
def test_every_view_looks_right(page: Page, view: str):
    page.emulate_media(color_scheme="dark")  # from the start, and light live
    visit(page, view)
    looks_right(page)


def test_states_of_a_view_look_right(page: Page):
    page.emulate_media(reduced_motion="no-preference")  # colours fade, what waits turns
    visit(page)
    ask(page, f"a {LONG_WORD} film")
    looks_right(page)
    page.get_by_role("textbox", name="Text", exact=True).fill("")
    idle(page)
    page.get_by_role("button", name="Explain", exact=True).click()
    expect(page.get_by_text("Type a text, or pick an example")).to_be_visible()
    looks_right(page)
    open_view(page, "Model")
    attach(page, "Weights", file("model.h5", b"\xff\xd8\xff\xe0" + b"JFIF" * 50))
    read_model(page)
    expect(page.get_by_text("No file of weights is among these")).to_be_visible()
    looks_right(page)


def test_the_theme_follows_live(page: Page):
    page.emulate_media(reduced_motion="no-preference")
    visit(page)
    word = page.locator(".lrp-word").first
    before = word.evaluate("e => getComputedStyle(e).color")
    page.emulate_media(color_scheme="dark")
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", BACKGROUNDS["dark"])
    expect(word).not_to_have_css("color", before)


def test_everything_adds_up(page: Page):
    visit(page, "conservation")
    alert = page.get_by_test_id("stAlert")
    expect(alert.filter(has_text="Passed: words")).to_be_in_viewport()
    charts = page.get_by_test_id("stVegaLiteChart")
    expect(charts.first.locator("path[aria-roledescription=bar]").first).to_be_attached()
    page.get_by_role("button", name="Stabilizers", exact=True).click()
    expect(page.get_by_text("Stabilizers.", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("radio", name="Layer by layer").click()
    expect(alert.filter(has_text="Passed: each of")).to_be_in_viewport()
    idle(page)


def test_compared_rows_come_back_with_the_address(page: Page):
    visit(page, "compare")
    page.get_by_role("button", name="LRP for every class").click()
    expect(page.locator(".lens-grid tr")).to_have_count(5)
    idle(page)
    page.get_by_role("button", name=re.compile("Remove 2")).click()
    expect(page.locator(".lens-grid tr")).to_have_count(4)
    idle(page)
    page.reload()
    expect(page.locator(".lens-grid tr")).to_have_count(4)
    expect(page.get_by_text("signs; they differ most at").first).to_be_visible()
    idle(page)
