"""The audit says what it knows: nothing is called sound that no database answered for."""

from __future__ import annotations

from tests import audit

KNOWN = {"dependencies": [{"name": "jinja2", "version": "3.1.4",
                           "vulns": [{"id": "GHSA-1", "fix_versions": ["3.1.5"]}]}]}  # fmt: skip
SKIPPED = {"dependencies": [{"name": "jinja2", "skip_reason": "not found"}], "fixes": []}


def _audit(*answers):
    waiting = list(answers)
    return audit.audit(lambda arguments, seconds: waiting.pop(0))


def test_no_database_is_said_and_stops_nobody():
    for answer in (
        {},
        SKIPPED,
        {"dependencies": [{"name": "jinja2", "version": "1", "vulns": []}]},
    ):
        lines, code = _audit(answer)
        assert code == 0
        assert len(lines) == 1
        assert lines[0].startswith("not audited: the database")


def test_an_unfinished_audit_is_said():
    assert _audit(KNOWN, {}) == (["not audited: pip-audit did not finish"], 0)


def test_what_can_be_mended_fails_and_what_was_skipped_is_named():
    bad = {"name": "keras", "version": "3.1", "vulns": [{"id": "CVE-1", "fix_versions": ["3.9"]}]}
    new = {"name": "numpy", "version": "2.0", "vulns": [{"id": "CVE-2", "fix_versions": []}]}
    own = {"name": "lrp-lens", "skip_reason": "not found"}
    lines, code = _audit(KNOWN, {"dependencies": [bad, new, own]})
    assert code == 1
    assert lines == [
        "keras 3.1: CVE-1, mended in 3.9",
        "numpy 2.0: CVE-2, no release mends it yet",
        "not audited: lrp-lens",
        "2 packages audited, 2 vulnerable",
    ]
    assert _audit(KNOWN, {"dependencies": [new]})[1] == 0


def test_what_is_accepted_is_left_out(monkeypatch):
    monkeypatch.setitem(audit.IGNORED, "CVE-1", "not reached")
    bad = {"name": "keras", "version": "3.1",
           "vulns": [{"id": "GHSA-1", "aliases": ["CVE-1"], "fix_versions": ["3.9"]}]}  # fmt: skip
    assert _audit(KNOWN, {"dependencies": [bad]}) == (["1 packages audited, 0 vulnerable"], 0)
