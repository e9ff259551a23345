"""What the dashboard is served with: whom it answers, and what no other site may do with it.

`Gate` stands before every route of Streamlit: pages, uploads, downloads, the stream of a session.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Iterable
from functools import lru_cache
from html import escape
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from app import login, settings

# What the README promises, whatever the dashboard was started with.
PROMISED = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,  # answers are shared with no other site
}
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
UPLOADS = "/_stcore/upload_file/"
HEALTH = "/_stcore/health"  # says that the process runs, and nothing else
# A page of another site that shows this one in a frame could steer clicks in it.
FRAMES = {"Content-Security-Policy": "frame-ancestors 'self'", "X-Frame-Options": "SAMEORIGIN"}
_log = logging.getLogger("lrp_lens")


def middleware() -> list[Middleware]:
    """What `streamlit run` puts before the dashboard; what is promised is set by the way."""
    for name, value in PROMISED.items():
        config.set_option(name, value)
    names = {*LOCAL_NAMES, *config.get_option("server.allowedHosts")}
    if settings.remote_is_allowed():
        names.add(socket.gethostname().lower())
    if login.is_complete() and (host := login.host()):
        names.add(host)
    # Streamlit asks for the host only before a session's stream; it must not know better there.
    config.set_option("server.allowedHosts", ["*"] if settings.remote_is_allowed() else [*names])
    if sentence := refusal():
        _log.error(sentence)
    return [Middleware(Gate, names=names)]


def refusal(reached: str | None = None) -> str | None:
    """Why nobody is answered: others could ask too, and nobody allowed that, or the login that was
    asked for cannot work. None: it is right.

    Args:
        reached: this machine's address that a request came to, where that is known.
    """
    if sentence := login.problem():
        return f"LRP Lens was started with a login that cannot work. {sentence}"
    address = config.get_option("server.address")
    if login.is_complete() or settings.remote_is_allowed():
        return None
    if not is_local(address):
        found = f"with the address {address!r}" if address else "without an address"
        found += ", so that it listens to other machines"
    elif reached is not None and not is_local(reached):
        found = f"to listen to other machines, at {reached!r}"
    else:
        return None
    return (
        f"LRP Lens was started {found}, but it has no login: start it by `lrp-lens dashboard`, "
        "which answers this machine only, or by --server.address localhost; or configure a login; "
        f"or put a proxy with a login in front and set {settings.REMOTE_VARIABLE}=1, which "
        "--allow-remote of `lrp-lens dashboard` does."
    )


@lru_cache(maxsize=64)
def is_local(address: str | None) -> bool:
    """Whether only this machine reaches an address: a number, or a name that is looked up."""
    if not address:
        return False  # every address
    try:
        numbers = {found[4][0] for found in socket.getaddrinfo(address, None)}
    except OSError:
        return False
    return all(_number(str(number)).is_loopback for number in numbers)


def _number(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    number = ipaddress.ip_address(text.partition("%")[0])
    return getattr(number, "ipv4_mapped", None) or number


def is_named(host: str, names: Iterable[str]) -> bool:
    """Whether a server of these names answers to a Host header.

    Another site's name may lead to this machine, and a page of that site would then be taken for
    one of ours. No other site is called by a number: where others may ask, any number is right.
    """
    try:
        parts = urlsplit(f"//{host}")
        name, _ = (parts.hostname or "").rstrip("."), parts.port  # which has to be a number
    except ValueError:
        return False
    if parts.netloc != host or "@" in host or not name:
        return False
    for known in (known.strip().lower().rstrip(".") for known in names):
        if known in ("*", name) or (known.startswith("*.") and name.endswith(known[1:])):
            return True
    return settings.remote_is_allowed() and _is_number(name)


def _is_number(name: str) -> bool:
    try:
        _number(name)
    except ValueError:
        return False
    return True


class Gate:
    """Refuses requests that are not meant for this server, and forbids frames of other sites."""

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self.app, self.names = app, frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif not (refused := self._refused(scope)):
            await self.app(scope, receive, _unframed(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            status, sentence = refused
            page = (
                '<!doctype html><html lang="en"><meta charset="utf-8"><title>LRP Lens</title>'
                f"<p>{escape(sentence)}</p></html>"
            )
            await HTMLResponse(page, status)(scope, receive, _unframed(send))

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        address, port = scope.get("server") or (None, None)
        sentence = refusal(address if port is not None else None)  # a socket file has no port
        if sentence and not scope["path"].endswith(HEALTH):
            return 403, sentence
        host = Headers(scope=scope).get("host", "")
        if is_named(host, self.names):
            return self._without_login(scope)
        return 421, (
            f"This server was asked as {host[:100]!r}, which is none of its names; if it is one, "
            "start it with --server.allowedHosts NAME."
        )

    def _without_login(self, scope: Scope) -> tuple[int, str] | None:
        """Files are taken from those who signed in; a page asks the others to."""
        if UPLOADS not in scope["path"] or not login.is_configured():
            return None
        return None if login.sent_by_a_user(scope) else (403, "Sign in first.")


def _unframed(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in FRAMES.items():
                headers.append(name, value)
        await send(message)

    return sent
