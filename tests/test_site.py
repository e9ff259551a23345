"""The site's pages as they stand in the repository: no link is broken, no page lost or stale."""

from __future__ import annotations

import json

import pytest

import lrp_engine
from docs import executed, pages


def test_the_navigation_lists_every_page_once():
    assert sorted(pages.navigation()) == sorted(pages.staged().values())


def test_every_link_and_anchor_leads_somewhere():
    texts = {source: pages.text_of(source) for source in [*pages.staged(), "README.md"]}
    followed = 0
    for source, text in texts.items():
        for target in (link.lstrip("!") for link in pages.links(text)):
            if pages.elsewhere(target):
                continue
            path, anchor = pages.resolved(source, target)
            assert (pages.ROOT / path).exists(), f"{source} links to {target}, which does not exist"
            if anchor and path == "README.md" != source:  # on the site that is its first page
                assert anchor in pages.anchors(texts["docs/index.md"]), f"{source}: no {target}"
            if anchor:
                assert anchor in pages.anchors(texts[path]), f"{source}: no place {target}"
            followed += 1
    assert followed > 40


def test_no_page_shows_a_picture_of_another_host():
    for source in pages.staged():
        shown = [link for link in pages.links(pages.text_of(source)) if link[0] == "!"]
        assert not [link for link in shown if pages.elsewhere(link[1:])], source


def test_links_are_rewritten_for_the_site():
    text = "[a](methods.md#lime) [code](../app/settings.py) ![b](explain.png) `[c](d.md)`"
    assert pages.for_the_site("docs/rules.md", text) == (
        "[a](methods.md#lime) code ![b](explain.png) `[c](d.md)`"
    )
    card = "[`sentiment`](../sentiment/README.md) [home](../../README.md) [x](https://a.example)"
    assert pages.for_the_site("sample_models/attention/README.md", card) == (
        "[`sentiment`](sentiment.md) [home](../index.md) [x](https://a.example)"
    )


def test_headings_are_anchors_where_github_and_the_site_agree():
    text = "## `explain`: why?\n\n## Two -- dashes\n\n## Named {#so}\n```\n# no\n```"
    assert pages.anchors(text) == {"explain-why", "so"}


@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # Keras, as it saves
@pytest.mark.parametrize(
    "notebook",
    sorted((pages.ROOT / "docs" / "notebooks").glob("*.ipynb")),
    ids=lambda one: one.stem,
)
def test_a_notebook_runs_and_keeps_no_outputs(notebook):
    for cell in json.loads(notebook.read_text())["cells"]:
        assert not cell.get("outputs"), "outputs go stale: clear them"
        assert cell.get("execution_count") is None
    shown = [cell for cell in executed.run(notebook) if cell.kind == "code"]
    assert any(cell.printed for cell in shown)
    assert any(hasattr(cell.value, "_repr_html_") for cell in shown)


def test_the_reference_holds_every_public_name():
    text = pages.text_of("docs/api.md")
    for name in lrp_engine.__all__:
        if not name.startswith("__"):
            shown = f"::: lrp_engine.{name}\n" in text or f"`lrp_engine.{name}`" in text
            assert shown, f"docs/api.md lacks {name}"
    assert {one.removeprefix("lrp_engine.") for one in pages.anchors(text) if "." in one} <= {
        *lrp_engine.__all__
    }
