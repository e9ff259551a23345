"""Edits of a text, before and after; numbers as words. Pure."""
