"""What a session has chosen, and what it is about to do; keys of widgets: `app.state.widgets`."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import streamlit as st

from app import settings
from app.kept.folders import KEY
from app.navigation import BY_PATH, FIRST, View
from app.state.choices import ANY, AS_OTHERS, CHOICES
from lrp_engine import RULES, ByLayer
from lrp_engine.propagation.rules import COMMON_OPTIONS, from_text

if TYPE_CHECKING:
    from lrp_engine.propagation.rules import LayerRule, Rule

# Filters of the list of examples; not in the address.
FILTERS = ("true_class", "said_class", "verdict")
# What a reviewer is about to do; not in the address. `seen`: the reviews shown last, by set and
# row; `clash`: one that another window was faster with; `doubted`: a verdict that is asked about;
# `judged`: the row that was judged last, and the one that this led to; `count_chosen`: whether
# somebody chose how often words have to occur; `unnamed`: a verdict that waits for a name;
# `nameless`: whether it was said that verdicts have none; `unsigned`: versions saved before
# the name was known, by set and row.
REVIEWING: dict[str, Any] = {
    "reviewer": "", "seen": {}, "clash": None, "neighbours": None, "presses": 0, "asked": None,
    "doubted": None, "judged": None, "go_on": True, "count_chosen": False,
    "unnamed": None, "nameless": False, "unsigned": {},
}  # fmt: skip

# The browser's own: a link to a set must not make its reader sign with the writer's name.
REVIEWER_COOKIE = "lens_reviewer"

# Parts of pages that are scrolled to, as `frontend.go_to_part` calls them.
FOUND, TEXTS, QUEUE, ROW = "found", "texts", "queue", "opened"
ANSWER = "answer"  # the heatmaps
WHOSE = "whose"  # asks for a name: it gets the focus

_BEGUN = "lens.begun"
_NOTICES = "lens.notices"
_PAGE = "lens.page"
_USED = "lens.used"
_STALE = "lens.stale"


def begin() -> None:
    """A run of the whole page begins; on a session's first one nothing is chosen yet."""
    if _BEGUN in st.session_state:
        put("run", get("run") + 1)
        return
    cookie = st.context.cookies.get(REVIEWER_COOKIE)
    reviewer = unquote(cookie) if isinstance(cookie, str) else ""  # AppTest's are mocks
    for name, value in {
        "begun": True, "run": 0, "notices": [], "page": None, "used": False, "drawn": {},
        "current_widget": {}, "stale": False, "models": {}, "selected": None, "linked": None,
        "turn": None, "restored": 0, "undo": (), "grid.steps": None, "complaints": (),
        "arrived": None, "draft": None, "tried": None, "taken": {}, "address": None, "entered": {},
        "scroll": None, "sent": False, "pins": (), "kept_texts": (None, ""),
        "link_asked": (0, ""), "recent": (), "cancelled": "",
        "visitor": secrets.token_hex(8),
        **REVIEWING, "reviewer": reviewer[: settings.REVIEW_NAME],
        **{name: choice.default for name, choice in CHOICES.items()},
    }.items():  # fmt: skip
        put(name, value)
    reset_filters()


def used() -> None:
    """Callback of a widget: this run was asked for by it, not by Back or Forward."""
    st.session_state[_USED] = True


def take_used() -> bool:
    """Whether a widget asked for this run; the next run starts afresh."""
    was, st.session_state[_USED] = st.session_state[_USED], False
    return was


def go_to(part: str) -> None:
    """Scroll to a part of the page, once it is drawn; leaving the page ends that."""
    put("scroll", (part, secrets.token_hex(4)))


def turn_to(view: View) -> bool:
    """Note the page of this run; returns whether another one was on the screen before."""
    last, st.session_state[_PAGE] = st.session_state[_PAGE], view.path
    if last != view.path:
        put("scroll", None)
    return last not in (None, view.path)


def view() -> View:
    """The page of this run."""
    return BY_PATH.get(st.session_state[_PAGE], FIRST)


def reset_filters() -> None:
    for name in FILTERS:
        put(name, ANY)


def get(name: str) -> Any:
    return st.session_state[f"lens.{name}"]


def default(name: str) -> Any:
    """What a choice is before anybody chooses."""
    return CHOICES[name].default


def rule(name: str | None = None, **options: Any) -> Rule:
    """The rule that is chosen; another one, or with other options, where they are given.

    Args:
        name: of a rule that all layers follow; or a rule by layer as JSON, see `as_text`.
    """
    chosen = name or get("rule")
    if chosen not in RULES:
        return from_text(chosen).with_options(**options)
    others = _layer_rule(chosen, options)
    first = get("first_layer")
    if name is not None or first in (AS_OTHERS, chosen):
        return others
    common = {one: getattr(others, one) for one in COMMON_OPTIONS}
    return ByLayer((("first", _layer_rule(first, common)),), default=others)


def _layer_rule(name: str, options: Mapping[str, Any]) -> LayerRule:
    kind = RULES[name]
    names = (*COMMON_OPTIONS, *(option.name for option in kind.options))
    return kind.of(**{**{one: get(one) for one in names}, **options})


def rule_by_layer() -> ByLayer | None:
    """The rule by layer that is chosen as a whole; None where the controls make the rule."""
    chosen = get("rule")
    return from_text(chosen) if chosen not in RULES else None  # type: ignore[return-value]


def put(name: str, value: Any) -> None:
    st.session_state[f"lens.{name}"] = value


def choose(**values: Any) -> None:
    """Callback of a button that changes choices."""
    used()
    for name, value in values.items():
        put(name, value)


def set_text(text: str) -> None:
    """Ask about another text: the edits and the picked word of the last one are over."""
    if text != get("text"):
        put("text", text)
        for name, value in (("edited", ""), ("pick", None), ("undo", ())):
            put(name, value)
        ask_again()


def set_numbers(numbers: str) -> None:
    """Ask about other numbers; the place that is picked stays picked."""
    if numbers != get("numbers"):
        put("numbers", numbers)
        ask_again()


def optional(name: str) -> Any:
    """A filter's value, None where it lets everything pass."""
    value = get(name)
    return None if value == ANY else value


def remember(pairs: Any) -> None:
    """Note which models and sets the browser says it had: kinds and keys, the newest first."""
    if isinstance(pairs, list):
        said = [pair for pair in pairs[: settings.RECENT] if isinstance(pair, list)]
        put("recent", tuple((kind, key) for kind, key in filter(_is_key, said)))


def _is_key(pair: list[Any]) -> bool:
    match pair:
        case ["model" | "set", str(key)]:
            return KEY.fullmatch(key) is not None
    return False


def pick_word(position: Any) -> None:
    """Pick a word of the text shown; a negative position picks none."""
    if isinstance(position, int):
        put("pick", position if 0 <= position < settings.TEXT_WORDS else None)


def ask_again() -> None:
    """Callback: the answer on the page is out of date, whichever part of it runs by itself."""
    st.session_state[_STALE] = True
    used()


def shown_text() -> str:
    """The text that is explained: the edited one, where there is one."""
    return get("edited") or get("text")


def answered() -> None:
    """The page's answer is to the text shown."""
    st.session_state[_STALE] = False


def stale() -> bool:
    return st.session_state[_STALE]


# Messages ----------------------------------------------------------------------------------


def notify(sentence: str) -> None:
    st.session_state[_NOTICES].append(sentence)


def notices() -> list[str]:
    """Sentences not shown yet."""
    sentences: list[str] = st.session_state[_NOTICES]
    st.session_state[_NOTICES] = []
    return sentences
