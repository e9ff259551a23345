"""Foreign text as Streamlit's Markdown shows it: letter by letter. Pure: imports no Streamlit."""

from __future__ import annotations

import re

_BREAK = "\N{WORD JOINER}"  # invisible, of no width, and no line ends at it
# What is replaced after Markdown has been read, where no backslash is left that could help:
# addresses that become links, names of emoji and icons, arrows.
_REPLACED = re.compile(
    r"""
    https?: | www(?=\.|$) | @                      # http://a.b   www.a.b   a@b.c
    | : (?=[\w+-]+[:/])                            # :smile:   :material/home:
    | (?<!\S) [<>~-] (?=(?:->|[->=]) (?!\S))       # ->   <->   --   >=
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
# What a backslash takes the meaning from, the rest being left readable.
_MARKUP = re.compile(
    r"""
    [\\`*_\[\]$~<>\#|]
    | : (?=[^\W\d])                                # :red[x]
    | & (?=\#|\w+;)                                # &amp;
    | ^ [-+=]                                      # a list, a line that makes a heading
    """,
    re.VERBOSE | re.MULTILINE,
)
_NUMBER = re.compile(r"^(\d{1,9})(?=[.)](?:\s|$))", re.MULTILINE)  # 1. in a list
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)  # four spaces would begin a block of code


def plain(text: str) -> str:
    """Text that Streamlit's Markdown shows as it is: no link, icon, emoji, formula or layout."""
    broken = _REPLACED.sub(lambda part: part[0] + _BREAK, _INDENT.sub("", text))
    return _NUMBER.sub(r"\1\\", _MARKUP.sub(r"\\\g<0>", broken))
