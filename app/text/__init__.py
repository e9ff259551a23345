"""Edits of a text, before and after. Pure."""
