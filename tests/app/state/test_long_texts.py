"""Links carry any text: packed into the address, else kept under a key; never another one."""

from __future__ import annotations

import base64
import json
import os
import random
import time
import zlib

import pytest

from app import cache, settings
from app.kept.folders import DAY
from app.state.packed import pack, unpack
from tests.app.reading import component, healthy, messages, tell, widget

RNG = random.Random(0)
RANDOM = "".join(RNG.choice("abcdefghij klmnop qrstuvw xyz éß漢") for _ in range(20_000))
TEXTS = {
    "repeated": "the film was good . " * 900,
    "other scripts": "不好看的电影 הסרט היה טוב " * 90,
    "markup": '"<b>&%#+\\u0000\n\t😀' * 150,
}


def copied(app) -> dict:
    """What the button for links is told."""
    return json.loads(component(app, "lens_copy").json)


def asked(opened, text: str):
    app = opened()
    return widget(app, "text").set_value(text).run()


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_that_packs_well_stands_in_the_address(opened, text):
    app = asked(opened, text)
    link = dict(app.query_params)
    assert "text" not in link
    assert sum(map(len, link.values())) <= settings.ADDRESS_CHARACTERS + 20
    assert copied(app)["parameters"] == link
    again = opened(**link)
    assert healthy(again)
    assert "link" not in messages(again)
    assert widget(again, "text").value == text
    assert dict(again.query_params) == link


def test_a_longer_one_is_kept_when_its_link_is_copied(opened):
    app = asked(opened, RANDOM)
    assert dict(app.query_params).keys() == {"model"}
    assert copied(app)["parameters"] is None  # so that nothing is copied
    app = tell(app, "lens_copy", "keep", True)
    told, link = copied(app), dict(app.query_params)
    assert told["parameters"] == link
    assert "keeps it until" in told["done"]
    assert "send a file, by “Download”." in told["local"]
    again = opened(**link)
    assert "link" not in messages(again)
    assert widget(again, "text").value == RANDOM
    assert copied(again)["parameters"] == link
    # Another text has another link.
    widget(again, "text").set_value(RANDOM[::-1]).run()
    assert copied(again)["parameters"] is None


def test_a_kept_text_is_deleted_by_whoever_has_its_link(opened):
    app = tell(asked(opened, RANDOM), "lens_copy", "keep", True)
    link = dict(app.query_params)
    folder = cache.links().folders.folder
    assert len(list(folder.iterdir())) == 1
    next(button for button in app.button if "Delete" in button.label).click().run()
    assert list(folder.iterdir()) == []
    assert copied(app)["parameters"] is None
    assert "is not kept here" in messages(opened(**link))


def test_a_text_that_nobody_opens_goes_and_one_that_is_read_stays(opened):
    links = cache.links()
    old, read = links.keep({"text": "a"}), links.keep({"text": "b"})
    for key in (old, read):
        path = links.folders.path(key) / links.folders.listed
        then = time.time() - (settings.LINK_DAYS - 1) * DAY
        os.utime(path, (then, then))
    assert links.find(read) == {"text": "b"}
    then -= 2 * DAY
    os.utime(links.folders.path(old) / links.folders.listed, (then, then))
    assert links.find(old) is None
    assert [path.name for path in links.folders.folder.iterdir()] == [read]


def test_a_full_server_says_so_and_copies_nothing(opened, monkeypatch):
    monkeypatch.setattr(settings, "LINKS_MEGABYTES", 0.01)
    app = tell(asked(opened, RANDOM), "lens_copy", "keep", True)
    assert copied(app)["parameters"] is None
    assert "keeps no more long texts" in copied(app)["failed"]


@pytest.mark.parametrize("key", ["A" * 22, "../../../etc/passwd", "", "A" * 21 + "/"])
def test_a_wrong_key_opens_nothing(opened, key):
    app = opened(kept=key)
    assert healthy(app)
    assert "is not kept here" in messages(app)


def _packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


HOSTILE = {
    "bomb": _packed(zlib.compress(b'{"text":"' + b"a" * 4_000_000 + b'"}', 9)),
    "cut off": pack({"text": TEXTS["repeated"]})[:-8],
    "behind it": _packed(zlib.compress(b"{}") + b"more"),
    "no base64": "a b+c/",
    "empty": "",
    "one character": "AAAAA",
    "no zlib": _packed(b"hello, this is no zlib"),
    "a list": _packed(zlib.compress(b'["text"]')),
    "numbers": _packed(zlib.compress(b'{"text": 1}')),
    "deep": _packed(zlib.compress(b"[" * 500_000)),
    "no utf-8": _packed(zlib.compress(b'{"text":"\xff"}')),
    "too long": "A" * (settings.ADDRESS_CHARACTERS + 1),
}


@pytest.mark.parametrize("packed", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_one_is_refused_at_once(packed):
    with pytest.raises(ValueError):  # noqa: PT011 - what it says is for nobody
        unpack(packed)


def test_what_is_packed_comes_back():
    for text in TEXTS.values():
        said = {"text": text, "edited": text[::-1], "pick": "3"}
        assert unpack(pack(said)) == said


def test_a_damaged_link_is_ignored_with_a_notice_and_names_only_what_it_may(opened):
    app = opened(packed=HOSTILE["bomb"])
    assert healthy(app)
    assert "damaged or not complete" in messages(app)
    other = opened(packed=pack({"text": "good film", "palette": "mono", "set": "x"}))
    assert not messages(other)
    assert dict(other.query_params).keys() == {"text", "model"}
