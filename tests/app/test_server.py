"""What browsers send as files is bounded by session and of everybody, while it arrives."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable

import pytest
from starlette.applications import Starlette
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.web.server.starlette import starlette_routes

from app import cache, server, settings
from app.models import confinement
from lrp_engine.formats.containers import sandbox
from lrp_engine.formats.containers.confinement import Confinement
from tests import loops

MB = 2**20
EDGE = "edge"
HEAD = (f'--{EDGE}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n").encode()  # fmt: skip
TAIL = f"\r\n--{EDGE}--\r\n".encode()


class Everybody:
    """In place of Streamlit's runtime: every session is there."""

    def is_active_session(self, _: str) -> bool:
        return True


class Served:
    """Streamlit's own route for uploads behind the quota."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(starlette_routes, "is_xsrf_enabled", lambda: False)
        monkeypatch.setattr(settings, "SESSION_FILES_MEGABYTES", 5)
        monkeypatch.setattr(settings, "FILES_MEGABYTES", 8)
        self.manager = MemoryUploadedFileManager("/upload")
        monkeypatch.setattr(cache, "files_by_session", self.held)
        routes = starlette_routes.create_upload_routes(Everybody(), self.manager, None)
        self.quota = server.UploadQuota(Starlette(routes=routes))

    def held(self) -> dict[str, int]:
        files = self.manager.file_storage
        return {key: sum(len(one.data) for one in value.values()) for key, value in files.items()}

    async def put(
        self, session: str, file: str, blocks: Iterable[bytes], *, declared: int | None = None
    ) -> int:
        """The status of the answer; a block is sent when the one before was read."""
        await asyncio.sleep(0)
        waiting = itertools.chain([HEAD], blocks, [TAIL])

        async def receive() -> dict:
            await asyncio.sleep(0)  # others take their turn
            block = next(waiting, None)
            if block == b"":
                await asyncio.sleep(60)
            return {"type": "http.request", "body": block or b"", "more_body": block is not None}

        answers: list[dict] = []

        async def send(message: dict) -> None:
            answers.append(message)

        headers = [(b"content-type", f"multipart/form-data; boundary={EDGE}".encode())]
        if declared is not None:
            headers.append((b"content-length", str(declared).encode()))
        path = f"/_stcore/upload_file/{session}/{file}"
        scope = {"type": "http", "method": "PUT", "path": path, "raw_path": path.encode(),
                 "query_string": b"", "headers": headers, "root_path": ""}  # fmt: skip
        await self.quota(scope, receive, send)
        return answers[0]["status"]


@pytest.fixture
def served(monkeypatch) -> Served:
    return Served(monkeypatch)


def megabytes(count: int) -> list[bytes]:
    return [bytes(MB)] * count


def test_files_under_invented_names_are_kept_up_to_the_quota_of_a_session(served):
    async def attack() -> list[int]:
        return [
            await served.put("one", f"invented {n}", megabytes(2), declared=2 * MB)
            for n in range(7)
        ]

    assert loops.run(attack()) == [204, 204, *[413] * 5]
    assert served.held() == {"one": 4 * MB}
    served.manager.remove_session_files("one")  # as Streamlit does when the session ends
    assert loops.run(served.put("one", "again", megabytes(2))) == 204


def test_sessions_share_what_everybody_has(served):
    async def attack() -> list[int]:
        return [await served.put(f"session {n}", "file", megabytes(3)) for n in range(4)]

    assert loops.run(attack()) == [204, 204, 413, 413]
    assert sum(served.held().values()) == 6 * MB


def test_what_is_on_its_way_counts_at_once_and_is_forgotten_when_it_ends(served):
    """Each alone would fit, none says how large it is, all arrive at the same time."""

    async def attack() -> list[int]:
        return await asyncio.gather(*(served.put("one", str(n), megabytes(3)) for n in range(6)))

    answers = loops.run(attack())
    assert set(answers) <= {204, 413}
    assert answers.count(413) >= 5
    assert sum(served.held().values()) <= 5 * MB
    served.manager.remove_session_files("one")
    assert loops.run(served.put("one", "later", megabytes(4))) == 204


def test_a_file_that_declares_too_much_is_refused_unread(served):
    def never() -> Iterable[bytes]:
        raise AssertionError("the body was read")
        yield b""

    assert loops.run(served.put("one", "file", never(), declared=6 * MB)) == 413


def test_an_upload_that_stands_still_is_ended(served, monkeypatch):
    monkeypatch.setattr(settings, "UPLOAD_IDLE_SECONDS", 0.05)
    assert loops.run(served.put("one", "file", [*megabytes(1), b""])) == 408
    assert served.held() == {}


def test_other_requests_pass(served):
    async def delete() -> int:
        answers: list[dict] = []

        async def send(message: dict) -> None:
            answers.append(message)

        path = "/_stcore/upload_file/one/file"
        scope = {"type": "http", "method": "DELETE", "path": path, "headers": [],
                 "query_string": b"", "root_path": ""}  # fmt: skip
        await served.quota(scope, None, send)
        return answers[0]["status"]

    assert loops.run(served.put("one", "file", megabytes(1))) == 204
    assert loops.run(delete()) == 204
    assert sum(served.held().values()) == 0


def test_the_files_of_a_form_fit_a_session():
    form = 2 * settings.UPLOAD_MEGABYTES + settings.VOCABULARY_MEGABYTES
    form += settings.REFERENCE_MEGABYTES
    assert form <= settings.SESSION_FILES_MEGABYTES <= settings.FILES_MEGABYTES


@pytest.mark.parametrize("headless", [True, False])
def test_at_its_start_it_says_how_uploads_are_read_and_opens_a_browser(
    headless, monkeypatch, caplog
):
    found, opened = Confinement(), list[str]()
    monkeypatch.setattr(sandbox, "confinement", lambda: found)
    monkeypatch.setattr(server.webbrowser, "open", opened.append)
    options = {"server.headless": headless, "server.address": "localhost", "server.port": 8501,
               "server.baseUrlPath": "/lens/"}  # fmt: skip
    monkeypatch.setattr(server.st, "get_option", options.__getitem__)
    confinement.note.cache_clear()

    async def start() -> None:
        async with server.lifespan(None):  # type: ignore[arg-type]
            pass

    with caplog.at_level("INFO", "lrp_lens"):
        loops.run(start())  # and what it has begun is done
    assert [(entry.levelname, entry.message) for entry in caplog.records] == [
        ("WARNING", found.describe())
    ]
    assert "not confined" in found.describe()
    assert opened == ([] if headless else ["http://localhost:8501/lens"])
