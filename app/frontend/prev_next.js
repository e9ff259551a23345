// Previous and Next of a queue, by click or by the keys P and N. The row that a press leads to is
// found here: presses that come before the answer to the last one go on from where that one led.

const PATIENCE = 5000; // milliseconds after which an answer is no longer waited for
const TYPING = `input:not([type=checkbox], [type=radio]), textarea, select,
  [contenteditable=true], [role=combobox], [role=listbox]`;

class Queue {
  draw({ rows, at, heard }) {
    this.heard = Math.max(heard, this.heard ?? 0);
    this.said ??= heard;
    const behind = this.heard < this.said && performance.now() - this.pressed < PATIENCE;
    if (!behind) Object.assign(this, { rows, at });
    this.show();
  }

  // A row that left the queue has a place between two others.
  beside(way) {
    const at = way > 0 ? Math.floor(this.at) + 1 : Math.ceil(this.at) - 1;
    return at >= 0 && at < this.rows.length ? at : null;
  }

  go(way) {
    const at = this.beside(way);
    if (at === null) return;
    Object.assign(this, { at, said: this.said + 1, pressed: performance.now() });
    this.show();
    this.send("opened", [this.rows[at], this.said]);
  }

  // Never really disabled: that would take the focus away.
  show() {
    this.buttons.forEach((button, n) =>
      button.setAttribute("aria-disabled", String(this.beside(n ? 1 : -1) === null)),
    );
  }

  key(event) {
    const way = { p: -1, n: 1 }[event.key?.toLowerCase()];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.composedPath()[0].closest?.(TYPING)) return;
    event.preventDefault();
    this.go(way);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".lens-prev-next");
  if (!root) return undefined;
  const queue = (root.queue ??= new Queue());
  queue.buttons = [...root.querySelectorAll("button")];
  queue.send = setTriggerValue;
  queue.buttons.forEach((button, n) => (button.onclick = () => queue.go(n ? 1 : -1)));
  queue.draw(data);
  queue.listener ??= (event) => queue.key(event);
  document.addEventListener("keydown", queue.listener);
  return () => document.removeEventListener("keydown", queue.listener);
}
