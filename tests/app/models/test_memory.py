"""Uploaded models fit into one budget, are shared, and are gone with whoever brought them."""

from __future__ import annotations

import gc
import io
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from app import cache, settings
from app.cache import models
from app.models.memory import COPIES, LEAST, MEGABYTE, ModelMemory, network_bytes
from app.models.uploads import Upload
from app.models.waiting_line import WaitingLine
from lrp_engine import FormatError, InputError
from lrp_engine.formats.containers import sandbox
from lrp_engine.formats.containers.limits import LIMITS
from tests.app.tiny import C, E, eight_arrays, npy, npz, of_outputs
from tests.children import counted

pytestmark = pytest.mark.usefixtures("unproven")


@pytest.fixture
def room(monkeypatch) -> ModelMemory:
    """For this test alone, with what it would drop of others' answers."""
    gone: list[str] = []
    room = ModelMemory(64 * MEGABYTE, gone=gone.append)
    room.dropped = gone
    monkeypatch.setattr(models, "memory", lambda: room)
    monkeypatch.setattr(models, "reading", lambda: line)
    line = WaitingLine(1, waiting=8)
    return room


def upload(seed: int, **more) -> Upload:
    return Upload(name="mine.npz", weights=npz(eight_arrays(seed)), **more)


def wide(H: int) -> bytes:
    """Eight arrays of an LSTM with H units."""
    shapes = [(E, 4 * H), (H, 4 * H), (4 * H,)] * 2 + [(2 * H, C), (C,)]
    return npz([np.zeros(shape, "f4") for shape in shapes])


