"""What the running server refuses: other machines, names of others, requests of other sites."""

from __future__ import annotations

import http.client
import socket
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from app.settings import REMOTE_VARIABLE
from tests.browser.conftest import started


def test_an_upload_without_the_token_of_the_page_is_refused(server: str):
    request = urllib.request.Request(
        f"{server}/_stcore/upload_file/any/any", data=b"x", method="PUT"
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    assert refused.value.code == 403
    refused.value.close()


def _joined(server: str, origin: str) -> None:
    with connect(
        f"{server.replace('http', 'ws')}/_stcore/stream",
        subprotocols=["streamlit"],  # type: ignore[list-item]
        origin=origin,  # type: ignore[arg-type]
    ):
        pass


def test_a_page_of_another_site_cannot_join(server: str):
    _joined(server, server)
    with pytest.raises(InvalidStatus, match="403"):
        _joined(server, "http://elsewhere.example")


def test_answers_are_shared_with_no_other_site(server: str):
    request = urllib.request.Request(
        f"{server}/_stcore/health", headers={"Origin": "http://elsewhere.example"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.headers.get("Access-Control-Allow-Origin") not in (
            "*", "http://elsewhere.example",
        )  # fmt: skip


def answer_of(url: str, method: str, path: str, host: str | None = None) -> tuple[int, str]:
    """Status and text of what a server says when it is asked by a name."""
    parts = urlsplit(url)
    asking = http.client.HTTPConnection("localhost", parts.port, timeout=10)
    asking.request(method, path, headers={"Host": host or parts.netloc})
    answer = asking.getresponse()
    said = answer.status, answer.read().decode()
    asking.close()
    return said


ROUTES = (("GET", "/"), ("GET", "/_stcore/health"), ("GET", "/_stcore/host-config"),
          ("PUT", "/_stcore/upload_file/a/b"), ("GET", "/media/a.png"))  # fmt: skip


def test_a_name_that_another_site_leads_here_is_refused(server: str):
    for method, path in ROUTES:
        assert answer_of(server, method, path)[0] != 421
        status, said = answer_of(server, method, path, "elsewhere.example")
        assert status == 421
        assert "elsewhere.example" in said
    other = server.replace("localhost", "elsewhere.example").replace("http", "ws")
    with (
        socket.create_connection(("localhost", urlsplit(server).port)) as reached,
        pytest.raises(InvalidStatus, match="403"),
    ):
        connect(f"{other}/_stcore/stream", sock=reached, origin=None)


def test_started_from_another_folder_it_listens_on_this_machine_only(server: str):
    addresses = {found[4][0] for found in socket.getaddrinfo(socket.gethostname(), None)}
    for address in (a for a in addresses if not a.startswith("127.") and a != "::1"):
        with pytest.raises(OSError):  # noqa: PT011 - refused, or no way there
            socket.create_connection((address, urlsplit(server).port), timeout=2)


def test_started_for_everybody_it_answers_nobody(
    tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "0.0.0.0")
    with started(tmp_path) as url:
        page = browser.new_page()
        page.goto(url)
        said = page.inner_text("body")
        page.close()
        assert "'0.0.0.0'" in said
        assert f"{REMOTE_VARIABLE}=1" in said
        assert answer_of(url, "PUT", "/_stcore/upload_file/a/b")[0] == 403
        with pytest.raises(InvalidStatus, match="403"):
            connect(f"{url.replace('http', 'ws')}/_stcore/stream")
