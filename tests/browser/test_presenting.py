"""What teachers use: the lesson by keys, presenter mode, rows that take the width there is."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from app import learn
from app.text import tour
from tests.browser.steps import idle, looks_right, visit
from tests.browser.wire import tap

STEPS = list(learn.STEPS.values())
TOP = "document.querySelector('[data-testid=stMain]').scrollTop"
# As after an answer: another node stands where the framed one stood.
DRAWN_ANEW = """node => { const other = node.cloneNode(true);
  other.classList.remove("lens-toured"); node.replaceWith(other); }"""
APART = """() => document.querySelector('[data-testid=stMain]').getBoundingClientRect().bottom
  <= document.querySelector('.lens-tour').getBoundingClientRect().top + 1"""
SIDEWAYS = """() => [...document.querySelectorAll('.lens-grid')]
  .filter(line => line.scrollWidth > line.clientWidth + 1).length"""
SPARE = """() => { const lines = [...document.querySelectorAll('.lens-grid')];
  const next = lines[1].querySelector('td').getBoundingClientRect().width;
  return lines[0].clientWidth - lines[0].querySelector('table').offsetWidth - next; }"""


def test_a_first_visit_is_shown_around_once(browser: Browser, server: str):
    with browser.new_context(base_url=server, viewport={"width": 1280, "height": 900}) as context:
        page = tap(context.new_page(), first_visit=True)
        card = page.get_by_role("region", name="Tour")
        visit(page, "?values=0")  # a link: what was sent comes first
        expect(page.get_by_role("button", name="Show me around")).to_be_visible()
        expect(card).to_be_hidden()
        visit(page)
        for n, step in enumerate(tour.STEPS, 1):
            expect(card).to_contain_text(f"{n} of {len(tour.STEPS)}")
            expect(card).to_contain_text(step["text"])
            expect(page.locator(".lens-toured")).to_have_count(1)
            expect(page.locator(".lens-toured")).to_be_in_viewport()
            if n > 1:  # the first is an element that Streamlit keeps
                page.locator(".lens-toured").evaluate(DRAWN_ANEW)
            expect(page.locator(".lens-toured")).to_have_count(1)
            last = n == len(tour.STEPS)
            card.get_by_role("button", name="Done" if last else "Next").click()
        expect(card).to_be_hidden()
        page.reload()
        expect(page.get_by_text("The model says")).to_be_visible()
        idle(page)
        expect(card).to_be_hidden()
        page.set_viewport_size({"width": 390, "height": 844})  # where it would cover the words
        page.get_by_role("button", name="Show me around").click()
        expect(card).to_contain_text(f"1 of {len(tour.STEPS)}")
        page.wait_for_function(APART)


def test_keys_go_through_the_lesson_and_each_step_opens_at_its_top(page: Page):
    visit(page, "learn?step=sum")
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, main.scrollHeight)")
    assert page.evaluate(TOP) > 0
    expect(page.get_by_role("radiogroup", name="Step")).to_be_in_viewport()  # it stays in sight
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", level=2, name=STEPS[2])).to_be_visible()
    idle(page)
    page.wait_for_function(f"() => {TOP} === 0")
    page.get_by_role("slider", name="Gate").press("ArrowLeft")  # which moves the slider
    idle(page)
    expect(page.get_by_role("heading", level=2, name=STEPS[2])).to_be_visible()
    box = page.get_by_test_id("stSlider").first.bounding_box()
    page.mouse.click(box["x"] + 40, box["y"] + box["height"] / 2)  # by hand: it lets go
    idle(page)
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", level=2, name=STEPS[1])).to_be_visible()
    idle(page)


def test_presenter_mode_is_large_and_nothing_but_the_page(page: Page):
    visit(page, "learn?step=lstm")
    size = "parseFloat(getComputedStyle(document.querySelector('.st-key-lens-lesson p')).fontSize)"
    before = page.evaluate(size)
    page.locator("label").filter(has_text="Presenter mode").click()
    idle(page)
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    assert page.evaluate(size) > 1.3 * before
    for step in page.get_by_role("radiogroup", name="Step").get_by_role("radio").all():
        expect(step).to_be_in_viewport(ratio=1)
    looks_right(page)
    page.get_by_role("button", name="Pages").click()
    page.get_by_test_id("stPopoverBody").get_by_role("link", name="Compare").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("compare")
    idle(page)
    page.get_by_role("button", name="Pages").click()
    page.get_by_test_id("stPopoverBody").get_by_role("link", name="Conservation").click()
    idle(page)
    expect(page.locator("path[aria-roledescription=bar]").nth(5)).to_be_in_viewport()
    page.reload()  # it stands in the address
    expect(page.get_by_text("The model says")).to_be_visible()
    idle(page)
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    page.get_by_role("button", name="Pages").click()
    page.get_by_role("button", name="Leave presenter mode").click()
    idle(page)
    expect(page.get_by_test_id("stSidebar")).to_be_visible()


def test_on_a_phone_warnings_and_notes_leave_the_words_on_the_first_screen(page: Page):
    page.set_viewport_size({"width": 390, "height": 844})
    for mode in ("", "&present=1"):
        page.goto(f"/?text=zxqv+wobblefrop+grumbix+good+florb+snarp{mode}")
        idle(page)
        expect(page.get_by_text("5 of the 6 words")).to_be_in_viewport()
        expect(page.locator(".lens-rows .lrp-word").nth(3)).to_be_in_viewport(ratio=1)
        note, words = page.get_by_text("are read as"), page.locator(".lens-rows .lrp-words").first
        assert note.bounding_box()["y"] > words.bounding_box()["y"]


def test_compared_rows_take_the_width_there_is(page: Page):
    visit(page, "compare?text=" + "+".join(f"word{n}" for n in range(40)))
    for width in (1440, 1000, 390):
        page.set_viewport_size({"width": width, "height": 900})
        idle(page)
        # All of a line is seen, and no further word would have fitted.
        page.wait_for_function(f"() => ({SIDEWAYS})() === 0 && ({SPARE})() < 8")
        label = page.locator(".lens-grid").last.get_attribute("aria-label")
        assert label.endswith("to 40")
