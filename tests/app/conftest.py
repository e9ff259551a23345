"""A small model in a folder, and the dashboard opened on it without a browser."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

import lrp_engine
from app import settings
from app.cache import scales
from app.models.uploads import Upload
from app.navigation import BY_PATH
from lrp_engine import Network, ProofSheet
from tests.app.tiny import LABELS, SENTENCES, WORDS, eight_arrays, embeddings


@pytest.fixture(scope="session")
def network() -> Network:
    return lrp_engine.from_weights(
        eight_arrays(), vocabulary=WORDS, embeddings=embeddings(), labels=LABELS
    )


@pytest.fixture(scope="session")
def model_folder(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny_model"
    network.save(folder)
    with (folder / settings.EXAMPLES_FILE).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *SENTENCES])
    return folder


@pytest.fixture(autouse=True)
def _opened_on(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    monkeypatch.setenv(settings.MODEL_VARIABLE, str(model_folder))
    monkeypatch.setenv(settings.DATA_VARIABLE, str(tmp_path / "data"))
    monkeypatch.delenv(settings.DATABASE_VARIABLE, raising=False)
    return


@pytest.fixture(autouse=True, scope="session")
def _one_look_for_components() -> Iterator[None]:
    """Each session of `AppTest` reads the metadata of every package; a server does so once."""
    with pytest.MonkeyPatch.context() as patch:
        scan = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield


@pytest.fixture(scope="session")
def many() -> float:
    """The same small networks are open in most of these tests."""
    return 5


@pytest.fixture(autouse=True)
def _few_short_texts(untraced: None, short_proofs: None) -> None:
    """As in every session of these tests."""


@pytest.fixture(autouse=True)
def _nothing_typical_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is typical for a model is not computed beside a test, which would see it or not."""
    monkeypatch.setattr(scales, "_running", set())
    monkeypatch.setattr(scales, "begin", lambda *_: None)


@pytest.fixture
def unproven(monkeypatch: pytest.MonkeyPatch) -> None:
    """Uploads go without their proof, which takes a while and has tests of its own."""

    def sheet(_: Upload, network: Network) -> ProofSheet:
        return ProofSheet(
            model_hash=network.hash, source=network.source, dtype=network.dtype, lines=()
        )

    monkeypatch.setattr(Upload, "prove", sheet)


MAIN = str(settings.REPOSITORY / "app" / "main.py")


@cache
def _pages() -> dict:
    """What a first run registers, so that a session can begin on any page."""
    return AppTest.from_file(MAIN, default_timeout=60).run()._registered_pages


@pytest.fixture
def opened() -> Callable[..., AppTest]:
    """Opens a session of the dashboard, with query parameters, on a page."""

    def open_session(page: str | None = None, **parameters: str) -> AppTest:
        app = AppTest.from_file(MAIN, default_timeout=120)
        for name, value in parameters.items():
            app.query_params[name] = value
        if page:  # at once, as by a link
            app._registered_pages = _pages()
            app.switch_page(BY_PATH[page].file)
        return app.run()

    return open_session
