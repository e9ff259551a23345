"""What a hostile visitor does to a running dashboard: the table `ACTS`.

An act goes its way as a browser would, and returns what it was told. It raises `NotHeldError` where
the dashboard did what it must not.
"""

from __future__ import annotations

import http.client
import random
import socket
import time
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from app import settings
from app.compare.compared import Row
from app.state.choices import CHOICES
from benchmarks.session import Session
from lrp_engine import METHODS, Network, load
from lrp_engine.attribution.methods import LIVE_METHODS
from lrp_engine.layers import Dense, Embedding, GlobalMaxPooling1D
from lrp_engine.model.cost import PassCost
from lrp_engine.model.graph import Node
from lrp_engine.model.text import Vocabulary
from lrp_engine.propagation.room import MEGABYTE
from tests import hostile
from tests.app import sets
from tests.attacks import unfolding
from tests.engine.formats import test_costly_files as files
from tests.engine.propagation import test_pass_cost as passes

DELETED = 3  # sets
PATIENCE = 300  # seconds until the dashboard's answer to a hostile visitor
WORDS = ("a", "b", "c")
draw = passes.draw


class NotHeldError(Exception):
    """The dashboard did what it must not."""


class Act(NamedTuple):
    """What is done.

    Attributes:
        row: kind of demand; 1 passes, 2 classes, 3 what unfolds, 4 uploads, 5 other sites,
            6 turns, 7 deletions, 8 layers and lists. title: for people.
        do: it, to the dashboard at an address; what was told, in sentences.
        refusal: words of the sentence that the visitor must be told; "" where it has to be done.
    """

    row: int
    title: str
    do: Callable[[str], list[str]]
    refusal: str = ""

    def misjudged(self, told: list[str]) -> str:
        """What is wrong with what was told; "" where nothing is."""
        odd = [one for one in told if "Something went wrong" in one]
        if odd or (told and not self.refusal):
            return f"it was not done: {(odd or told)[0]}"
        if self.refusal and not any(self.refusal in one for one in told):
            return f"nobody was told “{self.refusal}”, but {told or 'nothing'}"
        return ""


@contextmanager
def visiting(url: str) -> Iterator[Session]:
    """A session on its first page."""
    session = Session(url, patience=PATIENCE)
    with session.connection() as session.socket:
        session.run()
        yield session


# Models ------------------------------------------------------------------------------------