def packed(megabytes: int) -> bytes:
    """A file of some hundred kilobytes that unfolds to so many megabytes."""
    table = np.zeros((megabytes * MEGABYTE // 4 // E, E), "f4")
    table[: len(table) // 100] = np.random.default_rng(0).normal(size=(len(table) // 100, E))
    file = io.BytesIO()
    np.savez_compressed(file, *eight_arrays(), table)
    return file.getvalue()


def test_shares_add_up_to_the_budget():
    shares = (settings.FILES_MEGABYTES, settings.ANSWERS_MEGABYTES, settings.PASS_MEGABYTES,
              settings.MODELS_MEGABYTES)  # fmt: skip
    assert sum(shares) == settings.MEMORY_MEGABYTES
    assert min(shares) > 0
    assert cache.memory().most == settings.MODELS_MEGABYTES * MEGABYTE
    assert cache.answers().most == settings.ANSWERS_MEGABYTES * MEGABYTE
    # Whatever may be uploaded as it is can be read on an empty server, and the files of one page.
    assert COPIES * settings.UPLOAD_MEGABYTES <= settings.MODELS_MEGABYTES
    assert settings.SESSION_FILES_MEGABYTES <= settings.FILES_MEGABYTES


def test_a_model_of_two_sessions_counts_once_and_goes_with_the_last(room, monkeypatch):
    children = counted(monkeypatch)
    first = cache.uploaded(upload(1))
    size = room.bytes
    assert size == network_bytes(first.network) > 0
    second = cache.uploaded(Upload(name="called otherwise", weights=upload(1).weights))
    assert second.network is first.network
    assert second.name == "called otherwise"
    assert len(children) == 1
    assert room.bytes == size
    other = cache.uploaded(upload(2))
    assert room.bytes == 2 * size
    del first
    gc.collect()
    assert room.bytes == 2 * size
    model_hash, alive = second.model_hash, weakref.ref(second.network)
    del second
    gc.collect()
    assert alive() is None
    assert room.bytes == size
    assert room.dropped == [model_hash]
    assert other.network.hash


def test_programs_and_other_precision_go_with_their_model(room):
    network = cache.uploaded(upload(3)).network
    size, alive = room.bytes, weakref.ref(network)
    network.predict(np.zeros((1, 2, network.input_shape.units)))  # its program knows it: a circle
    other = room.other_precision(network, lambda: replace(alive(), dtype="float64"))
    assert room.other_precision(network, lambda: pytest.fail("made twice")) is other
    assert room.bytes > 2 * size
    del other, network
    gc.collect()
    assert alive() is None
    assert room.bytes == 0


def test_a_file_that_unfolds_beyond_the_room_is_refused_before_the_server_takes_it_in(
    room, monkeypatch
):
    taken: list[int] = []
    fill = sandbox._fill
    monkeypatch.setattr(
        sandbox, "_fill", lambda stream, target: (taken.append(len(target)), fill(stream, target))
    )
    refused = Upload(name="bomb.npz", weights=packed(30))
    assert len(refused.weights) < MEGABYTE / 2
    with pytest.raises(FormatError, match=r"at most 16\.8 MB are read\. That is what this server"):
        cache.uploaded(refused)
    assert sum(taken) < MEGABYTE
    assert room.bytes == 0


def test_files_of_one_upload_share_the_room(room):
    weights, table = wide(550), npy(np.zeros((10 * MEGABYTE // 4 // E, E), "f4"))
    for size in (len(weights), len(table)):
        assert size < room.most // COPIES < len(weights) + len(table)
    with pytest.raises(FormatError, match="That is what this server has room for now"):
        cache.uploaded(Upload(name="a.npz", weights=weights, embeddings=table))


def test_a_file_refused_for_another_reason_is_not_blamed_on_the_room(room):
    with pytest.raises(FormatError) as refusal:
        cache.uploaded(Upload(name="a.npz", weights=b"PK\x03\x04 damaged"))
    assert "room" not in str(refusal.value)


def test_a_full_server_reads_nothing(room, monkeypatch):
    children = counted(monkeypatch)
    with (
        room.reserved(LIMITS.output_bytes),
        pytest.raises(InputError, match=r"take 64\.0 of the 64"),
    ):
        cache.uploaded(upload(4))
    assert not children
    cache.uploaded(upload(4))


def test_small_files_reserve_little(room):
    with room.reserved(2 * MEGABYTE) as allowed:
        assert allowed == 2 * MEGABYTE
        assert room.bytes == COPIES * allowed
        with room.reserved(LIMITS.output_bytes) as rest:  # another one still has room
            assert room.bytes == room.most
            assert rest >= LEAST // COPIES
    assert room.bytes == 0
    assert upload(5).most_unfolded == LIMITS.ratio_floor
    large = Upload(name="large", weights=bytes(10**6), vocabulary=b"a")
    assert large.most_unfolded == LIMITS.ratio * 10**6 + LIMITS.ratio_floor


def test_numbers_of_one_byte_and_words_are_counted_as_what_they_become(room):
    """Both fit as they are, and not as 4 bytes each, or as words with an index."""
    numbers = npy(np.zeros((6 * MEGABYTE // E, E), "i1"))
    words = "\n".join(map(str, range(5 * MEGABYTE // 10))).encode()
    for more in ({"embeddings": numbers}, {"vocabulary": words}):
        (data,) = more.values()
        assert len(data) < room.most // COPIES
        with pytest.raises(FormatError, match=r"unfolds to .* That is what this server has room"):
            cache.uploaded(upload(8, **more))
    assert room.bytes == 0


def test_a_network_larger_than_its_files_is_refused_before_it_is_proven(room, network):
    with pytest.raises(InputError, match=r"“tiny” takes .* MB of memory"):
        room.require(network, "tiny", network_bytes(network) // COPIES - 1)


def test_nothing_of_a_refused_upload_stays(room, network):
    refused = upload(6, labels=b"one")
    unpacked: list[weakref.ref] = []
    unpack = sandbox._contents

    def noting(*arguments):
        contents = unpack(*arguments)
        unpacked.append(weakref.ref(contents))
        return contents

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox, "_contents", noting)
        with pytest.raises(FormatError, match="label"):
            cache.uploaded(refused)
    gc.collect()
    assert [one() for one in unpacked] == [None]
    assert room.bytes == 0
    assert room.find(refused.upload_hash) is None
    full = ModelMemory(network_bytes(network) - 1)
    with pytest.raises(InputError, match="takes"):
        full.add("hash", "Mine", network, None)
    assert full.bytes == 0
    assert full.find("hash") is None


def test_an_output_without_room_is_left_out_and_the_first_one_is_kept(room):
    data = of_outputs(units=400_000)
    alone = cache.uploaded(Upload(name="mine", weights=data, spec={"output_name": "mood"}))
    size = network_bytes(alone.network)
    del alone
    gc.collect()
    assert room.bytes == 0
    room.most = size + size // 8
    model = cache.uploaded(Upload(name="mine", weights=data))
    assert model.output == "mood"
    assert model.others == ()
    assert [name for name, _ in model.unread] == ["stars", "odd"]
    assert "Try again when somebody has closed the page" in dict(model.unread)["stars"]
    assert room.bytes == network_bytes(model.network)


def test_many_at_once_are_read_one_after_the_other(room, monkeypatch):
    """Six at the same moment: never two unfolded, and the budget holds at every moment."""
    reading, most, over = [], [], []
    read = Upload.read

    def noted(self):
        reading.append(self)
        most.append(len(reading))
        over.append(room.bytes > room.most)
        try:
            return read(self)
        finally:
            reading.remove(self)

    monkeypatch.setattr(Upload, "read", noted)
    with ThreadPoolExecutor(6) as pool:
        held = list(pool.map(lambda seed: cache.uploaded(upload(seed)), range(10, 16)))
    assert max(most) == 1
    assert not any(over)
    assert room.bytes == sum(network_bytes(model.network) for model in held)
    held.clear()
    gc.collect()
    assert room.bytes == 0


def test_who_brings_the_same_while_it_is_read_waits_and_shares_it(room, monkeypatch):
    read, started, go = Upload.read, [], threading.Event()

    def slow(self):
        started.append(self)
        assert go.wait(10)
        return read(self)

    monkeypatch.setattr(Upload, "read", slow)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(cache.uploaded, upload(7), lambda _: go.set()) for _ in range(2)]
        first, second = (one.result(20) for one in both)
    assert len(started) == 1
    assert first.network is second.network


# Turns -------------------------------------------------------------------------------------


def test_people_get_their_turn_in_order_and_know_how_many_are_before_them():
    line, order, told = WaitingLine(1, waiting=2), [], {1: [], 2: []}
    go = threading.Event()

    def person(name: int) -> None:
        with line.take(told[name].append):
            order.append(name)

    with ThreadPoolExecutor(2) as pool, line.take():
        for name in (1, 2):
            pool.submit(person, name)
            while not told[name]:
                go.wait(0.01)
        assert (told[1][0], told[2][0]) == (1, 2)
        with pytest.raises(InputError, match="3 files are being read or wait"), line.take():
            pass
        assert order == []
        pool.submit(go.set)
    assert order == [1, 2]
    assert len(line) == 0


def test_who_leaves_the_line_holds_nobody_up():
    line = WaitingLine(1, waiting=1)

    def leave(_: int) -> None:
        raise KeyboardInterrupt  # as Streamlit stops the run of a closed page

    with line.take():
        with pytest.raises(KeyboardInterrupt), line.take(leave):
            pass
        assert len(line) == 1
    with line.take(leave):
        assert len(line) == 1
