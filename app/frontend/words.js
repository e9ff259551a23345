// The heatmaps: a row of words per method, one tab stop for all, one picked word.
// Every text goes in as text content. Nodes are patched in place, so that focus survives a rerun.

const RUN = 100; // words in a run; runs out of sight are not laid out

function make(tag, className, parent) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  parent?.append(node);
  return node;
}

function text(node, value) {
  if (node.textContent !== value) node.textContent = value;
}

function attribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

function phrase(parent, parts) {
  if (!parts.length) return;
  const span = make("span", "", parent);
  for (const [words, isName] of parts) {
    const place = isName ? make("bdi", "", make("b", "", span)) : make("span", "", span);
    place.textContent = words;
  }
}

function drawLegend(node, legend) {
  const known = JSON.stringify(legend);
  if (node.known === known) return;
  node.known = known;
  node.replaceChildren();
  phrase(node, legend.low);
  const scale = make("span", "lrp-scale", node);
  for (const [words, kind, style] of legend.steps) {
    const swatch = make("span", `lrp-swatch ${kind}`, scale);
    swatch.style.cssText = style;
    swatch.textContent = words;
  }
  phrase(node, legend.high);
  phrase(node, [[legend.unit, false]]);
  if (legend.scale) make("span", "lrp-scale-note", node).textContent = legend.scale;
}

function drawWord(node, cell, shown) {
  const [words, short, label, title, kind, style, unknown] = cell;
  const known = `${cell.join("\u0000")}\u0000${shown}`;
  if (node.known === known) return;
  node.known = known;
  node.className = `lrp-word ${kind}${unknown ? " lrp-unknown" : ""}`;
  node.setAttribute("aria-label", label);
  node.title = title;
  node.style.cssText = style;
  node.textContent = words;
  if (unknown) make("b", "", node).textContent = "?";
  if (shown) make("small", "", node).textContent = short;
}

function newWord(parent) {
  const node = make("span", "", parent);
  node.setAttribute("role", "option");
  node.setAttribute("tabindex", "-1");
  node.setAttribute("aria-selected", "false");
  node.dir = "auto";
  return node;
}

class Heatmaps {
  constructor(root) {
    this.root = root;
    this.rows = [];
    this.cursor = { row: 0, at: 0 };
    this.picked = null;
    this.opened = false; // whether its panel is to have the focus
    this.rank = 0;
    root.addEventListener("click", (event) => this.clicked(event));
    root.addEventListener("keydown", (event) => this.pressed(event));
  }

  draw({ rows, shown, style, long, pick, title, noun, direction }) {
    this.noun = noun;
    this.direction = direction;
    this.root.style.cssText = style;
    this.root.classList.toggle("lens-long", long);
    while (this.rows.length > rows.length) this.rows.pop().section.remove();
    while (this.rows.length < rows.length) this.rows.push(this.newRow());
    rows.forEach((row, n) => this.drawRow(this.rows[n], row, shown));
    const same = title === this.title;
    this.title = title;
    const count = this.count();
    if (!same) this.rank = 0;
    // What was picked here a moment ago may not have been heard yet.
    if (!same || this.waiting === undefined) this.mark(pick !== null && pick < count ? pick : null);
    else if (pick === this.picked) this.waiting = undefined;
    this.cursor.row = Math.min(this.cursor.row, rows.length - 1);
    if (this.picked !== null) this.cursor.at = this.picked;
    this.cursor.at = Math.max(0, Math.min(this.cursor.at, count - 1));
    this.rove();
  }

  newRow() {
    const section = make("section", "lens-row", this.root);
    const heading = make("h2", "lens-method", section);
    const short = make("b", "", heading);
    const title = make("span", "", heading);
    const meaning = make("p", "lens-meaning", section);
    const list = make("div", "lrp-words", section);
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-orientation", "horizontal");
    const legend = make("div", "lrp-legend", section);
    legend.setAttribute("role", "group");
    legend.setAttribute("aria-label", "Legend");
    const row = { section, short, title, meaning, list, legend, words: [], order: [] };
    // Equal words wrap alike, so rows of a long text scroll together; only one of them by itself,
    // because every place that scrolls would be a tab stop of its own.
    const enter = () => this.lead(this.rows.indexOf(row));
    list.addEventListener("pointerenter", enter);
    list.addEventListener("scroll", () => {
      for (const other of this.rows) {
        if (other !== row && list.classList.contains("lens-leads")) {
          other.list.scrollTop = list.scrollTop;
        }
      }
    });
    return row;
  }

  drawRow(row, { short, title, meaning, label, cells, legend, order }, shown) {
    text(row.short, short);
    text(row.title, title);
    text(row.meaning, meaning);
    attribute(row.list, "aria-label", label);
    attribute(row.list, "dir", this.direction);
    row.order = order;
    const { list, words } = row;
    while (words.length > cells.length) words.pop().remove();
    const runs = Math.ceil(cells.length / RUN);
    while (list.children.length > runs) list.lastChild.remove();
    while (words.length < cells.length) {
      let run = list.children[Math.floor(words.length / RUN)];
      if (!run) {
        run = make("div", "lrp-run", list);
        run.setAttribute("role", "group");
        const first = words.length + 1;
        run.setAttribute("aria-label", `${this.noun}s from ${first}`);
        run.dataset.first = first;
      }
      words.push(newWord(run));
    }
    cells.forEach((cell, n) => {
      drawWord(words[n], cell, shown);
      words[n].classList.toggle("lens-picked", n === this.picked);
    });
    drawLegend(row.legend, legend);
  }

