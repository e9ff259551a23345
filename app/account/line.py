"""Where the explained score went, in one line, as HTML. Pure."""

from __future__ import annotations

from html import escape

import numpy as np

from app.figures import tables
from lrp_engine import Explanation
from lrp_engine.render.numbers import MINUS, number, percentage, vmax_of
from lrp_engine.render.wording import visible, with_output

ROUNDING = "rounding"  # a kind of part; the verdict on Conservation is about it


def line(explanation: Explanation) -> str:
    """What the words carry of the score, and what carries the rest.

    Raises:
        InputError: the method promises no sum.
    """
    table = tables.parts_table(explanation)
    whole = float(explanation.explained_score[0])
    vmax = vmax_of(np.array([whole]), table["relevance"].to_numpy())
    parts = table.drop(index=ROUNDING).to_dict("index")
    words = parts.pop("words")
    share = "" if np.isnan(words["share"]) else f" = {share_of(float(words['share']))}"
    said = [
        f"{escape(words['part'])} <b>{number(words['relevance'], vmax=vmax)}</b>{share} of "
        f"{_what(explanation)} <b>{number(whole, vmax=vmax)}</b>",
        *(
            f"{escape(one['part'])} {figure}"
            for one in parts.values()
            if (figure := number(one["relevance"], vmax=vmax)).strip(f"+{MINUS}0.")
        ),
    ]
    return "; ".join(said)


def _what(explanation: Explanation) -> str:
    """The number that is explained, by name."""
    target = f"<bdi>{escape(visible(explanation.target_label()))}</bdi>"
    single = np.ndim(explanation.target[0]) == 0
    what = "the score" if single else "the difference of scores"
    return f"{with_output(what, explanation.output_kind)} for {target}"


def share_of(share: float) -> str:
    """A share of the score; other than a probability it may be below zero or above one."""
    tiny = -0.0005 < share < 0
    return percentage(0.0 if tiny else share).replace("-", MINUS)
