"""A lock that is handed over in the order in which it was asked for."""

from __future__ import annotations

import threading
import time

import pytest

from lrp_engine.fair_lock import FairLock
from tests import zoo


def waiting(lock, count):
    while len(lock._waiting) < count:
        time.sleep(0.001)


def test_those_who_wait_are_served_in_their_order():
    lock, served = FairLock(), []

    def ask(n):
        with lock:
            served.append(n)

    with lock:
        threads = []
        for n in range(5):
            threads.append(threading.Thread(target=ask, args=(n,)))
            threads[-1].start()
            waiting(lock, n + 1)
        assert served == []
    for thread in threads:
        thread.join()
    assert served == [0, 1, 2, 3, 4]
    with lock:  # free again
        pass


def test_who_comes_back_at_once_waits_for_those_before():
    lock, served = FairLock(), []

    def other():
        with lock:
            served.append("other")

    lock.__enter__()
    thread = threading.Thread(target=other)
    thread.start()
    waiting(lock, 1)
    lock.__exit__()
    with lock:
        served.append("again")
    thread.join()
    assert served == ["other", "again"]


@pytest.mark.parametrize("handed", [False, True], ids=["waiting", "handed over"])
def test_who_is_interrupted_while_it_waits_keeps_nobody_waiting(handed, monkeypatch):
    lock = FairLock()
    lock.__enter__()

    class Turn:
        """A turn whose owner is interrupted as it waits for it."""

        asked = 0

        def acquire(self):
            self.asked += 1
            if self.asked == 2:
                if handed:
                    lock.__exit__()
                raise KeyboardInterrupt

        def release(self):
            pass

    monkeypatch.setattr(threading, "Lock", Turn)
    with pytest.raises(KeyboardInterrupt):
        lock.__enter__()
    monkeypatch.undo()
    if not handed:
        lock.__exit__()
    with lock:
        pass


def test_a_network_has_one():
    assert isinstance(zoo.network("dense").lock, FairLock)
