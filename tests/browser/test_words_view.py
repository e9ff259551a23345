"""Words as people pick and edit them, with the mouse and with the keyboard."""

from __future__ import annotations

import random
import re

import pytest
from playwright.sync_api import Page, Route, expect

from app import settings
from app.methods import SHOWN_METHODS
from lrp_engine.attribution.methods import LIVE_METHODS
from tests.browser.steps import ask, choose, heatmaps, idle, visit, words

FIRST = settings.DEFAULT_TEXT.split()


def word(page: Page, at: int, row: int = 0):
    return heatmaps(page).nth(row).locator(".lrp-word").nth(at)


ALL = "?all_methods=1"
# The first row of words, below the bar of the page and above the panel.
IN_SIGHT = """() => {
  const [row, panel] = ['.lens-rows .lrp-words', '.st-key-lens-word'].map(
    place => document.querySelector(place).getBoundingClientRect());
  return row.top >= 60 && row.bottom <= panel.top;
}"""
PARTS = re.compile("BidiComponent")


def picked(page: Page, at: int, rows: int = len(SHOWN_METHODS)) -> None:
    """This word is picked in every row, and what is said about it has followed."""
    expect(page.locator(".lens-rows .lens-picked")).to_have_count(rows)
    expect(page.get_by_role("heading", name=re.compile(f"^Word {at + 1}: "))).to_be_visible()
    for row in range(rows):
        expect(word(page, at, row)).to_have_attribute("aria-selected", "true")
    expect(page).to_have_url(re.compile(f"pick={at}"))


def reads(page: Page, expected: list[str]) -> None:
    """Every row has exactly these words."""
    for row in range(len(SHOWN_METHODS)):
        expect(heatmaps(page).nth(row).locator(".lrp-word")).to_have_count(len(expected))
        expect(heatmaps(page).nth(row).locator(".lrp-word")).to_contain_text(expected)
    assert words(page) == expected


def test_a_click_picks_a_word_everywhere(page: Page):
    visit(page, ALL)
    word(page, 3, row=1).click()
    picked(page, 3, len(LIVE_METHODS))
    expect(page.get_by_text("support the class (")).to_be_visible()
    charts = page.get_by_test_id("stVegaLiteChart")
    expect(charts.nth(1)).to_contain_text(f"▸ {FIRST[3]}")
    page.get_by_text("Exact numbers").click()
    page.reload()
    picked(page, 3, len(LIVE_METHODS))
    word(page, 3).click()
    expect(page.locator(".lens-picked")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("pick="))


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["wide", "phone"])
def test_the_panel_of_a_word_stands_at_the_word(page: Page, size: tuple[int, int]):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    visit(page)
    word(page, 3).click()
    picked(page, 3)
    panel = page.locator(".st-key-lens-word")

    def in_view(at: int) -> None:
        """The word's row, above it, and the panel's head and buttons."""
        expect(
            panel.get_by_role("heading", name=re.compile(f"^Word {at + 1}: "))
        ).to_be_in_viewport()
        expect(panel.get_by_role("button", name="Drop")).to_be_in_viewport(ratio=1)
        page.wait_for_function(IN_SIGHT)

    in_view(3)
    expect(panel.get_by_role("heading", level=2).first).to_be_focused()
    panel.get_by_role("button", name="Drop").click()
    idle(page)
    in_view(3)
    expect(panel).to_contain_text("The edit changes the score")
    expect(panel.get_by_role("button", name="Undo")).to_be_in_viewport(ratio=1)
    expect(panel).to_have_attribute("data-more", "")  # it shows that there is more below
    panel.evaluate("node => node.scrollTo(0, node.scrollHeight)")
    expect(panel).not_to_have_attribute("data-more", "")
    close = panel.get_by_role("button", name="Close the word’s details")
    expect(close).to_be_in_viewport(ratio=1)
    for leave in (page.keyboard.press, close.press):
        leave("Escape" if leave == page.keyboard.press else "Enter")
        idle(page)
        expect(panel).to_have_count(0)
        expect(word(page, 3)).to_be_focused()
        page.keyboard.press("Enter")
        picked(page, 3)
    page.reload()  # as a link opens it, whose parts arrive in any order
    picked(page, 3)
    in_view(3)
    expect(close).to_have_text("Close")


