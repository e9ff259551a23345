"""The web server around the pages: what browsers may send as files, before any of it is read."""

from __future__ import annotations

import asyncio
import re
import webbrowser
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import cache, settings
from app.models import confinement

UPLOAD = re.compile(r"/_stcore/upload_file/(?P<session>[^/]+)/[^/]+$")
TOO_LARGE, TIMED_OUT = 413, 408


class UploadQuota:
    """Bounds the files of a session and those of everybody, and how long one may stand still.

    Streamlit bounds a single file. It keeps whatever is sent under whatever name until the session
    ends, and reads all of it before anybody is asked.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._arriving: Counter[str] = Counter()  # bytes on their way, by session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        upload = UPLOAD.search(scope["path"]) if scope["type"] == "http" else None
        if upload is None or scope["method"] != "PUT":
            await self.app(scope, receive, send)
            return
        session, arrived = upload["session"], 0
        declared = Headers(scope=scope).get("content-length", "")
        try:
            self._require_room(session, int(declared) if declared.isdecimal() else 0)
        except HTTPException as refusal:
            refused = PlainTextResponse(refusal.detail, refusal.status_code)
            await refused(scope, receive, send)
            return

        async def counted() -> Message:
            nonlocal arrived
            try:
                async with asyncio.timeout(settings.UPLOAD_IDLE_SECONDS):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(TIMED_OUT, "The upload stood still and was ended.") from None
            size = len(message.get("body", b""))
            self._require_room(session, size)
            arrived += size
            self._arriving[session] += size
            return message

        try:
            await self.app(scope, counted, send)
        finally:
            self._arriving[session] -= arrived
            if not self._arriving[session]:
                del self._arriving[session]

    def _require_room(self, session: str, more: int) -> None:
        """Raise an HTTPException where so many bytes more are too many."""
        files = cache.files_by_session()
        own = files.get(session, 0) + self._arriving[session] + more
        everybody = sum(files.values()) + self._arriving.total() + more
        for whose, size, megabytes in (
            ("The files of one page", own, settings.SESSION_FILES_MEGABYTES),
            ("The files of all who are here", everybody, settings.FILES_MEGABYTES),
        ):
            if size > megabytes * 2**20:
                raise HTTPException(
                    TOO_LARGE, f"{whose} may take {megabytes:,} MB; remove one, or try again later."
                )


MIDDLEWARE = [Middleware(UploadQuota)]


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Say in the log how uploads are read, and open a browser where there is one, as
    `streamlit run` does for a plain script.
    """
    loop = asyncio.get_running_loop()
    loop.run_in_executor(None, confinement.note)
    if not st.get_option("server.headless"):
        address, port = st.get_option("server.address"), st.get_option("server.port")
        path = st.get_option("server.baseUrlPath").strip("/")
        url = f"http://{address or 'localhost'}:{port}/{path}"
        loop.run_in_executor(None, webbrowser.open, url)
    yield
