"""What a user does, in words; every step waits for its effect, none for a length of time."""

from __future__ import annotations

import re
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from app import learn
from app.methods import SHOWN_METHODS
from app.navigation import FIRST, View
from app.text.markdown import plain
from tests.browser.wire import runs_ended

EDITED = "?pick=3&edited=neither+funny+nor+boring+nor+particularly+well-drawn+."
LESSON = tuple(f"learn?step={step}" for step in learn.STEPS)
OTHERS = (view.path for view in View if view not in (FIRST, View.LEARN))
VIEWS = ("", EDITED, *OTHERS, *LESSON)
FITS = """place => {
  const {scrollWidth, clientWidth} = document.querySelector(place);
  return scrollWidth <= clientWidth;
}"""
PRIMARY = """colour => [...document.querySelectorAll('[data-testid^=stBaseButton-primary]:enabled')]
  .every(button => getComputedStyle(button).color === colour)"""
BACKGROUNDS = {"dark": "rgb(14, 17, 23)", "light": "rgb(255, 255, 255)"}

# What Streamlit draws by itself.
MODEL_FILES = "Weights"  # of a model of one's own; the page says what each is taken for
NOT_OURS = {
    "exclude": [["[data-testid=stHeader]"], ["[data-testid=stSidebarHeader]"]],
}
# Streamlit's file uploader gives a name to an element that it hides from assistive technology.
RULES = {"rules": {"presentation-role-conflict": {"enabled": False}}, "resultTypes": ["violations"]}
# What can differ from one theme to the other; all else is the same page.
COLOURS = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],  # else every element that is right is described, too
}


def idle(page: Page) -> None:
    """All that the page asked for has run to its end and is drawn."""
    runs_ended(page, seconds=120)
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
    expect(page.locator("[data-testid=stSpinner]")).to_have_count(0)


# Not the promises of their ends: one that is put off for good keeps nobody waiting.
SETTLED = """() => document.getAnimations().every(a => a.playState !== 'running'
  || a.effect.getComputedTiming().iterations === Infinity)"""


def settled(page: Page) -> None:
    """Colours have finished fading from one theme to the other."""
    page.wait_for_function(SETTLED)


def looks_right(page: Page) -> None:
    """Accessible in both themes, each taken live, and no sideways scrolling on a phone."""
    for (theme, colour), options in zip(BACKGROUNDS.items(), (RULES, COLOURS), strict=True):
        page.emulate_media(color_scheme=theme)
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", colour)
        idle(page)  # the server hears of the theme
        page.wait_for_function(PRIMARY, arg=colour)
        settled(page)
        results = Axe().run(page, context=NOT_OURS, options=options)
        assert results.violations_count == 0, results.generate_report()
    wide = page.viewport_size
    page.set_viewport_size({"width": 375, "height": 800})
    idle(page)
    for place in ("html", "[data-testid=stMain]"):
        # A chart follows the width of its page a moment later.
        page.wait_for_function(FITS, arg=place, timeout=5_000)
    page.set_viewport_size(wide)
    idle(page)


def visit(page: Page, view: str = "") -> None:
    page.goto(f"/{view}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    if view == "model":  # its uploaders arrive late
        expect(page.get_by_test_id("stFileUploaderDropzone")).to_be_visible()
    elif view == "review":
        expect(page.get_by_role("button", name="Explain the examples")).to_be_visible()
        expect(page.get_by_test_id("stFileUploaderDropzone")).to_be_visible()
    elif view == "trust":
        expect(page.get_by_role("button", name="Measure", exact=True)).to_be_visible()
    elif view in LESSON:
        expect(page.get_by_role("button", name="Copy link")).to_be_visible()
        expect(page.get_by_role("heading", level=2).first).to_be_visible()
    else:
        expect(page.get_by_text("The model says")).to_be_visible()
    idle(page)


def heatmaps(page: Page) -> Locator:
    return page.locator(".lens-rows .lrp-words")


TEXTS = """all => all.map(word => {
  const copy = word.cloneNode(true);
  copy.querySelectorAll('small, b').forEach(extra => extra.remove());
  return copy.textContent;
})"""


def words(page: Page, row: int = 0) -> list[str]:
    """A row's words, without the numbers under them and the marks of unknown ones."""
    return heatmaps(page).nth(row).locator(".lrp-word").evaluate_all(TEXTS)


# What `words` reads, of every row at once.
ROWS = f"""() => [...document.querySelectorAll('.lens-rows .lrp-words')].map(
  row => ({TEXTS})([...row.querySelectorAll('.lrp-word')]).join('').toLowerCase())"""


def _joined(text: str) -> str:
    return "".join(text.lower().split())


def ask(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Text", exact=True)
    box.fill(text)
    box.press("Control+Enter")
    expect(heatmaps(page)).to_have_count(len(SHOWN_METHODS))
    page.wait_for_function(f"text => ({ROWS})().every(row => row === text)", arg=_joined(text))
    idle(page)


def choose(page: Page, label: str, option: str | re.Pattern[str]) -> None:
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option", name=option, exact=isinstance(option, str)).click()
    idle(page)


def open_view(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    idle(page)


def attach(page: Page, label: str, *files: Path | dict) -> None:
    """Drop files, all at once."""
    uploader = page.get_by_test_id("stFileUploader").filter(has_text=label)
    uploader.locator("input[type=file]").set_input_files(list(files))
    expect(uploader.get_by_test_id("stFileChip")).to_have_count(len(files))
    for one in files if label == MODEL_FILES else ():
        name = one.name if isinstance(one, Path) else one["name"]
        expect(page.get_by_role("combobox", name=f"{plain(name)}: ")).to_be_visible()
    idle(page)


def file(name: str, data: bytes) -> dict:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def read_model(page: Page) -> None:
    page.get_by_role("button", name="Read the model").click()
    idle(page)
    arrived = page.get_by_text("is read and selected")
    if arrived.count():  # the page scrolls to it, which would close a list that is opened before
        expect(arrived).to_be_in_viewport()
