"""Bare arrays: the eight-array list, the published pickles, and the order of their gates."""
