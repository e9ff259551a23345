"""Models that read numbers, as a user meets them: a field for each feature."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.steps import heatmaps, idle, looks_right, open_view, visit


def open_sample(page: Page, title: str) -> None:
    visit(page, "model")
    row = page.get_by_test_id("stHorizontalBlock").filter(has_text=title)
    row.get_by_role("button", name="Open").last.click()
    expect(page.get_by_text("is read and selected")).to_be_visible()
    open_view(page, "Explain")
    expect(page.get_by_text("The model says")).to_be_visible()


def test_features_are_changed_one_by_one(page: Page):
    open_sample(page, "Diabetes")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Which features")
    age = page.get_by_role("spinbutton", name="age", exact=True)
    age.fill("2.5")
    age.press("Enter")
    expect(heatmaps(page).first.locator(".lrp-word").first).to_contain_text("age = 2.5")
    expect(page).to_have_url(re.compile("numbers=2.5_"))
    idle(page)
    expect(page.get_by_role("list", name="Relevance at hidden_1: 32 units")).to_be_visible()
    heatmaps(page).first.locator(".lrp-word").nth(2).click()
    expect(page.get_by_role("heading", name="Feature 3: body mass index")).to_be_visible()
    looks_right(page)
    page.get_by_role("button", name="All zeros").click()
    expect(heatmaps(page).first.locator(".lrp-word").first).to_contain_text("age = 0")
    page.go_back()
    expect(heatmaps(page).first.locator(".lrp-word").first).to_contain_text("age = 2.5")
    for name in ("Compare", "Conservation"):
        open_view(page, name)
        expect(page.get_by_text("body mass index").first).to_be_attached()
        expect(page.get_by_test_id("stAlert").filter(has_text="went wrong")).to_have_count(0)


def test_steps_are_typed_added_and_deleted(page: Page):
    open_sample(page, "Addition")
    steps = heatmaps(page).first.locator(".lrp-word")
    expect(steps).to_have_count(5)
    table = page.get_by_test_id("stDataFrame").first
    # The table is drawn on a canvas: its rows are places, and an editor opens above a cell.
    row, edge = 35, 14
    table.dblclick(position={"x": 150, "y": 1.5 * row})
    editor = page.locator("#portal input")
    editor.fill("0.5")
    editor.press("Enter")
    expect(steps.first).to_contain_text("1: 0.5, 1")
    expect(page).to_have_url(re.compile("numbers=0.5_1"))
    idle(page)
    table.click(position={"x": 150, "y": 6.5 * row})
    expect(steps).to_have_count(6)
    idle(page)
    table.click(position={"x": edge, "y": 2.5 * row})
    page.keyboard.press("Delete")
    expect(steps).to_have_count(5)
    expect(steps.nth(1)).to_contain_text("2: −0.92, 1")
    expect(page).to_have_url(re.compile("numbers=0.5_1~-0.92_1~-0.97_0~0.63_0~0_0"))
