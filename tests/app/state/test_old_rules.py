"""Rules as the first version 0.1.0 wrote them: manifests, links and session files still open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.components.adding import rule_of
from app.state import session_file
from app.state.choices import CHOICES
from lrp_engine import AlphaBeta, CorpusSettings, Epsilon, Gamma, ZPlus
from tests.app.reading import healthy, messages, widget

OLD = json.loads((Path(__file__).parents[2] / "fixtures" / "rules_0_1.json").read_text())
RULES = [
    Epsilon(eps=0.01, bias_factor=0.5),
    Gamma(gamma=0.5, gates="half"),
    AlphaBeta(alpha=1.5, beta=0.5),
    ZPlus(eps=0.1),
]


@pytest.mark.parametrize("n", range(len(RULES)), ids=lambda n: RULES[n].name)
def test_a_run_goes_on_where_its_manifest_says_so(n):
    # `check_same` compares these, so an equal dictionary is a run to go on with.
    settings = CorpusSettings(rule=RULES[n], shard_rows=4, shard_bytes=0)  # as of then
    assert settings.to_dict() == OLD["settings"][n]


def test_rows_of_a_link_are_the_rules_of_then(monkeypatch):
    rows = CHOICES["rows"].read(OLD["rows"])
    monkeypatch.setattr("app.state.session.get", lambda name: CHOICES[name].default)
    assert [rule_of(row) for row in rows if row.rule] == RULES
    assert CHOICES["rows"].write(rows) == OLD["rows"]


def test_a_session_file_opens(opened):
    found = session_file.read(json.dumps(OLD["session"]).encode())
    assert not found.unknown
    chosen = {name: found.values[name] for name in ("rule", "gamma", "gates", "eps")}
    assert chosen == {"rule": "gamma", "gamma": 0.5, "gates": "half", "eps": 0.01}
    assert found.values["rows"] == CHOICES["rows"].read(OLD["rows"])
    assert found.values["first_layer"] == CHOICES["first_layer"].default
    link = {name: CHOICES[name].write(value) for name, value in chosen.items()}
    app = opened("compare", **link, rows=OLD["rows"])
    assert healthy(app)
    assert messages(app).startswith("The gate rule half is for research.")
    assert widget(app, "gamma").value == 0.5
