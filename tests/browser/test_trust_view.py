"""The Trust view as an analyst uses it: choose, cancel, measure, read, hand the link on."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import STILL
from tests.browser.steps import choose, idle, looks_right, visit
from tests.browser.wire import tap

VERDICT = re.compile(r"^For this model and these \d\d texts.*, .* orders words best")


def test_an_analyst_measures_and_hands_the_link_on(page: Page):
    visit(page, "trust")
    choose(page, "How many", "50")
    choose(page, "Methods", re.compile("^Shapley"))  # long enough to be cancelled
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Measure", exact=True).click()
    page.get_by_role("button", name="Cancel").click(timeout=60_000)
    expect(page.get_by_text("Cancelled; nothing of it is kept.")).to_be_visible(timeout=60_000)
    idle(page)
    assert "measured=" not in page.url
    page.get_by_role("button", name=re.compile("Remove Shapley")).click()
    idle(page)
    page.get_by_role("button", name="Measure", exact=True).click()
    verdict = page.locator(".lens-recommends")
    expect(verdict).to_have_text(VERDICT, timeout=180_000)
    idle(page)
    # The answer is on the first screen: the sentence, and the table under it.
    table = page.get_by_role("region", name="Explanations, measured")
    expect(table.get_by_role("rowheader", name="random order")).to_be_in_viewport()
    expect(table.get_by_text("best", exact=True).first).to_be_visible()
    expect(page.get_by_role("heading", name="Word by word")).to_be_attached()
    expect(page.get_by_role("heading", name="Does it depend on what the model")).to_be_attached()
    looks_right(page)
    said = verdict.inner_text()
    assert page.context.browser
    with page.context.browser.new_context(reduced_motion=STILL) as another:
        theirs = tap(another.new_page())
        theirs.goto(page.url)
        expect(theirs.locator(".lens-recommends")).to_have_text(said)
        idle(theirs)
