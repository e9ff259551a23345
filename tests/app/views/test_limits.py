"""Limits of a shared server, each at the place that enforces it; and that users are kept apart."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app import cache, settings
from app.cache import models
from app.components import turn
from app.models import memory
from app.models.memory import COPIES, ModelMemory
from app.models.uploads import Upload
from app.models.waiting_line import WaitingLine
from app.review import jobs as background
from lrp_engine import FormatError
from tests.app import sets as files
from tests.app.models.test_uploads import upload
from tests.app.reading import healthy, messages, press, widget
from tests.app.tiny import eight_arrays, npy, npz

pytestmark = pytest.mark.usefixtures("unproven")


@pytest.mark.parametrize(
    ("limit", "part", "says"),
    [
        ("UPLOAD_MEGABYTES", {"weights": b"xx"}, "weight file"),
        ("UPLOAD_MEGABYTES", {"embeddings": b"xx"}, "embeddings file"),
        ("VOCABULARY_MEGABYTES", {"vocabulary": b"xx"}, "vocabulary file"),
        ("REFERENCE_MEGABYTES", {"reference": b"xx"}, "reference file"),
        ("VOCABULARY_MEGABYTES", {"tokenizer": b"xx"}, "tokenizer file"),
        ("LABELS_MEGABYTES", {"labels": b"xx"}, "class names"),
        ("SPEC_CHARACTERS", {"more": "xx"}, "as JSON"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_every_part_of_an_upload_has_its_limit(monkeypatch, limit, part, says):
    monkeypatch.setattr(settings, limit, 1e-6)
    with pytest.raises(FormatError, match=f"{says}.* at most .* are read"):
        Upload(name="mine", **{"weights": b"", **part}).check()


def test_steps_back_are_bounded(opened, monkeypatch):
    monkeypatch.setattr(settings, "UNDO_STEPS", 2)
    app = opened(text="good bad film .", pick="0")
    for _ in range(3):
        next(b for b in app.button if b.label == "Drop").click().run()
    assert app.session_state["lens.edited"] == "."
    assert len(app.session_state["lens.undo"]) == 2


def test_a_second_user_never_sees_the_first_ones_uploads(opened):
    first = upload(opened("model"), weights=("secret.npz", npz(eight_arrays(11))))
    assert "secret.npz" in widget(first, "model").options
    hash_ = next(iter(first.session_state["lens.models"].values())).network.hash
    second = opened("model")
    assert widget(second, "model").options == widget(opened(), "model").options
    assert "secret.npz" not in widget(second, "model").options
    # Not even who knows its hash, by a link that a row of the comparison or an address holds.
    guess = opened(model=hash_[:12], text="good", rows=f"lrp~~~~{hash_[:12]}")
    assert healthy(guess)
    assert guess.session_state["lens.models"] == {}
    assert "another model" in messages(guess)


# Models in memory --------------------------------------------------------------------------


def test_uploads_of_everybody_fit_into_the_memory_for_them(opened, monkeypatch):
    one, other = (("mine.npz", npz(eight_arrays(seed))) for seed in (21, 22))
    # Room to read one of them, and no more.
    room = ModelMemory(COPIES * sum(len(npy(array)) for array in eight_arrays()))
    monkeypatch.setattr(models, "memory", lambda: room)
    monkeypatch.setattr(memory, "LEAST", 1)
    first = upload(opened("model"), weights=one)
    assert healthy(first)
    assert 0 < room.bytes <= room.most
    second = upload(opened("model"), weights=other)
    assert "what this server has room for now; try again when somebody has" in messages(second)
    assert widget(second, "model").value == "bundled"
    assert second.session_state["lens.models"] == {}
    assert room.bytes <= room.most
    third = upload(opened("model"), weights=one)  # the same files take their place once
    assert "is read and selected" in messages(third)


def test_who_waits_for_a_turn_is_told(opened, monkeypatch):
    line, told = WaitingLine(1, waiting=2), []
    monkeypatch.setattr(models, "reading", lambda: line)
    show = turn.tell

    def leave_when_told(place, before: int) -> None:
        show(place, before)
        told.append(place)
        go.set()

    monkeypatch.setattr(turn, "tell", leave_when_told)
    go = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        there = threading.Event()
        pool.submit(lambda: occupy(line, there, go))
        assert there.wait(10)
        app = upload(opened("model"), weights=("mine.npz", npz(eight_arrays(25))))
    assert len(told) >= 1
    assert "is read and selected" in messages(app)
    assert "yours is next" not in messages(app)


def occupy(line: WaitingLine, there: threading.Event, until: threading.Event) -> None:
    with line.take():
        there.set()
        assert until.wait(10)


def test_a_session_keeps_so_many_models_and_says_which_one_went(opened, monkeypatch):
    monkeypatch.setattr(settings, "MODELS_PER_SESSION", 1)
    app = upload(opened("model"), weights=("first.npz", npz(eight_arrays(23))))
    app = upload(app, weights=("second.npz", npz(eight_arrays(24))))
    assert [model.name for model in app.session_state["lens.models"].values()] == ["second.npz"]
    assert "“first.npz” was dropped: a session keeps 1 models." in messages(app)


# Sets --------------------------------------------------------------------------------------


@pytest.fixture
def begun(opened):
    """Begins a set from the model's examples, each time in a session of its own."""

    def begin():
        app = opened("review")
        return press(app, "Explain the examples")

    return begin


