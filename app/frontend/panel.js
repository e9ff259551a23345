// The panel of the picked word: takes the focus when a word is opened, gives it back on Escape.

export default function ({ parentElement }) {
  const panel = parentElement.closest(".st-key-lens-word");
  const heatmaps = document.querySelector(".lens-rows")?.heatmaps;
  if (!panel || !heatmaps) return;
  if (heatmaps.opened) {
    heatmaps.opened = false;
    panel.scrollTop = 0;
    panel.querySelector("h2")?.focus({ preventScroll: true });
  }
  if (panel.lensHears) return;
  panel.lensHears = true;
  panel.addEventListener("keydown", (event) => {
    // A list that is open closes first.
    if (event.key !== "Escape" || event.defaultPrevented || event.target.closest("[role=listbox]")) return;
    event.preventDefault();
    document.querySelector(".lens-rows")?.heatmaps?.close();
  });
}