def test_one_tab_stop_and_arrows(page: Page):
    visit(page, ALL)
    stops = page.locator(".lens-rows [tabindex='0']")
    expect(stops).to_have_count(1)
    stops.focus()
    for key, at, row in (("ArrowRight", 1, 0), ("ArrowDown", 1, 1), ("End", 7, 1),
                         ("ArrowRight", 7, 1), ("ArrowUp", 7, 0), ("ArrowLeft", 6, 0),
                         ("Home", 0, 0)):  # fmt: skip
        page.keyboard.press(key)
        expect(word(page, at, row)).to_be_focused()
    picked(page, 0, len(LIVE_METHODS))
    idle(page)
    expect(word(page, 0)).to_be_focused()  # after the page has followed
    expect(stops).to_have_count(1)
    assert re.fullmatch(
        r"neither, relevance [+−]\d+\.\d\d", word(page, 0).get_attribute("aria-label")
    )
    choose(page, "Explain class", re.compile("^negative"))
    expect(word(page, 0)).to_be_focused()  # a list that was chosen from by hand gives it back
    page.keyboard.press("ArrowRight")
    picked(page, 1, len(LIVE_METHODS))
    page.keyboard.press("Escape")
    expect(page.locator(".lens-picked")).to_have_count(0)
    classes = page.get_by_role("combobox", name="Explain class", exact=True)
    classes.focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    idle(page)
    expect(classes).to_be_focused()  # whoever chooses by keys goes on from it


def test_the_strongest_word(page: Page):
    visit(page)
    expect(heatmaps(page)).to_have_count(len(SHOWN_METHODS))
    values = [float(text.replace("−", "-"))
              for text in heatmaps(page).first.locator("small").all_inner_texts()]  # fmt: skip
    order = sorted(range(len(values)), key=lambda n: -abs(values[n]))
    button = page.get_by_role("button", name="Strongest word")
    for at in order[:2]:
        button.click()
        picked(page, at)
    page.keyboard.press("*")
    picked(page, order[2])


def test_drop_undo_back(page: Page):
    visit(page)
    word(page, 3).click()
    picked(page, 3)
    page.keyboard.press("Delete")
    after = [*FIRST[:3], *FIRST[4:]]
    expect(page.get_by_text("The edit changes the score")).to_be_visible()
    reads(page, after)
    expect(page.locator(".lens-pair[role=listitem]")).to_have_count(len(FIRST))
    expect(page).to_have_url(re.compile("edited="))
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The edit changes the score")).to_have_count(0)
    reads(page, FIRST)
    expect(page).not_to_have_url(re.compile("edited="))
    page.go_back()
    expect(page.get_by_text("The edit changes the score")).to_be_visible()
    reads(page, after)


def test_replace_with_enter_and_insert(page: Page):
    visit(page)
    word(page, 1).click()
    picked(page, 1)
    field = page.get_by_role("textbox", name="New word")
    field.fill("dull")
    field.press("Enter")
    expect(word(page, 1)).to_contain_text("dull")
    expect(page.locator(".lens-changed")).to_have_count(1)
    field.fill("very")
    page.get_by_role("button", name="Insert before").click()
    expect(word(page, 1)).to_contain_text("very")
    picked(page, 1)
    reads(page, [FIRST[0], "very", "dull", *FIRST[2:]])
    expect(page).to_have_url(re.compile("very"))
    page.reload()
    expect(word(page, 1)).to_contain_text("very")
    reads(page, [FIRST[0], "very", "dull", *FIRST[2:]])


