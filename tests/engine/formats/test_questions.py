"""What files leave open: asked, with the guess that is read by; what is said is not asked again."""

from __future__ import annotations

import copy
import io
import json
from dataclasses import replace

import numpy as np
import pytest

import lrp_engine
from lrp_engine.formats.companions.companions import read_companions
from lrp_engine.formats.companions.rows import IMDB
from lrp_engine.formats.question import Question
from lrp_engine.formats.questions import QUESTIONS, joined, open_questions
from lrp_engine.layers.activations import ACTIVATIONS
from lrp_engine.model.assumption import Assumption, about, kept
from lrp_engine.model.network import Network
from tests.fixed_length import FIXTURES, KERAS, NINE, WORD_INDEX, of_length

TORCH = FIXTURES / "torch"


def asked(network: Network) -> dict[str, Question]:
    return {question.key: question for question in open_questions(network)}


def torch(**options) -> Network:
    return lrp_engine.load(TORCH / "lstm.pt", vocabulary=list(NINE), **options)


def test_the_side_of_padding_is_asked_where_the_length_is_fixed_and_nothing_masks():
    given = {"vocabulary": WORD_INDEX, "labels": ["bad", "good"]}
    net = lrp_engine.load(of_length(6), **given)
    questions = asked(net)
    assert [*questions][:2] == ["tokenizer.pad", "tokenizer.truncate"]
    assert questions["tokenizer.pad"].choices[0].sets == {"tokenizer": {"pad": "pre"}}
    assert "built for 6 tokens and nothing in it skips padding" in questions["tokenizer.pad"].why
    told = lrp_engine.load(
        of_length(6), **given,
        spec=joined(one.choices[-1].spec() for one in list(questions.values())[:2]),
    )  # fmt: skip
    assert (told.tokenizer.pad, told.tokenizer.truncate) == ("post", "post")
    assert {"tokenizer.pad", "tokenizer.truncate"}.isdisjoint(asked(told))
    assert not any("built for 6" in sentence for sentence in told.assumptions)
    masked = asked(lrp_engine.load(of_length(6, masked=True), **given))
    assert "tokenizer.pad" not in masked
    assert "tokenizer.truncate" in masked
    assert "tokenizer.length" not in {*questions, *masked}


def test_padding_is_asked_about_where_no_length_is_fixed():
    net = torch(labels=["x", "y", "z"])
    question = asked(net)["tokenizer.length"]
    assert [choice.counted for choice in question.choices] == [False, True, True]
    spec = question.choices[1].spec(6)
    assert spec == {"tokenizer": {"length": 6, "pad": "post", "truncate": "post"}}
    told = torch(spec=spec)
    assert told.tokenizer.length == 6
    assert "tokenizer.length" not in asked(told)
    assert not any("without padding" in sentence for sentence in told.assumptions)
    cut = torch(spec={"tokenizer": {"length": 6}})
    assert any("without padding" in sentence for sentence in cut.assumptions)
    assert "tokenizer.length" not in asked(cut)
    assert [choice.sets["tokenizer"]["pad"] for choice in asked(cut)["tokenizer.pad"].choices] == [
        False,
        "pre",
        "post",
    ]


@pytest.mark.parametrize(
    ("words", "guess", "other"),
    [
        (NINE[1:], {"offset": 0}, {"offset": 1}),
        (NINE[2:], {"offset": 0}, {"offset": 2}),
        (json.dumps({w: n for n, w in enumerate(NINE[4:], 1)}).encode(), IMDB, {"offset": 0}),
    ],
    ids=["one row more", "two rows more", "as keras.datasets"],
)
def test_a_shift_is_asked_about_where_rows_and_words_differ(words, guess, other):
    net = lrp_engine.load(of_length(None), vocabulary=words)
    question = asked(net)["tokenizer.offset"]
    assert [choice.sets["tokenizer"] for choice in question.choices] == [guess, other]
    for choice in question.choices:
        told = lrp_engine.load(of_length(None), vocabulary=words, spec=choice.spec())
        assert told.tokenizer.offset == choice.sets["tokenizer"]["offset"]
        assert "tokenizer.offset" not in asked(told)
        assert not any("offset" in sentence for sentence in told.warnings)
    assert net.tokenizer.offset == guess["offset"]


def test_a_linear_end_asks_what_it_means_and_a_sigmoid_does_not():
    assert "output" not in asked(lrp_engine.load(KERAS, vocabulary=list(NINE)))
    net = torch()
    outputs = asked(net)["output"]
    assert outputs.choices[0].sets == {"output": net.output == "softmax" and "softmax"}
    told = torch(spec=outputs.choices[-1].spec())
    assert told.output == outputs.choices[-1].sets["output"]
    assert "output" not in asked(told)


