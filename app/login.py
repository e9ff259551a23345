"""The login for teams: Streamlit's own, by OpenID Connect; who is let in.

A file of secrets configures it: `[auth]` as Streamlit documents it, and `[lrp_lens]` with `users`,
the e-mail addresses that are let in; docs/serving.md shows one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from streamlit import auth_util
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.starlette import starlette_auth_routes as routes

COMMON = ("redirect_uri", "cookie_secret")
PROVIDER = ("client_id", "client_secret", "server_metadata_url")
SECRET_CHARACTERS = 32  # or cookies could be forged by trying
OWN, USERS = "lrp_lens", "users"


def is_configured() -> bool:
    """Whether a login is asked for; whether it is complete says `problem`."""
    return bool(auth_util.get_secrets_auth_section())


def problem() -> str | None:
    """What is wrong with the configuration, as a sentence; None where nobody asked for a login, or
    nothing is wrong."""
    if not is_configured():
        return None
    section = _section()
    missing = [key for key in COMMON if not section.get(key)]
    if not missing and not providers():
        missing = [key for key in PROVIDER if not section.get(key)]
    if missing:
        return f"The login lacks {', '.join(missing)} in the section [auth] of its file."
    if not str(section["redirect_uri"]).endswith("/oauth2callback"):
        return (
            f"The login's redirect_uri is {section['redirect_uri']!r}, expected the address that "
            "users type with /oauth2callback at its end."
        )
    if len(str(section["cookie_secret"])) < SECRET_CHARACTERS:
        return (
            f"The login's cookie_secret has {len(str(section['cookie_secret']))} characters, "
            f"expected {SECRET_CHARACTERS} random ones or more."
        )
    if not auth_util.is_authlib_installed():
        return "The login needs Authlib; install it with: pip install 'streamlit[auth]'."
    users = _own().get(USERS, [])
    if not isinstance(users, list) or not all(isinstance(one, str) for one in users):
        return (
            f"{USERS} in the section [{OWN}] is {users!r:.60}, expected a list of e-mail addresses "
            "or patterns as '*@example.org'."
        )
    return None


def is_complete() -> bool:
    """Whether everybody has to sign in, and can."""
    return is_configured() and problem() is None


def providers() -> dict[str, str]:
    """Hosts of those who know the users, by their names; "default" is the one in [auth] itself."""
    section = _section()
    sections = {"default": section} | {
        name: value for name, value in section.items() if isinstance(value, Mapping)
    }
    return {
        name: urlsplit(str(one["server_metadata_url"])).hostname or name
        for name, one in sections.items()
        if all(one.get(key) for key in PROVIDER)
    }


def host() -> str | None:
    """The name that users type, as the redirection says it."""
    return urlsplit(str(_section().get("redirect_uri", ""))).hostname


def may_enter(user: Mapping[str, Any]) -> bool:
    """Whether somebody who signed in is let in: all, or those who are listed.

    Args:
        user: what the provider says of them. An address that it calls unverified is nobody's.
    """
    if not user.get("is_logged_in"):
        return False
    listed = _own().get(USERS, [])
    if not listed:
        return True
    address = user.get("email")
    if not isinstance(address, str) or user.get("email_verified") in (False, "false"):
        return False
    return any(fnmatchcase(address.lower(), one.lower()) for one in listed)


def sent_by_a_user(scope: Any) -> bool:
    """Whether a request brings the signed cookie of somebody who is let in."""
    request: Any = HTTPConnection(scope)
    try:
        cookie = routes._get_cookie_value_from_request(request, routes.USER_COOKIE_NAME)
        user = json.loads(cookie) if cookie else {}
    except (ValueError, TypeError):
        return False
    return isinstance(user, dict) and may_enter(user)


def _section() -> Mapping[str, Any]:
    found: Mapping[str, Any] = auth_util.get_secrets_auth_section()
    return found


def _own() -> Mapping[str, Any]:
    found = secrets_singleton.get(OWN) if secrets_singleton.load_if_toml_exists() else None
    return found if isinstance(found, Mapping) else {}
