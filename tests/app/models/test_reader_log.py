"""The server's log says when uploads are read by a process that is not wholly confined."""

from __future__ import annotations

import pytest

from app.models import confinement
from lrp_engine.formats.containers import sandbox
from lrp_engine.formats.containers.confinement import Confinement


@pytest.mark.parametrize(
    ("found", "level"),
    [
        (Confinement(no_new_privs=True, landlock=7, system_calls=True), "INFO"),
        (Confinement(no_new_privs=True, landlock=7), "WARNING"),
        (Confinement(), "WARNING"),
    ],
)
def test_what_is_missing_is_a_warning_said_once(found, level, monkeypatch, caplog):
    monkeypatch.setattr(sandbox, "confinement", lambda: found)
    confinement.note.cache_clear()
    with caplog.at_level("INFO", "lrp_lens"):
        confinement.note()
        confinement.note()
    assert [(entry.levelname, entry.message) for entry in caplog.records] == [
        (level, found.describe())
    ]
