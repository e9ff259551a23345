"""Files dropped together: taken for what they hold, asked about, settled by a few texts."""

from __future__ import annotations

import json

import pytest

import lrp_engine
from app.components.questions import DROP_AGAIN
from app.components.tried import FAR, SAME
from app.models import tried
from app.models.dropped import mend
from app.models.model import Model
from app.models.uploads import Upload
from app.navigation import View
from lrp_engine import FormatError, Network, ProofSheet
from lrp_engine.proof.sheet import NOT_CHECKED, PASS, Line
from tests.app.models.test_uploads import EMBEDDINGS, VOCABULARY, WEIGHTS, answer, upload
from tests.app.reading import healthy, html, messages, press
from tests.fixed_length import FIXTURES, NINE, WORD_INDEX, of_length

KERAS = ("model.keras", of_length(6))
WORDS = ("index.json", WORD_INDEX)
TEXTS = ("the film", "good . Good . bad film a the", "not a bad film", "film film, Good", "a xyz")


@pytest.fixture(autouse=True)
def _proven_but_for_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Uploads agree with their source; nothing is known of texts."""

    def sheet(_: Upload, network: Network) -> ProofSheet:
        lines = (Line(name="keras", title="Scores", verdict=PASS, detail="They agree."),
                 Line(name="text", title="Texts", verdict=NOT_CHECKED, detail="None."))  # fmt: skip
        return ProofSheet(model_hash=network.hash, source="s", dtype="float32", lines=lines)

    monkeypatch.setattr(Upload, "prove", sheet)


def selected(app) -> Model:
    return app.session_state["lens.models"][app.session_state["lens.selected"]]


def asked(app) -> list[str]:
    return [one.label for one in app.radio]


def lines(network: Network, *, wrong: float = 0.0, digits: int = 7) -> str:
    found = network.probabilities(list(TEXTS))[:, 1] + wrong
    return "\n".join(f"{text} | {p:.{digits}f}" for text, p in zip(TEXTS, found, strict=True))


def compare(app, text: str):
    box = next(one for one in app.text_area if (one.key or "").endswith(".tried"))
    box.set_value(text)
    return press(app, "Compare")


def test_every_file_says_what_it_was_taken_for_and_can_be_taken_for_another(opened):
    app = upload(opened("model"), weights=WEIGHTS, vocabulary=VOCABULARY, embeddings=EMBEDDINGS)
    assert healthy(app)
    roles = {one.label: one.value for one in app.selectbox if ".role." in (one.key or "")}
    assert list(roles.values()) == ["weights", "vocabulary", "embeddings"]
    assert list(roles)[1].startswith("words.txt: ")
    words = next(one for one in app.selectbox if "words.txt" in one.label)
    app = press(words.set_value("").run(), "Read the model")
    assert "No vocabulary: add one" in messages(app)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"one": WEIGHTS, "two": ("more.keras", KERAS[1])},
         "“mine.npz” and “more.keras” are both taken for weights"),
        ({"one": WEIGHTS, "words": VOCABULARY, "two": ("more.keras", KERAS[1]),
          "others": ("more.txt", VOCABULARY[1])},
         "“words.txt” and “more.txt” are both taken for vocabulary. Keep one for each"),
        ({"words": VOCABULARY}, "No file of weights is among these. “words.txt” holds"),
        ({"photo": ("a.h5", b"\xff\xd8\xff\xe0 JFIF")}, "“a.h5”: This is a JPEG picture"),
        ({"nothing": ("a.h5", b"")}, "“a.h5”: The file is empty (0 bytes)"),
        ({"weights": WEIGHTS, "words": ("w.txt", b"a\nb")}, "vocabulary of 2 words but no embed"),
    ],
    ids=["two weights", "two of both", "words alone", "photo", "empty", "words without vectors"],
)  # fmt: skip
def test_wrong_files_are_a_sentence_about_them(opened, files, says):
    app = upload(opened("model"), **files)
    assert not app.exception
    assert len(app.error) == 1
    assert says in app.error[0].value.replace("\\", "").replace("\N{WORD JOINER}", "")


def test_a_file_that_was_brought_and_not_used_is_named_with_why(opened):
    latin, empty, plan = "schön\r\nöde\r\n".encode("cp1252"), b"", b"\0\1 of nothing"
    app = upload(opened("model"), weights=KERAS, words=("vocab.txt", latin),
                 empty=("labels.txt", empty), other=("plan.dat", plan))  # fmt: skip
    assert healthy(app)
    said = [one.value.replace("\\", "").replace("\N{WORD JOINER}", "") for one in app.warning]
    for sentence in (
        "“vocab.txt” is not used. This text is not in UTF-8; save it in UTF-8.",
        "“labels.txt” is not used. The file is empty (0 bytes); the save or upload was cut off. "
        "Save it again.",
        "“plan.dat” is not used. This file of 13 bytes is of no known kind; it may be damaged.",
    ):
        assert sentence in said
    # Nor is somebody told of what they left out themselves.
    app = upload(opened("model"), weights=KERAS, vocabulary=WORDS)
    words = next(one for one in app.selectbox if "index.json" in one.label)
    app = press(words.set_value("").run(), "Read the model")
    assert not any("is not used" in one.value for one in app.warning)


def test_a_list_of_far_more_words_than_rows_is_doubted_where_the_model_is_shown(opened):
    words = "\n".join(f"w{n}" for n in range(50)).encode()
    app = upload(opened("model"), weights=KERAS, vocabulary=("words.txt", words))
    assert healthy(app)
    (warning,) = app.warning
    assert "has 50 ids" in warning.value
    assert "may belong to another model" in warning.value
    # A warning that a question is about stands there alone.
    app = upload(opened("model"), weights=KERAS, vocabulary=("words.txt", words[:20]))
    assert "Are the numbers of words shifted?" in asked(app)
    assert not app.warning


def test_what_files_leave_open_is_asked_with_the_guess_and_why(opened):
    app = upload(opened("model"), weights=KERAS, vocabulary=WORDS)
    assert healthy(app)
    assert asked(app)[:2] == ["On which side are texts shorter than 6 tokens filled up?",
                              "On which side are texts longer than 6 tokens cut?"]  # fmt: skip
    assert "Its files leave six things open" in messages(app)
    captions = " ".join(one.value for one in app.caption)
    assert "Best guess: In front, because the model was built for 6 tokens" in captions
    before = selected(app)
    app = answer(app, tokenizer_pad="Behind", labels="bad\ngood")
    assert healthy(app)
    after = selected(app)
    assert (after.network.tokenizer.pad, after.network.labels) == ("post", ("bad", "good"))
    assert before.upload_hash not in app.session_state["lens.models"]
    assert "As you said." in " ".join(one.value for one in app.caption)
    assert not any("built for 6" in one for one in after.network.assumptions)


def test_questions_stand_above_the_verdict_and_nothing_is_verified_before(opened):
    app = upload(opened("model"), weights=KERAS, vocabulary=WORDS)
    heads = [one.value for one in app.header]
    assert heads.index("What the files leave open") < heads.index("Proof")
    assert heads.index("Assumed or noted while reading") < heads.index("Proof")
    assert "**Verified.**" not in messages(app)
    assert "text pipeline not verified" in messages(app)


def test_five_texts_settle_how_texts_are_read(opened):
    app = upload(opened("model"), weights=KERAS, vocabulary=WORDS)
    given = lrp_engine.load(KERAS[1], vocabulary=WORD_INDEX, spec={"tokenizer": {"pad": "post"}})
    app = compare(app, lines(given))
    assert healthy(app)
    assert SAME in messages(app)
    assert "**Verified.**" in messages(app)
    assert selected(app).network.tokenizer.pad == "post"
    assert "On which side are texts shorter than 6 tokens filled up?" not in asked(app)
    assert "“" not in html(app) or "Good" in html(app)
    assert html(app).count("<tr>") >= len(TEXTS)
    # Who brings the same files has not compared these texts.
    other = upload(opened("model"), weights=KERAS, vocabulary=WORDS)
    assert "**Verified.**" not in messages(other)
    # On another page and back the files are gone, and what is left open is only told.
    app.switch_page(View.EXPLAIN.file).run()
    app.switch_page(View.MODEL.file).run()
    assert DROP_AGAIN in " ".join(one.value for one in app.caption)
    assert "**Verified.**" in messages(app)
    # So it is when its address is opened again.
    again = opened("model", **dict(app.query_params))
    assert selected(again).model_hash == selected(app).model_hash
    assert selected(again).upload_hash == selected(app).upload_hash
    assert "**Verified.**" in messages(again)


def test_numbers_that_fit_no_way_show_the_nearest_to_choose_from(opened):
    app = upload(opened("model"), weights=KERAS, vocabulary=WORDS)
    app = compare(app, lines(selected(app).network, wrong=0.01))
    assert FAR in messages(app).replace("\\", "")
    assert "**Failed.**" in messages(app)
    ways = next(one for one in app.radio if one.label == "How are texts read?")
    assert len(ways.options) == len(set(ways.options)) > 1
    assert "off by" in ways.options[0]
    ways.set_value(ways.options[1] if isinstance(ways.value, str) else 1)
    app = press(app, "Read texts in this way")
    mine = selected(app)
    assert any("chosen by a person" in one for one in mine.network.assumptions)
    again = opened("model", **dict(app.query_params))  # as after a reload
    assert selected(again).network.tokenizer == mine.network.tokenizer
    assert selected(again).upload_hash == mine.upload_hash
    assert any("chosen by a person" in one for one in selected(again).network.assumptions)
    assert "may differ" not in messages(again)


def test_numbers_of_another_pooling_name_the_question_about_it(opened):
    data = (FIXTURES / "torch" / "lstm.pt").read_bytes()
    words = "\n".join(NINE).encode()
    app = upload(opened("model"), weights=("lstm.pt", data), vocabulary=("words.txt", words))
    given = lrp_engine.load(data, vocabulary=words, spec={"pooling": "mean"})
    rows = given.probabilities(list(TEXTS))
    typed = [" | ".join([text, *map("{:.7f}".format, row)])
             for text, row in zip(TEXTS, rows, strict=True)]  # fmt: skip
    said = messages(compare(app, "\n".join(typed))).replace("\\", "")
    assert FAR in said
    assert "“Which of the recurrent layer's states over time are read by the next layer?”" in said


def test_lines_that_cannot_be_compared_are_a_sentence(opened):
    app = upload(opened("model"), weights=KERAS, vocabulary=WORDS)
    assert "expected a text and behind it a number" in messages(compare(app, "the film"))
    assert "There is no text yet" in messages(compare(app, " "))
    assert "Up to 30 texts" in messages(compare(app, "the film | 0.5\n" * 31))


def test_texts_dropped_with_the_files_settle_how_texts_are_read(opened):
    given = lrp_engine.load(KERAS[1], vocabulary=WORD_INDEX, spec={"tokenizer": {"pad": "post"}})
    rows = zip(TEXTS, given.probabilities(list(TEXTS))[:, 1], strict=True)
    table = "\n".join(json.dumps({"text": text, "probability": float(p)}) for text, p in rows)
    app = upload(opened("model"), weights=KERAS, vocabulary=WORDS,
                 reference=("texts.jsonl", table.encode()))  # fmt: skip
    assert SAME in messages(app)
    assert selected(app).network.tokenizer.pad == "post"
    assert not any("tokens" in question or "text" in question for question in asked(app))
    assert any(one.label == "Compare by the texts of “texts.jsonl”" for one in app.button)


@pytest.mark.parametrize(
    ("line", "text", "numbers"),
    [
        ("the film | 0.5", "the film", [0.5]),
        ("the film\t0.5", "the film", [0.5]),
        ("the film, 0.5", "the film", [0.5]),
        ("the film; 0,5", "the film", [0.5]),
        ("the film 81.5%", "the film", [0.815]),
        ('"so, the film",0.5', "so, the film", [0.5]),
        ('"say ""yes""",1e-3', 'say "yes"', [0.001]),
        ("7 of 10 0.25", "7 of 10", [0.25]),
        ("the film | 0.25 | 0.75", "the film", [0.25, 0.75]),
    ],
)
def test_a_line_is_a_text_and_its_numbers(network, line, text, numbers):
    assert tried._line(line, (1, 2)) == (text, pytest.approx(numbers))


def test_so_many_classes_so_many_numbers(network):
    assert network.classes == 3
    found = tried.read_lines("a film 0.2 0.3 0.5\nbad, 0.1, 0.1, 0.8", network)
    assert found.texts == ("a film", "bad")
    assert found.outputs.shape == (2, 3)
    with pytest.raises(FormatError, match=r"Line 2 is “bad 0\.5”; expected a text .* 3 numbers"):
        tried.read_lines("a film 0.2 0.3 0.5\nbad 0.5", network)


def test_errors_of_the_library_are_mended_in_words_of_the_page():
    assert mend("Give them as `vocabulary`, as JSON.") == "Drop that file beside the others."
    assert mend("It is so; leave `embeddings` out.") == "Choose “not used” for that file."
    assert "Anything else" in mend("The spec has an unknown key.")
    assert mend("The file is empty.") == ""
