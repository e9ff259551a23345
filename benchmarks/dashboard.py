"""How fast the dashboard answers in a browser: `python -m benchmarks.dashboard`.

Starts the dashboard and a headless Chromium, warms both up, and measures from the key or click to
the moment the page shows the effect: every word drawn, what follows a picked word, a new page, the
next decision of a review.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect, sync_playwright

from app import settings
from tests.browser.conftest import BROWSERS, FLAGS, chromium, free_port, healthy
from tests.browser.steps import heatmaps, idle, open_view, visit
from tests.browser.wire import tap

GOALS = {"pick a word": 0.2, "new sentence": 0.5, "next decision": 0.5, "5,000 words drawn": 1.0}
NEW_PAGE = 0.7
NOUNS = ("film", "story", "plot", "cast", "movie", "script")
KINDS = ("slow", "funny", "charming", "dull", "clever", "bad", "moving", "wonderful")

# Resolves with the milliseconds from an action in the page until a condition holds in it, so that
# no time of the measuring program counts.
WATCH = """([act, holds]) => new Promise(done => {
  const action = new Function('return ' + act), met = new Function('return ' + holds);
  const start = performance.now();
  action();
  const look = () => met() ? done(performance.now() - start) : requestAnimationFrame(look);
  look();
})"""


@contextmanager
def dashboard() -> Iterator[tuple[str, int]]:
    """Address and process of a dashboard of its own."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.port", str(port),
               "--server.headless", "true", "--server.address", "localhost"]  # fmt: skip
    process = subprocess.Popen(
        command,
        cwd=settings.REPOSITORY,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while not healthy(f"http://localhost:{port}"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("The dashboard does not start; try `streamlit run app/main.py`.")
            time.sleep(0.1)
        yield f"http://localhost:{port}", process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def picks(page: Page, n: int) -> float:
    """Click another word; its heading and its units are there."""
    at = (n * 3 + 1) % 8
    click = f"document.querySelectorAll('.lens-rows .lrp-word')[{at}].click()"
    heading = f"h => h.textContent.startsWith('Word {at + 1}:')"
    seen = f"""[...document.querySelectorAll('h2')].some({heading})
      && document.querySelector('.st-key-lens-word [data-testid=stVegaLiteChart] canvas, '
        + '.st-key-lens-word [data-testid=stVegaLiteChart] svg')"""
    return page.evaluate(WATCH, [click, seen])


def sentences(page: Page, n: int) -> float:
    """Hand a new sentence over; every row shows it."""
    text = f"a {KINDS[n % 8]} and {KINDS[(n // 8 + 3) % 8]} {NOUNS[n % 6]} about number {n}"
    words = text.split()
    # Typed within the page: it answers while one types, so a text filled in before would be late.
    press = f"""(box => {{
      const {{set}} = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value');
      set.call(box, {json.dumps(text)});
      box.dispatchEvent(new Event('input', {{bubbles: true}}));
      box.dispatchEvent(new KeyboardEvent(
        'keydown', {{key: 'Enter', ctrlKey: true, bubbles: true, cancelable: true}}));
    }})(document.querySelector('.st-key-lens-text textarea'))"""
    seen = f"""[...document.querySelectorAll('.lens-rows .lrp-words')].every(row =>
      row.querySelectorAll('.lrp-word').length === {len(words)}
      && row.textContent.includes('{words[-1]}'))"""
    return page.evaluate(WATCH, [press, seen])


DONE = "document.querySelector('[data-test-script-state=notRunning]')"
TITLE = "document.querySelector('h1')?.textContent"


def pages(page: Page, times: int) -> Iterator[tuple[str, list[float]]]:
    """Go to every page in turn; its title is there, and all else that it draws."""
    links = page.get_by_test_id("stSidebarNavLink").all_inner_texts()
    names = [link.split()[-1] for link in links]  # the name of an icon comes first
    titles = {}
    for name in names:
        open_view(page, name)
        titles[name] = page.evaluate(TITLE)
    by_page: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(times):
        for name in names:
            link = f"""[...document.querySelectorAll('[data-testid=stSidebarNavLink]')]
              .find(a => a.textContent.includes('{name}')).click()"""
            seen = f"{TITLE} === {json.dumps(titles[name])} && {DONE}"
            by_page[name].append(page.evaluate(WATCH, [link, seen]))
            idle(page)
    yield from ((f"to {name}", times_) for name, times_ in by_page.items())


def decisions(page: Page) -> Callable[[Page, int], float]:
    """Explain the examples on Review, then go to the next row and back; its heatmap is there."""
    visit(page, "review")
    page.get_by_role("button", name="Explain the examples").click()
    expect(page.get_by_role("button", name="Next")).to_be_enabled(timeout=120_000)
    idle(page)
    heading = "[...document.querySelectorAll('h2')].find(h => h.textContent.startsWith('Row'))"

    def step(page: Page, n: int) -> float:
        name = ("Next", "Previous")[n % 2]
        before = page.evaluate(f"{heading}.textContent")
        click = f"""[...document.querySelectorAll('button')]
          .find(button => button.textContent.includes('{name}')).click()"""
        seen = f"{heading}?.textContent !== {json.dumps(before)} && {DONE}"
        return page.evaluate(WATCH, [click, seen])

    return step


def long_text(page: Page) -> list[float]:
    """Milliseconds of drawing a text of the greatest length."""
    count = settings.TEXT_WORDS
    first = settings.DEFAULT_TEXT.split()
    words = [first[n % len(first)] for n in range(count)]
    box = page.get_by_role("textbox", name="Text", exact=True)
    box.fill(" ".join(words))
    box.press("Control+Enter")
    expect(heatmaps(page).last.locator(".lrp-word")).to_have_count(count, timeout=120_000)
    idle(page)
    durations = page.evaluate("performance.getEntriesByName('lens-drawn').map(e => e.duration)")
    return [max(durations)]


def report(name: str, times: list[float]) -> None:
    middle, worst = statistics.median(times) / 1000, max(times) / 1000
    goal = GOALS.get(name, NEW_PAGE)
    verdict = "met" if middle <= goal else "missed"
    print(f"{name:20} median {middle:6.3f} s   worst {worst:6.3f} s   of {len(times):2}   "
          f"goal {goal} s: {verdict}", flush=True)  # fmt: skip


def measured(page: Page, step: Callable[[Page, int], float], times: int) -> list[float]:
    seconds = []
    for n in range(times + 2):  # the first two warm up
        seconds.append(step(page, n))
        idle(page)
    return seconds[2:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20, help="measurements; default: %(default)s")
    times = parser.parse_args().times
    expect.set_options(timeout=60_000)
    with dashboard() as (url, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(BROWSERS), args=list(FLAGS))
        page = tap(browser.new_page(base_url=url, viewport={"width": 1280, "height": 900}))
        visit(page)
        report("pick a word", measured(page, picks, times))
        report("new sentence", measured(page, sentences, times))
        for name, seconds in pages(page, times):
            report(name, seconds)
        report("next decision", measured(page, decisions(page), times))
        visit(page)
        report("5,000 words drawn", long_text(page))
        browser.close()


if __name__ == "__main__":
    main()
