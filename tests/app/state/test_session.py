"""A session as a file: everything goes out and comes back; what is no session is a sentence."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from app import cache, settings
from app.compare.compared import Row
from app.models import samples
from app.models.model import ModelRef
from app.navigation import View
from app.state import session_file
from app.state.choices import CHOICES
from lrp_engine import FormatError
from tests.app.models.test_uploads import upload
from tests.app.reading import healthy, messages, widget, words
from tests.app.tiny import eight_arrays, npz

# One that is not the default, of every choice.
OTHER = {
    "text": "good “film” \n 😀", "edited": "bad film", "pick": 1, "target": 1, "contrast": 2,
    "eps": 0.25, "bias_factor": 1 / 3, "palette": "mono", "same_scale": True, "values": False,
    "scale": "text", "beside": "a film",
    "rows": (Row(method="lrp", target=1, eps=0.5), Row(method="sensitivity")), "part_at": 3,
    "account": "layers", "set": "a" * 22, "part": "words", "row": 7, "sort": "leak",
    "truth": -1, "said": 2, "outcome": "wrong", "marked": "unclear", "find": "x",
    "word": (1, True, "a-b"), "step": "lstm", "x1": -0.5, "x2": 0.25, "x3": 1.5, "sum_eps": 0.5,
    "sum_bias_factor": 0.5, "gate": 0.25, "signal": -1.0, "direction": "backward", "unit": 3,
    "bars": "sensitivity", "true_class": 1, "said_class": 2, "verdict": "right",
    "numbers": "1_2.5", "path": True, "present": True, "all_methods": True, "spelling": "negated",
    "counted_class": 2, "at_least": 9, "columns": (2, 0),
    "rule": "gamma", "gates": "half", "first_layer": "w_square",
    "measured": "0" * 32, "trust_from": "reviewed", "trust_texts": 500, "trust_methods": ("lime",),
    "trust_rules": ("gamma", "epsilon"), "trust_eps": (0.01, 1e-6), "trust_gates": ("half",),
    "random_weights": False, "curve": "sufficiency",
}  # fmt: skip
# What a session holds that no file restores: it passes with the screen it belongs to.
PASSING = {"begun", "pins", "run",
           "models", "selected", "linked", "turn", "restored", "undo", "complaints",
           "arrived", "scroll", "draft", "tried", "taken", "address", "entered", "reviewer", "seen",
           "clash", "neighbours", "presses", "asked", "notices", "page", "used", "drawn",
           "current_widget", "stale", "visitor", "kept_texts", "link_asked", "recent",
           "doubted", "judged", "sent", "cancelled",
           "go_on", "count_chosen", "unnamed", "nameless", "unsigned"}  # fmt: skip


def other(name: str):
    """A value that is not the default."""
    choice = session_file.ALL[name]
    if name in OTHER:
        return OTHER[name]
    assert isinstance(choice.default, float), f"name another value of {name} above"
    return choice.default + 1


def values(app: AppTest) -> dict:
    return {name: app.session_state[f"lens.{name}"] for name in session_file.ALL}


def restore(app: AppTest, data: bytes) -> AppTest:
    n = app.session_state["lens.restored"]
    return app.file_uploader(key=f"lens.file.session.{n}").upload("mine.json", data).run()


def written(**changes) -> bytes:
    """A file of a session, with changes."""
    chosen = {name: choice.default for name, choice in session_file.ALL.items()} | {"undo": ()}
    made = json.loads(session_file.write(chosen.__getitem__, "explain", cache.bundled(), ()))
    return json.dumps(made | changes).encode()


def test_every_field_of_the_state_is_kept_or_passes(opened):
    fields = {key.removeprefix("lens.") for key in opened().session_state._state.filtered_state
              if key.startswith("lens.") and key.count(".") == 1}  # fmt: skip
    assert fields == {*session_file.ALL, *PASSING}


@pytest.mark.parametrize("name", session_file.ALL)
def test_every_choice_comes_back(name):
    choice = session_file.ALL[name]
    value = other(name)
    assert value != choice.default
    chosen = {n: c.default for n, c in session_file.ALL.items()} | {"undo": (), name: value}
    file = session_file.write(chosen.__getitem__, "learn", cache.bundled(), ())
    found = session_file.read(file.encode())
    assert found.values == {n: v for n, v in chosen.items() if n != "undo"}
    assert found.view == "learn"
    assert not found.unknown


def test_a_session_is_restored_on_its_page_with_its_choices(opened, network):
    chosen = {name: choice.default for name, choice in session_file.ALL.items()}
    chosen |= {"text": "good film", "edited": "bad film", "pick": 1, "target": 1, "eps": 0.01,
               "palette": "mono", "bars": "sensitivity", "rows": OTHER["rows"]}  # fmt: skip
    file = session_file.write(
        (chosen | {"undo": (("", None), ("bad bad film", 0))}).__getitem__,
        "conservation", cache.bundled(), (),
    )  # fmt: skip
    app = restore(opened(text="other words"), file.encode())
    assert healthy(app)
    assert not app.warning
    assert app.title[0].value == "Where does the score go?"
    assert values(app) == chosen
    assert app.session_state["lens.undo"] == (("", None), ("bad bad film", 0))
    assert dict(app.query_params)["text"] == "good film"
    app.switch_page(View.EXPLAIN.file).run()
    assert widget(app, "text").value == "good film"
    assert widget(app, "target").value == 1


def test_the_models_of_a_session(opened):
    app = upload(opened("model"), weights=("mine.npz", npz(eight_arrays(7))))
    mine = widget(app, "model").value
    models = app.session_state["lens.models"]
    chosen = {name: app.session_state[f"lens.{name}"] for name in (*session_file.ALL, "undo")}
    file = session_file.write(chosen.__getitem__, "model", models[mine], tuple(models.values()))
    assert b"mine.npz" in file.encode()
    widget(app, "model").set_value("bundled").run()
    assert widget(restore(app, file.encode()), "model").value == mine
    holder = restore(opened(), file.encode())  # the file holds the key, as a link does
    assert healthy(holder)
    assert "with another model" not in messages(holder)
    assert widget(holder, "model").value == mine
    assert [one.key for one in holder.session_state["lens.models"].values()] == [models[mine].key]
    stranger = restore(opened(), file.replace(models[mine].key, "A" * 22).encode())
    assert healthy(stranger)
    assert widget(stranger, "model").value == "bundled"
    assert "it was deleted from the server" in messages(stranger)
    without = json.loads(file)
    for described in (without["model"], *without["models"]):
        assert described.pop("key") == models[mine].key
    stranger = restore(opened(), json.dumps(without).encode())
    assert healthy(stranger)
    assert widget(stranger, "model").value == "bundled"
    assert "the session holds no key to it" in messages(stranger)
    said = messages(stranger)
    assert "session was made with another model, “mine.npz”" in said
    assert models[mine].network.hash[:12] in said
    assert "Upload it again" in said


@pytest.mark.parametrize("name", ["spam", "addition"])
def test_a_sample_model_is_opened_again(opened, name):
    model = cache.sample(next(s for s in samples.samples() if s.name == name))
    described = {"hash": model.network.hash, "name": model.name, "origin": "sample", "files": []}
    numbers = model.examples[1].text if model.reads_numbers else ""
    file = written(model=described, models=[described], choices={"numbers": numbers or None})
    app = restore(opened(), file)
    assert healthy(app)
    assert not messages(app)
    assert widget(app, "model").value == model.upload_hash
    if numbers:
        assert words(app)[0] == "1: 0.09, 1"


SCHEMA = {"schema": session_file.SCHEMA, "version": session_file.VERSION}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[" * 200_000, "not valid JSON"),
        (b'{"schema": "\\ud800"}', "not valid JSON"),
        (b"[]", "no session"),
        (b'{"nodes": [1, 2]}', "no session"),
        (json.dumps({**SCHEMA, "version": 99}).encode(), "version 99, expected 1"),
        (json.dumps(SCHEMA).encode(), "“model” is null"),
        (b" " * (settings.SESSION_MEGABYTES * 2**20 + 1), "at most 8 MB"),
        (b"[" + b"[]," * 100_000 + b"[]]", "JSON holds 100,002 values; up to 100,000"),
    ],
    ids=["empty", "binary", "deep", "half a character", "list", "foreign", "newer", "short",
         "large", "many values"],
)  # fmt: skip
def test_what_is_no_session_is_refused(data, says):
    with pytest.raises(FormatError, match=says):
        session_file.read(data)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"view": "admin"}, "“view” is 'admin'"),
        ({"view": 1}, "“view” is a number, expected text"),
        ({"choices": []}, "“choices” is a list, expected an object"),
        ({"choices": {"eps": "inf"}}, "“eps” is 'inf', expected a number from"),
        ({"choices": {"eps": 0.1}}, "“eps” is 0.1"),
        ({"choices": {"text": ["a"]}}, "“text”"),
        ({"choices": {"text": "a" * 60_001}}, "“text”"),
        ({"choices": {"bars": "__import__"}}, "“bars”"),
        ({"choices": {"at_least": "x"}}, "“at_least”"),
        ({"undo": "x"}, "“undo” is text, expected a list"),
        ({"undo": [["a"]]}, "“undo” holds"),
        ({"undo": [["a", True]]}, "“undo” holds"),
        ({"undo": [["a" * 60_001, 1]]}, "longer"),
        ({"model": {"hash": "../x", "name": "", "origin": "sample", "files": []}}, "hash"),
        ({"model": {"hash": "0" * 64, "name": 1, "origin": "sample", "files": []}}, "described by"),
        ({"models": [1]}, "described by"),
    ],
)  # fmt: skip
def test_a_wrong_part_is_named(changes, says):
    with pytest.raises(FormatError, match=says):
        session_file.read(written(**changes))


def test_unknown_parts_are_named_and_the_rest_is_kept(opened):
    file = written(colour="red", choices={"eps": "0.5", "zoom": "2"})
    assert session_file.read(file).unknown == ("colour", "zoom")
    app = restore(opened(), file)
    assert healthy(app)
    assert "left out: colour, zoom" in messages(app)
    assert app.session_state["lens.eps"] == 0.5


def test_a_refused_file_changes_nothing(opened):
    app = opened(text="good film")
    before = values(app)
    restore(app, written(choices={"text": "bad", "eps": "x"}))
    assert healthy(app)
    assert "“eps” is 'x'" in messages(app)
    assert values(app) == before
    restore(app, written(choices={"text": "bad film"}))  # another try is heard
    assert widget(app, "text").value == "bad film"


def test_names_in_a_file_are_cut():
    found = ModelRef("0" * 64, "n" * 1000, ("f" * 1000,) * 100).checked()
    assert len(found.name) == len(found.files[0]) == 60
    assert len(found.files) == 8
    assert set(CHOICES) <= set(session_file.ALL)
