"""The Compare page: rows, their words under each other, and how far they agree."""

from __future__ import annotations

import re
from html import escape

import numpy as np
import pytest

import lrp_engine
from app import settings
from app.compare import agreement, grid
from app.compare.compared import DEFAULT, Row, combinations, joined, names, option_words
from app.components import comparison
from app.figures.scales import CHOSEN, scales_of
from app.methods import LEFT_OUT_METHOD
from app.navigation import View
from app.state.choices import CHOICES
from lrp_engine import Network
from lrp_engine.attribution.methods import LIVE_METHODS, METHODS
from lrp_engine.render.checks import check_sentence
from lrp_engine.render.numbers import number
from tests.app.reading import healthy, html, messages, press, widget
from tests.app.tiny import LABELS, WORDS, E, eight_arrays, embeddings

TEXT = "neither good nor suspenseful film ."
HOSTILE = '<img src=x onerror="alert(1)">'


@pytest.fixture(scope="module")
def explained(network):
    return network.explain_all([TEXT])


# Rows --------------------------------------------------------------------------------------


def test_combinations_are_of_everything_and_rules_only_where_there_is_one():
    found = combinations(["lrp", "sensitivity"], [0, 2], [0.1, 1.0], [], ["", "0123456789ab"])
    assert len(found) == len(set(found)) == 2 * 2 * (2 + 1)
    assert all(row.eps is None for row in found if row.method == "sensitivity")
    assert combinations(["lrp"], [], [], [], []) == (Row(method="lrp"),)


def test_numbers_of_a_rule_go_with_the_rules_that_have_them():
    found = combinations(["lrp", "sensitivity"], [], [], [], [], ["gamma", "z_plus"], ["half"],
                         {"gamma": [0.25, 0.5], "alpha": [3.0]})  # fmt: skip
    assert [(row.rule, row.own) for row in found] == [
        ("gamma", (0.25,)), ("gamma", (0.5,)), ("z_plus", ()), ("alpha_beta", (3.0,)), (None, ())
    ]  # fmt: skip
    assert found[0].options == {"gates": "half", "gamma": 0.25}


def test_options_of_a_method_are_rows_and_survive_the_address():
    found = combinations(["lrp", "lime"], [], [], [], [], method_options={
        "lime": {"samples": [200, 1000], "removal": ["zero"]}, "shapley": {"seed": [1]},
    })  # fmt: skip
    assert [(row.method, row.chosen) for row in found] == [
        ("lrp", ()), ("lime", (("samples", 200), ("removal", "zero"))),
        ("lime", (("removal", "zero"),)),
    ]  # fmt: skip
    choice = CHOICES["rows"]
    assert choice.write(found) == "lrp,lime:samples=200:removal=zero,lime:removal=zero"
    assert choice.read(choice.write(found)) == found
    assert option_words("lime", {"samples": 200, "ridge": 2.0}) == "samples 200, ridge 2"


@pytest.mark.parametrize("rule", [
    lrp_engine.Gamma(gamma=1 / 3, eps=0.02, bias_factor=0.5, gates="half"),
    lrp_engine.AlphaBeta.of(alpha=1.5), lrp_engine.ZPlus(), lrp_engine.Epsilon()])  # fmt: skip
def test_a_settled_row_says_all_of_its_rule(rule):
    row = Row(method="lrp").settled(rule)
    kind = lrp_engine.RULES[row.rule]
    assert kind.of(**row.options) == rule
    choice = CHOICES["rows"]
    assert choice.read(choice.write((row,))) == (row,)
    nothing = Row(method="sensitivity")
    assert nothing.settled(rule) is nothing


def test_rows_are_joined_once_and_up_to_a_limit():
    rows, left_out = joined(DEFAULT, (DEFAULT[0], Row(method="lrp", target=1)), most=4)
    assert (len(rows), left_out) == (4, 0)
    assert joined(rows, (Row(method="lrp", target=2),), most=4) == (rows, 1)


