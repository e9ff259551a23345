"""The version of the engine, as the files that it writes name it."""

__version__ = "0.1.0"