def complete(app) -> str:
    """The key of a set that was begun, once it is explained."""
    one = cache.sets().find(app.session_state["lens.set"])
    assert files.finished(cache.jobs(), one).problem == ""
    return one.id


def test_sets_beyond_the_limit_wait_or_are_refused_in_a_sentence(begun, monkeypatch):
    monkeypatch.setattr(settings, "REVIEW_RUNNING", 1)
    monkeypatch.setattr(settings, "REVIEW_WAITING", 1)
    go, most, working = threading.Event(), [], []
    real = background.explain_shard

    def slow(*args):
        working.append(1)
        most.append(len(working))
        assert go.wait(60)
        working.pop()
        return real(*args)

    monkeypatch.setattr(background, "explain_shard", slow)
    first, second, third = (begun() for _ in range(3))
    said = [app.get("progress")[0].proto.text for app in (first, second)]
    waiting = "Waiting for its turn: other sets are being explained or measured."
    assert said == ["Getting ready: 0 of 4 explained", waiting]
    assert "2 sets are being explained or measured or wait for it" in messages(third)
    assert third.session_state["lens.set"] == ""
    assert len(cache.sets().ids()) == 2
    go.set()
    assert complete(first) != complete(second)
    assert set(most) == {1}
    third = press(third, "Explain the examples")
    assert healthy(third)
    complete(third)


def test_a_full_server_refuses_sets_and_keeps_those_it_has(begun, opened, monkeypatch):
    monkeypatch.setattr(settings, "REVIEW_SETS", 1)
    kept = complete(begun())  # nobody has reviewed it
    refused = begun()
    assert "This server keeps up to 1 sets, and so many are there" in messages(refused)
    assert cache.sets().ids() == [kept]
    assert healthy(opened("review", set=kept))


def test_a_session_begins_no_more_than_its_share(opened, begun, monkeypatch):
    monkeypatch.setattr(settings, "REVIEW_SHARE", 1)
    go, real = threading.Event(), background.explain_shard
    monkeypatch.setattr(background, "explain_shard", lambda *args: go.wait(60) and real(*args))
    greedy = begun()
    greedy.query_params.clear()  # Back
    assert "one visitor's share" in messages(press(greedy.run(), "Explain the examples"))
    other = begun()
    assert not other.error
    go.set()
    complete(other)