@pytest.mark.parametrize("rows", [DEFAULT, (), combinations(
    ["lrp", "sensitivity"], [0, 2], [1e-6, 1 / 3], [0.25], ["", "0123456789ab"])])  # fmt: skip
def test_rows_survive_the_address(rows):
    choice = CHOICES["rows"]
    assert choice.read(choice.write(rows)) == rows


@pytest.mark.parametrize(
    "text", ["x", "lime:samples=1", "lime:no=1", "lime:samples", "lrp~x",
             "lrp~0~0", "lrp~0~1~2", "lrp~~~~../..", "lrp~~~~~", ",",
             "lrp~~~~~epsilon~all~1", "lrp~~~~~gamma~all~-1", "lrp~~~~~alpha_beta~all~0.5",
             "lrp~~~~~~all~1",
             ",".join(f"lrp~{n}" for n in range(settings.COMPARE_ROWS + 1))])  # fmt: skip
def test_nonsense_in_the_address_is_refused(text):
    with pytest.raises((ValueError, KeyError)):
        CHOICES["rows"].read(text)


def test_names_say_what_differs(network):
    rules = [lrp_engine.Epsilon(eps=eps) for eps in (0.001, 0.1)]
    rows = [network.explain([TEXT], target=1, rule=rule) for rule in rules]
    rows.append(network.explain([TEXT], "sensitivity", target=1))
    found, shared = names(rows, ["Tiny"] * 3)
    assert found == ["LRP, ε 0.001", "LRP, ε 0.1", "SA"]
    assert shared == "All rows: for “so so”, bias factor 0, model Tiny."
    assert names([rows[0], rows[0]], ["A", "A"])[0] == ["LRP (row 1)", "LRP (row 2)"]


# Agreement ---------------------------------------------------------------------------------


def test_agreement_is_that_of_counting(explained):
    a, b = explained["lrp"], explained["gradient_x_input"]
    one, two = a.token_relevance[0], b.token_relevance[0]
    found = agreement.pair(("LRP", "GI"), a, b)
    assert found.ranks is None  # six words are too few
    assert found.same_signs == sum(x * y > 0 for x, y in zip(one, two, strict=True))
    assert found.signs == len(one)
    assert found.flips == tuple(
        word for word, x, y in zip(TEXT.split(), one, two, strict=True) if x * y < 0
    )
    gaps = abs(one / abs(one).max() - two / abs(two).max())
    assert found.apart == TEXT.split()[int(np.argmax(gaps))]
    said = agreement.sentence(found)
    assert f"LRP and GI agree on {found.same_signs} of 6 signs" in said
    assert f"they differ most at “{found.apart}”" in said
    assert said.endswith(
        "; their order is not compared: six words are too few; at least eight are needed."
    )


def test_rows_are_held_against_leaving_words_out(opened, network):
    text = f"{TEXT} bad nor"  # eight words
    a, b, left_out = (network.explain([text], name)
                      for name in ("lrp", "gradient_x_input", "occlusion"))  # fmt: skip
    found = agreement.pair(("LRP", "GI"), a, b)
    ranks = [abs(one.token_relevance[0]).argsort().argsort() for one in (a, b)]
    assert found.ranks == pytest.approx(np.corrcoef(*ranks)[0, 1])
    assert "(rank agreement " in agreement.sentence(found)
    app = opened("compare", text=text, rows="lrp,occlusion")
    assert healthy(app)
    assert any("with leaving each word out?" in one.value for one in app.header)
    said = agreement.sentence(agreement.pair(("LRP", "Occlusion"), a, left_out))
    assert escape(said) in html(app)
    assert "OC and Occlusion" not in html(app)  # a row of it is not held against itself


