"""A session goes out as a file in one browser and comes back in another one."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import STILL
from tests.browser.steps import ask, file, idle, open_view, visit, words
from tests.browser.wire import tap

TEXT = "a wonderful film , neither slow nor boring"


def test_a_session_moves_to_another_browser(page: Page, browser: Browser, tmp_path: Path):
    visit(page)
    ask(page, TEXT)
    open_view(page, "Conservation")
    expect(page.get_by_role("heading", name="Where does the score go?")).to_be_visible()
    idle(page)
    page.get_by_role("button", name="Session").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save session").click()
    waiting.value.save_as(tmp_path / "session.json")
    data = (tmp_path / "session.json").read_bytes()
    assert json.loads(data)["choices"]["text"] == TEXT
    url = page.url.split("/conservation")[0]
    with browser.new_context(base_url=url, reduced_motion=STILL) as another:
        theirs = tap(another.new_page())
        visit(theirs)
        theirs.get_by_role("button", name="Session").click()
        uploaders = theirs.get_by_test_id("stFileUploader")
        uploaders.locator("input[type=file]").set_input_files(file("bad.json", b"{}"))
        expect(theirs.get_by_text("This is no session of LRP Lens")).to_be_visible()
        expect(uploaders).to_have_count(1)
        idle(theirs)
        uploaders.locator("input[type=file]").set_input_files(file("session.json", data))
        expect(theirs.get_by_role("heading", name="Where does the score go?")).to_be_visible()
        expect(theirs.get_by_role("textbox", name="Text", exact=True)).to_have_value(TEXT)
        open_view(theirs, "Explain")
        expect(theirs.locator(".lens-rows .lrp-words").first).to_be_visible()
        idle(theirs)
        assert "".join(words(theirs)) == TEXT.replace(" ", "")
