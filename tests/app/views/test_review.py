"""The Review page without a browser: begin, wait, filter, judge, reload, disagree, take along."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import cache, settings
from app.navigation import BY_PATH, View
from app.review import jobs as background
from app.review import labelling, trial
from app.review.queue import sorts_by
from app.review.sets import Sets
from app.review.verdicts import Verdict
from lrp_engine import InputError
from lrp_engine.corpora.tables import READERS
from tests.app import sets as files
from tests.app.reading import component, echo, go, healthy, html, messages, tell, told, ways, widget
from tests.app.tiny import SENTENCES


def button(app: AppTest, name: str):
    found = [b for b in app.button if name in (b.label, (b.key or "").split(".")[0])]
    assert found, (name, [b.label for b in app.button])
    return found[0]


def judge(app: AppTest, choice: str) -> None:
    """Press a verdict, by whatever name is known, or by none."""
    button(app, f"lens-verdict-{choice}").click().run()
    if any(b.key == "lens-name-none" for b in app.button):
        button(app, "lens-name-none").click().run()


def prose(app: AppTest) -> str:
    """Paragraphs and captions."""
    return "\n".join(one.value for one in [*app.markdown, *app.caption])


def waited(app: AppTest) -> AppTest:
    """The page looks again when its set has come to an end."""
    one = cache.sets().find(key_of(app))
    assert one is not None
    files.finished(cache.jobs(), one)
    return app.run()


def key_of(app: AppTest) -> str:
    value = dict(app.query_params)["set"]
    return value[0] if isinstance(value, list) else value


@pytest.fixture
def visit() -> Callable[..., AppTest]:
    """Opens a session on the Review page itself, with query parameters."""

    def open_page(**parameters: str) -> AppTest:
        app = AppTest.from_file(str(settings.REPOSITORY / "app" / "main.py"), default_timeout=60)
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.switch_page(View.REVIEW.file).run()

    return open_page


@pytest.fixture(scope="module")
def stored(network, tmp_path_factory) -> tuple[str, Path]:
    """The key and the folder of a set, explained once."""
    sets = Sets(tmp_path_factory.mktemp("stored"))
    rows = [(text, network.labels[int(c)] if c.isdigit() else c) for text, c in SENTENCES]
    one = files.new(network, name="Examples", rows=len(rows))
    sets.add(one, files.as_csv(rows))
    jobs = files.Jobs(sets, running=1, waiting=1)
    jobs.start(one, network)
    assert files.finished(jobs, one).problem == ""
    return one.id, sets.path(one)


@pytest.fixture
def key(stored) -> str:
    """The key of the explained set, of which this test has a copy."""
    shutil.copytree(stored[1], settings.data_folder() / "sets" / stored[0])
    return stored[0]


@pytest.fixture
def examples(key, visit) -> AppTest:
    """A session with that set open."""
    return visit(set=key)


def listed(app: AppTest) -> list[int]:
    """Rows of the queue, in order."""
    return [int(row) - 1 for row in app.dataframe[0].value["row"]]


def test_the_examples_are_explained_and_the_first_is_open(visit):
    app = visit()
    assert healthy(app)
    button(app, "Explain the examples").click().run()
    waited(app)
    assert healthy(app)
    assert not messages(app)
    assert "Examples of Tiny model" in html(app)
    assert "<b>4</b> texts" in html(app)
    assert "The model says" in html(app)
    assert html(app).count('role="list"') == 3  # LRP, and the other two to unfold
    margins = app.dataframe[0].value["margin"]
    assert list(margins) == sorted(margins)
    assert dict(app.query_params).keys() == {"set", "row"}


def test_how_far_words_may_be_off_is_in_sight_below_them(visit):
    app = visit(bias_factor="1")
    button(app, "Explain the examples").click().run()
    waited(app)
    (hint,) = [one for one in app.caption if "float32 can be too coarse" in one.value]
    assert hint.value == "With a bias factor, float32 can be too coarse for the numbers of words."
    assert "one of 300" in hint.help
    assert not any(hint.value in one.value for one in app.sidebar.caption)


def test_an_upload_of_the_page_is_explained(visit):
    app = visit()
    app.file_uploader(key="lens.file.set").upload("mine.csv", files.as_csv()).run()
    assert healthy(app)
    button(app, "Explain this set").click().run()
    waited(app)
    assert healthy(app)
    assert f"<b>{len(files.ROWS)}</b> texts" in html(app)
    assert "<b>2</b> not explained" in html(app)
    widget(app, "outcome").set_value("not explained").run()
    assert "This text was not explained. The text is empty." in messages(app)


def test_a_foreign_table_is_read_and_its_labels_are_mapped(visit):
    app = visit()
    data = "Nr;Kommentar;Urteil\n" + "".join(
        f"{n};good film, schön;{said}\n" for n, said in enumerate(["YES", "bad one", "no", "no"])
    )
    app.file_uploader(key="lens.file.set").upload("mine.csv", data.encode("cp1252")).run()
    assert healthy(app)
    assert list(app.dataframe[0].value) == ["Nr", "Kommentar", "Urteil"]
    assert app.dataframe[0].value["Kommentar"][0] == "good film, schön"
    boxes = {box.label: box for box in app.selectbox}
    assert (boxes["Texts"].value, boxes["True classes"].value) == ("Kommentar", "Urteil")
    assert "All 4 rows" in prose(app)
    assert "2 labels of “Urteil” (2 rows) name no class" in messages(app)
    boxes = {box.label: box for box in app.multiselect}
    assert (boxes["“YES” (1)"].value, boxes["“bad one” (1)"].value) == ([2], [])
    boxes["“bad one” (1)"].set_value([0]).run()
    button(app, "Explain this set").click().run()
    waited(app)
    assert healthy(app)
    one = cache.sets().find(key_of(app))
    assert one.mapping == {"YES": (2,), "bad one": (0,)}
    assert one.delimiter == ";"
    summary = cache.review_tables(one).summary
    assert list(summary["truth"]) == [2, 0, 0, 0]
    assert list(summary["text"]) == ["good film, schön"] * 4
    # The column that says which row is which stands in the list and above the open row.
    assert sorted(app.dataframe[0].value["Nr (file)"]) == ["0", "1", "2", "3"]
    opened = int(app.header[-1].value.removeprefix("Row ").split()[0])
    assert app.header[-1].value.startswith(f"Row {opened} ({opened - 1}), ")


def test_long_rows_are_folded_in_the_list_and_below_it(visit):
    app = visit()
    long, longest = " ".join(["good film"] * 200), " ".join(["good"] * 6_000)
    data = files.as_csv([(long, "yes"), (longest, "no")])
    app.file_uploader(key="lens.file.set").upload("long.csv", data).run()
    button(app, "Explain this set").click().run()
    waited(app)
    assert healthy(app)
    assert max(map(len, app.dataframe[0].value["text"])) <= 240
    assert "Row 1, " in app.header[-1].value
    assert "All 400 words with their relevance" in [one.label for one in app.expander]
    assert "The 12 words with the most relevance, in the order of the text: " in prose(app)
    widget(app, "outcome").set_value("not explained").run()
    assert "The text has 6,000 words; up to 5,000 are explained." in messages(app)
    assert "The text as written (6,000 words)" in [one.label for one in app.expander]


def test_own_columns_and_labels_that_are_given_later(visit):
    app = visit()
    rows = [("good film", "yes", "9"), ("bad film", "no", "1994"), ("good bad", "meh", "27")]
    data = files.as_csv(rows, ("text", "grade", "year"))
    app.file_uploader(key="lens.file.set").upload("mine.csv", data).run()
    next(box for box in app.selectbox if box.label == "True classes").select_index(0).run()
    button(app, "Explain this set").click().run()
    waited(app)
    assert healthy(app)
    # The file's own columns: shown, ordered by, searched, and kept in the address.
    assert "year (file)" not in app.dataframe[0].value
    widget(app, "columns").set_value([1]).run()
    assert "year <b>" in html(app)
    widget(app, "sort").set_value("own-1-down").run()
    assert healthy(app)
    assert list(app.dataframe[0].value["year (file)"]) == ["1994", "27", "9"]
    widget(app, "find").set_value("EH").run()
    assert listed(app) == [2]
    assert "year <b>27</b>" in html(app)
    again = visit(**{name: of[0] if isinstance(of, list) else of
                     for name, of in dict(app.query_params).items()})  # fmt: skip
    assert listed(again) == [2]
    assert list(again.dataframe[0].value["year (file)"]) == ["27"]
    # Labels from a column of the set; what they stand for is changed; others by text.
    judge(app, "unclear")
    key = key_of(app)
    widget(app, "part").set_value("labels").run()
    assert healthy(app)
    assert "**0** of 3 rows have a true class." in prose(app)
    boxes = {box.label: box for box in [*app.selectbox, *app.multiselect]}
    assert boxes["Column of true classes"].value == "grade"
    assert boxes["“meh” (1)"].value == []
    button(app, "Add these labels").click().run()
    assert healthy(app)
    assert "**2** of 3 rows have a true class, from column “grade” of mine.csv." in prose(app)
    {box.label: box for box in app.multiselect}["“meh” (1)"].set_value([1, 2]).run()
    button(app, "Use these classes").click().run()
    assert cache.sets().find(key).mapping == {"meh": (1, 2)}
    # Classes of the model, and then groups of them.
    assert list(cache.review_tables(cache.sets().find(key)).summary["truth"]) == [2, 0, 3]
    grouped = visit(set=key, truth="1-2")
    assert listed(grouped) == [2]
    assert grouped.query_params["truth"] == "1-2"
    tell(grouped, "lens_matrix", "cell", "none")
    assert len(listed(grouped)) == 3
    tell(grouped, "lens_matrix", "cell", [3, 0])
    assert grouped.session_state["lens.truth"] == (1, 2)
    control = next(one for one in app.button_group if one.label == "Labels come from")
    control.set_value("other").run()
    given = b'{"said": "good  bad", "class": "no"}\n{"said": "unknown", "class": "yes"}\n'
    app.file_uploader(key=f"lens.file.labels.{key}").upload("labels.jsonl", given).run()
    assert healthy(app)
    assert "1 of 3 rows get a label; the others keep theirs." in prose(app)
    button(app, "Add these labels").click().run()
    assert healthy(app)
    one = cache.sets().find(key)
    assert list(cache.review_tables(one).summary["truth"]) == [2, 0, 0]
    assert "labels.jsonl, matched by text" in prose(app)
    assert cache.reviews().of(key)[2].verdict.choice == "unclear"
    # A link to classes that no label stands for any more shows no others in their place.
    labelling.remap(cache.sets(), one, {"meh": (0, 1)})
    other = visit(set=key, truth="1-2")
    named = " + ".join(one.labels[c] for c in (1, 2))
    assert f"The true class “{named}” was ignored" in messages(other)
    assert len(listed(other)) == 3


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("bad.parquet", b"PAR1 no", "Cannot read 'bad.parquet'"),
        ("bad.csv", b"text,text\nx,y\n", "stands twice in the header"),
        ("empty.jsonl", b"", "'empty.jsonl' is empty (0 bytes)"),
    ],
)
def test_a_bad_upload_is_a_sentence(visit, name, data, told):
    app = visit()
    app.file_uploader(key="lens.file.set").upload(name, data).run()
    assert not app.exception
    assert told in messages(app)


@pytest.fixture
def processes(monkeypatch) -> list[str]:
    """What the limited process is asked, request by request."""
    asked: list[str] = []
    run = trial.subprocess.run

    def noted(*command, **options):
        done = run(*command, **options)
        asked.append(json.loads(options["input"])["question"])
        return done

    monkeypatch.setattr(trial.subprocess, "run", noted)
    return asked


@pytest.fixture
def parsed(monkeypatch, processes) -> list[int]:
    """How often the limited process had read, each time when the server itself parses a table;
    before it has read every value, that is an error."""
    times: list[int] = []

    def watched(real):
        def read(*given):
            times.append(len(processes))
            if "words" not in processes:
                raise AssertionError("parsed in the server")
            return real(*given)

        return read

    for format, reader in READERS.items():
        monkeypatch.setitem(READERS, format, watched(reader))
    return times


@pytest.mark.parametrize("format", files.FILES)
def test_an_upload_is_read_by_the_limited_process_alone_and_once(visit, format, processes, parsed):
    data = files.FILES[format]([*files.ROWS, (f"good once as {format}", "yes")])
    for session in range(2):  # the second brings the same content
        app = visit()
        app.file_uploader(key="lens.file.set").upload(f"mine.{format}", data).run()
        for _ in range(2):
            app.run()
            assert healthy(app)
            assert not messages(app)
        boxes = {box.label: box for box in app.selectbox}
        assert boxes["Texts"].value == "text"
        assert boxes["True classes"].value == "label"
        assert processes == (["preview", "words"] if session else ["preview"])
        before = len(parsed)
        button(app, "Explain this set").click().run()
        waited(app)
        assert healthy(app)
        assert f"<b>{len(files.ROWS) + 1}</b> texts" in html(app)
        assert processes == ["preview", "words"]
        assert parsed[before:] == [2]  # by the job, which explains it


def test_a_bad_upload_is_refused_once(visit, processes, parsed):
    app = visit()
    app.file_uploader(key="lens.file.set").upload("bad.csv", b"once,once\nx,y\n").run()
    app.run()
    assert "stands twice in the header of 'bad.csv'" in messages(app)
    assert processes == ["preview"]
    assert not parsed


def test_a_busy_machine_is_asked_again(visit, processes, monkeypatch):
    data = files.as_csv([("good asked again", "yes")])
    with monkeypatch.context() as patch:
        patch.setattr(trial, "LIMITS", replace(trial.LIMITS, wall_seconds=0))
        app = visit()
        app.file_uploader(key="lens.file.set").upload("mine.csv", data).run()
        assert "The machine may be too busy; try again." in messages(app)
    app.run()
    assert not messages(app)
    assert processes == ["preview"]  # the one that came to its end


def test_every_order(examples, key):
    for sort in sorts_by(cache.sets().find(key).columns):
        widget(examples, "sort").set_value(sort).run()
        assert healthy(examples)
        assert sorted(listed(examples)) == [0, 1, 2, 3]


def test_filters_search_and_neighbours(examples):
    app = examples
    widget(app, "find").set_value("BAD").run()
    assert sorted(listed(app)) == [1, 2]
    first = listed(app)[0]
    assert f"Row {first + 1}, 1 of 2" in app.header[-1].value
    go(app, 1)
    assert f"Row {listed(app)[1] + 1}, 2 of 2" in app.header[-1].value
    assert ways(app) == (first, None)
    go(app, -1)
    assert f"Row {first + 1}, 1 of 2" in app.header[-1].value
    widget(app, "find").set_value("nowhere").run()
    assert "No text passes" in messages(app)
    button(app, "Show all").click().run()
    assert len(listed(app)) == 4
    widget(app, "truth").set_value(-1).run()
    assert listed(app) == [3]


def test_a_verdict_tags_and_a_note_survive_reload_and_restart(examples, visit, key):
    app = examples
    row = listed(app)[1]
    go(app, 1)
    widget(app, "reviewer").set_value("Ana").run()
    widget(app, "note").set_value("because of *x*").run()
    judge(app, "unclear")
    button(app, "lens-back").click().run()
    widget(app, "tags").set_value(["irony"]).run()
    assert healthy(app)
    parameters = {"set": key, "row": str(row)}
    st.cache_resource.clear()  # as after a restart: nothing but the disk is left
    cache.answers.cache_clear()
    again = visit(**parameters)
    assert healthy(again)
    assert "Other reviewers (1)" in [e.label for e in again.expander]
    widget(again, "reviewer").set_value("Ana").run()  # a browser's cookie says it
    assert widget(again, "note").value == "because of *x*"
    assert widget(again, "tags").value == ["irony"]
    assert any("by Ana, version 3" in caption.value for caption in again.caption)
    assert "<b>1</b> reviewed" in html(again)
    widget(again, "marked").set_value("unreviewed").run()
    assert row not in listed(again)


def test_a_note_that_is_said_once_more_stays_with_its_row(examples, key):
    app = examples
    first, second, *_ = listed(app)
    widget(app, "note").set_value("of the first").run()
    earlier = told(app)
    go(app, 1)
    echo(app, earlier)
    assert f"Row {second + 1}, " in app.header[-1].value
    assert widget(app, "note").value == ""
    assert {row: review.version for row, review in cache.reviews().of(key).items()} == {first: 1}


def test_a_note_that_arrives_late_is_kept_for_its_row(examples, key):
    app = examples
    first = listed(app)[0]
    note = widget(app, "note").set_value("late")
    typed = told(app)
    note.set_value("")
    go(app, 1)
    echo(app, typed)
    assert {row: r.verdict.note for row, r in cache.reviews().of(key).items()} == {first: "late"}


def test_a_verdict_may_leave_the_row_open_and_next_goes_on_from_it(examples):
    app = examples
    widget(app, "go_on").set_value(False).run()
    widget(app, "marked").set_value("unreviewed").run()
    first, second, *_ = listed(app)
    judge(app, "agree")
    assert first not in listed(app)
    assert f"Row {first + 1}, not in the queue" in app.header[-1].value
    go(app, 1)
    assert f"Row {second + 1}, 1 of 3" in app.header[-1].value


@pytest.mark.parametrize("marked", ["any", "unreviewed"])
def test_a_verdict_opens_the_next_row_and_leads_back(examples, key, marked):
    app = examples
    widget(app, "marked").set_value(marked).run()
    rows = listed(app)
    for row, following in zip(rows, [*rows[1:], rows[-1]], strict=True):
        judge(app, "unclear")
        assert cache.reviews().of(key)[row].verdict.choice == "unclear"
        if listed_or_nothing(app):
            assert f"Row {following + 1}, " in app.header[-1].value
    if marked == "any":
        assert any(f"Row {rows[-2] + 1}: unclear. Saved." == c.value for c in app.caption)
        button(app, "lens-back").click().run()
        assert f"Row {rows[-2] + 1}, 3 of 4" in app.header[-1].value


def listed_or_nothing(app: AppTest) -> list[int]:
    return listed(app) if app.dataframe else []


def test_a_verdict_that_contradicts_its_row_is_asked_about(examples, key):
    app = examples
    summary = cache.review_tables(cache.sets().find(key)).summary
    judged = summary[summary["truth"] >= 0]
    wrong = int(judged[judged["truth"] != judged["said"]]["row"].iloc[0])
    tell(app, "lens_prev_next", "opened", [wrong, 1])
    judge(app, "reasons")
    assert "cannot be right for the wrong reason" in messages(app)
    assert cache.reviews().of(key) == {}
    button(app, "lens-doubt-drop").click().run()
    assert not messages(app)
    assert cache.reviews().of(key) == {}
    widget(app, "go_on").set_value(False).run()
    judge(app, "wrong")  # which goes well with the row
    assert cache.reviews().of(key)[wrong].verdict.choice == "wrong"
    judge(app, "reasons")
    button(app, "lens-doubt-keep").click().run()
    assert cache.reviews().of(key)[wrong].verdict.choice == "reasons"


def test_a_name_is_asked_for_before_the_first_verdict(examples, key):
    app = examples
    first, second, *_ = listed(app)
    widget(app, "note").set_value("of the first").run()
    button(app, "lens-verdict-unclear").click().run()
    assert healthy(app)
    assert not cache.reviews().of(key)[first].verdict.choice
    button(app, "lens-name-drop").click().run()
    button(app, "lens-verdict-unclear").click().run()
    button(app, "Save").click().run()  # nothing was typed
    assert not cache.reviews().of(key)[first].verdict.choice
    box = next(one for one in app.text_input if one.label.startswith("Your name"))
    box.set_value(" Ana ")
    button(app, "Save").click().run()
    assert healthy(app)
    verdict = cache.reviews().given(key)[first]["Ana"].verdict
    assert (verdict.choice, verdict.note) == ("unclear", "of the first")
    assert cache.reviews().given(key)[first][""].verdict.is_blank  # nothing stays without the name
    assert "Other reviewers" not in [one.label for one in app.expander]
    assert f"Row {second + 1}, " in app.header[-1].value
    button(app, "lens-verdict-unclear").click().run()  # it is asked for once
    assert cache.reviews().given(key)[second]["Ana"].verdict.choice == "unclear"


def test_who_said_to_have_no_name_is_not_asked_again(examples, key):
    app = examples
    first, second, *_ = listed(app)
    judge(app, "unclear")
    button(app, "lens-verdict-unclear").click().run()
    assert {row: one.verdict.reviewer for row, one in cache.reviews().of(key).items()} == {
        first: "", second: "",
    }  # fmt: skip


def test_a_name_given_above_signs_what_was_typed_before(examples, key):
    app = examples
    first, *_ = listed(app)
    widget(app, "note").set_value("before the name").run()
    widget(app, "reviewer").set_value("Ana").run()
    assert healthy(app)
    said = cache.reviews().given(key)[first]
    assert said["Ana"].verdict.note == "before the name"
    assert said[""].verdict.is_blank
    assert "Saved" in prose(app)
    assert "by Ana" in prose(app)
    widget(app, "note").set_value("and after it").run()
    assert healthy(app)
    assert cache.reviews().given(key)[first]["Ana"].verdict.note == "and after it"


def test_an_account_signs_by_itself(visit, key, monkeypatch):
    monkeypatch.setattr("app.components.signing_in.name", lambda: "ada@example.org")
    app = visit(set=key)
    assert healthy(app)
    assert not [one for one in app.text_input if one.label == "Reviewer"]
    row = listed(app)[0]
    button(app, "lens-verdict-unclear").click().run()
    assert cache.reviews().of(key)[row].verdict.reviewer == "ada@example.org"


def test_presses_that_come_together_all_count(examples):
    app = examples
    first, _, third, fourth = listed(app)
    # What reaches the server of three presses is where the last one leads to.
    tell(app, "lens_prev_next", "opened", [fourth, 3])
    assert f"Row {fourth + 1}, 4 of 4" in app.header[-1].value
    assert ways(app) == (third, None)
    assert json.loads(component(app, "lens_prev_next").json)["heard"] == 3
    for nonsense in ([10_000, 4], [-1, 5]):
        tell(app, "lens_prev_next", "opened", nonsense)
        assert healthy(app)
        assert f"Row {first + 1}, 1 of 4" in app.header[-1].value
    for nonsense in (None, "x", [1], [None, 2]):
        tell(app, "lens_prev_next", "opened", nonsense)
        assert healthy(app)


def test_who_has_two_windows_open_chooses(examples, visit, key):
    one = examples
    row = listed(one)[0]
    other = visit(set=key, row=str(row))
    for app in (one, other):
        widget(app, "reviewer").set_value("Ana").run()
        widget(app, "go_on").set_value(False).run()
    judge(one, "unclear")
    widget(other, "note").set_value("I see it otherwise").run()
    assert "Ana, in another window, saved another version" in messages(other)
    assert "I see it otherwise" in html(other)
    stored = cache.reviews().of(key)[row]
    assert (stored.verdict.choice, stored.verdict.note) == ("unclear", "")
    button(other, "lens-mine").click().run()
    assert not messages(other)
    stored = cache.reviews().of(key)[row]
    assert (stored.verdict.choice, stored.verdict.note) == ("", "I see it otherwise")
    assert len(cache.reviews().history(key, row)) == 2
    # And the other way round: the first window, which still shows its own, keeps what is saved.
    widget(one, "tags").set_value(["irony"]).run()
    assert "saved another version" in messages(one)
    button(one, "lens-theirs").click().run()
    assert widget(one, "note").value == "I see it otherwise"
    assert cache.reviews().of(key)[row].version == 2


def test_two_reviewers_each_have_their_own_verdict(examples, visit, key):
    ana = examples
    row = listed(ana)[0]
    widget(ana, "reviewer").set_value("Ana").run()
    judge(ana, "unclear")
    ben = visit(set=key, row=str(row))
    widget(ben, "reviewer").set_value("Ben").run()
    assert not [b for b in ben.button if b.label == "Clear verdict"]
    assert "Other reviewers (1)" in [e.label for e in ben.expander]
    widget(ben, "note").set_value("mine").run()
    assert not messages(ben)
    given = cache.reviews().given(key)[row]
    assert {name: one.verdict.choice for name, one in given.items()} == {
        "Ana": "unclear",
        "Ben": "",
    }
    widget(ben, "marked").set_value("not_mine").run()
    assert len(listed(ben)) == 4
    again = visit(set=key, row=str(row))
    widget(again, "reviewer").set_value("Ana").run()
    assert widget(again, "note").value == ""
    assert [b for b in again.button if b.label == "Clear verdict"]


def test_words_lead_to_their_sentences(examples, visit, key):
    app = examples
    widget(app, "part").set_value("words").run()
    shown = {}
    for c in range(3):
        widget(app, "counted_class").set_value(c).run()
        assert widget(app, "at_least").value == 1  # which fits so small a set
        assert healthy(app)
        for frame in app.dataframe:
            for line in frame.value.to_dict("records"):
                word = line["word"].removesuffix(" (negated)")
                shown[c, word, " (negated)" in line["word"]] = line["in texts"]
    for least in (3, 1):
        widget(app, "at_least").set_value(least).run()
        assert widget(app, "at_least").value == least
    assert dict(app.query_params)["at_least"] == "1"
    assert sum(word == "bad" for _, word, _ in shown) == 2  # in one sentence it is negated
    (said, word, negated), count = next(iter(shown.items()))
    again = visit(set=key, word=f"{said}-{int(negated)}-{word}")
    assert healthy(again)
    assert len(listed(again)) == count


def test_a_link_to_the_words_restores_what_is_counted(visit, key):
    link = {"set": key, "part": "words", "counted_class": "2", "at_least": "1",
            "spelling": "plain"}  # fmt: skip
    app = visit(**link)
    assert healthy(app)
    assert "ignored" not in messages(app)
    chosen = [widget(app, name).value for name in ("counted_class", "at_least", "spelling")]
    assert chosen == [2, 1, "plain"]
    assert "Class 9 was ignored" in messages(visit(**link | {"counted_class": "9"}))


def test_cancel_and_go_on(visit, monkeypatch):
    reached, go = threading.Event(), threading.Event()
    real = background.explain_shard

    def slow(*args):
        reached.set()
        assert go.wait(30)
        return real(*args)

    monkeypatch.setattr(background, "explain_shard", slow)
    app = visit()
    button(app, "Explain the examples").click().run()
    assert reached.wait(30)
    app.run()
    assert healthy(app)
    app.switch_page(View.EXPLAIN.file).run()  # other pages do not stop it
    app.switch_page(View.REVIEW.file).run()
    button(app, "Cancel").click().run()
    go.set()
    waited(app)
    assert "not fully explained" in messages(app)
    button(app, "Go on").click().run()
    waited(app)
    assert healthy(app)
    assert len(listed(app)) == 4


def test_a_wrong_key_or_a_deleted_set_is_said(examples, visit, key):
    assert "There is no set under the key" in messages(visit(set="A" * 22))
    assert "was ignored" in messages(visit(set="../../etc/passwd"))
    button(examples, "Delete this set for good").click().run()
    assert healthy(examples)
    assert "Explain the examples" in [b.label for b in examples.button]
    assert "There is no set under the key" in messages(visit(set=key))


def test_a_damaged_part_is_named_and_explained_again_and_verdicts_stay(visit, key):
    cache.reviews().save(key, 1, Verdict(choice="agree", note="mine"), seen=0)
    part = cache.sets().parts(cache.sets().find(key))[0]
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    app = visit(set=key)
    assert not app.exception
    assert "part-00000.parquet (rows 1 to 4)" in messages(app)
    button(app, "Explain the damaged part again").click().run()
    waited(app)
    assert healthy(app)
    assert not messages(app)
    assert "<b>1</b> reviewed" in html(app)
    assert cache.reviews().of(key)[1].verdict.note == "mine"


def test_deleting_on_a_full_disk_makes_the_room_that_verdicts_need_to_go(
    examples, key, monkeypatch
):
    reviews = cache.reviews()
    reviews.save(key, 1, Verdict(choice="agree"), seen=0)
    real = reviews.delete

    def delete(set_id: str) -> None:
        if cache.sets().ids():
            raise InputError("The disk is full.")
        real(set_id)

    monkeypatch.setattr(reviews, "delete", delete)
    button(examples, "Delete this set for good").click().run()
    assert not messages(examples)
    assert cache.sets().find(key) is None
    assert reviews.of(key) == {}


def test_nothing_goes_where_verdicts_cannot_be_reached(examples, key, monkeypatch):
    def gone(set_id: str) -> None:
        raise InputError("The database of verdicts cannot be used.")

    monkeypatch.setattr(cache.reviews(), "of", gone)
    button(examples, "Delete this set for good").click().run()
    assert "cannot be used" in messages(examples)
    assert cache.sets().find(key) is not None


def test_nothing_is_kept_of_a_set_that_somebody_deleted_meanwhile(examples, key):
    widget(examples, "reviewer").set_value("Ana").run()
    cache.jobs().delete(cache.sets().find(key))
    judge(examples, "agree")
    assert "This set was deleted" in messages(examples)
    assert cache.reviews().of(key) == {}


def test_the_key_of_a_set_is_in_no_other_pages_address(examples, key):
    app = examples
    for page in ("explain", "conservation", "model"):
        app.switch_page(BY_PATH[page].file).run()
        assert "set" not in dict(app.query_params)
    app.switch_page(View.REVIEW.file).run()
    assert key_of(app) == key


def test_back_on_another_page_leaves_the_set_open(examples, key):
    app = examples.switch_page(View.EXPLAIN.file).run()
    widget(app, "text").set_value("good film").run()
    before = dict(app.query_params)
    widget(app, "text").set_value("bad film").run()
    app.query_params.clear()
    app.query_params.update(before)  # Back
    app.run()
    assert widget(app, "text").value == "good film"
    app.switch_page(View.REVIEW.file).run()
    assert key_of(app) == key


BAD = (
    {"row": "-1", "sort": "random", "truth": "x", "said": "none", "outcome": "x", "marked": "x",
     "word": "good", "part": "x"},
    {"row": "x", "truth": "1e3", "word": "0-2-good", "find": "a" * 100_000},
)  # fmt: skip


@pytest.mark.parametrize("parameters", BAD)
def test_malformed_parameters_are_ignored_with_a_notice_each(visit, key, parameters):
    app = visit(set=key, **parameters)
    assert healthy(app)
    for name in parameters:
        assert f"“{name}” was ignored" in messages(app)
    assert len(listed(app)) == 4


def test_a_set_that_lacks_a_method_opens_and_an_order_by_it_is_ignored(visit, network, key):
    sets = cache.sets()
    one = sets.find(key)
    lacking = replace(one, id="B" * 22, methods=("lrp", "gradient_x_input"), complete=False)
    sets.add(lacking, sets.input(one).read_bytes())
    cache.jobs().start(lacking, network)
    assert files.finished(cache.jobs(), lacking).problem == ""
    app = visit(set=lacking.id, sort="sensitivity")
    assert healthy(app)
    assert "The order “LRP against SA” was ignored" in messages(app)
    assert html(app).count('role="list"') == 2
    assert "LRP and GI" in html(app)
    assert "LRP and SA" not in html(app)
    assert "LRP against SA" not in widget(app, "sort").options
    widget(app, "sort").set_value("gradient_x_input").run()
    assert healthy(app)
    assert "LRP~GI" in app.dataframe[0].value


def test_parameters_that_the_set_does_not_know_break_nothing(visit, key):
    app = visit(set=key, row="999", truth="99", said="99", word="99-0-x")
    assert healthy(app)
    assert "Class 99 was ignored" in messages(app)
    assert "No text passes" in messages(app)


def test_a_database_that_is_gone_is_said(examples, monkeypatch):
    def gone(*args, **more):
        raise InputError("The database of verdicts cannot be used.")

    monkeypatch.setattr("app.review.store.Store.save", gone)
    judge(examples, "agree")
    assert not examples.exception
    assert "cannot be used" in messages(examples)
    assert cache.reviews().of("A" * 22) == {}
    assert Verdict().choice == ""
