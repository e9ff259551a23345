"""The Review view as an analyst uses it: upload, wait, filter, judge, come back, take along."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import STILL
from tests.browser.steps import file, idle, looks_right, open_view, visit
from tests.browser.wire import tap

TEXTS = (
    ("a wonderful film", "very positive"),
    ("not a wonderful film", "negative"),
    ("a slow and boring plot", "very negative"),
    ("<script>alert(1)</script> a charming story", "positive"),
    ("=1+1", ""),
    ("", "neutral"),
)

PARTS = ("Decisions", "Quality", "Labels", "Export", "Words")


def table(copies: int = 1, *, times: int = 1) -> bytes:
    lines = [f'"{" ".join([text] * times)}",{label}' for text, label in TEXTS * copies]
    return "\n".join(["sentence,label", *lines]).encode()


def begin(page: Page, data: bytes, *, asked: str = "") -> None:
    visit(page, "review")
    if asked:
        page.goto(f"/review?{asked}")
        idle(page)
    uploader = page.get_by_test_id("stFileUploader")
    uploader.locator("input[type=file]").set_input_files(file("films.csv", data))
    page.get_by_role("button", name="Explain this set").click()


def explained(page: Page) -> None:
    # The first set of a server waits for TensorFlow, which takes its time on a busy machine.
    expect(page.get_by_role("button", name="Next")).to_be_visible(timeout=120_000)
    idle(page)


def show(page: Page, part: str) -> None:
    page.get_by_test_id("stButtonGroup").get_by_text(part, exact=True).click()
    idle(page)


def row(page: Page) -> str:
    """Which row is open, and where it is in the queue."""
    return page.get_by_role("heading", name=re.compile(r"^Row \d")).inner_text()


def saved(page: Page, version: int) -> None:
    expect(page.get_by_text(re.compile(rf"^Saved .*version {version}\.$"))).to_be_visible()
    idle(page)


def test_an_analyst_reviews_a_set(page: Page, tmp_path: Path):
    page.on("dialog", lambda dialog: pytest.fail("a script ran"))
    begin(page, table(), asked="text=a+question+of+Explain")
    explained(page)
    expect(page.get_by_text("1 not explained")).to_be_visible()
    # Filter by a cell of the matrix, then by a word; the keyboard goes from row to row.
    cell = page.get_by_role("button", name=re.compile("^1 texts: true class negative"))
    cell.click()
    expect(page.get_by_text("1 of 6 texts in the queue")).to_be_visible()
    expect(cell).to_have_attribute("aria-pressed", "true")
    drawn = page.locator(".lrp-words").first.locator(".lrp-word")
    expect(drawn).to_contain_text(["not", "a", "wonderful", "film"])
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_text("6 of 6 texts in the queue")).to_be_visible()
    idle(page)
    for keys, place in (("pppppp", 1), ("nnnp", 3)):  # quicker than any answer
        page.keyboard.type(keys)
        expect(page.get_by_role("heading", name=re.compile(f"{place} of 6$"))).to_be_visible()
        idle(page)
    find = page.get_by_role("textbox", name="Search")
    find.fill("wonderful")
    find.press("Enter")
    expect(page.get_by_text("2 of 6 texts in the queue")).to_be_visible()
    idle(page)
    find.blur()
    if "1 of 2" in row(page):
        page.keyboard.press("n")
    expect(page.get_by_role("heading", name=re.compile("2 of 2$"))).to_be_visible()
    idle(page)
    page.keyboard.press("p")
    expect(page.get_by_role("heading", name=re.compile("1 of 2$"))).to_be_visible()
    idle(page)
    # A verdict by its key, a note. Letters typed into a box are only letters. A name is asked for
    # once, before the first verdict.
    off = page.get_by_text("After a verdict, open the next row")
    off.click()
    idle(page)
    page.get_by_role("switch", name="After a verdict").blur()  # keys belong to what has the focus
    page.keyboard.press("4")
    name = page.get_by_role("textbox", name="Your name")
    expect(name).to_be_focused()
    expect(name).to_be_in_viewport()
    name.fill("Ann P. 123")
    name.press("Enter")
    saved(page, 1)
    named = page.get_by_role("button", name="Ann P. 123")
    expect(named).to_be_visible()
    # What contradicts the row's label is asked about.
    page.keyboard.press("3")
    keep = page.get_by_role("button", name="Keep it")
    if "true class is" in page.locator(".lens-said").inner_text():
        keep.click()
    saved(page, 2)
    note = page.get_by_role("textbox", name="Note")
    note.fill("pinned to 2 words\n<b>not</b> bold")
    note.press("Control+Enter")
    saved(page, 3)
    # Away and back, then a reload: everything is there.
    before = row(page)
    open_view(page, "Conservation")
    expect(page.get_by_text("The model says")).to_be_visible()
    expect(page.get_by_test_id("stAlert").filter(has_text="Passed").first).to_be_visible()
    idle(page)
    assert "set" not in parse_qs(urlsplit(page.url).query)
    open_view(page, "Review")
    explained(page)
    expect(page).to_have_url(re.compile("set="))
    page.reload()
    explained(page)
    assert row(page) == before
    expect(note).to_have_value("pinned to 2 words\n<b>not</b> bold")
    expect(page.get_by_text(re.compile("by Ann P. 123, version 3"))).to_be_visible()
    expect(named).to_be_visible()
    assert "Ann" not in page.url
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Link copied. ")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    asked = parse_qs(urlsplit(link).query).keys()
    assert {"set", "row", "find"} <= asked
    assert "text" not in asked
    assert "text=a+question+of+Explain" in page.url
    assert page.context.browser
    # Somebody else's browser.
    with page.context.browser.new_context(reduced_motion=STILL) as another:
        theirs = tap(another.new_page())
        theirs.goto(link)
        explained(theirs)
        assert row(theirs) == before
        expect(theirs.locator(".st-key-lens-opened")).to_be_in_viewport()
        expect(theirs.get_by_text("2 of 6 texts in the queue")).to_be_visible()
        expect(theirs.get_by_role("textbox", name="Reviewer")).to_have_value("")
    show(page, "Export")
    for button, check in (
        ("Web page", _page),
        ("Table (CSV)", _csv),
        ("Table (Parquet)", _parquet),
    ):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=button).click()
        waiting.value.save_as(tmp_path / "file")
        check(tmp_path / "file")


def _page(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "right for the wrong reason by Ann P. 123" in text
    assert "&lt;b&gt;not&lt;/b&gt; bold" in text
    assert "<script" not in text


def _csv(path: Path) -> None:
    with path.open(encoding="utf-8-sig", newline="") as opened:
        lines = list(csv.DictReader(opened))
    assert [line["text"] for line in lines][4] == "'=1+1"
    assert sum(line["verdict_text"] == "right for the wrong reason" for line in lines) == 1


def _parquet(path: Path) -> None:
    assert list(pd.read_parquet(path)["text"])[4] == "=1+1"


def test_progress_survives_other_pages_and_a_reload_is_cancelled_and_goes_on(page: Page):
    begin(page, table(1600, times=20))
    cancel = page.get_by_role("button", name="Cancel")
    expect(cancel).to_be_visible()
    expect(
        page.get_by_text(re.compile(r"of 9,600 explained, [\d,]+ a second, .* left"))
    ).to_be_visible(timeout=120_000)
    open_view(page, "Model")
    open_view(page, "Review")
    expect(cancel).to_be_visible()
    page.reload()
    expect(cancel).to_be_visible()
    cancel.click()
    expect(page.get_by_text("not fully explained")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    cancel.click()
    page.get_by_role("button", name="Delete this one").click()
    expect(page.get_by_role("button", name="Explain the examples")).to_be_visible()


def test_every_part_looks_right_and_a_word_leads_to_its_sentences(page: Page):
    visit(page, "review")
    uploader = page.get_by_test_id("stFileUploader")
    uploader.locator("input[type=file]").set_input_files(file("films.csv", table()))
    begins = page.get_by_role("button", name="Explain this set")
    expect(begins).to_be_in_viewport()  # with the first rows and the columns above it
    looks_right(page)
    begins.click()
    explained(page)
    wide = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    idle(page)
    # The parts in one line, and the text under review, on the first screen of a phone.
    control = page.locator(".st-key-lens-parts")
    parts = [control.get_by_text(part, exact=True).bounding_box() for part in PARTS]
    assert len({box["y"] for box in parts if box}) == 1
    expect(page.locator(".st-key-lens-row .lrp-word").first).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Queue and filters").click()
    expect(page.get_by_role("combobox", name="Order")).to_be_in_viewport()
    page.set_viewport_size(wide)
    idle(page)
    expect(page.get_by_role("button", name="Queue and filters")).to_be_hidden()
    for part in PARTS:
        show(page, part)
        looks_right(page)
    frame = page.get_by_test_id("stDataFrame").first
    expect(frame.locator("canvas").first).to_be_visible()
    box = frame.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 18, box["y"] + 54)  # the first row's mark: a canvas has no nodes
    expect(page.get_by_role("button", name=re.compile("where the model said"))).to_be_visible()
    expect(page.get_by_text(re.compile("of 6 texts in the queue"))).to_be_visible()
    expect(page.locator(".lrp-words").first).to_be_visible()
