"""Many people at once: `python -m benchmarks.load`.

Starts the dashboard and talks to it as so many browsers do, over Streamlit's own protocol: each
session types sentences of its own, two of them into models they have uploaded. Every answer is held
against what the engine says of that sentence by that model. Prints latencies and memory; ends with
an error where a page showed one, or an answer that was somebody else's.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect

import lrp_engine
from app import settings
from app.figures import heatmap_rows
from benchmarks.dashboard import KINDS, NOUNS, dashboard
from lrp_engine import Network
from lrp_engine.render.row import method_rows
from tests.app.tiny import npy, npz

PATIENCE = 60  # seconds that an answer may take before it counts as an error
WORDS = ("<unk>", "a", "and", "film", "about", "number", *KINDS, *NOUNS[1:])
XSRF = "_streamlit_xsrf"


@dataclass(eq=False)
class Session:
    """One browser: what it was told last, and what it says of its widgets."""

    address: str
    network: Network
    rng: random.Random
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

    def upload(self, **files: tuple[str, bytes]) -> None:
        """Bring a model on the Model page, and come back."""
        self.page = self.pages["model"]
        self.run()
        for label, (name, data) in files.items():
            part = next(e for e in self.elements.values()
                        if getattr(e, "label", "").lower().startswith(label))  # fmt: skip
            self.widgets[label] = self._sent(part.id, name, data)
        button = next(e for e in self.elements.values()
                      if getattr(e, "label", "") == "Read the model")  # fmt: skip
        self.run(WidgetState(id=button.id, trigger_value=True))
        self.widgets.clear()
        self.page = self.pages[""]
        self.run()

    def _sent(self, widget: str, name: str, data: bytes) -> WidgetState:
        """A file on the server, and the widget state that says so."""
        message = BackMsg()
        message.file_urls_request.request_id = name
        message.file_urls_request.file_names.append(name)
        self._send(message)
        while (reply := self._next()).WhichOneof("type") != "file_urls_response":
            self._hear(reply)
        urls = reply.file_urls_response.file_urls[0]
        edge = "lens-load"
        head = (f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
                "Content-Type: application/octet-stream\r\n\r\n")  # fmt: skip
        with urllib.request.urlopen(f"{self.address}/_stcore/health") as answer:
            cookies = answer.headers.get_all("Set-Cookie") or []
        token = next((c.split("=", 1)[1].split(";")[0] for c in cookies if c.startswith(XSRF)), "")
        urllib.request.urlopen(
            urllib.request.Request(
                f"{self.address}/{urls.upload_url.lstrip('/')}",
                data=head.encode() + data + f"\r\n--{edge}--\r\n".encode(),
                method="PUT",
                headers={
                    "Content-Type": f"multipart/form-data; boundary={edge}",
                    "Cookie": f"{XSRF}={token}",
                    "X-Xsrftoken": token,
                },
            )
        ).close()
        state = WidgetState(id=widget)
        info = state.file_uploader_state_value.uploaded_file_info.add()
        info.file_id, info.name, info.size = urls.file_id, name, len(data)
        info.file_urls.CopyFrom(urls)
        return state

    def _send(self, message: BackMsg) -> None:
        assert self.socket is not None
        self.socket.send(message.SerializeToString())

    def _next(self) -> ForwardMsg:
        assert self.socket is not None
        data = self.socket.recv(timeout=PATIENCE)
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


def own_model(seed: int) -> tuple[Network, dict[str, tuple[str, bytes]]]:
    """A model that only one session has, and its files."""
    rng = np.random.default_rng(seed)
    E, H, C = 12, 16, 3
    one = [(E, 4 * H), (H, 4 * H), (4 * H,)]
    arrays = [rng.normal(0, 0.5, shape) for shape in (*one, *one, (2 * H, C), (C,))]
    vectors = rng.normal(size=(len(WORDS), E))
    files = {
        "weights": (f"own{seed}.npz", npz(arrays)),
        "vocabulary": ("words.txt", "\n".join(WORDS).encode()),
        "embeddings": ("vectors.npy", npy(vectors)),
    }
    return lrp_engine.load(**{"path_or_bytes" if k == "weights" else k: v[1]
                              for k, v in files.items()}), files  # fmt: skip


def sentence(rng: random.Random, number: int) -> str:
    kinds = rng.sample(KINDS, 2)
    return f"a {kinds[0]} and {kinds[1]} {rng.choice(NOUNS)} about number {number}"


def visit(session: Session, files: dict | None, seconds: float, pause: float) -> None:
    """One session from its first page to its last sentence."""
    try:
        with session.connection() as session.socket:
            session.run()
            if files:
                session.upload(**files)
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                session.type(sentence(session.rng, session.rng.randrange(10**6)))
                time.sleep(session.rng.uniform(0.5, 1.5) * pause)  # a person reads, then types
    except Exception as error:  # noqa: BLE001 - the end of a thread: it is counted and shown
        session.problems.append(f"{type(error).__name__}: {error}"[:200])


def wrong(session: Session) -> list[str]:
    """Answers that are not what the engine says of this text by this model."""
    mistakes = []
    for text, drawn, _ in session.answers:
        explanations = session.network.explain_all([text])
        rows = method_rows(explanations)
        own = heatmap_rows.component_data(rows, values_shown=True, long=False, pick=None)["rows"]
        told, expected = (
            [[(cell[0], cell[1]) for cell in row["cells"]] for row in one] for one in (drawn, own)
        )
        if told != expected:
            mistakes.append(f"{text!r}: shown {told!r:.200}, expected {expected!r:.200}")
    return mistakes


def memory(process: int) -> float:
    """Megabytes of a process at its peak."""
    with open(f"/proc/{process}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=20, help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=120, help="default: %(default)s")
    parser.add_argument("--pause", type=float, default=4, help="seconds between two sentences of "
                        "a session, on average; default: %(default)s")  # fmt: skip
    options = parser.parse_args()
    bundled = lrp_engine.load(settings.model_path())
    with dashboard() as (address, process):
        first = Session(address, bundled, random.Random(99))
        visit(first, None, 1, 0)  # TensorFlow is loaded, programs are traced
        everybody, threads = [first], []
        for n in range(options.sessions):
            network, files = own_model(n) if n < 2 else (bundled, None)
            session = Session(address, network, random.Random(n))
            everybody.append(session)
            threads.append(threading.Thread(
                target=visit, args=(session, files, options.seconds, options.pause)))  # fmt: skip
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        peak = memory(process)
    times = sorted(t for session in everybody[1:] for _, _, t in session.answers)
    problems = [problem for session in everybody for problem in session.problems]
    mixed = [answer for session in everybody for answer in wrong(session)]
    print(f"{options.sessions} sessions, {len(times)} sentences: median "
          f"{statistics.median(times):.2f} s, 95 % within {times[int(0.95 * len(times))]:.2f} s, "
          f"worst {times[-1]:.2f} s; server {peak:,.0f} MB at its peak")  # fmt: skip
    print(f"{len(problems)} errors, {len(mixed)} wrong answers")
    for line in (*problems[:10], *mixed[:10]):
        print(" ", line)
    if problems or mixed or min(len(s.answers) for s in everybody) < 1:
        sys.exit(1)


if __name__ == "__main__":
    main()