def test_case_is_asked_about_where_the_vocabulary_has_capital_letters():
    assert "tokenizer.lowercase" not in asked(torch())
    cased = lrp_engine.load(TORCH / "lstm.pt", vocabulary=[*NINE[:-1], "Paris"])
    question = asked(cased)["tokenizer.lowercase"]
    assert question.choices[0].sets == {"tokenizer": {"lowercase": False}}
    assert "1 of the 9 words of the vocabulary have capital letters, as 'Paris'" in question.why
    assert cased.unknown(cased.tokenizer("see Paris")).tolist() == [True, False]
    told = lrp_engine.load(
        TORCH / "lstm.pt", vocabulary=[*NINE[:-1], "Paris"], spec=question.choices[1].spec()
    )
    assert told.tokenizer.lowercase


def test_punctuation_in_the_vocabulary_decides_the_guess_of_how_to_split():
    plain = asked(torch())["tokenizer.method"]
    assert plain.choices[0].sets == {"tokenizer": {"method": "whitespace"}}
    marks = lrp_engine.load(TORCH / "lstm.pt", vocabulary=[*NINE[:-2], ".", ","])
    assert asked(marks)["tokenizer.method"].choices[0].sets == {"tokenizer": {"method": "words"}}
    assert any("into words and punctuation marks" in said for said in marks.assumptions)


@pytest.mark.parametrize(
    "words",
    [NINE, (*NINE[:-1], "Paris"), (*NINE[:-2], ".", ",")],
    ids=["plain", "capitals", "punctuation"],
)
def test_until_an_answer_is_given_the_guess_that_is_shown_is_used(words):
    net = lrp_engine.load(TORCH / "lstm.pt", vocabulary=[*words])
    questions = [one for one in open_questions(net) if one.choices]
    assert len(questions) > 4
    said = joined(question.choices[0].spec() for question in questions)
    told = lrp_engine.load(TORCH / "lstm.pt", vocabulary=[*words], spec=said)
    assert told.tokenizer == net.tokenizer
    plain = [replace(one, assumptions=(), warnings=()) for one in (told, net)]
    assert plain[0].hash == plain[1].hash


def test_what_a_state_dict_leaves_open_is_asked_and_can_be_said():
    questions = asked(torch())
    assert {"pooling", "activation"} <= {*questions}
    said = {key: questions[key].choices[0].spec() for key in ("pooling", "activation")}
    told = asked(torch(spec=joined(said.values())))
    assert {*questions} - {*told} == {*said}
    assert len(questions["activation"].choices) == len(ACTIVATIONS)


def test_eight_arrays_leave_the_order_of_the_gates_open():
    rng = np.random.default_rng(0)
    shapes = [(4, 12), (3, 12), (12,), (4, 12), (3, 12), (12,), (6, 2), (2,)]
    file = io.BytesIO()
    np.savez(file, *(rng.normal(size=shape) for shape in shapes))
    question = asked(lrp_engine.load(file.getvalue()))["gate_order"]
    assert question.choices[0].sets == {"gate_order": "ifgo"}
    assert len({choice.title for choice in question.choices}) == 24
    told = lrp_engine.load(file.getvalue(), spec=question.choices[1].spec())
    assert told.gate_order.order == question.choices[1].sets["gate_order"]
    assert "gate_order" not in asked(told)


def test_names_of_classes_are_asked_for_and_a_saved_network_leaves_nothing_else_open(tmp_path):
    net = lrp_engine.load(of_length(6), vocabulary=WORD_INDEX)
    assert asked(net)["labels"].choices == ()
    net.save(tmp_path / "saved.zip")
    assert [*asked(lrp_engine.load(tmp_path / "saved.zip"))] == ["labels"]
    named = lrp_engine.load(tmp_path / "saved.zip", labels=["bad", "good"])
    assert not open_questions(named)


def test_no_question_has_one_answer_and_every_assumption_is_about_a_question():
    for net in (torch(), lrp_engine.load(of_length(6), vocabulary=WORD_INDEX)):
        keys = {key for text in (*net.assumptions, *net.warnings) for key in about(text)}
        assert keys <= {*QUESTIONS}
        for question in open_questions(net):
            assert question.key in QUESTIONS
            assert len(question.choices) != 1
            assert len({choice.title for choice in question.choices}) == len(question.choices)
            assert question.asks.endswith("?")


def test_what_was_assumed_before_it_was_said_changes_no_hash(tmp_path):
    net = torch()
    unsaid = replace(net, assumptions=kept(net.assumptions))
    assert len(unsaid.assumptions) == len(net.assumptions) - 1
    assert unsaid.hash == net.hash
    net.save(tmp_path / "saved.zip")
    saved = lrp_engine.load(tmp_path / "saved.zip")
    assert saved.hash == net.hash
    assert saved.assumptions == unsaid.assumptions


def test_an_assumption_is_a_sentence_that_survives_copies():
    one = Assumption("It is so.", "output", "pooling", kept=False)
    for same in (copy.copy(one), copy.deepcopy(one)):
        assert same == "It is so."
        assert about(same) == ("output", "pooling")
        assert not same.kept
    assert about("It is so.") == ()
    assert json.dumps([one]) == '["It is so."]'
    said = read_companions(vocabulary=None, embeddings=None, labels=["a"], dtype="float32",
                           spec={"tokenizer": {"pad": "pre"}, "pooling": "max"}).said  # fmt: skip
    assert said == {"labels", "tokenizer.pad", "pooling"}