def saved(network: Network) -> bytes:
    """A network as a file of the project's own format."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "own.zip")
        network.save(path)
        return path.read_bytes()


def wide_words() -> Network:
    """Every word of a text becomes 100,000 numbers."""
    return Network(
        nodes=(
            Node("words", Embedding(draw(len(WORDS), 1))),
            Node("wide", Dense(draw(1, 100_000)), ("words",)),
            Node("max", GlobalMaxPooling1D(), ("wide",)),
            Node("out", Dense(draw(100_000, 2)), ("max",)),
        ),
        vocabulary=Vocabulary(WORDS),
    )


def classes(count: int) -> Network:
    """A small model of very many classes."""
    return Network(
        nodes=(
            Node("words", Embedding(draw(len(WORDS), 4))),
            Node("max", GlobalMaxPooling1D(), ("words",)),
            Node("out", Dense(draw(4, count)), ("max",)),
        ),
        vocabulary=Vocabulary(WORDS),
    )


def at_the_limit() -> Network:
    """As many steps that all ask for all others as are allowed."""
    most = settings.PASS_MEGABYTES * MEGABYTE
    steps = 30_000
    while PassCost(passes.squared(steps), backward=3, layers=True).of(1).nbytes > most:
        steps = steps * 99 // 100
    return passes.squared(steps)


def brought(make: Callable[[], Network], *, answered: bool = False) -> Callable[[str], list[str]]:
    """A model is uploaded, proven by itself, and explained.

    Args:
        answered: whether there must be an explanation.
    """
    made = cache(lambda: saved(make()))

    def do(url: str) -> list[str]:
        with visiting(url) as session:
            session.upload(weights=("mine.zip", made()))
            session.go("conservation")
            if answered and not session.shows("lens-verdict"):
                raise NotHeldError(f"nothing was explained; {session.problems}")
            return session.problems

    return do


def long_text(url: str) -> list[str]:
    with visiting(url) as session:
        session.upload(weights=("wide.zip", saved(wide_words())))
        session.type("a b c " * (settings.TEXT_WORDS // 3))
        return session.problems


def many_layers(url: str) -> list[str]:
    with visiting(url) as session:
        session.upload(weights=("many.h5", files.keras_of(5_000)))
        return session.problems


def many_lists(url: str) -> list[str]:
    with visiting(url) as session:
        session.upload(weights=("small.h5", hostile.keras_h5()),
                       vocabulary=("words.json", files.LISTS.encode()))  # fmt: skip
        return session.problems


def compared(url: str) -> list[str]:
    """The longest text and as many rows of the costly methods as one link may ask for."""
    network = load(settings.model_path())
    words = min(
        settings.most_words_on_request(
            lambda count, method=method: method.count(count, method.options_with({})).total,
            network.input_shape.units, time=True,
        )
        for method in METHODS.values() if not method.live
    )  # fmt: skip
    every = product(range(network.classes), METHODS)
    rows = [Row(method=name, target=target) for target, name in every if name not in LIVE_METHODS]
    del rows[settings.COMPARE_ROWS :]
    write = CHOICES["rows"].write
    with visiting(url) as session:
        # Another one each time: what was asked before is known.
        text = " ".join(random.choices(("good", "bad", "film"), k=words))
        session.query = urlencode({"text": text, "rows": write(tuple(rows))})
        session.go("compare")
        lines = (str(getattr(one, "body", "")).split("</table>")[0]
                 for one in session.elements.values())  # fmt: skip
        drawn = max(line.count('<th scope="row">') for line in lines)
        if drawn < len(rows):
            raise NotHeldError(f"{drawn} of {len(rows)} rows were drawn; {session.problems}")
        return session.problems


def unfolded(megabytes: int, *, wide: bool = False) -> Callable[[str], list[str]]:
    """Six visitors bring a small file at the same moment; see `unfolding.files`."""

    def do(url: str) -> list[str]:
        told = unfolding.unfold(url, [*unfolding.files(megabytes, wide=wide)])
        if not told.waits:
            raise NotHeldError("nobody was told to wait")
        if told.read + len(told.refusals) < unfolding.VISITORS:
            raise NotHeldError(f"{told.read} were read, {len(told.refusals)} were refused")
        return told.refusals

    return do


# Sets --------------------------------------------------------------------------------------


def _begin(session: Session, rows: list[tuple[str, str]]) -> None:
    """Begin a set of one's own, on the page Review."""
    session.query = ""
    session.go("review")
    session.give("A table of texts", ("rows.csv", sets.as_csv(rows)))
    session.run()
    session.press("Explain this set")
    session.widgets.clear()


def _explained(session: Session) -> None:
    """Wait for the end of the set that is open, which must be a whole one."""
    while any("explained" in getattr(one, "text", "") or "turn" in getattr(one, "text", "")
              for one in session.elements.values()):  # fmt: skip
        session.run()
    if not session.labelled("Show"):
        raise NotHeldError(f"a set was not explained; {session.problems}")


def _cancel(session: Session) -> None:
    """Cancel the set that is open, and wait till it can be deleted."""
    end = time.monotonic() + PATIENCE
    while not session.labelled("Delete this one"):
        if time.monotonic() > end:
            raise NotHeldError("a cancelled set did not stop")
        if session.labelled("Cancel") and not session.shows("Stopping"):
            session.press("Cancel")
        else:
            session.run()


@cache
def _slow() -> list[tuple[str, str]]:
    """A set that takes minutes."""
    chance = random.Random(0)
    return [(" ".join(chance.choices(("good", "bad", "film", "not", "a"), k=60)), "")
            for _ in range(settings.REVIEW_ROWS)]  # fmt: skip


def deleted(url: str) -> list[str]:
    """A set is deleted while somebody else has it explained."""
    with visiting(url) as session, visiting(url) as other:
        for _ in range(DELETED):
            _begin(session, _slow())
            _cancel(session)
            other.query = session.query
            other.go("review")
            other.press("Go on")
            session.press("Delete this one")
            other.run()
            if not other.shows("There is no set under the key"):
                raise NotHeldError(f"a deleted set is shown; {session.problems}")
        return session.problems + other.problems


def set_of_many_classes(url: str) -> list[str]:
    with visiting(url) as session:
        session.upload(weights=("many.zip", saved(classes(14_000))))
        _begin(session, [(f"{word} a", "") for word in "abcab"])
        _explained(session)
        return session.problems