def test_explained_while_typing(page: Page):
    late: list[Route] = []  # the parts in JavaScript, held back

    def hold(route: Route) -> None:
        late.append(route)

    page.route(PARTS, hold)
    page.goto("/")
    expect(page.get_by_text("The model says")).to_be_visible()
    box = page.get_by_role("textbox", name="Text", exact=True)
    box.fill("grand")
    page.unroute(PARTS, hold)  # and let go
    expect(heatmaps(page).first).to_contain_text("grand")
    box.fill("")
    text = "a wonderful film with a charming story"
    for part in re.findall(r"\S+\s*", text):
        page.keyboard.type(part, delay=20)
        if part.startswith(("wonderful", "with")):  # a rest: the page follows, the typing goes on
            expect(heatmaps(page).first).to_contain_text(part.strip())
    expect(heatmaps(page).first.locator(".lrp-word")).to_contain_text(text.split())
    idle(page)
    expect(box).to_have_value(text)
    expect(box).to_be_focused()


def test_nothing_typed_is_lost_while_it_computes(page: Page):
    visit(page)
    box = page.get_by_role("textbox", name="Text", exact=True)
    box.fill("")
    text = "slow but sure, and never a dull moment in two long hours of film"
    page.keyboard.type(text, delay=110)  # longer than many runs together
    expect(box).to_have_value(text)
    expect(heatmaps(page).first.locator(".lrp-word").last).to_contain_text("film")
    expect(box).to_have_value(text)


def test_five_thousand_words(page: Page):
    visit(page)
    count = settings.TEXT_WORDS
    text = " ".join(FIRST[n % len(FIRST)] for n in range(count))
    ask(page, text)
    idle(page)
    expect(heatmaps(page).first.locator(".lrp-word")).to_have_count(count)
    expect(page.locator(".lens-rows [tabindex='0']")).to_have_count(1)
    page.get_by_role("button", name="Strongest word").click()
    expect(page.locator(".lens-rows .lens-picked").first).to_be_in_viewport()
    strip = page.get_by_role("toolbar", name="Overview of LRP: each box is the sum of 84 words")
    expect(strip.locator("button")).to_have_count(60)
    expect(strip.locator("[tabindex='0']")).to_have_count(1)
    strip.locator("[tabindex='0']").press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")  # the last run but one
    expect(page.get_by_role("heading", name=re.compile("^Word 4,?(8[7-9]|9[0-5])"))).to_be_visible()
    expect(page.locator(".lens-rows .lens-picked").first).to_be_in_viewport()
    page.get_by_text("LRP summed by sentence, the strongest 100 of 625").click()
    page.locator(".lens-sentences button").first.click()
    expect(page.locator(".lens-rows .lens-picked").first).to_be_in_viewport()
    focused = page.locator(".lens-rows .lrp-word:focus")
    focused.press("End")
    expect(page.get_by_role("heading", name=f"Word {count}: ")).to_be_visible()
    expect(word(page, count - 1)).to_be_in_viewport()
    content, width = page.get_by_test_id("stMain").evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert content <= width


@pytest.mark.parametrize("allowed", [True, False], ids=["allowed", "forbidden"])
def test_the_link_is_copied(page: Page, allowed: bool):
    visit(page)
    word(page, 2).click()
    picked(page, 2)
    if allowed:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    else:
        page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject('no'); }")
    idle(page)
    page.get_by_role("button", name="Copy link").click()
    if allowed:
        expect(page.get_by_text("Link copied. ")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == page.url
    else:
        expect(page.get_by_role("textbox", name="Address of this view")).to_have_value(page.url)


def test_the_link_of_a_text_too_long_for_an_address_opens_it(page: Page):
    rng = random.Random(0)
    text = " ".join("".join(rng.choices("abcdefgh", k=6)) for _ in range(2_000))
    visit(page)
    ask(page, text)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("this server keeps it until")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert len(link) < 120
    page.goto(link)
    expect(page.get_by_role("textbox", name="Text", exact=True)).to_have_value(text)
