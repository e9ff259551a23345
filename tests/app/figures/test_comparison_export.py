"""A comparison to take along: complete in every form, escaped, named."""

from __future__ import annotations

import io
import json
from xml.etree import ElementTree

import pandas as pd
import pytest

from app.compare import export, grid
from app.figures.scales import CHOSEN, scales_of
from lrp_engine import Epsilon
from lrp_engine.render.png import rasterized
from lrp_engine.render.svg import WIDTH

HOSTILE = '<img src=x onerror="alert(1)">'


@pytest.fixture(scope="module")
def comparison(network) -> export.Comparison:
    by_method = network.explain_all([["good", HOSTILE, "film", "=1+1"]])
    other = network.explain([["good", "film"]], target=1, rule=Epsilon(eps=0.5))
    ones = [*by_method.values(), other]
    names = [f"{n}. {HOSTILE if n == 1 else 'row'}" for n in range(1, 5)]
    rows = grid.aligned_rows(names, ones, palette="mono", scales=scales_of(ones, [CHOSEN] * 4))
    return export.Comparison(text=HOSTILE, shared="All rows: none", rows=rows, explanations=ones,
                             models=["mine"] * 3 + [HOSTILE], sentences=[HOSTILE])  # fmt: skip


def test_a_picture_has_every_word_of_every_row_with_its_settings(comparison):
    root = ElementTree.fromstring(export.svg(comparison))
    texts = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("good") == 4
    assert texts.count(f"{HOSTILE}?") == 3
    assert len(root.findall(".//{http://www.w3.org/2000/svg}g/*")) > 14
    facts = json.loads(root.find("{http://www.w3.org/2000/svg}metadata").text)
    assert [fact["method"] for fact in facts] == [e.method for e in comparison.explanations]
    for text in root.iter("{http://www.w3.org/2000/svg}text"):
        assert 0 <= float(text.get("x")) <= WIDTH
    assert rasterized(export.svg(comparison)).startswith(b"\x89PNG")


def test_a_page_has_every_row_escaped(comparison):
    page = export.page(comparison)
    assert "<img" not in page
    assert "<script" not in page
    assert page.count('<th scope="row">') == 4
    assert page.count("<td") == 16  # gaps are columns, too
    assert page.count("<dt>model hash</dt>") == 4
    assert "ε 0.5" in page or "0.5" in page


def test_a_table_has_a_line_per_word_and_no_formula(comparison):
    table = pd.read_csv(io.StringIO(export.csv(comparison)))
    assert len(table) == 14
    for n, one in enumerate(comparison.explanations, 1):
        mine = table[table["row"] == n]
        assert mine["value"].tolist() == pytest.approx(one.token_relevance[0].tolist())
        assert set(mine["model_hash"]) == {one.model_hash}
    assert "'=1+1" in set(table["token"])
    assert json.loads(table["rule"].iloc[-1])["eps"] == 0.5
    assert comparison.file_name.startswith("good-")
    assert "_LRP-SA-GI_" in comparison.file_name