  count() {
    return this.rows[0]?.words.length ?? 0;
  }

  mark(at) {
    if (at === this.picked) return;
    for (const { words } of this.rows) {
      for (const [n, on] of [[this.picked, false], [at, true]]) {
        const word = n === null ? undefined : words[n];
        word?.classList.toggle("lens-picked", on);
        word?.setAttribute("aria-selected", String(on));
      }
    }
    this.picked = at;
  }

  rove() {
    const here = this.rows[this.cursor.row]?.words[this.cursor.at];
    if (this.stop !== here) {
      this.stop?.setAttribute("tabindex", "-1");
      here?.setAttribute("tabindex", "0");
      this.stop = here;
    }
    this.rows.forEach(({ words }) =>
      [this.picked].forEach((n) => n !== null && words[n]?.setAttribute("aria-selected", "true")),
    );
    this.lead(this.cursor.row);
  }

  lead(row) {
    this.rows.forEach(({ list }, n) => list.classList.toggle("lens-leads", n === row));
  }

  // Picks at once, tells the server when the keyboard rests.
  pick(at, row, { focus = true, rest = 0 } = {}) {
    this.cursor = { row, at };
    this.mark(at);
    this.rove();
    if (focus) {
      this.stop.focus({ preventScroll: true });
      this.show(this.stop, this.root.classList.contains("lens-long") ? 8 : 1);
    }
    this.tell(at, rest);
  }

  // Runs take their real height only when they come into sight, which moves what is behind them.
  show(word, times) {
    if (word !== this.stop) return;
    word.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.align();
    if (times > 1) setTimeout(() => this.show(word, times - 1), 50);
  }

  // Rows of a long text stand at the same word, wherever the pointer is.
  align() {
    if (!this.root.classList.contains("lens-long")) return;
    const { row, at } = this.cursor;
    const height = ({ list, words }) =>
      words[at].getBoundingClientRect().top - list.getBoundingClientRect().top;
    const wanted = height(this.rows[row]);
    for (const other of this.rows) {
      if (other !== this.rows[row]) other.list.scrollTop += height(other) - wanted;
    }
  }

  // The panel of the picked word goes away, the word has the focus again.
  close() {
    this.stop?.focus({ preventScroll: true });
    this.mark(null);
    this.tell(null, 0);
  }

  tell(at, rest) {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.send("picked", at === null ? -1 : at), rest);
  }

  clicked(event) {
    const word = event.target.closest(".lrp-word");
    if (!word) return;
    const row = this.rows.findIndex(({ section }) => section.contains(word));
    const at = this.rows[row].words.indexOf(word);
    if (at === this.picked && row === this.cursor.row && event.detail === 1) {
      this.mark(null);
      this.tell(null, 0);
    } else {
      this.opened = true;
      this.pick(at, row);
    }
  }

  pressed(event) {
    if (event.target.closest(".lrp-word")) this.act(event);
  }

  // What a key does, at a word or at the head of the panel of the picked one.
  act(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { row, at } = this.cursor;
    const last = this.count() - 1;
    const right = this.direction === "rtl" ? -1 : 1; // where the next word stands
    const steps = {
      ArrowRight: [at + right, row],
      ArrowLeft: [at - right, row],
      ArrowDown: [at, row + 1],
      ArrowUp: [at, row - 1],
      Home: [0, row],
      End: [last, row],
      PageDown: [Math.min(at + 20, last), row],
      PageUp: [Math.max(at - 20, 0), row],
      Enter: [at, row],
      " ": [at, row],
    };
    if (event.key in steps) {
      const [n, next] = steps[event.key];
      if (n >= 0 && n <= last && next >= 0 && next < this.rows.length) {
        this.opened = event.key === "Enter" || event.key === " ";
        this.pick(n, next, { rest: this.opened ? 0 : 120 });
      }
    } else if (event.key === "*") this.strongest();
    else if (event.key === "Delete" || event.key === "Backspace") {
      if (this.picked !== null) this.send("dropped", this.picked);
    } else if (event.key === "Escape" && this.picked !== null) this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // The strongest word of the row, then the next one.
  strongest() {
    const { row } = this.cursor;
    const { order } = this.rows[row];
    if (!order.length) return;
    this.rank = this.picked === order[this.rank - 1] ? this.rank % order.length : 0;
    this.pick(order[this.rank], row, { rest: 120 });
    this.rank += 1;
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".lens-rows");
  if (!root) return;
  root.heatmaps ??= new Heatmaps(root);
  const heatmaps = root.heatmaps;
  heatmaps.send = setTriggerValue;
  const button = parentElement.querySelector(".lens-strongest");
  text(button, `Strongest ${data.noun}`);
  text(parentElement.querySelector(".lens-hint"), matchMedia("(hover: none)").matches ? data.tap : data.hint);
  button.onclick = () => heatmaps.strongest();
  const start = performance.now();
  heatmaps.draw(data);
  const overview = parentElement.querySelector(".lens-overview");
  overview.drawn ??= new Overview(overview);
  overview.drawn.draw(data, (at) => heatmaps.pick(at, data.overview.row, { rest: 120 }));
  // Beside the overview of a long text, whose end is far below.
  const keys = button.parentElement;
  if (data.overview && keys.nextElementSibling !== root) root.before(keys);
  else if (!data.overview && keys.previousElementSibling !== root) root.after(keys);
  // When the next picture is out, for whoever measures.
  requestAnimationFrame(() =>
    setTimeout(() => performance.measure("lens-drawn", { start, end: performance.now() })),
  );
}
