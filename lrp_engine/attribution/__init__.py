"""Inputs to explanations: methods, targets, streams, the result with its ledger."""
