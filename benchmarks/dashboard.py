"""How fast the dashboard answers in a browser: `python -m benchmarks.dashboard`.

Starts the dashboard and a headless Chromium, warms both up, and measures from the key or click to
the moment the page shows the effect: every word drawn, what follows a picked word, a new page.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect, sync_playwright

from app import settings
from tests.browser.conftest import FLAGS, chromium, free_port, healthy
from tests.browser.steps import heatmaps, idle, visit
from tests.browser.wire import tap

GOALS = {"pick a word": 0.2, "new sentence": 0.5, "new page": 0.7, "5,000 words drawn": 1.0}
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
    box = page.get_by_role("textbox", name="Text", exact=True)
    box.fill(text)
    words = text.split()
    press = """document.querySelector('.st-key-lens-text textarea').dispatchEvent(new KeyboardEvent(
      'keydown', {key: 'Enter', ctrlKey: true, bubbles: true, cancelable: true}))"""
    seen = f"""[...document.querySelectorAll('.lens-rows .lrp-words')].every(row =>
      row.querySelectorAll('.lrp-word').length === {len(words)}
      && row.textContent.includes('{words[-1]}'))"""
    return page.evaluate(WATCH, [press, seen])


def pages(page: Page, n: int) -> float:
    """Go to another page; its title and its last part are there."""
    name, title = (("Conservation", "score go"), ("Explain", "words made"))[n % 2]
    link = f"""[...document.querySelectorAll('[data-testid=stSidebarNav] a')]
      .find(a => a.textContent.includes('{name}')).click()"""
    seen = f"""document.querySelector('h1')?.textContent.includes('{title}')
      && document.querySelector('[data-test-script-state=notRunning]')
      && document.querySelector('[data-testid=stVegaLiteChart]')"""
    return page.evaluate(WATCH, [link, seen])


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
    found = page.evaluate("performance.getEntriesByName('lens-drawn').map(e => e.duration)")
    return [max(found)]


def report(name: str, times: list[float]) -> None:
    middle, worst = statistics.median(times) / 1000, max(times) / 1000
    goal = GOALS[name]
    verdict = "met" if middle <= goal else "missed"
    print(f"{name:20} median {middle:6.3f} s   worst {worst:6.3f} s   of {len(times):2}   "
          f"goal {goal} s: {verdict}", flush=True)  # fmt: skip


def measured(page: Page, step: Callable[[Page, int], float], times: int) -> list[float]:
    found = []
    for n in range(times + 2):  # the first two warm up
        found.append(step(page, n))
        idle(page)
    return found[2:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20, help="measurements; default: %(default)s")
    times = parser.parse_args().times
    expect.set_options(timeout=60_000)
    with dashboard() as (url, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        page = tap(browser.new_page(base_url=url, viewport={"width": 1280, "height": 900}))
        visit(page)
        report("pick a word", measured(page, picks, times))
        report("new sentence", measured(page, sentences, times))
        report("new page", measured(page, pages, times))
        visit(page)
        report("5,000 words drawn", long_text(page))
        browser.close()


if __name__ == "__main__":
    main()
