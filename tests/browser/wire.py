"""What a page asks of its server and is answered, read off the wire.

Between a click and the run that it causes a page looks just as idle as after that run, and longer
so on a busy machine; only the messages tell the two apart.
"""

from __future__ import annotations

import time
from weakref import WeakKeyDictionary

from playwright.sync_api import Page, WebSocket
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

# Two frames: what an event causes in the page is sent by then. A page that nobody sees draws none.
FRAMES = """() => new Promise(done => {
  requestAnimationFrame(() => requestAnimationFrame(done));
  setTimeout(done, 500);
})"""


class Wire:
    """Whether every run that a page has asked for has ended."""

    def __init__(self) -> None:
        self.asked = self.running = False

    def listen(self, socket: WebSocket) -> None:
        self.asked = self.running = False
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, payload: bytes | str) -> None:
        if isinstance(payload, bytes):
            self.asked |= BackMsg.FromString(payload).HasField("rerun_script")

    def _received(self, payload: bytes | str) -> None:
        if not isinstance(payload, bytes):
            return
        message = ForwardMsg.FromString(payload)
        if message.HasField("new_session"):
            self.asked, self.running = False, True
        elif message.HasField("script_finished"):
            # One that makes way for another run is followed by its `new_session`.
            self.running = message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN

    @property
    def quiet(self) -> bool:
        return not (self.asked or self.running)


_wires: WeakKeyDictionary[Page, Wire] = WeakKeyDictionary()


# A browser that has been here before: nobody shows it around.
VISITED = "try { localStorage.setItem('lens.tour', 'over'); } catch {}"


def tap(page: Page, *, first_visit: bool = False) -> Page:
    """Listen to a page that has not been anywhere yet."""
    if not first_visit:
        page.add_init_script(VISITED)
    _wires[page] = wire = Wire()
    page.on("websocket", wire.listen)
    return page


def runs_ended(page: Page, seconds: float) -> None:
    """Wait until the page has been told the end of all it has asked for."""
    deadline = time.monotonic() + seconds
    page.evaluate(FRAMES)
    while not _wires[page].quiet:
        while not _wires[page].quiet:  # frames are asked for once more, not all the while
            assert time.monotonic() < deadline, f"no end of a run in {seconds} s"
            page.wait_for_timeout(20)  # lets the messages in
        page.evaluate(FRAMES)
