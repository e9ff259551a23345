"""One browser, as the server sees it, over Streamlit's own protocol."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.client import HTTPResponse
from itertools import chain
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect

from app.text.markdown import plain
from lrp_engine.formats.roles import ROLES

PATIENCE = 60  # seconds that an answer may take before it counts as an error
XSRF = "_streamlit_xsrf"


@dataclass(eq=False)
class Session:
    """One browser: what it was told last, and what it says of its widgets."""

    address: str
    patience: float = PATIENCE
    socket: ClientConnection | None = None
    elements: dict[str, Any] = field(default_factory=dict)
    widgets: dict[str, WidgetState] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    page: str = ""
    query: str = ""
    answers: list[tuple[str, Any, float]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def connection(self) -> connect:
        return connect(
            f"{self.address.replace('http', 'ws')}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            origin=self.address,  # type: ignore[arg-type]
            max_size=None,
        )

    def run(self, *pressed: WidgetState) -> None:
        """Say what the widgets say, and listen until the script has ended."""
        message = BackMsg()
        run = message.rerun_script
        run.query_string, run.page_script_hash = self.query, self.page
        run.widget_states.widgets.extend((*self.widgets.values(), *pressed))
        self._send(message)
        finished = False
        self.elements.clear()
        while not finished:
            finished = self._hear(self._next())

    def type(self, text: str) -> None:
        """Hand a text over; note what is drawn and how long it took."""
        key = next(e.id for e in self.elements.values() if getattr(e, "label", "") == "Text")
        self.widgets["text"] = WidgetState(id=key, string_value=text)
        start = time.monotonic()
        self.run()
        drawn = next((e.json for e in self.elements.values()
                      if getattr(e, "component_name", "") == "lens_words"), "")  # fmt: skip
        self.answers.append((text, json.loads(drawn)["rows"] if drawn else [],
                             time.monotonic() - start))  # fmt: skip

    def go(self, page: str) -> None:
        """Open a page, by its path."""
        self.page = self.pages[page]
        self.run()

    def press(self, label: str) -> None:
        """Press a button, by its words."""
        self.run(WidgetState(id=self._needed(label).id, trigger_value=True))

    def give(self, label: str, *files: tuple[str, bytes]) -> None:
        """Put files where the words begin so; the next run hands them over."""
        state = WidgetState(id=self._needed(label).id)
        for name, data in files:
            self._attach(state, name, data)
        self.widgets[label] = state

    def drop(self, **files: tuple[str, bytes]) -> None:
        """Drop files of a model on its page, all at once, and say of each what it is if asked."""
        self.go("model")
        self.give("Drop its files here", *files.values())
        self.run()
        for role, (name, _) in files.items():
            box, wanted = self._needed(f"{plain(name)}: "), f"taken for {ROLES[role]}"
            if box.options[box.default] != wanted:
                self.widgets[name] = WidgetState(id=box.id, string_value=wanted)
                self.run()

    def upload(self, **files: tuple[str, bytes]) -> None:
        """Bring a model on the Model page, and come back."""
        self.drop(**files)
        self.press("Read the model")
        self.widgets.clear()
        self.go("")

    def labelled(self, words: str) -> Any:
        """The element whose label begins so; None where there is none."""
        for element in self.elements.values():
            if getattr(element, "label", "").lower().startswith(words.lower()):
                return element
        return None

    def shows(self, words: str) -> bool:
        """Whether something on the page says so: a text, a warning, a progress, HTML."""
        said = (
            getattr(one, "body", "") or getattr(one, "text", "") for one in self.elements.values()
        )
        return any(words in str(one) for one in said)

    def _needed(self, words: str) -> Any:
        """`labelled`, or an error that says what the page shows instead."""
        found = self.labelled(words)
        if found is None:
            shown = [one.label for one in self.elements.values() if getattr(one, "label", "")]
            raise LookupError(f"nothing is labelled {words!r}, but {shown}; {self.problems[-1:]}")
        return found

    def _attach(self, state: WidgetState, name: str, data: bytes) -> None:
        """A file to the server, and into the widget's state, which says so."""
        urls = self.place(name)
        with self.put(urls.upload_url, name, [data], len(data)):
            pass
        info = state.file_uploader_state_value.uploaded_file_info.add()
        info.file_id, info.name, info.size = urls.file_id, name, len(data)
        info.file_urls.CopyFrom(urls)

    def place(self, name: str) -> Any:
        """Where the server wants a file."""
        message = BackMsg()
        message.file_urls_request.request_id = name
        message.file_urls_request.file_names.append(name)
        self._send(message)
        while (reply := self._next()).WhichOneof("type") != "file_urls_response":
            self._hear(reply)
        return reply.file_urls_response.file_urls[0]

    def put(self, path: str, name: str, blocks: Iterable[bytes], size: int) -> HTTPResponse:
        """Send a file there.

        Raises:
            HTTPError: it is refused.
        """
        edge = "lens-load"
        head = (f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
                "Content-Type: application/octet-stream\r\n\r\n").encode()  # fmt: skip
        tail = f"\r\n--{edge}--\r\n".encode()
        with urllib.request.urlopen(f"{self.address}/_stcore/health") as answer:
            cookies = answer.headers.get_all("Set-Cookie") or []
        token = next((c.split("=", 1)[1].split(";")[0] for c in cookies if c.startswith(XSRF)), "")
        answer = urllib.request.urlopen(
            urllib.request.Request(
                f"{self.address}/{path.lstrip('/')}",
                data=chain([head], blocks, [tail]),
                method="PUT",
                headers={
                    "Content-Type": f"multipart/form-data; boundary={edge}",
                    "Content-Length": str(len(head) + size + len(tail)),
                    "Cookie": f"{XSRF}={token}",
                    "X-Xsrftoken": token,
                },
            )
        )
        assert isinstance(answer, HTTPResponse)
        return answer

    def _send(self, message: BackMsg) -> None:
        assert self.socket is not None
        self.socket.send(message.SerializeToString())

    def _next(self) -> ForwardMsg:
        assert self.socket is not None
        data = self.socket.recv(timeout=self.patience)
        assert isinstance(data, bytes)
        return ForwardMsg.FromString(data)

    def _hear(self, message: ForwardMsg) -> bool:
        """Take a message in; returns whether it ends the run."""
        kind = message.WhichOneof("type")
        if kind == "navigation":
            self.pages = {p.url_pathname: p.page_script_hash for p in message.navigation.app_pages}
            self.page = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            name = element.WhichOneof("type")
            path = ".".join(map(str, message.metadata.delta_path))
            self.elements[path] = content = getattr(element, name)
            if name == "exception" or (name == "alert" and content.format == content.ERROR):
                self.problems.append(str(getattr(content, "message", "") or content.body)[:200])
        elif kind == "script_finished":
            return message.script_finished in (
                ForwardMsg.FINISHED_SUCCESSFULLY,
                ForwardMsg.FINISHED_WITH_COMPILE_ERROR,
            )
        return False
