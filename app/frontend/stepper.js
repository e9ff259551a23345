// The steps of a lesson: the arrow keys go on and back, and each step opens at its top.

// Where arrow keys have a meaning of their own.
const ARROWS = `input, textarea, select, [contenteditable=true], [role=slider], [role=combobox],
  [role=listbox], [role=radiogroup], [role=tablist], [role=grid], [role=region], .lrp-word`;

// What keeps the focus after a click, and with it the arrow keys.
const HELD = "input[type=range], [role=slider], [role=radio]";

// Whoever moves one with a pointer is done when they let go; from the keyboard it stays in hand.
function letGo() {
  setTimeout(() => {
    const held = document.activeElement;
    if (held?.matches(HELD) && held.closest(".stMain")) held.blur();
  });
}

class Stepper {
  draw({ steps, step }, top) {
    if (this.shown !== undefined && this.shown !== step) top();
    // A press that the page has not answered yet counts on.
    if (this.shown !== step) this.at = steps.indexOf(step);
    Object.assign(this, { steps, shown: step });
    // On a narrow page the steps are one line that is swept sideways.
    this.pill()?.scrollIntoView({ inline: "center", block: "nearest" });
  }

  key(event) {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.composedPath()[0].closest?.(ARROWS)) return;
    const at = this.at + way;
    if (at < 0 || at >= this.steps.length) return;
    event.preventDefault();
    this.at = at;
    this.send("went", this.steps[at]);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".lens-stepper");
  const page = parentElement.closest("[data-testid=stMain]");
  if (!root || !page) return undefined;
  const stepper = (root.stepper ??= new Stepper());
  stepper.send = setTriggerValue;
  stepper.pill = () =>
    root.closest(".st-key-lens-steps")?.querySelector("[aria-checked=true], [aria-pressed=true]");
  stepper.draw(data, () =>
    whileUntouched(() => page.scrollTo({ top: 0 }), [page.firstElementChild]),
  );
  stepper.listener ??= (event) => stepper.key(event);
  document.addEventListener("keydown", stepper.listener);
  document.addEventListener("pointerup", letGo);
  return () => {
    document.removeEventListener("keydown", stepper.listener);
    document.removeEventListener("pointerup", letGo);
  };
}
