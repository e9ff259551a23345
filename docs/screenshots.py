"""Makes the pictures of the README again: `make screenshots`."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

DOCS = Path(__file__).resolve().parent
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--no-first-run")  # fmt: skip


@dataclass(frozen=True)
class Shot:
    """A picture: file name, view and its query, theme, size, and what must be on the page."""

    name: str
    view: str
    theme: str
    ready: str
    width: int = 1280
    height: int = 1060


SHOTS = (
    Shot("explain-light", "", "light", ".lrp-legend >> nth=2"),
    Shot("explain-dark", "", "dark", ".lrp-legend >> nth=2"),
    Shot(
        "conservation",
        "conservation",
        "light",
        "path[aria-roledescription=bar] >> nth=0",
        height=1200,
    ),
)


def take(page: Page, url: str, shot: Shot) -> None:
    page.emulate_media(color_scheme="dark" if shot.theme == "dark" else "light")
    page.set_viewport_size({"width": shot.width, "height": shot.height})
    page.goto(f"{url}/{shot.view}")
    page.wait_for_selector(shot.ready)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_selector("text=/Runs on/")
    page.evaluate("() => document.fonts.ready")
    page.screenshot(path=DOCS / f"{shot.name}.png", animations="disabled")
    print(f"docs/{shot.name}.png")


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
    server = subprocess.Popen(
        command, cwd=DOCS.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )  # fmt: skip
    try:
        wait_for(url)
        names = ("chromium", "chromium-browser", "google-chrome")
        browser = next((path for name in names if (path := shutil.which(name))), None)
        with sync_playwright() as playwright:
            page = playwright.chromium.launch(executable_path=browser, args=list(FLAGS)).new_page()
            for shot in SHOTS:
                take(page, url, shot)
    finally:
        server.terminate()
        server.wait(timeout=20)


if __name__ == "__main__":
    main()
