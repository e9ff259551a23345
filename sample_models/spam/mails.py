"""The SpamAssassin mails as plain texts: subject and what a person would read, no other header."""

from __future__ import annotations

import email
import email.header
import io
import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from html.parser import HTMLParser

import numpy as np

_GROUP = re.compile(r"package/data/[a-z]+(?:-[a-z]+)?-\d/[^/]+\.json")
_KEPT_CHARACTERS = 20_000  # of a mail; many times what the model reads


@dataclass(frozen=True)
class Mails:
    """Texts and classes (N,): 0 ham, 1 spam."""

    texts: tuple[str, ...]
    classes: np.ndarray

    def pick(self, chosen: np.ndarray) -> Mails:
        return Mails(tuple(self.texts[i] for i in chosen), self.classes[chosen])


class _Visible(HTMLParser):
    """Collects the text between tags, without scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self.hidden = max(0, self.hidden - (tag in ("script", "style")))

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.found.append(data)


def _visible(markup: str) -> str:
    parser = _Visible()
    parser.feed(markup)
    return " ".join(parser.found)


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        return payload.decode(part.get_content_charset() or "latin-1", "replace")
    except LookupError:  # a character set that nobody knows
        return payload.decode("latin-1")


def _subject(message: Message) -> str:
    words = []
    for value, charset in email.header.decode_header(str(message.get("Subject", ""))):
        if isinstance(value, str):
            words.append(value)
            continue
        try:
            words.append(value.decode(charset or "latin-1", "replace"))
        except LookupError:
            words.append(value.decode("latin-1"))
    return "".join(words)


def text_of(raw: str) -> str:
    """Subject and body of a mail in one line; of several versions the plain one."""
    message = email.message_from_string(raw)
    kinds: dict[str, list[str]] = {"text/plain": [], "text/html": []}
    for part in message.walk():
        kind = part.get_content_type()
        if kind in kinds:
            body = _decoded(part)[:_KEPT_CHARACTERS]
            kinds[kind].append(_visible(body) if kind == "text/html" else body)
    bodies = kinds["text/plain"] if "".join(kinds["text/plain"]).strip() else kinds["text/html"]
    return " ".join(f"{_subject(message)} \n {' '.join(bodies)}".split())


def _raw(archive: bytes) -> Iterator[tuple[str, bool]]:
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        for member in files:  # in the archive's order: going back would unpack it all again
            if _GROUP.fullmatch(member.name) and (file := files.extractfile(member)):
                found[member.name] = json.load(file)
    for _, mail in sorted(found.items()):
        yield mail["text"], mail["group"].startswith("spam")


def read_mails(archive: bytes, *, least: int) -> Mails:
    """Mails of at least so many words; of those that begin alike (letters only) the first."""
    found: dict[str, tuple[str, bool]] = {}
    for raw, spam in _raw(archive):
        text = text_of(raw)
        words = re.findall(r"[a-z]+", text.lower())
        if len(words) >= least:
            found.setdefault(" ".join(words[:60]), (text, spam))
    texts, classes = zip(*found.values(), strict=True)
    return Mails(texts, np.array(classes, int))
