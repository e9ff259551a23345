"""Long texts at a glance: every word in one run and in one sentence, so that sums add up."""

from __future__ import annotations

import pytest

from app.figures import overview
from lrp_engine import METHODS
from lrp_engine.render.numbers import number

TEXTS = {
    "spaces": "good film . bad bad film ! a film ... nor",
    "quotes": "“ good film . ” he said . bad film ? ( nor ! ) film",
    "lines": "good film\nbad film\n\nfilm",
    "no stop": "good film nor bad film",
    "numbers": "film 3.5 film . it is 4. film",
    "titles": "Mr. film saw Dr . bad . good J. R. film vs. nor . a film etc.",
    "east": "好。 電影。 film",
    "only stops": ". . . !",
    "one word": "good",
}
ENDS = {
    "spaces": ["good film .", "bad bad film !", "a film ...", "nor"],
    "quotes": ["“ good film . ”", "he said .", "bad film ? (", "nor ! )", "film"],
    "lines": ["good film", "bad film", "film"],
    "titles": ["mr. film saw dr . bad .", "good j. r. film vs. nor .", "a film etc."],
    "only stops": [". . . !"],
}


@pytest.fixture(scope="module")
def explained(network):
    every = network.explain_all(list(TEXTS.values()))
    return {name: {m: one[n] for m, one in every.items()} for n, name in enumerate(TEXTS)}


def parts(found, tokens) -> list[str]:
    return [" ".join(tokens[part.start : part.stop]) for part in found]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("split", [overview.runs, overview.sentences])
def test_sums_add_up_to_the_sum_of_all_words(explained, text, split, monkeypatch):
    monkeypatch.setattr(overview, "RUNS", 4)
    for one in explained[text].values():
        values = one.token_relevance[0]
        found = split(one)
        assert [part.start for part in found] == [0, *(part.stop for part in found[:-1])]
        assert found[-1].stop == len(one.tokens[0])
        assert sum(part.total for part in found) == pytest.approx(float(values.sum()), abs=1e-6)
        for part in found:
            inside = abs(values[part.start : part.stop])
            assert abs(values[part.strongest]) == inside.max()
            assert part.start <= part.strongest < part.stop


@pytest.mark.parametrize("text", ENDS)
def test_sentences_end_where_a_reader_ends_them(explained, text):
    one = explained[text]["lrp"]
    assert parts(overview.sentences(one), one.tokens[0]) == ENDS[text]


def test_words_that_nobody_typed_end_by_themselves(network):
    one = network.explain([["good", "film", ".", "bad", "."]])
    assert parts(overview.sentences(one), one.tokens[0]) == ["good film .", "bad ."]


def test_runs_are_as_many_as_fit(explained, monkeypatch):
    monkeypatch.setattr(overview, "RUNS", 4)
    found = overview.runs(explained["spaces"]["lrp"])
    assert [part.stop - part.start for part in found] == [3, 3, 3, 2]


def test_the_strongest_sentence_comes_first_in_the_colour_of_its_sign(explained):
    one = explained["spaces"]["gradient_x_input"]
    drawn = overview.data(one, palette="mono")
    totals = [part.total for part in overview.sentences(one)]
    first = max(totals, key=abs)
    line = drawn["sentences"][0]
    assert line["kind"] == ("lrp-pos" if first > 0 else "lrp-neg")
    assert line["sum"] == number(first)
    assert len(drawn["sentences"]) == len(totals)
    assert drawn["runs"][0]["label"].startswith("word 1, sum ")
    assert overview.data(explained["one word"]["lrp"], palette="mono")["sentences"] == []


def test_every_method_has_an_overview(explained):
    for name, one in explained["lines"].items():
        assert METHODS[name].short in overview.data(one, palette="mono")["heading"]
