"""One hostile visitor among honest ones, on a dashboard that may take 4 GB.

Honest sessions type sentences all the time, health is asked for all the time; meanwhile one visitor
does what stands in `hostile_acts`, one act after the other. Per act: how long the others waited.
"""

from __future__ import annotations

import json
import random
import statistics
import threading
import time
import urllib.request
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import lrp_engine
from app import settings
from benchmarks.load import Visitor, sentence, wrong
from tests.attacks.attack import Found, main
from tests.attacks.capped import MEGABYTE, Capped, capped
from tests.attacks.hostile_acts import ACTS, NotHeldError

HONEST = 2
PAUSE = 0.5  # seconds between two sentences of a session, and between two questions for health
MEDIAN, HEALTH = 1.0, 2.0  # seconds: of sentences; of the slowest answer that the server is there
QUIET = 15  # seconds before the first act and between two
GONE = 75  # seconds after which closed pages are forgotten
LEFT = 2_000 * MEGABYTE  # that the server may hold when everybody has left


class Waited(NamedTuple):
    """When somebody asked, and how long it took."""

    at: float
    seconds: float


def type_(visitor: Visitor, times: list[Waited], stop: threading.Event) -> None:
    """An honest session."""
    try:
        with visitor.connection() as visitor.socket:
            visitor.run()
            while not stop.is_set():
                at = time.monotonic()
                visitor.type(sentence(visitor.rng, visitor.rng.randrange(10**6)))
                times.append(Waited(at, visitor.answers[-1][2]))
                stop.wait(PAUSE)
    except Exception as error:  # noqa: BLE001 - the end of a thread: it is counted and shown
        visitor.problems.append(f"{type(error).__name__}: {error}"[:200])


def ask(server: Capped, times: list[Waited], stop: threading.Event) -> None:
    """Whoever looks whether the server is there."""
    while not stop.is_set():
        at = time.monotonic()
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=60) as answer:
                answer.read()
            times.append(Waited(at, time.monotonic() - at))
        except OSError:
            times.append(Waited(at, float("inf")))
        stop.wait(PAUSE)


def run(seconds: float) -> Found:
    found = Found()
    bundled = lrp_engine.load(settings.model_path())
    with capped() as server:
        end, stop = time.monotonic() + seconds, threading.Event()
        visitors = [Visitor(server.url, network=bundled, rng=random.Random(n))
                    for n in range(HONEST)]  # fmt: skip
        sentences: list[Waited] = []
        health: list[Waited] = []
        threads = [threading.Thread(target=type_, args=(v, sentences, stop)) for v in visitors]
        threads.append(threading.Thread(target=ask, args=(server, health, stop)))
        for thread in threads:
            thread.start()
        time.sleep(QUIET)  # TensorFlow is loaded, programs are traced
        for number, name in enumerate(_acts()):
            if server.ended or (number > len(ACTS) and time.monotonic() > end):
                break
            _act(name, server, sentences, health, found)
        stop.set()
        for thread in threads:
            thread.join()
        _sum_up(server, sentences, health, found)
    found.breaches += [p for visitor in visitors for p in visitor.problems]
    found.breaches += [mistake for visitor in visitors for mistake in wrong(visitor)]
    return found


def _acts() -> Iterator[str]:
    """None, then each once, then any."""
    yield from ("", *ACTS)
    while True:
        yield random.choice(sorted(ACTS))


def _act(name: str, server: Capped, sentences: list, health: list, found: Found) -> None:
    """Do one act, "" for none, and note how the others fared."""
    act, begin, server.peak, told, wrong_ = ACTS.get(name), time.monotonic(), 0, [], ""
    if act is None:
        time.sleep(QUIET)
    else:
        try:
            told = act.do(server.url)
            wrong_ = act.misjudged(told)
        except NotHeldError as error:
            wrong_ = str(error)
        except Exception as error:  # noqa: BLE001 - no answer, or none that was understood
            wrong_ = f"{type(error).__name__}: {error}"
    end = time.monotonic()
    time.sleep(2 * PAUSE)  # those who asked within are answered
    line = f"row {act.row}, {act.title}" if act else "nobody hostile"
    asked = [one for one in sentences if begin <= one.at + one.seconds and one.at <= end]
    looked = [one for one in health if begin <= one.at + one.seconds and one.at <= end]
    found.say(
        f"{line}: {end - begin:.1f} s; sentences {_times(asked)}; health {_times(looked)}; "
        f"{server.peak / MEGABYTE:,.0f} MB"
        + (f"; FAILED: {wrong_[:160]}" if wrong_ else f"; told: {told[0][:160]}" if told else "")
    )
    if wrong_:
        found.breaches.append(f"{line}: {wrong_}")
    if server.ended:
        found.breaches.append(f"{line}: {server.ended}")
    if asked and statistics.median(one.seconds for one in asked) > MEDIAN:
        found.breaches.append(f"{line}: sentences {_times(asked)}, more than {MEDIAN} s")
    if looked and max(one.seconds for one in looked) > HEALTH:
        found.breaches.append(f"{line}: health {_times(looked)}, more than {HEALTH} s")
    time.sleep(QUIET / 3)


def _times(waited: Iterable[Waited]) -> str:
    """Median and worst, in seconds."""
    seconds = sorted(one.seconds for one in waited)
    if not seconds:
        return "none"
    return f"median {statistics.median(seconds):.2f} worst {seconds[-1]:.2f} ({len(seconds)})"


def _sum_up(server: Capped, sentences: list, health: list, found: Found) -> None:
    if not server.ended:
        time.sleep(GONE)
        if server.held > LEFT:
            found.breaches.append(f"{server.held / MEGABYTE:,.0f} MB are held when all have left")
    kills = server.group.kills if server.group else 0
    found.say(
        f"all: sentences {_times(sentences)}; health {_times(health)}; capped at "
        f"{server.limit / MEGABYTE:,.0f} MB by {server.how}, {kills} of its processes killed; "
        f"{server.held / MEGABYTE:,.0f} MB when all had left"
    )
    found.breaches += [f"a deleted set is on the disk: {one}" for one in _left(server)]
    log = server.log.read_text()
    if errors := log.count("Traceback"):
        found.breaches.append(f"{errors} tracebacks in the server's log:\n{log[-3000:]}")


def _left(server: Capped) -> list[str]:
    """Folders of sets that are not whole: all of these were deleted."""
    facts = [(one.name, one / "set.json") for one in (server.data / "sets").iterdir()]
    return [name for name, file in facts
            if not (file.exists() and json.loads(file.read_text("utf-8"))["complete"])]  # fmt: skip


if __name__ == "__main__":
    main(run)
