"""The Explain view as people use it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from app import settings
from app.methods import SHOWN_METHODS
from lrp_engine import METHODS
from tests.browser.steps import ask, choose, heatmaps, idle, open_view, visit, words


def test_opens_with_a_sentence_explained(page: Page):
    visit(page)
    expect(heatmaps(page)).to_have_count(len(SHOWN_METHODS))
    assert words(page) == settings.DEFAULT_TEXT.split()
    for name in SHOWN_METHODS:
        expect(page.get_by_role("heading", name=METHODS[name].title)).to_be_visible()
    expect(page.locator(".lrp-legend")).to_have_count(len(SHOWN_METHODS))
    expect(page.get_by_text(re.compile("Runs on (CPU|GPU)"))).to_be_visible()


def test_a_typed_sentence_is_explained(page: Page):
    visit(page)
    for text in ("a wonderful film", "a slow plot", "a charming story"):
        ask(page, text)
        assert words(page, len(SHOWN_METHODS) - 1) == text.split()


def test_the_button_explains_too(page: Page):
    visit(page)
    page.get_by_role("textbox", name="Text", exact=True).fill("a slow film")
    page.get_by_role("button", name="Explain", exact=True).click()
    expect(heatmaps(page).first).to_contain_text("slow")


def test_hostile_text_is_only_text(page: Page):
    page.on("dialog", lambda dialog: pytest.fail("a script ran"))
    visit(page)
    text = "*x* $x$ <b>bold</b> 😀 שלום <script>alert(1)</script> end"
    ask(page, text)
    assert "".join(words(page)) == "".join(text.split())
    assert page.locator(".lens-rows script").count() == 0
    expect(page.get_by_text("unknown to the model")).to_be_visible()


def test_an_example_with_filters(page: Page):
    visit(page)
    page.get_by_role("button", name="Examples").click()
    total = page.get_by_test_id("stPopoverBody").get_by_text(re.compile(r"\d+ of \d+ sentences"))
    expect(total).to_be_visible()
    idle(page)
    everything = total.inner_text()
    choose(page, "The model is", "wrong")
    expect(total).not_to_have_text(everything)
    page.get_by_role("combobox", name=re.compile("sentences")).click()
    option = page.get_by_role("option").first
    text = option.inner_text()
    option.click()
    idle(page)
    expect(page.get_by_text("The true class of this example is")).to_be_visible()
    expect(page.get_by_text("The model is wrong.")).to_be_visible()
    assert "".join(words(page)) == "".join(text.lower().split())


def test_target_and_contrast(page: Page):
    visit(page)
    first, last = _labels(page)[0], _labels(page)[-1]
    choose(page, "Explain class", re.compile(rf"^{re.escape(first)} \("))
    legend = page.locator(".lrp-legend").first
    expect(legend).to_contain_text(f"supports {first}")
    choose(page, "compared with", re.compile(rf"^{re.escape(last)} \("))
    expect(legend).to_contain_text(f"supports {last}")
    expect(page).to_have_url(re.compile("target=0&contrast="))
    page.reload()
    expect(legend).to_contain_text(f"supports {last}")


def _labels(page: Page) -> list[str]:
    page.get_by_role("combobox", name="Explain class", exact=True).click()
    expect(page.get_by_role("option").first).to_be_visible()
    options = page.get_by_role("option").all_inner_texts()[1:]
    page.keyboard.press("Escape")
    return [option.split(" (score")[0] for option in options]


def test_the_stabilizer(page: Page):
    visit(page)
    before = heatmaps(page).first.inner_text()
    page.get_by_text("Rule and colours").click()
    slider = page.get_by_role("slider").first
    slider.focus()
    slider.press("End")
    expect(heatmaps(page).first).not_to_have_text(before)
    expect(page).to_have_url(re.compile("eps=1"))


def test_back_shows_the_previous_text(page: Page):
    visit(page)
    texts = ("a wonderful film", "a slow plot", "a charming story")
    for text in texts:
        ask(page, text)
        expect(page).to_have_url(re.compile(text.split()[1]))
        idle(page)
    page.go_back()
    shows(page, texts[1])
    page.go_back()
    shows(page, texts[0])
    page.go_forward()
    shows(page, texts[1])


def test_back_from_another_view_keeps_the_text(page: Page):
    visit(page)
    ask(page, "a wonderful film")
    expect(page).to_have_url(re.compile("wonderful"))
    open_view(page, "Conservation")
    expect(page).to_have_url(re.compile("conservation.*wonderful"))
    page.go_back()
    idle(page)
    if "conservation" in page.url:  # the moment before the view wrote its choices into the address
        page.go_back()
    expect(page).to_have_url(re.compile(r"/\?.*wonderful"))
    shows(page, "a wonderful film")


def shows(page: Page, text: str) -> None:
    """The text is in the box and explained."""
    expect(page.get_by_role("textbox", name="Text", exact=True)).to_have_value(text)
    expect(heatmaps(page).first.locator(".lrp-word")).to_contain_text(text.split())
    idle(page)


# Whether what is chosen in a list can be read to its end.
WHOLE = """name => {
  const {scrollWidth, clientWidth} = document.querySelector(`input[aria-label="${name}"]`);
  return scrollWidth <= clientWidth;
}"""


def test_downloads(page: Page, tmp_path):
    page.set_viewport_size({"width": 1440, "height": 900})
    visit(page)
    take = page.locator(".st-key-lens-take")
    for name in ("Copy link", "Download"):  # beside the result, before anybody scrolls
        expect(take.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    for width in (1280, 1100):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function(WHOLE, arg="Explain class")
    take.get_by_role("button", name="Download").click()
    for button, start in (("Web page", "<!doctype html>"), ("Table (CSV)", "position,token"),
                          ("Picture (SVG)", "<svg"), ("Picture (PNG)", "\x89PNG"),
                          ("Everything (JSON)", "[")):  # fmt: skip
        with page.expect_download() as waiting:
            page.get_by_role("button", name=button).click()
        waiting.value.save_as(tmp_path / "file")
        assert (tmp_path / "file").read_bytes().startswith(start.encode("latin-1"))
        assert waiting.value.suggested_filename.startswith("neither-funny-nor-suspenseful_LRP")


def test_choices_survive_other_views(page: Page):
    visit(page)
    ask(page, "a wonderful film")
    for view, title in (("Conservation", "score go"), ("Model", "model"), ("Explain", "words")):
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=view).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(title)
        if view != "Model":
            box = page.get_by_role("textbox", name="Text", exact=True)
            expect(box).to_have_value("a wonderful film")
    expect(heatmaps(page).first).to_contain_text("wonderful")
