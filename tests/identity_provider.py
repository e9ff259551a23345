"""An OpenID Connect provider for tests: it signs in, without asking, whoever is named before.

Discovery, authorization by code with PKCE, signed identity tokens; nothing is kept on disk.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "lens", "a secret between the two"


class Provider:
    """What it knows: the next user's claims, and codes that were handed out.

    Attributes:
        user: claims of whoever comes next. refused: reasons why a token was not given.
    """

    def __init__(self) -> None:
        self.user: dict[str, Any] = {}
        self.refused: list[str] = []
        self.url = ""
        self._key = RSAKey.generate_key(2048, parameters={"kid": "one"})
        self._codes: dict[str, tuple[dict[str, str], dict[str, Any]]] = {}

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def keys(self) -> dict[str, Any]:
        return {"keys": [self._key.as_dict(private=False)]}

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the browser goes on to."""
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked, dict(self.user)
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, asked: dict[str, str], basic: str) -> dict[str, Any] | None:
        """Tokens for a code, once, of the client that asked for it; None if something differs."""
        before, user = self._codes.pop(asked.get("code", ""), ({}, {}))
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        proven = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        expected = base64.b64encode(f"{CLIENT}:{urlencode({'': SECRET})[1:]}".encode()).decode()
        for what, right in (
            ("client", basic in (f"Basic {expected}", _plain())),
            ("code", bool(before)),
            ("redirect", before.get("redirect_uri") == asked.get("redirect_uri")),
            ("verifier", before.get("code_challenge") == proven),
        ):
            if not right:
                self.refused.append(what)
        if self.refused:
            return None
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 600,
                  "nonce": before["nonce"], **user}  # fmt: skip
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self._key)
        return {"access_token": "none", "token_type": "Bearer", "id_token": token}


def _plain() -> str:
    return f"Basic {base64.b64encode(f'{CLIENT}:{SECRET}'.encode()).decode()}"


@contextmanager
def provider() -> Iterator[Provider]:
    """A running one, on this machine."""
    known = Provider()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", known.authorize(_flat(parts.query)))
                self.end_headers()
            else:
                self._json(known.keys() if parts.path == "/keys" else known.metadata())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            tokens = known.token(_flat(body), self.headers.get("Authorization", ""))
            self._json(tokens or {"error": "invalid_grant"}, 200 if tokens else 400)

        def _json(self, value: dict[str, Any], status: int = 200) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Nothing: what is wrong is in `refused`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    known.url = f"http://localhost:{server.server_port}"
    running = threading.Thread(target=server.serve_forever)
    running.start()
    try:
        yield known
    finally:
        server.shutdown()
        running.join()
        server.server_close()


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
