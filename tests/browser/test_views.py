"""Every view: both themes, phone width, accessibility, conservation."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.steps import SIZE, VIEWS, idle, settled, visit

# What Streamlit draws by itself.
NOT_OURS = {
    "exclude": [["[data-testid=stHeader]"], ["[data-testid=stSidebarHeader]"]],
}
# Streamlit's file uploader gives a name to an element that it hides from assistive technology.
RULES = {"rules": {"presentation-role-conflict": {"enabled": False}}}
BACKGROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(14, 17, 23)"}


@pytest.mark.parametrize("theme", BACKGROUNDS)
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view or "explain")
def test_accessible_in_both_themes(page: Page, view: str, theme: str):
    page.emulate_media(color_scheme=theme)
    visit(page, view)
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", BACKGROUNDS[theme])
    for button in page.locator("[data-testid^=stBaseButton-primary]").all():
        expect(button).to_have_css("color", BACKGROUNDS[theme])
    settled(page)
    results = Axe().run(page, context=NOT_OURS, options=RULES)
    assert results.violations_count == 0, results.generate_report()


def test_the_theme_follows_live(page: Page):
    visit(page)
    word = page.locator(".lrp-word").first
    before = word.evaluate("e => getComputedStyle(e).color")
    page.emulate_media(color_scheme="dark")
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", BACKGROUNDS["dark"])
    expect(word).not_to_have_css("color", before)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view or "explain")
def test_no_sideways_scroll_on_a_phone(page: Page, view: str):
    page.set_viewport_size({"width": 375, "height": 800})
    visit(page, view)
    for place in ("html", "[data-testid=stMain]"):
        content, width = page.locator(place).evaluate(SIZE)
        assert content <= width, place


def test_everything_adds_up(page: Page):
    visit(page, "conservation")
    for passed in ("Passed: words", "Passed: each of"):
        expect(page.get_by_test_id("stAlert").filter(has_text=passed)).to_be_visible()
    charts = page.get_by_test_id("stVegaLiteChart")
    expect(charts.first.locator("path[aria-roledescription=bar]").first).to_be_attached()
    page.get_by_role("button", name="Stabilizers", exact=True).click()
    expect(page.get_by_text("Stabilizers.", exact=True)).to_be_visible()
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
