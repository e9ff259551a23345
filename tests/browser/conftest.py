"""The running dashboard and a headless Chromium, once per test run; a fresh page per test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from app import settings
from tests.browser.wire import tap

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
BRIEF = "--js-flags=--no-opt"  # pages of tests live shorter than what compiling them would save
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Draws the same pages without a browser's own windows: a third less time of the processor.
SHELL = "chromium-headless-shell"
SIZE = {"width": 1280, "height": 900}
# Of a visitor who wants nothing to move: what turns while a page waits is drawn sixty times a
# second, which costs more than the page does. Two tests of `test_views.py` see it move.
STILL = "reduce"
PATIENCE = 60_000  # milliseconds; conditions are usually met in a tenth of a second


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def chromium(names: Iterable[str] = (SHELL, *BROWSERS)) -> str:
    found = next((path for name in names if (path := shutil.which(name))), None)
    assert found, "no Chromium on PATH: install one, or deselect with -m 'not browser'"
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
            return answer.read() == b"ok"
    except OSError:
        return False


@contextmanager
def started(folder: Path, *options: str) -> Iterator[str]:
    """Address of a dashboard that was started in a folder of its own, as a stranger would."""
    port = free_port()
    url = f"http://localhost:{port}"
    log = folder / "log"
    command = [sys.executable, "-m", "streamlit", "run", str(settings.REPOSITORY / "app/main.py"),
               "--server.port", str(port), "--server.headless", "true"]  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *options],
            cwd=folder,
            env={
                **os.environ,
                "TF_CPP_MIN_LOG_LEVEL": "3",
                settings.DATA_VARIABLE: str(log.with_name("data")),
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + PATIENCE / 1000
        while not healthy(url):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)  # between two questions to another process
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the dashboard that is started for this test run."""
    with started(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, BRIEF])
        yield running
        running.close()


@pytest.fixture(scope="session")
def context(browser: Browser, server: str) -> Iterator[BrowserContext]:
    """Keeps Streamlit's scripts as they were fetched and compiled, from one test to the next."""
    with browser.new_context(base_url=server, viewport=SIZE, reduced_motion=STILL) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext, server: str) -> Iterator[Page]:
    """A page of a new session; afterwards: it asked nobody but us, and its console is clean."""
    page = tap(_stranger(context, server))
    page.set_default_timeout(PATIENCE)
    outside: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: _note_outside(request.url, outside))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda message: errors.append(message.text) if message.type == "error" else None,
    )
    yield page
    for one in context.pages:
        one.close()
    assert not outside
    # Streamlit looks for its server below the address of a page first.
    assert not [error for error in errors if "404 (Not Found)" not in error]


def _stranger(context: BrowserContext, server: str) -> Page:
    """A page in a browser that has kept nothing of anyone: no cookie, no permission, no storage."""
    page = context.new_page()
    context.clear_cookies()
    context.clear_permissions()
    kept = {"origin": server, "storageTypes": "local_storage,indexeddb,websql,service_workers"}
    tools = context.new_cdp_session(page)
    tools.send("Storage.clearDataForOrigin", kept)
    tools.detach()
    return page


def _note_outside(url: str, outside: list[str]) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("data", "blob") and parts.hostname != "localhost":
        outside.append(url)
