// A long text at a glance: a strip of boxes, one per run of words, and its sentences by their sums.
// One tab stop for the strip; what is pressed picks the strongest word of its part.

class Overview {
  constructor(root) {
    this.root = root;
    this.about = make("p", "lens-overview-about", root);
    this.strip = make("div", "lens-runs", root);
    this.strip.setAttribute("role", "toolbar");
    this.folded = make("details", "", root);
    this.heading = make("summary", "", this.folded);
    this.list = make("ol", "lens-sentences", this.folded);
    this.strip.addEventListener("keydown", (event) => this.pressed(event));
  }

  draw({ overview: data, direction, style }, pick) {
    const known = JSON.stringify([data, direction, style]);
    this.pick = pick;
    if (this.known === known) return;
    this.known = known;
    this.back = direction === "rtl" ? "ArrowRight" : "ArrowLeft";
    this.root.style.cssText = style;
    attribute(this.strip, "dir", direction);
    this.root.hidden = !data;
    if (!data) return;
    text(this.about, data.about);
    attribute(this.strip, "aria-label", data.about);
    this.strip.replaceChildren(...data.runs.map((run) => this.box(run)));
    this.go(0, false);
    this.folded.hidden = !data.sentences.length;
    text(this.heading, data.heading);
    this.list.replaceChildren(...data.sentences.map((sentence) => this.line(sentence)));
  }

  button({ kind, style, label, at }) {
    const button = make("button", kind);
    button.type = "button";
    button.style.cssText = style;
    button.title = label;
    button.setAttribute("aria-label", label);
    button.onclick = () => this.pick(at);
    return button;
  }

  box(run) {
    return this.button(run);
  }

  line(sentence) {
    const line = make("li", "");
    const button = this.button(sentence);
    make("b", "", button).textContent = sentence.sum;
    const words = make("span", "", button);
    words.dir = "auto";
    words.textContent = sentence.text;
    button.setAttribute("aria-label", `${sentence.label}: ${sentence.text}`);
    line.append(button);
    return line;
  }

  // The box that Tab reaches.
  go(at, focus = true) {
    [...this.strip.children].forEach((box, n) => box.setAttribute("tabindex", n === at ? "0" : "-1"));
    if (focus) this.strip.children[at].focus();
  }

  pressed(event) {
    const boxes = [...this.strip.children];
    const here = boxes.indexOf(document.activeElement);
    const last = boxes.length - 1;
    const step = event.key === this.back ? -1 : 1;
    const steps = { ArrowRight: here + step, ArrowLeft: here + step, Home: 0, End: last };
    if (here < 0 || !(event.key in steps)) return;
    this.go(Math.max(0, Math.min(steps[event.key], last)));
    event.preventDefault();
    event.stopPropagation();
  }
}
