"""The confusion matrix: a table of buttons, a component of our own.

Text is only ever set as text, so that no label is taken for markup.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from app.review.outcomes import Confusion
from app.state import widgets

_CSS = """
.frame { overflow-x: auto; }
table { border-collapse: separate; border-spacing: 2px; font-size: .875rem;
  color: var(--st-text-color); font-variant-numeric: tabular-nums; }
p { margin: 0 0 .35rem; font-size: .875rem; }
th { font-weight: 600; padding: .2rem .5rem; text-align: left; max-width: 9rem;
  overflow-wrap: break-word; }
thead th { text-align: center; vertical-align: bottom; }
td { padding: 0; }
td button { all: unset; box-sizing: border-box; display: block; width: 100%; min-width: 3.4rem;
  padding: .4rem .3rem; text-align: center; cursor: pointer; border-radius: .25rem;
  background: color-mix(in srgb, var(--c) var(--p), var(--st-background-color));
  border: 1px solid color-mix(in srgb, var(--st-text-color) 22%, transparent); }
td button:hover { border-color: var(--st-text-color); }
td button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
td button[aria-pressed=true] { outline: 3px solid var(--st-text-color); outline-offset: -2px; }
td.right button { font-weight: 700; }
@media (max-width: 40rem) {
  table { font-size: .75rem; }
  th { padding: .15rem .2rem; max-width: 5rem; }
  td button { min-width: 2rem; }
}
"""

_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".frame");
  const focused = root.querySelector("button:focus")?.dataset.cell;
  const make = (tag, text, to) => {
    const element = document.createElement(tag);
    if (text !== "") element.textContent = text;
    to.appendChild(element);
    return element;
  };
  const table = document.createElement("table");
  table.setAttribute("aria-labelledby", "caption");
  parentElement.querySelector("p").textContent = data.caption;
  const top = make("tr", "", make("thead", "", table));
  make("th", data.corner, top).scope = "col";
  for (const name of data.across) make("th", name, top).scope = "col";
  const body = make("tbody", "", table);
  const largest = Math.max(1, ...data.counts.flat());
  data.counts.forEach((counts, t) => {
    const line = make("tr", "", body);
    make("th", data.down[t], line).scope = "row";
    counts.forEach((count, c) => {
      const s = data.columns[c];
      const cell = make("td", "", line);
      const right = data.right[t][c];
      if (right) cell.className = "right";
      const button = make("button", String(count), cell);
      button.type = "button";
      button.dataset.cell = `${t},${s}`;
      button.style.setProperty("--c", right ? data.colours[0] : data.colours[1]);
      button.style.setProperty("--p", `${(45 * count) / largest}%`);
      const chosen = data.chosen[0] === data.classes[t] && data.chosen[1] === s;
      button.setAttribute("aria-pressed", String(chosen));
      button.setAttribute("aria-label",
        `${count} texts: true class ${data.down[t]}, predicted ${data.across[c]}`);
      button.onclick = () =>
        setTriggerValue("cell", chosen ? "none" : [data.classes[t], s]);
    });
  });
  root.replaceChildren(table);
  if (focused) root.querySelector(`[data-cell="${focused}"]`)?.focus();
}
"""

_component = st.components.v2.component(
    "lens_matrix", html='<p id="caption"></p>\n<div class="frame"></div>', css=_CSS, js=_JS
)


def matrix(
    confusion: Confusion,
    named: Callable[[int], str],
    *,
    chosen: tuple[int | None, int | None],
    colours: tuple[str, str],
    caption: str,
    take: Callable[[Any], None],
) -> None:
    """Counts whose cells are buttons.

    Args:
        named: what a class is called.
        chosen: the pressed cell's classes. colours: mixed in where right, where wrong.
        take: called with the classes [true, predicted] of a pressed cell, "none" for release.
    """
    _component(
        data={"counts": confusion.counts.tolist(), "right": confusion.right.tolist(),
              "classes": confusion.down, "down": list(map(named, confusion.down)),
              "columns": confusion.across, "across": list(map(named, confusion.across)),
              "chosen": list(chosen), "colours": list(colours), "caption": caption,
              "corner": "true ↓ predicted →"},
        **widgets.hear("matrix", cell=take),
    )  # fmt: skip
