"""Models that read numbers, as a user meets them: a field for each feature."""

from __future__ import annotations

import os
import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.steps import (
    BACKGROUNDS,
    NOT_OURS,
    RULES,
    SIZE,
    heatmaps,
    idle,
    open_view,
    settled,
    visit,
)

SHOTS = os.environ.get("LENS_SHOTS")  # a folder, for whoever wants to look


def open_sample(page: Page, title: str) -> None:
    visit(page, "model")
    row = page.get_by_test_id("stHorizontalBlock").filter(has_text=title)
    row.get_by_role("button", name="Open").last.click()
    expect(page.get_by_text("is read and selected")).to_be_visible()
    open_view(page, "Explain")
    expect(page.get_by_text("The model says")).to_be_visible()


def accessible(page: Page, name: str) -> None:
    """In both themes, and on a phone nothing has to be scrolled sideways."""
    for theme, background in BACKGROUNDS.items():
        page.emulate_media(color_scheme=theme)
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", background)
        settled(page)
        results = Axe().run(page, context=NOT_OURS, options=RULES)
        assert results.violations_count == 0, results.generate_report()
        shot(page, f"{name}-{theme}")
    page.set_viewport_size({"width": 375, "height": 800})
    idle(page)
    shot(page, f"{name}-phone")
    for place in ("html", "[data-testid=stMain]"):
        content, width = page.locator(place).evaluate(SIZE)
        assert content <= width, place
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")


def shot(page: Page, name: str) -> None:
    if SHOTS:
        height = page.locator("[data-testid=stMain]").evaluate("e => e.scrollHeight")
        size = page.viewport_size
        page.set_viewport_size({"width": size["width"], "height": min(height + 40, 6000)})
        page.wait_for_timeout(700)
        page.screenshot(path=f"{SHOTS}/{name}.png")
        page.set_viewport_size(size)


def test_features_are_changed_one_by_one(page: Page):
    open_sample(page, "Diabetes")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Which features")
    age = page.get_by_role("spinbutton", name="age", exact=True)
    age.fill("2.5")
    age.press("Enter")
    expect(heatmaps(page).first.locator(".lrp-word").first).to_contain_text("age = 2.5")
    expect(page).to_have_url(re.compile("numbers=2.5_"))
    expect(page.get_by_role("list", name="Relevance at hidden_1: 32 units")).to_be_visible()
    heatmaps(page).first.locator(".lrp-word").nth(2).click()
    expect(page.get_by_role("heading", name="Feature 3: body mass index")).to_be_visible()
    accessible(page, "features")
    page.get_by_role("button", name="All zeros").click()
    expect(heatmaps(page).first.locator(".lrp-word").first).to_contain_text("age = 0")
    page.go_back()
    expect(heatmaps(page).first.locator(".lrp-word").first).to_contain_text("age = 2.5")
    for name in ("Compare", "Conservation"):
        open_view(page, name)
        expect(page.get_by_text("body mass index").first).to_be_attached()
        expect(page.get_by_test_id("stAlert").filter(has_text="went wrong")).to_have_count(0)
        shot(page, f"features-{name}")
