"""The login by a provider on this machine: who gets in, who does not, and how one leaves."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PATIENCE, STILL, started
from tests.browser.test_guards import answer_of
from tests.browser.wire import tap
from tests.identity_provider import CLIENT, SECRET, provider


def test_only_listed_users_get_in(
    tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "0.0.0.0")  # right where everybody signs in
    monkeypatch.setenv("STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION", "false")  # is set all the same
    with provider() as known:
        file = tmp_path / "login.toml"
        file.write_text(
            '[auth]\nredirect_uri = "http://localhost:{port}/oauth2callback"\n'
            f'cookie_secret = "{secrets.token_hex(32)}"\nclient_id = "{CLIENT}"\n'
            f'client_secret = "{SECRET}"\n'
            f'server_metadata_url = "{known.url}/.well-known/openid-configuration"\n'
            '[lrp_lens]\nusers = ["*@example.org"]\n'
        )
        with started(tmp_path, "--secrets.files", str(file)) as url:
            context = browser.new_context(reduced_motion=STILL)
            page = tap(context.new_page())
            page.set_default_timeout(PATIENCE)
            page.goto(f"{url}/compare")
            sign_in = page.get_by_role("button", name="Sign in")
            expect(sign_in).to_be_visible()
            expect(page.get_by_text("You sign in at localhost")).to_be_visible()
            expect(page.get_by_label("Text", exact=True)).to_have_count(0)
            page.emulate_media(color_scheme="dark")  # white on the light button is not readable
            expect(sign_in).to_have_css("color", re.compile(r"rgb\((1?\d|2\d), "))
            page.emulate_media(color_scheme="light")
            status, said = answer_of(url, "PUT", "/_stcore/upload_file/a/b")
            assert (status, "Sign in first." in said) == (403, True)

            known.user = {"sub": "2", "email": "mallory@elsewhere.example"}
            sign_in.click()
            expect(
                page.get_by_text(re.compile("mallory@.?elsewhere.example is not among"))
            ).to_be_visible()
            page.get_by_role("button", name="Sign out").click()
            expect(sign_in).to_be_visible()

            known.user = {"sub": "1", "email": "ada@example.org"}
            sign_in.click()
            expect(page.get_by_text(re.compile("Signed in as ada@.?example.org"))).to_be_visible()
            expect(page.get_by_label("Text", exact=True)).to_be_visible()
            cookies = {cookie["name"]: cookie for cookie in context.cookies()}
            assert cookies["_streamlit_user"]["httpOnly"]
            assert not known.refused

            forged = dict(
                cookies["_streamlit_user"], value="x" + cookies["_streamlit_user"]["value"]
            )
            other = browser.new_context(reduced_motion=STILL)
            other.add_cookies([forged])  # type: ignore[list-item]
            second = tap(other.new_page())
            second.goto(url)
            expect(second.get_by_role("button", name="Sign in")).to_be_visible()
            other.close()
            assert urlsplit(page.url).port == urlsplit(url).port

            page.get_by_role("button", name="Sign out").click()
            expect(sign_in).to_be_visible()
            context.close()
