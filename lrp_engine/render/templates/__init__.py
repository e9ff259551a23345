"""Jinja2 templates of pages and fragments; every value is escaped and free of control characters,
a missing one is an error.

White space between tags of a template is in the page, so it is cut (`{%- -%}`) where words lie
side by side or their text keeps its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrp_engine.render.numbers import number, percentage
from lrp_engine.render.palettes import THEMES
from lrp_engine.render.wording import printable, visible

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).parent


@cache
def environment(*folders: Path) -> Environment:
    """The engine's templates, and those of more folders, which may build on the engine's.

    Filters: `visible`, `number` and `percentage`, as the functions. Globals: `themes`.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader([FOLDER, *folders]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.globals["themes"] = THEMES
    made.filters.update(visible=visible, number=number, percentage=percentage)
    return made


def _finalize(value: Any) -> Any:
    """What every value passes last: no control character gets into a page."""
    return printable(value) if isinstance(value, str) else value


def render(name: str, /, *, folders: tuple[Path, ...] = (), **values: Any) -> str:
    """A template with values put in."""
    return environment(*folders).get_template(name).render(values)


def fragment(name: str, macro: str, *, folders: tuple[Path, ...] = ()) -> Callable[..., str]:
    """A macro of a template as a function; what it returns is HTML and may be shown as such."""
    draw = getattr(environment(*folders).get_template(name).module, macro)
    return lambda *args, **options: str(draw(*args, **options))
