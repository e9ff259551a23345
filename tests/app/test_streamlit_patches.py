"""Runs leave TensorFlow as it is; sessions end when their time is over."""

from __future__ import annotations

import asyncio

import keras
import pytest
import streamlit as st
from streamlit import net_util
from streamlit.runtime import Runtime, memory_session_storage
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.session_manager import SessionInfo
from streamlit.web.server import server_util
from tensorflow.python.eager.context import Context

from app import cache, settings, streamlit_patches
from app.streamlit_patches import DisconnectedSessions
from lrp_engine import device
from tests import loops
from tests.app.reading import healthy


def test_a_run_throws_no_prepared_program_away(opened, monkeypatch: pytest.MonkeyPatch):
    thrown: list[Context] = []
    monkeypatch.setattr(Context, "clear_kernel_cache", lambda self: thrown.append(self))
    monkeypatch.setattr(keras.backend, "clear_session", keras.utils.clear_session)
    keras.backend.clear_session()
    assert thrown  # it is what would do it
    thrown.clear()
    assert healthy(opened())
    assert not thrown


def test_before_keras_is_there_nothing_happens(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(streamlit_patches.sys.modules, "keras")
    streamlit_patches.keep_keras_session()


# Sessions whose page was closed ------------------------------------------------------------


class Gone:
    """In place of a Streamlit session: what ends it."""

    def __init__(self, name: str) -> None:
        self.id, self.ended, self._scriptrunner = name, 0, None
        self.session_state: dict[str, object] = {"lens.models": {"a": object()}}

    def shutdown(self) -> None:
        self.ended += 1


def stored(names: str, *, seconds: float, maxsize: int = 10) -> tuple[DisconnectedSessions, list]:
    storage, sessions = DisconnectedSessions(maxsize, seconds), [Gone(name) for name in names]
    for session in sessions:
        storage.save(SessionInfo(client=None, session=session))
    return storage, sessions


def test_a_session_whose_page_was_closed_ends_by_itself():
    async def closed() -> None:
        storage, (gone, back) = stored("ab", seconds=0.1)
        assert storage.get("b").session is back
        storage.delete("b")  # its browser came back
        assert not gone.ended
        await asyncio.sleep(0.2)
        assert (gone.ended, gone.session_state) == (1, {})
        assert (back.ended, len(back.session_state)) == (0, 1)
        assert storage.list() == []

    loops.run(closed())


def test_sessions_that_end_together_are_collected_once_and_after_the_last(monkeypatch):
    async def closed() -> list[list[int]]:
        monkeypatch.setattr(streamlit_patches, "AGAIN_SECONDS", 0.1)
        _, sessions = stored("abc", seconds=0.02)
        at: list[list[int]] = []
        collect = lambda: at.append([len(one.session_state) for one in sessions])  # noqa: E731
        monkeypatch.setattr(streamlit_patches.gc, "collect", collect)
        await asyncio.sleep(0.3)
        return at

    assert loops.run(closed()) == [[0, 0, 0]]


def test_one_session_too_many_ends_the_oldest():
    async def closed() -> None:
        storage, (first, *others) = stored("abc", seconds=60, maxsize=2)
        assert [info.session for info in storage.list()] == others
        assert (first.ended, first.session_state) == (1, {})

    loops.run(closed())


def test_a_session_at_work_is_released_when_its_run_is_over(monkeypatch):
    async def closed() -> None:
        monkeypatch.setattr(streamlit_patches, "AGAIN_SECONDS", 0.05)
        _, (busy,) = stored("a", seconds=0.05)
        busy._scriptrunner = object()
        await asyncio.sleep(0.15)
        assert busy.ended == 1
        assert busy.session_state
        busy._scriptrunner = None
        await asyncio.sleep(0.1)
        assert busy.session_state == {}

    loops.run(closed())


def test_the_server_is_made_with_these_sessions_and_no_browser_clears_the_caches(monkeypatch):
    monkeypatch.setattr(memory_session_storage, "MemorySessionStorage", None)
    monkeypatch.setattr(AppSession, "_handle_clear_cache_request", None)
    monkeypatch.setattr(net_util, "get_external_ip", None)
    streamlit_patches.before_the_server()
    assert not server_util.is_url_from_allowed_origins("http://elsewhere.example")  # asks nobody
    runtime = st.App(settings.REPOSITORY / "app" / "main.py")._create_runtime()
    storage = runtime._session_mgr._session_storage
    try:
        assert isinstance(storage, DisconnectedSessions)
        assert storage.seconds == st.get_option("server.disconnectedSessionTTL")
        kept = cache.device()
        monkeypatch.setattr(device, "current", lambda: "asked again")
        AppSession._handle_clear_cache_request(None)
        assert cache.device() == kept
    finally:
        Runtime._instance = None
