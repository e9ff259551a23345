"""The files of a deployment fit the code: what is copied, what is open, what stays secret."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import yaml

from app import settings
from tests.test_wheel import SOURCES

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())


def test_the_image_is_made_of_what_the_wheel_is_made_of():
    copied = re.findall(r"^COPY (.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    names = {name for line in copied for name in line.split()}
    assert names == {*SOURCES, "requirements.txt", ".streamlit"}
    kept = {line[1:].split("/")[0] for line in (ROOT / ".dockerignore").read_text().splitlines()
            if line.startswith("!")}  # fmt: skip
    assert kept == names


def test_only_the_proxy_is_reached_from_outside():
    services = COMPOSE["services"]
    assert [name for name, one in services.items() if "ports" in one] == ["proxy"]
    assert "--login" in services["lens"]["command"]
    assert services["database"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_secrets_are_neither_committed_nor_copied():
    files = [one["file"] for one in COMPOSE["secrets"].values()]
    files += [one["env_file"] for one in COMPOSE["services"].values() if "env_file" in one]
    files += ["deploy/tls/privkey.pem", ".streamlit/secrets.toml", "app/.streamlit/secrets.toml"]
    for file in files:
        done = subprocess.run(["git", "check-ignore", "-q", "--no-index", file], cwd=ROOT)
        assert done.returncode in (0, 128), f"git would commit {file}"  # 128: beyond a link
    assert "deploy" not in (ROOT / ".dockerignore").read_text()


def test_the_proxy_lets_through_what_the_server_takes():
    proxy = (ROOT / "deploy" / "nginx.conf").read_text()
    most = re.search(r"client_max_body_size (\d+)m;", proxy)
    assert most is not None
    assert int(most[1]) == settings.UPLOAD_MEGABYTES + 1
    assert "$http_upgrade" in proxy