def greedy(url: str) -> list[str]:
    """Ten slow sets; somebody else's small one has to be explained meanwhile; all are cancelled."""
    with visiting(url) as session, visiting(url) as modest:
        opened = []
        for _ in range(10):
            _begin(session, _slow())
            opened.append(session.query)
        _begin(modest, [("good film", ""), ("bad film", "")])
        _explained(modest)
        for session.query in {*opened} - {""}:
            session.run()
            _cancel(session)
            session.press("Delete this one")
        if modest.problems:
            raise NotHeldError(f"somebody else was told {modest.problems}")
        return session.problems


# Requests ----------------------------------------------------------------------------------


def invented(url: str) -> list[str]:
    """Seven files of 190 MB under names that nobody was given."""
    size, block = 190 * 2**20, bytes(2**20)
    kept, told = 0, []
    with visiting(url) as session:
        session.go("model")
        path = session.place("a.npz").upload_url.rsplit("/", 1)[0]
        for n in range(7):
            try:
                blocks = (block for _ in range(size // len(block)))
                with session.put(f"{path}/invented-{n}", "a.npz", blocks, size):
                    kept += 190
            except urllib.error.HTTPError as refused:
                told.append(refused.read().decode())
            except urllib.error.URLError as cut:  # the server closed while it was being sent
                told.append(str(cut.reason))
    if kept > settings.SESSION_FILES_MEGABYTES:
        raise NotHeldError(f"{kept} MB of invented files were kept")
    return [f"{kept} MB were kept", *told]


ROUTES = (("GET", "/"), ("GET", "/_stcore/health"), ("GET", "/_stcore/host-config"),
          ("PUT", "/_stcore/upload_file/a/b"), ("GET", "/media/a.png"))  # fmt: skip
FOREIGN = ("elsewhere.example", "localhost.elsewhere.example", "192.0.2.7", "a@localhost", "")


def foreign(url: str) -> list[str]:
    """Another site's names lead here."""
    port, told = urlsplit(url).port, []
    for host in FOREIGN:
        for method, path in ROUTES:
            asking = http.client.HTTPConnection("localhost", port, timeout=10)
            asking.request(method, path, headers={"Host": host})
            answer = asking.getresponse()
            told.append(f"{answer.status} {answer.read().decode()[:100]}")
            asking.close()
            if answer.status not in (400, 421):
                raise NotHeldError(f"{method} {path} as {host!r} was answered {answer.status}")
    try:
        with (
            socket.create_connection(("localhost", port)) as reached,
            connect(f"ws://elsewhere.example:{port}/_stcore/stream", sock=reached),
        ):
            raise NotHeldError("another site's name joined a session")
    except WebSocketException as refused:
        told.append(str(refused))
    return told


LARGE, ROOM = "too large: it would hold up to", "That is what this server has room for now"
ACTS: dict[str, Act] = {
    "attention": Act(1, "1.3 kB, 30,000 steps squared", brought(passes.squared), LARGE),
    "dense": Act(1, "100,000 steps into a wide layer", brought(passes.widened), LARGE),
    "loop": Act(1, "100,000 steps of a recurrent layer", brought(passes.looped),
                "too slow: it would take about"),
    "words": Act(1, "5,000 words, 100,000 units wide", long_text, LARGE),
    "limit": Act(1, "the largest pass that is allowed", brought(at_the_limit, answered=True)),
    "compared": Act(1, "a link that asks for all costly rows", compared),
    "set": Act(2, "14,000 classes, a set of 5 rows", set_of_many_classes),
    "classes": Act(2, "40,000 classes", brought(lambda: classes(40_000), answered=True)),
    "unfolding": Act(3, "6 x 2.9 MB that unfold to 500 MB, at once", unfolded(500), ROOM),
    "tables": Act(3, "6 tables of words of 200 MB, at once", unfolded(200), ROOM),
    "weights": Act(3, "6 models of 100 MB of weights, at once", unfolded(100, wide=True), ROOM),
    "invented": Act(4, "7 x 190 MB under invented names", invented, "380 MB were kept"),
    "foreign": Act(5, "names of another site", foreign, "421"),
    "greedy": Act(6, "ten slow sets of one session", greedy, "one visitor's share of this server"),
    "deleted": Act(7, "sets deleted while somebody else goes on with them", deleted),
    "layers": Act(8, "5,000 activations", many_layers, "more than 20,000 entries"),
    "most": Act(8, "256 activations", brought(lambda: files.chain(255), answered=True)),
    "json": Act(8, "3 MB of JSON lists", many_lists, "holds 1,000,003 lists and objects"),
}  # fmt: skip
