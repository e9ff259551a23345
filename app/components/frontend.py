"""The parts of a page that need JavaScript, mounted; their code is in `app/frontend/`.

They are given plain values and tell what was done; what to make of it is decided in Python.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from app import settings
from app.state import address, long_texts, session, session_models, widgets
from app.text import tour as tour_text
from lrp_engine.render import heatmap
from lrp_engine.render.wording import visible

_FOLDER = settings.REPOSITORY / "app" / "frontend"


def _read(name: str) -> str:
    # A text of one line would be taken for the name of a file.
    return "\n" + (_FOLDER / name).read_text("utf-8") + "\n"


def _component(
    name: str, *, html: str | None = None, css: str = "", js: Sequence[str]
) -> Callable[..., Any]:
    """A part named `lens_<name>`, whose styles are the page's.

    Args:
        css: the text of its styles. js: files of `app/frontend/`, in order.
    """
    return st.components.v2.component(
        f"lens_{name}", html=html, css=css or None, js="".join(map(_read, js)), isolate_styles=False
    )


_WORDS = _component(
    "words",
    html='<div class="lens-overview" hidden></div><div class="lens-rows"></div>'
    '<p class="lens-keys"><button type="button" class="lens-strongest"></button>'
    '<span class="lens-hint"></span>'
    '<button type="button" class="lens-around">Show me around</button></p>',
    css=heatmap.css() + _read("words.css") + _read("overview.css"),
    js=["overview.js", "words.js"],
)
_EVERYWHERE = _component("everywhere", css=_read("everywhere.css"), js=["everywhere.js"])
_LIVE = _component("live", js=["live.js"])
_REVIEWER = _component("reviewer", js=["reviewer.js"])
_RECENT = _component("recent", js=["recent.js"])
_FLOW = _component("flow", js=["flow.js"])
_PART = _component("part", css=_read("part.css"), js=["untouched.js", "part.js"])
_PANEL = _component(
    "panel",
    html='<button type="button" class="lens-close lens-button"></button>',
    css=_read("button.css") + _read("panel.css"),
    js=["untouched.js", "panel.js"],
)
_STEPPER = _component(
    "stepper", html='<div class="lens-stepper"></div>', js=["untouched.js", "stepper.js"]
)
_TOUR = _component(
    "tour",
    html='<section class="lens-tour" aria-label="Tour" hidden>'
    '<p class="lens-tour-count"></p><p class="lens-tour-title"></p><p class="lens-tour-text"></p>'
    '<p class="lens-tour-turns"><button type="button" class="lens-button">Skip the tour</button>'
    '<button type="button" class="lens-button"></button></p></section>',
    css=_read("button.css") + _read("tour.css"),
    js=["tour.js"],
)
_COPY = _component(
    "copy",
    html='<div class="lens-link"><button type="button" class="lens-copy lens-button"></button>'
    '<input class="lens-address" aria-label="Address of this view" readonly hidden>'
    '<span class="lens-copied" role="status"></span></div>',
    css=_read("button.css") + _read("copy.css"),
    js=["copy.js"],
)
_PREV_NEXT = _component(
    "prev_next",
    html='<div class="lens-prev-next">'
    '<button type="button" class="lens-button" aria-keyshortcuts="P">'
    '<span aria-hidden="true">← </span>Previous<kbd aria-hidden="true">P</kbd></button>'
    '<button type="button" class="lens-button" aria-keyshortcuts="N">'
    'Next<span aria-hidden="true"> →</span><kbd aria-hidden="true">N</kbd></button></div>',
    css=_read("button.css") + _read("prev_next.css"),
    js=["prev_next.js"],
)


def words(data: Mapping[str, Any], drop: Callable[[Any], None]) -> None:
    """Heatmaps whose words can be picked; `app.figures.heatmap_rows.heatmaps` makes the data."""
    _WORDS(data=dict(data), **widgets.hear("words", picked=session.pick_word, dropped=drop))


def everywhere() -> None:
    """What holds on every page: it opens at its top, and lists give the focus back."""
    _EVERYWHERE(key="lens-everywhere", data={"page": session.view().path})


def panel(at: int, text: str, kind: str) -> None:
    """A button to close the container "lens-word" around it: the panel of a word of a text.

    Args:
        at: the word's position. kind: what the words of the text are called.
    """
    _PANEL(
        key="lens-panel",
        width="content",
        data={"at": at, "text": text, "close": "Close", "what": f"Close the {kind}’s details"},
    )


def live() -> None:
    """Hand the text in the container "lens-text" over when typing rests."""
    _LIVE(
        key="lens-live",
        data={"pause": settings.TYPING_PAUSE, "most": settings.TYPING_CHARACTERS},
    )


def remember_reviewer() -> None:
    """Keep the reviewer's name in this browser, and in no address."""
    _REVIEWER(
        key="lens-reviewer",
        data={"cookie": session.REVIEWER_COOKIE, "name": session.get("reviewer"),
              "seconds": settings.REVIEWER_DAYS * 86_400},
    )  # fmt: skip


