"""Links and session files of the first version 0.1.0 open with the choices that they meant then.

The fixture and what that version made of each: `tests/fixtures/make_version_0_1.py`.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import cache, settings
from app.navigation import BY_PATH, FIRST, View
from app.state import session_file
from lrp_engine.propagation.rules.doubts import LARGE_EPS
from tests.app.reading import healthy

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
OLD = FIXTURES / "version_0_1"
OPENED: dict[str, dict[str, Any]] = json.loads((OLD / "opened.json").read_text("utf-8"))
for _opened in OPENED.values():
    for _gone in session_file.GONE:
        _opened["choices"].pop(_gone, None)
SINCE = {View.TRUST.path}  # pages that were not there then
# Of uploads, which are kept under a key since then.
KEYLESS, NOW_KEYLESS = "an upload lives until its page is reloaded", "the link holds no key to it"
LINKS = [name for name, opened in OPENED.items() if "link" in opened]


@pytest.fixture(autouse=True)
def _opened_on_the_model_of_then(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    review = FIXTURES / "review_0_1"
    shutil.copytree(review / "data", tmp_path / "then")
    monkeypatch.setenv(settings.MODEL_VARIABLE, str(review / "model"))
    monkeypatch.setenv(settings.DATA_VARIABLE, str(tmp_path / "then"))


def start(page: str, **parameters: str) -> AppTest:
    """A session whose first run is on this page."""
    app = AppTest.from_file(str(settings.REPOSITORY / "app" / "main.py"), default_timeout=60)
    for name, value in parameters.items():
        app.query_params[name] = value
    view = BY_PATH[page]
    return app.run() if view is FIRST else app.switch_page(view.file).run()


def plain(value: Any) -> Any:
    """As JSON has it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(item) for name, item in asdict(value).items()}
    return [plain(one) for one in value] if isinstance(value, tuple) else value


def chosen(app: AppTest, then: dict[str, Any]) -> dict[str, Any]:
    """The choices of now by the names of then; a row of Compare by its names of then."""
    now = {name: plain(app.session_state[f"lens.{name}"]) for name in then}
    pairs = zip(now["rows"], then["rows"], strict=True)
    return now | {"rows": [{name: row[name] for name in old} for row, old in pairs]}


@pytest.mark.parametrize("name", LINKS)
def test_a_link_opens_as_it_did(name):
    then = OPENED[name]
    app = start(then["page"], **then["link"])
    assert healthy(app)
    assert app.title[0].value == then["title"]
    assert chosen(app, then["choices"]) == then["choices"]
    # What was measured of rules is said since then.
    known = [warning.value for warning in app.warning
             if "is for research" not in warning.value and warning.value != LARGE_EPS]  # fmt: skip
    assert known == [warning.replace(KEYLESS, NOW_KEYLESS) for warning in then["warnings"]]
    if "model_name" not in then["link"]:  # an upload that is not here
        left = {name: v for name, v in then["link"].items() if name not in session_file.GONE}
        assert dict(app.query_params) == left


def test_the_links_hold_every_parameter_of_then():
    links = [set(OPENED[name]["link"]) for name in LINKS]
    assert {OPENED[name]["page"] for name in LINKS} == set(BY_PATH) - SINCE
    assert set().union(*links) - {*session_file.GONE} == {
        "model", "model_name", *OPENED["session"]["choices"]
    } - {*session_file.BESIDE}  # fmt: skip


def test_a_session_file_opens_as_it_did():
    then, app = OPENED["session"], start("explain")
    app.file_uploader(key="lens.file.session.0").upload("mine.json", session()).run()
    assert healthy(app)
    assert app.title[0].value == then["title"]
    assert chosen(app, then["choices"]) == then["choices"]
    assert plain(app.session_state["lens.undo"]) == then["undo"]
    (model,) = app.session_state["lens.models"].values()
    assert model.model_hash == then["model"]
    assert not app.warning
    for view in BY_PATH.values():
        assert healthy(app.switch_page(view.file).run()), view
    assert then["choices"]["set"] == cache.sets().find(then["choices"]["set"]).id


def test_what_a_session_file_says_is_known():
    assert not session_file.read(session()).unknown


def session() -> bytes:
    return (OLD / "session.json").read_bytes()
