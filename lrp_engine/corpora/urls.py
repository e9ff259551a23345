"""Addresses of files as people and manifests may see them: without what lets somebody in."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote

# Name and password stand before the host, keys and signatures of links behind a question mark.
_NAMED = re.compile(r"(?<=://)[^/?#]*@")
_ASKED = re.compile(r"(?<=://)([^?#]*)[?#].*", re.DOTALL)
HIDDEN = "…"
# Of a file's own system: its names may hold any of these signs, and open nothing.
_OWN = ("file://", "local://")


def shown(url: str) -> str:
    """A URL without name, password and query; a path as it is."""
    if "://" not in url or url.startswith(_OWN):
        return url
    return _ASKED.sub(r"\1", _NAMED.sub("", url))


def without_secrets(text: str, url: str) -> str:
    """What a program said of a URL, in which it may have repeated its secrets."""
    if shown(url) == url:
        return text
    for secret in sorted(_secrets(url), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def _secrets(url: str) -> set[str]:
    found = set()
    for named in _NAMED.findall(url):
        found |= {named.removesuffix("@"), *named.removesuffix("@").split(":", 1)}
    for match in _ASKED.finditer(url):
        query = match.group(0)[len(match.group(1)) + 1 :]
        found |= {query, *(value for _, value in parse_qsl(query))}
    return {*found, *map(unquote, found)} - {""}
