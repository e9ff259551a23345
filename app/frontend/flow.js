// Aligned rows of words take the width there is: how many words stand in a line is found here,
// where their widths are known. Without this their lines are those that the server guessed.

const GRIDS = ".lrp-grids";

// The lines of words that fit, as [first, after the last] of the columns.
function lines(widths, room) {
  const found = [];
  let first = 0, used = 0;
  widths.forEach((width, at) => {
    if (used && used + width > room) {
      found.push([first, at]);
      first = at;
      used = 0;
    }
    used += width;
  });
  found.push([first, widths.length]);
  return found;
}

class Flow {
  constructor(root) {
    const regions = [...root.querySelectorAll(":scope > .lens-grid")];
    const rows = regions.map((region) => [...region.querySelectorAll("tr")]);
    this.root = root;
    this.region = regions[0];
    this.label = root.dataset.label;
    this.start = Number(root.dataset.start);
    this.headings = rows[0].map((row) => row.querySelector("th"));
    this.cells = this.headings.map((_, n) => rows.flatMap((line) => [...line[n].querySelectorAll("td")]));
    this.regions = regions;
  }

  // Widths do not depend on the lines: a column is as wide as its widest word.
  measure() {
    const gap = parseFloat(getComputedStyle(this.region.querySelector("table")).borderSpacing) || 0;
    const wide = (cell) => cell.firstElementChild.getBoundingClientRect().width + gap;
    this.widths = this.cells[0].map((_, at) => Math.max(...this.cells.map((row) => wide(row[at]))));
    this.heading = this.root.querySelector("th").getBoundingClientRect().width + 2 * gap;
  }

  draw() {
    const room = this.region.clientWidth;
    if (!room || room === this.room) return;
    this.room = room;
    this.measure();
    const wanted = lines(this.widths, Math.max(1, room - this.heading - 1));
    if (JSON.stringify(wanted) === this.drawn) return;
    this.drawn = JSON.stringify(wanted);
    this.regions = wanted.map(([first, last], n) => this.line(this.regions[n], first, last));
    this.root.replaceChildren(...this.regions);
  }

  // A line of text: its region is kept where there was one, with the focus it may have.
  line(known, first, last) {
    const region = known ?? this.region.cloneNode(false);
    const table = document.createElement("table");
    const body = table.createTBody();
    this.headings.forEach((heading, n) => {
      const row = body.insertRow();
      row.append(heading.cloneNode(true), ...this.cells[n].slice(first, last));
    });
    region.setAttribute("aria-label", `${this.label} ${this.start + first + 1} to ${this.start + last}`);
    region.replaceChildren(table);
    return region;
  }

  // In a frame that scrolls, the strongest word is in sight.
  strongest() {
    const word = this.root.querySelector("[data-strongest]");
    if (!word || this.root.scrollHeight <= this.root.clientHeight) return;
    const { top, bottom } = word.closest("table").getBoundingClientRect();
    const frame = this.root.getBoundingClientRect();
    if (top < frame.top || bottom > frame.bottom) this.root.scrollTop += top - frame.top;
  }
}

export default function ({ parentElement }) {
  const page = parentElement.closest("[data-testid=stMain]");
  const seen = new ResizeObserver((grown) => grown.forEach(({ target }) => target.flow.draw()));
  for (const root of page?.querySelectorAll(GRIDS) ?? []) {
    if (!root.querySelector("td")) continue;
    // Other rows are other nodes.
    const known = root.flow?.cells[0][0]?.isConnected;
    if (!known) root.flow = new Flow(root);
    root.flow.draw();
    if (!known) root.flow.strongest();
    seen.observe(root);
  }
  return () => seen.disconnect();
}
