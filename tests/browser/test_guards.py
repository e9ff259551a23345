"""What the running server refuses: requests that another site makes a browser send."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect


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
