"""Tokens, ledger entries and states as people read them."""

from __future__ import annotations

from lrp_engine.render.wording import ledger_words, state_words, visible


def test_names_of_parts():
    assert (
        ledger_words("bilstm/forward/signal/bias") == "bilstm, forward: biases of the cell signal"
    )
    assert ledger_words("out/sum/stabilizer") == "out: stabilizers of the weighted sum"
    assert ledger_words("a/odd/bias") == "a: biases of 'odd'"
    assert state_words("lstm/c") == "lstm: initial cell state c₀"
    assert visible("plain") == "plain"
