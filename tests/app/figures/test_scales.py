"""Scales of colour: of the text or typical, alone or shared; words beyond them are counted."""

from __future__ import annotations

import numpy as np
import pytest

from app.figures.scales import BEING_COMPUTED, CHOSEN, ON_REQUEST, scale_of, scales_of
from lrp_engine.attribution.methods import METHODS
from lrp_engine.render.row import HeatmapRow


@pytest.fixture(scope="module")
def rows(network):
    return list(network.explain_all(["good film"]).values())  # LRP, SA, GI


def own(rows) -> list[float]:
    return [float(abs(e.token_relevance[0]).max()) for e in rows]


def test_scales_of_a_text_are_shared_by_rows_of_a_unit_only(rows):
    assert [one.vmax for one in scales_of(rows, [CHOSEN] * 3)] == own(rows)
    lrp, sensitivity, gi = scales_of(rows, [CHOSEN] * 3, shared=True)
    assert lrp.vmax == gi.vmax == max(own(rows)[0], own(rows)[2])
    assert sensitivity.vmax == own(rows)[1]
    assert "the same for LRP and GI: its strongest word" in gi.sentence
    assert "the same" not in sensitivity.sentence


def test_a_text_explained_before_has_the_same_scales(rows):
    for row, known in zip(rows, (1.5, CHOSEN, BEING_COMPUTED), strict=True):
        assert scale_of(tuple(row.token_relevance[0]), known) == scales_of([row], [known])[0]


def test_typical_scales_are_shared_where_all_are_known(rows):
    assert [one.vmax for one in scales_of(rows, [1.5, 2.5, 0.5])] == [1.5, 2.5, 0.5]
    lrp, sensitivity, gi = scales_of(rows, [1.5, BEING_COMPUTED, 2.0], shared=True)
    assert (lrp.vmax, gi.vmax) == (2.0, 2.0)
    assert sensitivity.vmax == own(rows)[1]
    assert BEING_COMPUTED in sensitivity.sentence
    lrp, _, gi = scales_of(rows, [1.5, 2.5, ON_REQUEST], shared=True)
    assert lrp.vmax == gi.vmax == max(own(rows)[0], own(rows)[2])
    assert ON_REQUEST in lrp.sentence


@pytest.mark.parametrize(
    ("vmax", "says"),
    [(4.0, "Typical."),
     (3.0, "Typical. 1 word here is outside the range and gets the strongest colour."),
     (0.5, "Typical. 3 words here are outside the range and get the strongest colour.")],
)  # fmt: skip
def test_words_beyond_the_scale_are_counted_and_have_the_strongest_colour(vmax, says):
    values = np.array([4.0, -1.0, 0.001, 2.0])
    row = HeatmapRow.of_method(
        METHODS["lrp"], list("abcd"), values, target_label="yes", vmax=vmax, scale="Typical."
    )
    assert row.legend.scale == says
    saturated = [cell.percent == row.palette.strongest for cell in row.cells]
    assert saturated == list(abs(values) >= vmax)


def test_a_large_scale_rounds_no_number_away():
    row = HeatmapRow.of_values(["a", "b"], [0.0123, -0.004], signed=True, vmax=100.0)
    assert [cell.short for cell in row.cells] == ["+0.012", "−0.004"]
