"""Where Streamlit is changed, and why each time: what it does after runs, and when sessions end."""

from __future__ import annotations

import asyncio
import gc
import sys

from streamlit import net_util
from streamlit.runtime import memory_session_storage
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.session_manager import SessionInfo, SessionStorage

AGAIN_SECONDS = 1.0  # between two looks at a session that is still at work


def exempt_from_collection() -> None:
    """Let collections of garbage pass by what is there for good.

    With TensorFlow loaded and a program traced that is 400,000 objects to look at, 0.3 s after
    each run, in which nobody's page moves.
    """
    gc.collect()
    gc.freeze()


def keep_keras_session() -> None:
    """Let no run clear Keras' session, once TensorFlow has brought Keras along.

    Clearing it throws away what TensorFlow prepared of every program, for all users: the next
    explanation took 0.5 s instead of 0.005 s. Nothing here keeps anything in that session.
    """
    backend = getattr(sys.modules.get("keras"), "backend", None)
    if backend is not None:  # else it is not there yet, or half-way
        backend.clear_session = _nothing


def _nothing(*_: object) -> None:
    """What is done in place of it."""


def before_the_server() -> None:
    """What has to be changed before anybody connects."""
    # `streamlit.starlette.App` looks the class up when it makes its runtime.
    memory_session_storage.MemorySessionStorage = DisconnectedSessions  # type: ignore[misc,assignment]
    # Whoever has a connection could empty the caches of all users.
    AppSession._handle_clear_cache_request = _nothing  # type: ignore[method-assign,assignment]
    # A page of another site that asks to join would make the server ask a host outside which
    # address it has there, and wait for the answer.
    net_util.get_external_ip = _nothing


class DisconnectedSessions(SessionStorage):
    """Sessions without a connection; each ends when its time to come back is over.

    Streamlit's own forgets a session when the next one is stored, however long that takes, and
    leaves the rest to a collection of garbage: its uploads and models stayed until then. All
    methods are called by the thread of the event loop.

    Args:
        maxsize: sessions; one more ends the oldest.
        ttl_seconds: that a browser has to come back.
    """

    def __init__(self, maxsize: int = 128, ttl_seconds: int = 120) -> None:
        self.maxsize, self.seconds = maxsize, ttl_seconds
        self._sessions: dict[str, SessionInfo] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._collection: asyncio.TimerHandle | None = None

    def get(self, session_id: str) -> SessionInfo | None:
        return self._sessions.get(session_id)

    def save(self, session_info: SessionInfo) -> None:
        if len(self._sessions) >= self.maxsize:
            self._end(next(iter(self._sessions)))
        key = session_info.session.id
        self._sessions[key] = session_info
        self._timers[key] = asyncio.get_running_loop().call_later(self.seconds, self._end, key)

    def delete(self, session_id: str) -> None:
        del self._sessions[session_id]
        self._timers.pop(session_id).cancel()

    def list(self) -> list[SessionInfo]:
        return list(self._sessions.values())

    def _end(self, session_id: str) -> None:
        session = self._sessions[session_id].session
        self.delete(session_id)
        session.shutdown()
        self._release(session)

    def _release(self, session: AppSession) -> None:
        """Forget what a session held, once its last run is over."""
        loop = asyncio.get_running_loop()
        if session._scriptrunner is not None:
            loop.call_later(AGAIN_SECONDS, self._release, session)
            return
        # A session is part of circles, and may be exempt from collections: nothing hangs on it.
        session.session_state.clear()
        # Once for many that end together: a collection does nothing while another one runs.
        if self._collection is None:
            self._collection = loop.call_later(AGAIN_SECONDS, self._collect)

    def _collect(self) -> None:
        self._collection = None
        asyncio.get_running_loop().run_in_executor(None, gc.collect)