def recent(
    *,
    used: Sequence[tuple[str, str]],
    gone: Sequence[tuple[str, str]],
    known: Sequence[tuple[str, str]],
) -> None:
    """Let this browser remember what is used, forget what is gone, and tell what it remembers.

    Args:
        known: what it told before. Each is a kind and a key.
    """
    _RECENT(
        data={"place": "lrp-lens.recent", "most": settings.RECENT, "used": list(map(list, used)),
              "gone": list(map(list, gone)), "known": list(map(list, known))},
        **widgets.hear("recent", listed=session.remember),
    )  # fmt: skip


def go_to_part() -> None:
    """Scroll to the part of the page that a link or a button led to: a container "lens-…", or the
    heatmaps, only as far as they are out of sight.

    It stays mounted, since a run may be followed by another before the page has heard of it.
    """
    if session.get("scroll") is not None:
        part, time = session.get("scroll")
        place = ".lens-rows" if part == session.ANSWER else f".st-key-lens-{part}"
        block = {session.WHOSE: "center", session.ANSWER: "nearest"}.get(part, "start")
        _PART(
            key="lens-part",
            data={"place": place, "time": time, "block": block, "focus": part == session.WHOSE},
        )


def tour() -> None:
    """What a first visit is told about the page, once in a browser; by a link only on request."""
    _TOUR(
        key="lens-tour",
        data={
            "steps": list(tour_text.STEPS),
            "picked": session.get("pick") is not None,
            "sent": session.get("sent"),
        },
    )


def flow() -> None:
    """Aligned rows of words, above on the page, break their lines where its width ends."""
    _FLOW(key="lens-flow", data={"drawn": secrets.token_hex(4)})


def stepper(steps: Sequence[str], step: str, take: Callable[[str], None]) -> None:
    """The arrow keys go from step to step; each one opens at the top of the page.

    Args:
        take: called with the step that was gone to.
    """

    def went(name: Any) -> None:
        if name in steps:
            take(name)

    _STEPPER(data={"steps": list(steps), "step": step}, **widgets.hear("stepper", went=went))


def copy_link(*, file: str = "") -> dict[str, str] | None:
    """A button that copies the address of what is on the screen; returns it, see `address.link`.

    Args:
        file: what the button says by which the page gives a file of the same, if any.
    """
    parameters, (asked, problem) = address.link(), session.get("link_asked")

    def keep(_: Any) -> None:
        session.put("link_asked", (asked + 1, address.keep_texts()))

    _COPY(
        width="content",
        data={
            "label": "Copy link",
            "done": _copied({} if parameters is None else address.shared()),
            "local": "It opens on this computer only"
            + (f": to others send a file, by “{file}”." if file else "."),
            "manual": "Copy the address from the field.",
            "keeping": "Keeping the text …",
            "failed": f"Not copied. {problem or 'No link opens this view.'}",
            "parameters": parameters,
            "shared": None if parameters is None else address.shared(),
            "asked": asked,
        },
        **widgets.hear("copy", keep=keep),
    )
    return parameters


def _copied(parameters: Mapping[str, str]) -> str:
    """What is said of a link that was copied: who sees this view by it, and how long."""
    model = session_models.current()
    if session_models.upload_name(model.model_hash) is not None:
        if not session_models.key_of(model.model_hash):
            return (
                f"Link copied. It opens this view where “{visible(model.name)}” is loaded: this "
                "server does not keep the model."
            )
        return (
            "Link copied. Whoever opens it sees this page as you see it, and can use and delete "
            f"“{visible(model.name)}”, until nobody has opened it for {settings.MODEL_DAYS} days."
        )
    if long_texts.KEPT in parameters:
        return (
            "Link copied. It opens this page as you see it. The text is too long for an address: "
            f"this server keeps it until {long_texts.until()} at least."
        )
    return "Link copied. It opens this page as you see it."


def prev_next(rows: Sequence[int], at: float, take: Callable[[int], None]) -> None:
    """Buttons and keys that open the previous and the next row of a queue; every press counts.

    Args:
        rows: those around the open one; at: its place among them, between two of them where it is
            none of them.
        take: called with the row that was gone to.
    """

    def opened(event: Any) -> None:
        match event:
            case [int(row), int(presses)]:
                session.put("presses", presses)
                take(row)

    _PREV_NEXT(
        data={"rows": list(rows), "at": at, "heard": session.get("presses")},
        **widgets.hear("prev_next", opened=opened),
    )