def test_methods_without_signs_and_equal_rows_have_sentences_of_their_own(explained):
    said = agreement.sentence(
        agreement.pair(("LRP", "SA"), explained["lrp"], explained["sensitivity"])
    )
    assert said.startswith("SA has no signs to compare; LRP and SA differ most at")
    same = agreement.sentence(agreement.pair(("A", "B"), explained["lrp"], explained["lrp"]))
    assert "agree on all 6 signs; the words of A and B weigh the same" in same


def test_every_two_rows_stand_in_the_table(explained):
    table = agreement.table(agreement.pairs(["A", "B", "C"], list(explained.values())))
    assert list(zip(table["row"], table["other row"], strict=True)) == [
        ("A", "B"), ("A", "C"), ("B", "C")]  # fmt: skip
    assert list(table["same signs"]) == ["no signs", table["same signs"][1], "no signs"]


def test_columns_hold_the_same_word_however_the_text_is_split():
    found = agreement.columns([["A", "b-c", "d"], ["a", "b", "-", "c", "d"], ["A", "d"]])
    assert found[0] == (0, 0, 0)
    assert found[-1] == (2, 4, 1)
    for row, length in enumerate((3, 5, 2)):
        assert [column[row] for column in found if column[row] is not None] == list(range(length))


# The grid ----------------------------------------------------------------------------------


def test_words_stand_under_each_other_and_are_escaped(network):
    rows = list(network.explain_all([["good", HOSTILE, "film"]]).values())
    scales = scales_of(rows, [CHOSEN] * 3)
    lines = grid.aligned_rows(["A", HOSTILE, "C"], rows, palette="mono", scales=scales)
    drawn = grid.html(lines, label=HOSTILE)
    assert "<img" not in drawn
    assert drawn.count("<tr>") == 3
    assert drawn.count("<td") == 9
    assert "<img" not in grid.legends(lines)


def test_a_long_text_breaks_into_lines_that_lose_no_word(network):
    rows = [network.explain(["good film " * 40])]
    lines = grid.aligned_rows(["LRP"], rows, palette="mono", scales=scales_of(rows, [1.0]))
    drawn = grid.html(lines, label="Rows")
    assert drawn.count("<td") == 80
    assert drawn.count("<table>") > 1
    assert grid.html(lines, label="Rows", start=10, stop=25).count("<td") == 15


# The page ----------------------------------------------------------------------------------


def rows_of(app) -> list[str]:
    drawn = next(part for part in html(app).split("\n") if 'class="lrp-grids"' in part)
    return list(dict.fromkeys(re.findall(r"<bdi>(\d+\. .*?)</bdi>", drawn)))


def test_the_page_opens_on_the_three_methods(opened):
    app = opened("compare")
    assert healthy(app)
    assert rows_of(app) == ["1. LRP", "2. SA", "3. GI"]
    assert "SA has no signs to compare" in html(app)
    assert "rows" not in app.query_params


def test_rows_come_and_go_and_the_address_restores_them(opened):
    app = press(opened("compare"), "LRP for every class")
    assert rows_of(app) == [f"{n}. LRP for “{label}”" for n, label in enumerate(LABELS, 1)]
    rule = "0.001~0~~epsilon~all"
    assert dict(app.query_params)["rows"] == f"lrp~0~{rule},lrp~1~{rule},lrp~2~{rule}"
    picker = widget(app, "rows")
    app = picker.unselect(picker.value[1]).run()
    assert rows_of(app) == ["1. LRP for “no”", "2. LRP for “yes”"]
    again = opened("compare", rows="lrp~0,lrp~2")
    assert healthy(again)


def test_the_form_adds_every_combination(opened):
    app = opened("compare")
    fields = {field.label: field for field in app.multiselect}
    fields["Classes"].set_value([0, 2])
    fields["Stabilizer ε"].set_value([1e-6, 1.0])
    app = press(app, "Add")
    assert healthy(app)
    assert len(rows_of(app)) == 3 + 4
    assert "4. LRP for “no”, ε 1e-06" in rows_of(app)
    app = press(app, "The three methods")
    assert len(rows_of(app)) == 3


