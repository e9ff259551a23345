"""Whom the server answers: which names and addresses are right, and what is set at its start."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit import config

from app import gate, settings
from app.settings import REMOTE_VARIABLE
from tests import loops
from tests.app.reading import messages

OPTIONS = ("server.address", "server.allowedHosts", *gate.PROMISED)


@pytest.fixture(autouse=True)
def _options(monkeypatch):
    """No test leaves an option behind."""
    monkeypatch.delenv(REMOTE_VARIABLE, raising=False)
    before = {name: config.get_option(name) for name in OPTIONS}
    yield
    for name, value in before.items():
        config.set_option(name, value)


def asked(
    host: str = "localhost:8501", path: str = "/", kind: str = "http", at: str = "127.0.0.1"
) -> dict[str, Any]:
    """What a request comes to: the first message it is answered with, and the body."""
    answered: list[dict[str, Any]] = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        answered.append(message)

    (part,) = gate.middleware()
    scope = {"type": kind, "method": "PUT", "path": path, "server": (at, 8501),
             "headers": [(b"host", host.encode())]}  # fmt: skip
    loops.run(part.cls(app, **part.kwargs)(scope, None, send))
    body = b"".join(message.get("body", b"") for message in answered)
    return {**answered[0], "body": body.decode()}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200), ("LOCALHOST:8501", 200), ("127.0.0.1:8501", 200), ("[::1]:8501", 200),
        ("localhost.", 200), ("elsewhere.example", 421), ("localhost.elsewhere.example", 421),
        ("user@localhost", 421), ("localhost/a", 421), ("localhost:port", 421), ("", 421),
        ("[::1", 421), ("192.0.2.7:8501", 421),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/_stcore/upload_file/a/b", "/media/a"])
def test_only_the_servers_own_names_are_answered(host, status, path):
    assert asked(host, path)["status"] == status
    stream = asked(host, "/_stcore/stream", kind="websocket")
    assert (stream["type"] == "websocket.close") is (status != 200)


def test_further_names_and_numbers_are_answered_when_told():
    config.set_option("server.allowedHosts", ["lens.example", "*.own.example"])
    assert asked("lens.example")["status"] == 200
    assert asked("a.own.example")["status"] == 200
    assert asked("own.example")["status"] == 421
    assert asked("localhost")["status"] == 200
    # Streamlit, which asks once more before the stream of a session, knows the same names.
    assert {"localhost", "lens.example"} <= set(config.get_option("server.allowedHosts"))


def test_a_refusal_names_what_was_asked_for_without_markup():
    body = asked("<b>x")["body"]
    assert "&lt;b&gt;x" in body
    assert "--server.allowedHosts NAME" in body


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "192.0.2.7", "nowhere.invalid"])
def test_an_open_address_is_refused_unless_told(address, monkeypatch, opened):
    config.set_option("server.address", address)
    for path in ("/", "/_stcore/upload_file/a/b", "/media/a"):
        answer = asked(path=path)
        assert answer["status"] == 403
        assert f"{REMOTE_VARIABLE}=1" in answer["body"]
    assert asked(path="/_stcore/stream", kind="websocket")["type"] == "websocket.close"
    assert asked(path="/_stcore/health")["status"] == 200
    app = opened()  # a program of its own may serve the script without the gate
    assert "LRP Lens was started" in messages(app)
    assert not app.text_area
    monkeypatch.setenv(REMOTE_VARIABLE, "1")
    assert asked()["status"] == 200
    for host, status in (("192.0.2.7", 200), ("elsewhere.example", 421)):
        config.set_option("server.allowedHosts", ["localhost"])
        assert asked(host, at="192.0.2.7")["status"] == status


@pytest.mark.parametrize("at", ["192.0.2.7", "::ffff:192.0.2.7"])
def test_what_comes_in_at_another_address_is_refused(at):
    assert asked(at=at)["status"] == 403
    assert asked(at="::ffff:127.0.0.1")["status"] == 200


def test_no_other_site_shows_the_page_in_a_frame():
    for host in ("localhost", "elsewhere.example"):
        headers = dict(asked(host)["headers"])
        assert headers[b"content-security-policy"] == b"frame-ancestors 'self'"
        assert headers[b"x-frame-options"] == b"SAMEORIGIN"


def test_what_is_promised_is_set_whatever_was_asked_for():
    config.set_option("browser.gatherUsageStats", True)
    config.set_option("client.showErrorDetails", "full")
    gate.middleware()
    assert {name: config.get_option(name) for name in gate.PROMISED} == gate.PROMISED


def test_the_configuration_is_found_beside_the_entry():
    beside = settings.REPOSITORY / "app" / ".streamlit" / "config.toml"
    assert beside.samefile(settings.REPOSITORY / ".streamlit" / "config.toml")
