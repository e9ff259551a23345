"""What a pass costs is counted before it runs: bounds that hold, refusals that say why."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import lrp_engine
from lrp_engine.attribution.stream import in_batches
from lrp_engine.errors import CostError, InputError
from lrp_engine.layers import (
    LSTM,
    Attention,
    Conv1D,
    Dense,
    Embedding,
    GlobalMaxPooling1D,
    RepeatVector,
)
from lrp_engine.model import inputs as samples
from lrp_engine.model.chunks import FULL_ROWS
from lrp_engine.model.cost import Cost, PassCost
from lrp_engine.model.graph import Node
from lrp_engine.model.network import Network
from lrp_engine.model.samples import READ
from lrp_engine.model.text import Vocabulary
from lrp_engine.propagation import room
from lrp_engine.propagation.program import LONG, Program
from lrp_engine.propagation.rules import DEFAULT_RULE

RNG = np.random.default_rng(0)


def draw(*shape: int) -> np.ndarray:
    return np.asarray(RNG.normal(size=shape) * 0.3)


@pytest.fixture(autouse=True)
def _own_room(monkeypatch):
    monkeypatch.setattr(room.ROOM, "nbytes", 2_000 * room.MEGABYTE)
    monkeypatch.setattr(room.ROOM, "operations", 4e11)


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize(
    "names", [("lstm", "lstm, kept", "attention"), ("attention, forward", "dense")]
)
def test_what_is_counted_bounds_what_passes_hold(names):
    run = subprocess.run(
        [sys.executable, "-m", "tests.engine.propagation.measured_passes", *names],
        capture_output=True, check=True, text=True, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    for name, figures in json.loads(run.stdout.splitlines()[-1]).items():
        assert 2e7 < figures["peak"] <= figures["counted"], (name, figures)
        # And not by so much that honest networks are refused.
        assert figures["counted"] < 8 * figures["peak"], (name, figures)


def ended(*nodes: Node, units: int) -> Network:
    """The nodes, then the largest over time and two classes."""
    return Network(
        nodes=(
            *nodes,
            Node("max", GlobalMaxPooling1D(), (nodes[-1].name,)),
            Node("out", Dense(draw(units, 2)), ("max",)),
        )
    )


def squared(steps: int = 30_000) -> Network:
    """1.3 kB as a file: every one of 30,000 steps asks for every other."""
    repeat = Node("again", RepeatVector(steps))
    return ended(repeat, Node("pairs", Attention(), ("again", "again")), units=3)


def widened() -> Network:
    repeat = Node("again", RepeatVector(100_000))
    return ended(repeat, Node("wide", Dense(draw(3, 5_000)), ("again",)), units=5_000)


def looped(steps: int = 100_000) -> Network:
    lstm = Node("loop", LSTM(draw(3, 4), draw(1, 4), draw(4), return_sequences=True), ("again",))
    last = Node("out", Dense(draw(1, 2)), ("max",))
    return Network(
        nodes=(
            Node("first", Dense(draw(3, 3))),
            Node("again", RepeatVector(steps), ("first",)),
            lstm,
            Node("max", GlobalMaxPooling1D(), ("loop",)),
            last,
        )
    )


@pytest.mark.parametrize(
    ("make", "layer", "why"),
    [(squared, "pairs", "MB are allowed"), (widened, "wide", "MB are allowed"),
     (looped, "loop", "operations; at most 5e[+]10")],
)  # fmt: skip
def test_a_small_file_that_asks_for_any_memory_is_refused_before_a_pass(
    make, layer, why, monkeypatch
):
    monkeypatch.setattr(room.ROOM, "operations", 5e10)
    network = make()
    for ask in (network.predict, network.explain, lambda _: lrp_engine.parity(network)):
        with pytest.raises(CostError, match=f"^Layer '{layer}' makes a pass over 1 input .*{why}"):
            ask(np.zeros((1, 3)))


def test_a_wide_layer_is_refused_under_a_long_text_and_not_under_a_short_one():
    network = ended(Node("wide", Dense(draw(1, 400_000))), units=400_000)
    assert network.predict(np.zeros((1, 2, 1))).shape == (1, 2)
    with pytest.raises(CostError, match="'wide' makes a pass over 1 input of 5,000 time steps"):
        network.predict(np.zeros((1, 5_000, 1)))


def test_weights_too_large_are_refused_before_they_are_copied(monkeypatch):
    network = ended(Node("heavy", Dense(draw(1, 4_000))), units=4_000)
    monkeypatch.setattr(room.ROOM, "nbytes", 100_000)
    with pytest.raises(CostError, match="'heavy' makes a pass over no input too large"):
        network.predict(np.zeros((1, 1, 1)))


def test_many_rows_are_cut_into_passes_that_fit(monkeypatch):
    network = ended(Node("conv", Conv1D(draw(3, 4, 5), draw(5), "relu")), units=5)
    x, lengths = draw(40, 30, 4), np.arange(40) % 29 + 1

    def asked() -> tuple[np.ndarray, lrp_engine.Explanation]:
        return network.predict(x, lengths=lengths), network.explain(x, lengths=lengths, layers=True)

    scores, whole = asked()
    monkeypatch.setattr(room.ROOM, "nbytes", 300_000)
    cut_scores, cut = asked()
    np.testing.assert_allclose(cut_scores, scores, atol=1e-6)
    np.testing.assert_allclose(cut.relevance, whole.relevance, atol=1e-6)
    np.testing.assert_allclose(cut.ledger.total, whole.ledger.total, atol=1e-6)
    for name, layer in whole.layers.items():
        np.testing.assert_allclose(cut.layers[name], layer, atol=1e-6)


def test_long_texts_share_a_pass_as_far_as_its_bytes_go(monkeypatch):
    network = ended(
        Node("loop", LSTM(draw(2, 12), draw(3, 12), draw(12), return_sequences=True)), units=3
    )

    def rows_of_chunks(count: int, steps: int) -> list[int]:
        x = np.zeros((count, steps, 2))
        chunks = list(samples.read(network, x).chunks())
        assert sorted(np.concatenate(chunks).tolist()) == list(range(count))
        return [len(chunk) for chunk in chunks]

    # As many rows as fill a step, then others: 8,192 time steps hold 8 rows of a thousand.
    assert rows_of_chunks(30, 1_000) == [30]
    assert rows_of_chunks(FULL_ROWS + 2, 300) == [FULL_ROWS, 2]
    # Short texts are bounded by their time steps: 8,192 of them.
    assert rows_of_chunks(700, 20) == [409, 291]
    each = PassCost(network, steps=300, backward=1).by_row
    x, lengths = draw(5, 300, 2), np.array([300, 7, 290, 300, 120])
    whole = network.explain(x, lengths=lengths)
    monkeypatch.setattr("lrp_engine.model.chunks.CHUNK_BYTES", 2 * each + 1)
    assert rows_of_chunks(5, 300) == [2, 2, 1]
    cut = network.explain(x, lengths=lengths)
    np.testing.assert_allclose(cut.relevance, whole.relevance, atol=1e-6)
    np.testing.assert_allclose(cut.ledger.total, whole.ledger.total, atol=1e-6)
    monkeypatch.setattr("lrp_engine.model.chunks.CHUNK_BYTES", 1)
    assert rows_of_chunks(3, 300) == [1, 1, 1]


def test_of_many_texts_only_the_one_that_is_too_long_is_refused(monkeypatch):
    table = Embedding(draw(3, 4))
    network = Network(
        nodes=(
            Node("words", table),
            Node("pairs", Attention(), ("words", "words")),
            Node("max", GlobalMaxPooling1D(), ("pairs",)),
            Node("out", Dense(draw(4, 2)), ("max",)),
        ),
        vocabulary=Vocabulary(("a", "b", "c")),
    )
    monkeypatch.setattr(room.ROOM, "nbytes", 400_000)
    texts = [["a", "b"], ["c"] * 120, ["b"]]
    results = {
        n: result
        for chunk, result in in_batches(
            network, texts, methods=["lrp"], target=None, rule=DEFAULT_RULE
        )
        for n in chunk.tolist()
    }
    assert isinstance(results[1], InputError)
    assert "'pairs' makes a pass over 1 input of 120 time steps" in str(results[1])
    assert all(not isinstance(results[n], InputError) for n in (0, 2))


def test_passes_wait_for_the_room_that_others_hold():
    one, order = room.Room(100), []

    def second() -> None:
        with one.taken(60):
            order.append("second")

    with one.taken(60):
        with one.taken(40):  # fits beside it
            order.append("beside")
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.05)  # the other thread would have had the time to go on
        order.append("first")
    thread.join()
    assert order == ["beside", "first", "second"]


def test_the_limits_are_the_callers(monkeypatch):
    monkeypatch.setattr(room, "ROOM", room.Room(1))
    lrp_engine.limit_passes(megabytes=3)
    assert room.ROOM.fits(Cost(3 * room.MEGABYTE, 10**18, "a", "a"))
    assert not room.ROOM.fits(Cost(3 * room.MEGABYTE + 1, 1, "a", "a"))
    with pytest.raises(InputError, match="megabytes is 0, expected a positive number"):
        lrp_engine.limit_passes(megabytes=0)


def test_a_proof_ends_in_its_time():
    network = ended(Node("wide", Dense(draw(2, 3))), units=3)
    sheet = lrp_engine.parity(network, seconds=0)
    assert sheet.verdict == "unverified"
    assert "longer than 0 seconds" in sheet["ledger"].detail


def test_a_proof_traces_long_loops():
    """Step by step, 100,000 of them took ten minutes, in which no limit on time is looked at."""
    short, long = (Program(looped(steps), traced=False) for steps in (3, LONG + 1))
    inputs = np.zeros((2, 3), np.float32), np.full((2, 1), READ, np.int8)
    scores = [program.scores(*inputs) for program in (short, long)]
    assert [program.traces() for program in (short, long)] == [0, 1]
    assert scores[0].shape == scores[1].shape
