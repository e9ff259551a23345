"""What holds the dashboard together: which module does what, where limits and errors live."""

from __future__ import annotations

import logging
import re
import tomllib
from pathlib import Path

import pytest

from app import cache, gate, settings
from app.navigation import BY_PATH
from lrp_engine.render.palettes import THEMES
from tests.app.reading import messages

APP = settings.REPOSITORY / "app"
CONFIG = tomllib.loads((settings.REPOSITORY / ".streamlit" / "config.toml").read_text())
MODULES = sorted(APP.rglob("*.py"))


def named(path: Path) -> str:
    return str(path.relative_to(APP))


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        (
            r"st\.(cache_|connection)",
            {named(path) for path in MODULES if path.parent.name == "cache"},
        ),
        (r"st\.session_state", {"state/session.py", "state/widgets.py"}),
        (r"st\.query_params", {"state/address.py"}),
        # A page, threads.
        (r"except Exception", {"cache/scales.py", "components/guard.py", "work/workers.py"}),
        (r"unsafe_allow", set()),
    ],
)
def test_one_module_each(pattern, allowed):
    found = {named(path) for path in MODULES if re.search(pattern, path.read_text("utf-8"))}
    assert found <= allowed


def test_every_page_is_a_file():
    files = {path.stem for path in (APP / "views").glob("*.py")}
    assert files == {"__init__", *BY_PATH}


def test_the_server_listens_on_this_machine_only_and_asks_nobody_outside():
    assert CONFIG["server"]["address"] == "localhost"
    assert set(CONFIG["server"]["allowedHosts"]) == set(gate.LOCAL_NAMES)
    assert CONFIG["browser"]["gatherUsageStats"] is False


def test_the_server_knows_the_same_limits_and_colours():
    assert CONFIG["server"]["maxUploadSize"] == settings.UPLOAD_MEGABYTES
    for name in ("light", "dark"):
        theme = THEMES[name]
        assert CONFIG["theme"][name]["textColor"].upper() == theme.text.upper()
        assert CONFIG["theme"][name]["backgroundColor"].upper() == theme.background.upper()


def test_nothing_leaves_and_nothing_leaks():
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["client"]["showErrorDetails"] == "none"
    assert CONFIG["client"]["showErrorLinks"] is False
    assert CONFIG["server"]["enableXsrfProtection"] is True
    assert CONFIG["server"]["enableCORS"] is True


@pytest.mark.parametrize("page", [None, *list(BY_PATH)[1:]])
def test_an_unexpected_error_is_a_sentence_with_an_id(opened, page, monkeypatch, caplog):
    def broken() -> None:
        raise RuntimeError("secret detail")

    app = opened(page)
    monkeypatch.setattr(cache, "bundled", broken)
    with caplog.at_level(logging.ERROR, "lrp_lens"):
        app.run()
    assert not app.exception
    number = re.search(r"error ([0-9a-f]{8})", app.main.error[0].value)
    assert number
    assert number[1] in caplog.text
    assert "secret detail" in caplog.text
    assert "secret detail" not in messages(app)
