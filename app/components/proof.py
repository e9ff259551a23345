"""The proof sheet of a model: verdict, every check with its numbers, and a way to take it along."""

from __future__ import annotations

import json
from html import escape

import streamlit as st

from app import cache, settings
from app.components.layout import Page
from app.models.model import Model
from app.navigation import View
from app.state import address
from app.state.session import TEXTS
from app.text.markdown import plain
from lrp_engine import ProofSheet
from lrp_engine.proof.sheet import (
    FAIL,
    FAILED,
    NO_TEXT,
    NOT_CHECKED,
    PASS,
    UNVERIFIED,
    VERIFIED,
    figure,
)
from lrp_engine.render.wording import visible

ICONS = {PASS: "✓", FAIL: "✗", NOT_CHECKED: "–"}
COLUMNS = ("verdict", "check", "error", "allowed", "how")
SETTLE = (
    "A file of inputs and what your own program says of them settles it: a .npz file with inputs "
    "and logits or probabilities, dropped with the files of the model."
)
SETTLE_TEXTS = (
    "Five texts with your program's numbers settle it: in the box above, or as a file dropped with "
    "the others (CSV with the columns text and probability, or JSON Lines)."
)
LEAD = "Text pipeline not verified. Compare five texts."  # one line of a phone: a link is cut off
STYLE = """<style>
.lens-proof { overflow-x: auto; }
.lens-proof table { border-collapse: collapse; font-size: .875rem; }
.lens-proof th, .lens-proof td { text-align: left; vertical-align: top; overflow-wrap: break-word;
  padding: .3rem .9rem .3rem 0; border-bottom: 1px solid #7f7f7f66; }
.lens-proof th, .lens-proof td.n { white-space: nowrap; font-variant-numeric: tabular-nums; }
.lens-proof td:last-child { min-width: 16rem; overflow-wrap: anywhere; }
/* On a phone a check is a block: what, verdict and numbers, how. */
@media (max-width: 40rem) {
  .lens-proof thead { position: absolute; clip-path: inset(50%); height: 1px; width: 1px; }
  .lens-proof tr { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: .4rem 0;
    border-bottom: 1px solid #7f7f7f66; }
  .lens-proof td { border: 0; padding: 0; }
  .lens-proof td:nth-child(2) { order: -1; flex-basis: 100%; font-weight: 600; }
  .lens-proof td:last-child { flex-basis: 100%; min-width: 0; }
  .lens-proof td[data-name]:not(:empty)::before { content: attr(data-name) " "; }
}
</style>"""


def section(page: Page) -> None:
    """The sheet of the page's model; of the bundled one it is made when all else is drawn."""
    st.header("Proof", anchor=False)
    if page.model.proof is not None:
        _show(page.model.proof)
    else:
        model, place = page.model, st.container()
        page.waiting.append((place, lambda: _make(model)))


def lead(page: Page) -> None:
    """A line that leads to the box for texts, where nobody knows whether they are read as meant.

    Drawn last for a model without a sheet: its texts are compared before anything is said.
    """
    model, place = page.model, st.container()
    if model.proof is None:
        page.waiting.append((place, lambda: _lead(cache.text_verdict(model))))
    else:
        with place:
            _lead(model.proof.text)


def _lead(verdict: str) -> None:
    if verdict == UNVERIFIED:
        st.page_link(
            View.MODEL.file,
            label=LEAD,
            icon=":material/help:",
            query_params=address.leading_to(TEXTS),
        )


def _make(model: Model) -> None:
    with st.spinner("Checking …"):
        sheet = cache.proof(cache.proof_key(model), lambda: _prove(model))
    _show(sheet)


def _prove(model: Model) -> ProofSheet:
    import lrp_engine

    source, reference = model.files
    return lrp_engine.parity(
        model.network,
        source=source,
        reference=reference,
        examples=[settings.DEFAULT_TEXT],
        seconds=settings.PROOF_SECONDS,
    )


def _show(sheet: ProofSheet) -> None:
    show, icon = {
        VERIFIED: (st.success, "check_circle"),
        FAILED: (st.error, "gpp_bad"),
        UNVERIFIED: (st.info, "help"),
    }[sheet.verdict]
    show(f"**{sheet.headline}.** {plain(sheet.meaning)}", icon=f":material/{icon}:")
    if sheet.verdict == UNVERIFIED:
        st.caption(SETTLE if sheet.text == NO_TEXT else SETTLE_TEXTS)
    st.html(table(sheet))
    st.download_button(
        "Proof sheet (JSON)",
        lambda: json.dumps(sheet.to_dict(), ensure_ascii=False, indent=1),
        f"lrp-lens-proof-{sheet.model_hash[:8]}.json", "application/json",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def table(sheet: ProofSheet) -> str:
    """A row per check, as HTML."""
    head = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
    rows = "".join(
        f'<tr><td class="n">{ICONS[line.verdict]} {line.verdict}</td>'
        f"<td>{escape(line.title)}</td>"
        f'<td class="n" data-name="error">{figure(line.error)}</td>'
        f'<td class="n" data-name="allowed">{figure(line.tolerance)}</td>'
        f"<td><bdi>{escape(visible(line.detail))}</bdi></td></tr>"
        for line in sheet.lines
    )
    return (
        f'{STYLE}<div class="lens-proof" tabindex="0" role="region" aria-label="Proof sheet">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