def values_of(app) -> dict[str, list[str]]:
    """The numbers of each row of the first table."""
    drawn = next(part for part in html(app).split("\n") if 'class="lrp-grids"' in part)
    parts = re.findall(r"<bdi>\d+\. (.*?)</bdi>(.*?)</tr>", drawn)
    return {name: re.findall("<small>(.*?)</small>", row) for name, row in parts}


def test_rows_keep_the_rule_they_were_added_with(opened):
    app = opened("compare", text=TEXT, rows="lrp", rule="gamma", gamma="0.5")
    fields = {field.label: field for field in app.multiselect}
    fields["γ of gamma"].set_value([0.25])
    fields["Gates"].set_value(["all", "half"])
    app = press(app, "Add")
    assert healthy(app)
    pinned = ["LRP, rule gamma (γ 0.25), gates all", "LRP, rule gamma (γ 0.25), gates half"]
    first = values_of(app)
    assert list(first) == ["LRP, rule gamma (γ 0.5), gates all", *pinned]
    assert len({tuple(row) for row in first.values()}) == 3
    assert any("Added rows keep the rule" in caption.value for caption in app.caption)
    # The row of the link says nothing of its rule, so it follows the sidebar; the others do not.
    widget(app, "gamma").set_value(2.0).run()
    now = values_of(app)
    assert {name: now[name] for name in pinned} == {name: first[name] for name in pinned}
    assert "LRP, rule gamma (γ 2), gates all" in now
    link = dict(app.query_params)
    assert link["rows"] == "lrp,lrp~~0.001~0~~gamma~all~0.25,lrp~~0.001~0~~gamma~half~0.25"
    assert values_of(opened("compare", **link)) == now


def test_a_row_of_a_method_on_request_is_the_score_without_each_word(opened, network):
    app = opened("compare", text=TEXT, rule="gamma")
    methods = next(field for field in app.multiselect if field.label == "Methods")
    assert methods.options == [
        *(method.title for method in LIVE_METHODS.values()),
        *(f"{method.title} ({method.cost})" for method in METHODS.values() if not method.live),
    ]
    methods.set_value([LEFT_OUT_METHOD.name])
    app = press(app, "Add")
    assert healthy(app)
    assert rows_of(app)[3] == f"4. {LEFT_OUT_METHOD.short}"  # no rule
    tokens = TEXT.split()
    scores = network.predict([tokens, *([*tokens[:n], *tokens[n + 1 :]] for n in range(6))])
    at = int(scores[0].argmax())
    losses = scores[0, at].astype(float) - scores[1:, at]
    assert values_of(app)[LEFT_OUT_METHOD.short] == [
        number(loss, vmax=abs(losses).max()) for loss in losses
    ]
    link = dict(app.query_params)
    assert link["rows"].split(",")[-1] == "occlusion"
    assert values_of(opened("compare", **link)) == values_of(app)


def test_every_method_is_a_row_and_says_what_it_says_of_its_result(opened, network):
    on_request = [method for method in METHODS.values() if not method.live]
    app = opened("compare", text=TEXT, rows=",".join(method.name for method in on_request))
    assert healthy(app)
    assert rows_of(app) == [f"{n}. {method.short}" for n, method in enumerate(on_request, 1)]
    page = html(app)
    for method in on_request:
        one = network.explain([TEXT.split()], method.name)
        assert not method.checks or f"{method.short}: {escape(check_sentence(one))}" in page


