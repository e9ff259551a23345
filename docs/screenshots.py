"""Makes the pictures of the README again: `make screenshots`."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import FLAGS, chromium, started

DOCS = Path(__file__).resolve().parent


def review(page: Page) -> None:
    """Explain the examples and open the first row."""
    page.get_by_role("button", name="Explain the examples").click()
    page.get_by_role("button", name="Next").wait_for(timeout=120_000)
    page.wait_for_function("() => document.querySelector('[data-testid=stDataFrame]')"
                           "?.getBoundingClientRect().width > 600")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Shot:
    """A picture: file name, view and its query, what must be on the page, and how it looks.

    Attributes:
        before: what is done on the page first.
    """

    name: str
    view: str = ""
    ready: str = ".lrp-legend"
    theme: Literal["light", "dark"] = "light"
    width: int = 1280
    height: int = 1060
    scale: float = 1
    before: Callable[[Page], None] | None = None


BARS = "path[aria-roledescription=bar] >> nth=0"
SHOTS = (
    Shot(name="explain", view="?pick=3"),
    Shot(name="explain-dark", theme="dark"),
    Shot(name="explain-phone", width=375, height=812, scale=1.5),
    Shot(name="compare", view="compare", ready=".lens-said", height=1120),
    Shot(name="conservation", view="conservation", ready=BARS, height=1240),
    Shot(name="review", view="review", ready=".lrp-legend", height=1440, before=review),
    Shot(name="learn", view="learn?step=lstm", ready=BARS, height=1100),
    Shot(name="model", view="model", ready=".lens-proof", height=1130),
)


def take(browser: Browser, url: str, shot: Shot) -> None:
    page = browser.new_page(
        color_scheme=shot.theme, device_scale_factor=shot.scale,
        viewport={"width": shot.width, "height": shot.height},
    )  # fmt: skip
    page.add_init_script("localStorage.setItem('lens.tour', 'over')")
    page.goto(f"{url}/{shot.view}")
    if shot.before:
        shot.before(page)
    page.wait_for_selector(shot.ready)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.locator("text=/Runs on/").wait_for(state="attached")
    page.evaluate("() => document.fonts.ready")
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    # A palette of its own: a third of the size, and nobody sees it.
    small = picture.convert("RGB").quantize(
        256, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE
    )
    small.save(DOCS / f"{shot.name}.png", optimize=True)
    print(f"docs/{shot.name}.png")
    page.close()


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        started(Path(folder)) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        for shot in SHOTS:
            take(browser, url, shot)


if __name__ == "__main__":
    main()
