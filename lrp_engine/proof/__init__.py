"""Proof that a network was read as its source means it, see `parity`."""
