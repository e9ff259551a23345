// A tour of the page: a card in the corner, and a frame around what it is about. It begins by itself
// on a first visit, and on request at any other. Whoever followed a link came to see what was sent.

const KEY = "lens.tour", OVER = "over";
const ROOM = "--lens-tour-room"; // how high the card is: on a phone the page ends above it

function over(set) {
  try {
    if (set) localStorage.setItem(KEY, OVER);
    return localStorage.getItem(KEY) === OVER;
  } catch {
    return true; // a browser that remembers nothing would be shown it at every visit
  }
}

class Tour {
  constructor(root) {
    this.root = root;
    this.at = 0;
    this.asked = false;
    [this.count, this.title, this.words] = ["lens-tour-count", "lens-tour-title", "lens-tour-text"].map(
      (name) => root.querySelector(`.${name}`),
    );
    [this.skip, this.next] = root.querySelectorAll("button");
    this.skip.onclick = () => this.end();
    this.next.onclick = () => (this.at + 1 < this.steps.length ? this.show(this.at + 1) : this.end());
    root.onkeydown = (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.end();
    };
    this.around = (event) => {
      if (!event.target.closest?.(".lens-around")) return;
      this.asked = true;
      this.show(0);
      this.next.focus({ preventScroll: true });
    };
  }

  show(at) {
    const turned = at !== this.at || this.root.hidden;
    this.at = at;
    const { title, text, place } = this.steps[at];
    this.count.textContent = `${at + 1} of ${this.steps.length}`;
    this.title.textContent = title;
    this.words.textContent = text;
    this.skip.hidden = at + 1 === this.steps.length;
    this.next.textContent = this.skip.hidden ? "Done" : "Next";
    this.root.hidden = false;
    document.body.style.setProperty(ROOM, `${this.root.offsetHeight}px`);
    this.follow(place);
    if (turned) this.framed?.scrollIntoView({ block: "nearest" });
  }

  // What the frame is around may not have been drawn yet, and is drawn anew while the model answers.
  follow(place) {
    this.drawn?.disconnect();
    this.drawn = new MutationObserver(() => this.frame(document.querySelector(place)));
    this.drawn.observe(document.body, { childList: true, subtree: true, attributeFilter: ["class"] });
    this.frame(document.querySelector(place));
  }

  frame(node) {
    if (node !== this.framed) this.framed?.classList.remove("lens-toured");
    this.framed = node;
    if (node && !node.classList.contains("lens-toured")) node.classList.add("lens-toured");
  }

  leave() {
    this.drawn?.disconnect();
    this.frame(null);
    document.removeEventListener("click", this.around);
  }

  end() {
    over(true);
    this.asked = false;
    this.hide();
  }

  hide() {
    this.drawn?.disconnect();
    this.frame(null);
    this.root.hidden = true;
  }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".lens-tour");
  if (!root) return undefined;
  const tour = (root.tour ??= new Tour(root));
  tour.steps = data.steps;
  document.addEventListener("click", tour.around);
  const due = tour.asked || !(data.sent || over(false));
  // The panel of a picked word stands where the card would: whoever opened one is not held up.
  if (data.picked && tour.at + 1 === tour.steps.length) tour.end();
  else if (data.picked || !due) tour.hide();
  else tour.show(tour.at);
  return () => tour.leave();
}