def test_rows_on_request_name_their_class_and_are_computed_once(opened, monkeypatch):
    asked, explain = [], Network.explain

    def counted(self, inputs, method, *args, **kwargs):
        asked.append(method)
        return explain(self, inputs, method, *args, **kwargs)

    monkeypatch.setattr(Network, "explain", counted)
    app = opened("compare", text="bad bad film .", rows="lrp~0,occlusion~0,occlusion~2")
    assert healthy(app)
    assert [name.split(", ")[0] for name in rows_of(app)] == [
        "1. LRP for “no”", "2. OC for “no”", "3. OC for “yes”"]  # fmt: skip
    assert asked == ["occlusion"] * 2
    app = widget(app, "eps").set_value(0.1).run()  # of a rule, which it has not
    app = widget(app, "same_scale").set_value(True).run()
    assert healthy(app)
    assert asked == ["occlusion"] * 2


def test_a_row_on_request_of_a_long_text_says_why_it_is_left_out(opened, monkeypatch):
    monkeypatch.setattr(settings, "REQUEST_VALUES", 5 * 5 * E)
    app = opened("compare", text=TEXT, rows="lrp,occlusion")
    assert rows_of(app) == ["1. LRP"]
    assert (
        "Row 2: Occlusion takes n forward passes for n words, so it explains up to 5 words of this "
        "model at once; this input has 6."
    ) in messages(app)
    assert rows_of(opened("compare", text="good bad film .", rows="lrp,occlusion")) == [
        "1. LRP", "2. OC"]  # fmt: skip


def test_rows_of_older_links_follow_the_sidebar(opened):
    app = opened("compare", rows="lrp~~~~~gamma,lrp~~0.5~~~alpha_beta~half", gamma="3", alpha="4")
    assert healthy(app)
    assert rows_of(app) == ["1. LRP, rule gamma (γ 3), gates all, ε 0.001",
                            "2. LRP, rule alpha-beta (α 4), gates half, ε 0.5"]  # fmt: skip


def test_rows_that_cannot_be_answered_say_why(opened):
    app = opened(rows="lrp,lrp~9,lrp~~~~0123456789ab").switch_page(View.COMPARE.file).run()
    assert rows_of(app) == ["1. LRP"]
    assert "classes 0 to 2" in messages(app)
    assert "0123456789ab, which is not loaded here" in messages(app)


def test_no_rows_is_a_sentence(opened):
    picker = widget(opened("compare"), "rows")
    app = picker.set_value([]).run()
    assert "There are no rows to compare" in messages(app)


def test_two_models_stand_under_each_other():
    models = [
        lrp_engine.from_weights(eight_arrays(seed), vocabulary=WORDS, embeddings=embeddings(),
                                labels=LABELS)
        for seed in (0, 7)
    ]  # fmt: skip
    rows = [model.explain([TEXT], target=1) for model in models]
    found, _ = names(rows, ["One", "Two"])
    assert found == ["LRP, model One", "LRP, model Two"]
    assert "differ most at" in agreement.sentence(agreement.pair((found[0], found[1]), *rows))


def test_the_default_methods_are_all_live_methods():
    assert [row.method for row in DEFAULT] == list(LIVE_METHODS)


def test_a_method_on_request_says_how_far_it_is_and_can_be_given_up(opened, monkeypatch):
    app = opened("compare", text=TEXT, rows="lrp,lime:samples=50")
    assert healthy(app)
    assert "LIME, samples 50" in html(app)
    assert not app.get("progress")  # it is done
    app = opened("compare", text=f"{TEXT} good", rows="lrp,lime:samples=60")
    real, seen = comparison.cache.explained_by, []

    def watched(method, model, text, target, rule, options=None, progress=None):
        def told(done, most):
            seen.append((done, most))
            return progress(done, most)

        return real(method, model, text, target, rule, options, progress and told)

    monkeypatch.setattr(comparison.cache, "explained_by", watched)
    widget(app, "text").set_value("good film nor bad film .").run()
    assert seen
    assert all(0 < done <= most for done, most in seen)
    comparison_rows = app.session_state["lens.rows"]
    assert [row.method for row in comparison_rows] == ["lrp", "lime"]
