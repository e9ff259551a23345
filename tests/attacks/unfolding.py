"""Small files that unfold to hundreds of megabytes, brought by several visitors at once."""

from __future__ import annotations

import io
import threading
import time
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from urllib.error import HTTPError

import numpy as np
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.session import Session
from tests.app.tiny import C, E, eight_arrays

MEGABYTE = 2**20
VISITORS = 6
FILLED = 205  # one number of so many is not zero: 500 MB come from 2.9
PATIENCE = 300  # seconds until the dashboard's answer
READ = "is read and selected"
Files = dict[str, tuple[str, bytes]]  # by what each is for: name, contents
WAITS = "yours is next", "read before yours"


@dataclass(eq=False)
class Attentive(Session):
    """A session that remembers every sentence it was shown."""

    told: list[str] = field(default_factory=list)

    def _hear(self, message: ForwardMsg) -> bool:
        element = message.delta.new_element
        if message.WhichOneof("type") == "delta" and element.WhichOneof("type") == "alert":
            self.told.append(element.alert.body)
        return super()._hear(message)

    def bring(self, given: Files, at_once: threading.Barrier) -> None:
        """Upload a model together with the others; ends with the answer."""
        try:
            self.drop(**given)
        except HTTPError as refusal:
            self.problems.append(f"{refusal.code}: {refusal.read().decode()}")
        with suppress(threading.BrokenBarrierError):  # another visitor has failed, and says so
            at_once.wait()
        self.press("Read the model")


@dataclass(frozen=True, kw_only=True)
class Unfolded:
    """What visitors were told.

    Attributes:
        read: how many of them have a model now.
        refusals, waits: sentences.
        seconds: until the last of them was answered.
    """

    read: int
    refusals: list[str]
    waits: list[str]
    seconds: float


def unfold(url: str, uploads: Sequence[Files], *, stay: float = 0) -> Unfolded:
    """Each visitor brings one of these files to the dashboard at an address.

    Nobody leaves, and frees memory, before all are answered.

    Args:
        stay: seconds between the last answer and the end of the sessions.
    """
    sessions = [Attentive(url, patience=PATIENCE) for _ in uploads]
    at_once = threading.Barrier(len(uploads))

    def visit(session: Attentive, given: Files) -> float:
        with session.connection() as session.socket:
            try:
                session.run()
                session.bring(given, at_once)
            except Exception:
                at_once.abort()
                raise
            answered = time.monotonic()
            with suppress(threading.BrokenBarrierError):
                at_once.wait()
            time.sleep(stay)
        return answered

    with ThreadPoolExecutor(len(uploads)) as pool:
        begin = time.monotonic()
        answered = max(pool.map(visit, sessions, uploads))
    told = [sentence for session in sessions for sentence in session.told]
    return Unfolded(
        read=sum(any(READ in one for one in session.told) for session in sessions),
        refusals=[problem for session in sessions for problem in session.problems],
        waits=[one for one in told if any(wait in one for wait in WAITS)],
        seconds=answered - begin,
    )


def files(megabytes: int, *, wide: bool = False, count: int = VISITORS) -> Iterator[Files]:
    """So many uploads, none like another, that unfold to so many megabytes each.

    Args:
        wide: the layers are, and not the table of words.
    """
    small = _packed(eight_arrays())
    for n in range(count):
        if wide:
            yield {"weights": ("mine.npz", _marked(_wide(megabytes), n))}
        else:
            yield {"weights": ("mine.npz", _marked(small, n)),
                   "embeddings": ("table.npz", _table(megabytes))}  # fmt: skip


@cache
def _table(megabytes: int) -> bytes:
    return _packed([np.zeros((megabytes * MEGABYTE // 4 // E, E), "f4")])


@cache
def _wide(megabytes: int) -> bytes:
    H = int((megabytes * MEGABYTE / 4 / 8) ** 0.5)  # two directions of 4 H (H + E) numbers
    shapes = [(E, 4 * H), (H, 4 * H), (4 * H,)] * 2 + [(2 * H, C), (C,)]
    return _packed([np.zeros(shape, "f4") for shape in shapes])


def _packed(arrays: Sequence[np.ndarray]) -> bytes:
    """In a file, as small as is not taken for a bomb: of large arrays nearly all is zero."""
    random = np.random.default_rng(0)
    for array in arrays:
        if array.nbytes > MEGABYTE:
            count = array.size // FILLED
            array.reshape(-1)[:count] = random.normal(0, 0.01, count)
    file = io.BytesIO()
    np.savez_compressed(file, *arrays)
    return file.getvalue()


def _marked(file: bytes, mark: int) -> bytes:
    """The same archive with a remark, so that nobody has read it before."""
    changed = io.BytesIO(file)
    with zipfile.ZipFile(changed, "a") as archive:
        archive.comment = str(mark).encode()
    return changed.getvalue()
