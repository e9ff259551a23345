"""Whom a configured login lets in, and what an incomplete one says."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit import config
from streamlit.runtime.secrets import secrets_singleton

from app import gate, login

WHOLE: dict[str, Any] = {
    "redirect_uri": "https://lens.example.org/oauth2callback",
    "cookie_secret": "x" * 32,
    "client_id": "a",
    "client_secret": "b",
    "server_metadata_url": "https://id.example.org/.well-known/openid-configuration",
}


@pytest.fixture
def configured(monkeypatch):
    """Secrets as a file would hold them."""
    before = {name: config.get_option(name) for name in ("server.address", "server.allowedHosts")}

    def configure(auth: dict[str, Any], **own: Any) -> None:
        held = {"auth": auth, "lrp_lens": own}
        monkeypatch.setattr(secrets_singleton, "_secrets", held)

    yield configure
    for name, value in before.items():
        config.set_option(name, value)


def test_without_one_nothing_is_asked_for():
    assert not login.is_configured()
    assert login.problem() is None
    assert not login.is_complete()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"cookie_secret": ""}, "lacks cookie_secret in the section [auth]"),
        ({"client_id": "", "client_secret": ""}, "lacks client_id, client_secret"),
        ({"redirect_uri": "https://lens.example.org/"}, "'https://lens.example.org/', expected"),
        ({"cookie_secret": "short"}, "cookie_secret has 5 characters, expected 32"),
    ],
)
def test_an_incomplete_one_refuses_everybody(configured, changed, sentence):
    configured(WHOLE | changed)
    assert not login.is_complete()
    assert sentence in login.problem()
    assert sentence in gate.refusal()


@pytest.mark.parametrize("users", ["a@example.org", [3], {"a": 1}])
def test_users_that_are_no_list_refuse_everybody(configured, users):
    configured(WHOLE, users=users)
    assert "expected a list of e-mail addresses" in gate.refusal()


def test_a_complete_one_allows_an_open_address_and_its_own_name(configured):
    configured(WHOLE)
    config.set_option("server.address", "0.0.0.0")
    assert gate.refusal() is None
    (part,) = gate.middleware()
    assert "lens.example.org" in part.kwargs["names"]
    assert login.providers() == {"default": "id.example.org"}
    named = {key: WHOLE[key] for key in login.COMMON} | {"okta": dict.fromkeys(login.PROVIDER, "x")}
    configured(named)
    assert login.is_complete()
    assert login.providers() == {"okta": "okta"}  # of an address that is none


@pytest.mark.parametrize(
    ("user", "users", "enters"),
    [
        ({}, [], False),
        ({"is_logged_in": False, "email": "ada@example.org"}, [], False),
        ({"is_logged_in": True}, [], True),
        ({"is_logged_in": True}, ["*"], False),  # nobody said who that is
        ({"is_logged_in": True, "email": "Ada@Example.org"}, ["*@example.org"], True),
        ({"is_logged_in": True, "email": "ada@example.org.evil"}, ["*@example.org"], False),
        ({"is_logged_in": True, "email": "ada@example.org"}, ["bob@example.org"], False),
        ({"is_logged_in": True, "email": "ada@example.org", "email_verified": False},
         ["*@example.org"], False),
    ],
)  # fmt: skip
def test_who_is_listed_enters(configured, user, users, enters):
    configured(WHOLE, users=users)
    assert login.may_enter(user) is enters


def test_a_cookie_that_nobody_signed_is_no_user(configured):
    configured(WHOLE)
    for value in ("", "x", "2|1:0|10:1|5:_user|4:e30=|x"):
        scope = {"type": "http", "headers": [(b"cookie", f"_streamlit_user={value}".encode())]}
        assert not login.sent_by_a_user(scope)
