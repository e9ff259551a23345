"""Makes the pictures of the README again: `make screenshots`."""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

DOCS = Path(__file__).resolve().parent
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--no-first-run")  # fmt: skip


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


def wait_for(url: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit("The dashboard did not start.")


def main() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://localhost:{port}"
    command = [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.headless", "true",
               "--server.address", "localhost", "--server.port", str(port)]  # fmt: skip
    data = tempfile.TemporaryDirectory()  # of the reviewed set
    server = subprocess.Popen(
        command, cwd=DOCS.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "LRP_LENS_DATA": data.name},
    )  # fmt: skip
    try:
        wait_for(url)
        names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
        browser = next((path for name in names if (path := shutil.which(name))), None)
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=browser, args=list(FLAGS))
            for shot in SHOTS:
                take(chromium, url, shot)
    finally:
        server.terminate()
        server.wait(timeout=20)
        data.cleanup()


if __name__ == "__main__":
    main()
